"""Check rounds: the list, and one round with its form. Thin: selectors judge, services act, templates draw."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from divisions import access
from divisions.access import Rights
from divisions.errors import BadInput, NotAllowed, SomebodyElseSaved, WrongMoment
from divisions.models import User
from divisions.permissions import Right
from divisions.selectors import divisions, register
from moderation.checks import BY_CODE
from moderation.forms.rounds import AnswersForm, Line, RhythmForm
from moderation.models import CheckRound
from moderation.selectors import findings, rounds, sample
from moderation.services import look, screenshots
from moderation.services import rounds as service
from moderation.states import Answer, AskedOf

PAGE = 50
WRONG_FIRST = {Answer.NO: 0, Answer.UNREAD: 1, Answer.YES: 2, Answer.NA: 3}
ICONS = {  # answer -> icon, its word for who does not see it, its tone
    Answer.NO: ("error", "Not right", "tone-failed"),
    Answer.UNREAD: ("help", "Could not be read", "tone-due"),
    Answer.YES: ("check_circle", "Right", "tone-ok"),
    Answer.NA: ("remove_circle", "Does not apply", "faint"),
}


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Rounds that are late, then due soon, then signed ones, narrowed by the filters of the address."""
    mine, now = _mine(request), timezone.now()
    chosen = {key: request.GET.get(key, "").replace("\x00", "") for key in ("division", "channel")}
    page = Paginator(rounds.listed(mine, **chosen), PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "lines": [{"row": row, "group": _group(row, now), "words": rounds.how_late(row, now)} for row in page],
        "late": rounds.overdue(mine, now=now).count(),
        "tasks": findings.visible_to(mine).filter(done_at__isnull=True).count(),
        "chosen": chosen,
        "divisions": divisions.visible_to(mine),
        "may_sign": mine.anywhere(Right.SIGN_CHECK),
        "now": now,
        "zone": request.department.zone,  # type: ignore[attr-defined]
    }
    return render(request, "moderation/rounds.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One round. A POST keeps what was typed and, as its button says, goes on, looks again or signs."""
    row = rounds.get_visible(_mine(request), pk)
    if request.method == "GET":
        return _page(request, row)
    if not rounds.may_sign(_mine(request), row):
        raise NotAllowed(Right.SIGN_CHECK.label, where=str(row.channel), who=access.who_can(Right.SIGN_CHECK))
    if row.signed_at is not None:
        messages.error(request, f"{row.signed_name} has signed this round meanwhile; nothing of yours was kept.")
        return redirect("moderation:round", pk=pk)
    form = _form(row, request)
    if form.is_valid():
        try:
            return _act(request, row, form)
        except (BadInput, WrongMoment, SomebodyElseSaved) as refusal:
            _say(form, row, refusal)
    return _page(request, row, form)


def _act(request: HttpRequest, row: CheckRound, form: AnswersForm) -> HttpResponseRedirect:
    """Save, then what the button says; the way leads to the next open question."""
    by, act = _user(request), request.POST.get("act", "save")
    version = form.cleaned_data["version"]
    row = service.save(row=row, version=version, typed=form.typed(), by=by)
    if picture := form.cleaned_data["screenshot"]:
        screenshots.add(row=row, name=picture.name, file=picture, by=by)
    if act == "look":
        look.look(row=row, by=by)
        messages.success(request, "Looked again. The answers below are of this minute.")
    if act == "sign":
        service.sign(row=row, by=by)
        messages.success(request, f"Signed. The next round of {row.channel} opens by itself.")
        return redirect("moderation:rounds")
    left = next((item.code for item in row.items.all() if service.is_open(item)), None)
    if act == "save":
        messages.success(request, "Saved, not signed.")
    anchor = f"#q-{left}" if act == "next" and left else "#sign" if act == "next" else ""
    return redirect(reverse("moderation:round", args=[row.pk]) + anchor)


def _say(form: AnswersForm, row: CheckRound, refusal: Any) -> None:
    """The refusal at its field; who was overtaken may save again after comparing, with all that they typed."""
    field = getattr(refusal, "field", None)
    form.add_error(field if field in form.fields else None, str(refusal))
    row.refresh_from_db(fields=["version"])
    form.data = {**{key: form.data[key] for key in form.data}, "version": str(row.version)}


def _form(row: CheckRound, request: HttpRequest | None = None) -> AnswersForm:
    items, people = list(row.items.all()), list(register.duty_candidates(row.channel))
    day = service.usual_day(row, timezone.now())
    if request is None or request.method == "GET":
        return AnswersForm(row, items, people, day)
    return AnswersForm(row, items, people, day, request.POST, request.FILES)


def _page(request: HttpRequest, row: CheckRound, form: AnswersForm | None = None) -> HttpResponse:
    mine, now = _mine(request), timezone.now()
    answers = form or _form(row)
    may_sign = rounds.may_sign(mine, row) and row.signed_at is None
    people, system = _lines(answers, AskedOf.PERSON, row), _lines(answers, AskedOf.SYSTEM, row)
    left = [line["line"].item for line in people if _still_open(line["line"])]
    context = {
        "round": row,
        "channel": row.channel,
        "form": answers,
        "may_sign": may_sign,
        "people": people,
        "answered": len(people) - len(left),
        "answered_all": len(people) + len(system) - len(left),
        "wrongly_typed": [entry["line"] for entry in (*people, *system) if entry["line"].errors],
        "system": sorted(system, key=lambda line: WRONG_FIRST[Answer(line["line"].item.answer)]),
        "wrong": sum(line["line"].item.answer == Answer.NO for line in system),
        "open": len(left),
        "next": left[0].code if left else "",
        "total": len(people) + len(system),
        "made": _made(row, [line["line"] for line in (*people, *system)], now),
        "sample": sample.posts_of(row.sample, row.channel_id) if row.sample else [],
        "screenshots": row.screenshots.select_related("added_by"),
        "before": rounds.before(row),
        "quarter": rounds.quarter_of((row.signed_at or now).date()),
        "rhythm": RhythmForm(initial={"every_days": row.every_days}, label_suffix="") if may_sign else None,
        "is_late": row.due_at < now,
        "words": rounds.how_late(row, now),
        "now": now,
        "zone": row.channel.division.zone or request.department.zone,  # type: ignore[attr-defined]
    }
    return render(request, "moderation/round.html", context, status=422 if answers.errors else 200)


def _lines(form: AnswersForm, asked_of: str, row: CheckRound) -> list[dict[str, Any]]:
    lines = []
    for line in form.lines(asked_of):
        icon, word, tone = ICONS.get(Answer(line.item.answer), ("", "", "")) if line.item.answer else ("", "", "")
        question = BY_CODE.get(line.item.code)
        lines.append(
            {
                "line": line,
                "icon": icon,
                "word": word,
                "tone": tone,
                "cure": question.task if question else "",
                "hint": question.hint if question else "",
                "see": _see(question.see if question else "", row),
            }
        )
    return lines


def _still_open(line: Line) -> bool:
    return not line.chosen or (line.chosen == Answer.NO and not str(line.note.value() or "").strip())


def _see(place: str, row: CheckRound) -> tuple[str, str] | None:
    """Where a question is looked at: the address and its words."""
    channel = row.channel
    posts = f"{reverse('posts:list')}?channel={channel.slug}"
    return {
        "posts": (posts, "See the posts"),
        "trouble": (f"{posts}&where=failed", "See what failed"),
        "corrections": (posts, "See the posts"),
        "account": (reverse("divisions:channel", args=[channel.slug]), "See the account"),
        "comments": (f"{reverse('moderation:comments')}?channel={channel.slug}", "See the comments"),
        "drift": (f"{reverse('moderation:drift')}?channel={channel.slug}", "See the cases"),
        "directory": (reverse("posts:accounts"), "See the directory"),
        "register": (reverse("divisions:register_entry", args=[channel.slug]), "See the register"),
        "sample": ("#sample", "See the sample"),
    }.get(place)


def _made(row: CheckRound, lines: list[Line], now: Any) -> list[dict[str, Any]]:
    """The tasks that the round makes when it is signed, or has made."""
    if row.signed_at is not None:
        tasks = rounds.tasks_of(row)
        return [{"words": t.words, "owner": t.owner, "due": t.due_on, "task": t} for t in tasks]
    usual = service.usual_day(row, now)
    return [
        {"words": service.task_words(item), "owner": item.owner, "due": item.due_on or usual, "task": None}
        for item in (line.item for line in lines)
        if item.answer == Answer.NO
    ]


def _group(row: CheckRound, now: Any) -> str:
    if row.signed_at is not None:
        return "Signed"
    return "Late" if row.due_at < now else "Due soon"


def _mine(request: HttpRequest) -> Rights:
    rights: Rights = request.rights  # type: ignore[attr-defined]
    return rights


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
