"""What belongs to check rounds beside their form: a picture, a rhythm, tasks, and the proof for a quarter."""

from __future__ import annotations

import csv

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from divisions.errors import BadInput, NotVisible, WrongMoment
from divisions.models import Channel
from divisions.selectors import channels
from moderation.forms.rounds import DoneForm, RhythmForm
from moderation.models import CheckItem, CheckRound, Screenshot
from moderation.selectors import findings, rounds
from moderation.services import findings as service
from moderation.services import plan
from moderation.views import proof_pdf
from posts.html import to_cell

PAGE = 50
COLUMNS = (
    "round", "due (UTC)", "signed (UTC)", "signed by", "question", "answered by", "answer", "what was seen", "note",
    "task", "task for", "task due", "task done (UTC)", "what was done",
)  # fmt: skip


@login_required
@require_safe
def screenshot(request: HttpRequest, pk: int) -> FileResponse:
    """A picture of a round, to whoever sees the round."""
    seen = rounds.visible_to(request.rights).values("pk")  # type: ignore[attr-defined]
    found = Screenshot.objects.filter(pk=pk, round__in=seen).first()
    if found is None:
        raise NotVisible
    try:
        answer = FileResponse(default_storage.open(found.path), content_type=found.mime)
    except FileNotFoundError as error:
        raise Http404 from error
    answer["Cache-Control"] = "private, no-cache"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Disposition"] = "inline"
    return answer


@login_required
@require_POST
def rhythm(request: HttpRequest, pk: int) -> HttpResponse:
    """Another rhythm for the account of a round."""
    row = rounds.get_visible(request.rights, pk)  # type: ignore[attr-defined]
    form = RhythmForm(request.POST)
    try:
        days = form.cleaned_data["every_days"] if form.is_valid() else 0
        plan.set_rhythm(channel=row.channel, every_days=days, by=request.user)  # type: ignore[arg-type]
        messages.success(request, f"{row.channel} is checked every {days} day{'' if days == 1 else 's'} from now on.")
    except BadInput as refusal:
        messages.error(request, str(refusal))
    return redirect("moderation:round", pk=pk)


@login_required
@require_safe
def tasks(request: HttpRequest) -> HttpResponse:
    """Every task of the person's divisions: open ones by day, then what was done."""
    mine, now = request.rights, timezone.now()  # type: ignore[attr-defined]
    show = request.GET.get("show", "open")
    rows = findings.visible_to(mine).filter(done_at__isnull=show != "done")
    rows = rows.order_by("-done_at", "-pk") if show == "done" else rows.order_by("due_on", "pk")
    zone = request.department.zone  # type: ignore[attr-defined]
    context = {
        "page_obj": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "show": show,
        "today": findings.today(zone, now),
        "now": now,
        "zone": zone,
    }
    return render(request, "moderation/tasks.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """One task; a POST says what was done."""
    mine = request.rights  # type: ignore[attr-defined]
    found = findings.get_visible(mine, pk)
    zone = found.division.zone or request.department.zone  # type: ignore[attr-defined]
    form = DoneForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            service.done(task=found, note=form.cleaned_data["note"], by=request.user)  # type: ignore[arg-type]
            messages.success(request, "Done. The next check round looks at it again.")
            return redirect("moderation:tasks")
        except BadInput as refusal:
            form.add_error(refusal.field, str(refusal))
        except WrongMoment as refusal:
            form.add_error(None, str(refusal))
    context = {
        "task": found,
        "form": form if found.done_at is None and findings.may_finish(mine, found) else None,
        "sees_round": found.division_id in mine.visible_division_ids(),
        "late": findings.is_late(found, findings.today(zone, timezone.now())),
        "now": timezone.now(),
        "zone": zone,
    }
    return render(request, "moderation/task.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def proof(request: HttpRequest, slug: str, quarter: str) -> HttpResponse:
    """What was signed for an account in a quarter; `?as=pdf` as a file to keep, `?as=csv` for a spreadsheet."""
    channel = channels.accounts_visible_to(request.rights).filter(slug=slug).first()  # type: ignore[attr-defined]
    if channel is None:
        raise NotVisible
    period = rounds.read_quarter(quarter)
    zone = channel.division.zone or request.department.zone  # type: ignore[attr-defined]
    rows = rounds.proof(channel, period, zone=zone)
    if request.GET.get("as") == "csv":
        return _csv(channel, str(period), rows)
    now = timezone.now()
    if request.GET.get("as") == "pdf":
        name = request.department.name  # type: ignore[attr-defined]
        return _pdf(channel, str(period), proof_pdf.write(channel, period, rows, department=name, zone=zone, now=now))
    context = {"channel": channel, "quarter": period, "rounds": rows, "zone": zone, "now": now}
    today = findings.today(zone, now)
    context |= {"earlier": period.before, "later": period.next if period.after <= today else None}
    return render(request, "moderation/proof.html", context)


def _pdf(channel: Channel, quarter: str, content: bytes) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="check-rounds-{channel.slug}-{quarter}.pdf"'
    return answer


def _csv(channel: Channel, quarter: str, rows: list[CheckRound]) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="check-rounds-{channel.slug}-{quarter}.csv"'
    out = csv.writer(answer)
    out.writerow(COLUMNS)
    for row in rows:
        assert row.signed_at is not None
        head = [row.pk, row.due_at.isoformat(), row.signed_at.isoformat(), row.signed_name]
        for item in row.items.all():
            out.writerow([*head, *(to_cell(text) for text in _told(item))])
    return answer


def _told(item: CheckItem) -> list[str]:
    told = [item.words, item.get_asked_of_display(), item.get_answer_display(), item.detail, item.note]
    made = next(iter(item.tasks.all()), None)
    if made is None:
        return [*told, "", "", "", "", ""]
    owner = made.owner.name if made.owner else "the division"
    done = made.done_at.isoformat() if made.done_at else ""
    return [*told, made.words, owner, made.due_on.isoformat(), done, made.done_note]
