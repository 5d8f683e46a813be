"""The review desk: what waits, and the page on which one post is decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from divisions import access
from divisions.errors import BadInput, NotAllowed, NotVisible, Refusal, WrongMoment
from divisions.models import User
from divisions.permissions import Right
from divisions.selectors import duty
from posts import tasks
from posts.errors import NoLongerFits, OwnWork
from posts.forms.review import ASKS, DecisionForm
from posts.models import Post, Revision, RevisionMedia
from posts.models.post import When
from posts.selectors import approving, posts, repeats, timeline
from posts.selectors import review as selector
from posts.services import review as service
from posts.services import videos
from posts.services.approve_many import approve_many
from posts.states import Stage
from posts.views import previews, shown
from posts.views.writing import kicker

PAGE = 25


@login_required
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """What waits for this person, the shortest time first; their own posts apart, with the reason."""
    mine = request.rights  # type: ignore[attr-defined]
    if not mine.anywhere(Right.REVIEW_POST):
        raise NotAllowed(Right.REVIEW_POST.label, where="any division", who=access.who_can(Right.REVIEW_POST))
    now = timezone.now()
    stands_in = duty.looked_after(mine.user_id, duty.day_of(now))
    rows = selector.first_for(selector.waiting(mine), stands_in).prefetch_related("revision__variants")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    own = list(selector.own(mine)[:PAGE])
    halves, rules = approving.halves([*page.object_list, *own]), approving.rules()
    for post in [*page.object_list, *own]:
        post.standing = halves.get(post.pk)  # type: ignore[attr-defined]
        post.absence = stands_in.get(post.division_id)  # type: ignore[attr-defined]
        post.revision.post = post  # type: ignore[union-attr]
    together = {p.pk for p in page.object_list if p.revision and approving.is_low_risk(p.revision, rules)}
    context = {"page_obj": page, "own": own, "together": together, "now": now}
    return render(request, "posts/review.html", context)


@login_required
@require_POST
def approve_several(request: HttpRequest) -> HttpResponse:
    """Approve the ticked low-risk posts, each for itself; what could not be approved is told by name."""
    ids = [int(pk) for pk in request.POST.getlist("revisions") if pk.isdigit() and len(pk) < 19]
    if not request.rights.anywhere(Right.REVIEW_POST):  # type: ignore[attr-defined]
        raise NotAllowed(Right.REVIEW_POST.label, where="any division", who=access.who_can(Right.REVIEW_POST))
    try:
        outcome = approve_many(revision_ids=ids, by=_person(request))
    except BadInput as refusal:
        messages.error(request, str(refusal))
        return redirect("posts:review")
    tasks.nudge()
    if outcome.approved:
        titles = ", ".join(f"“{revision.title}”" for revision in outcome.approved)
        messages.success(request, f"{len(outcome.approved)} approved: {titles}.")
    for title, why in outcome.refused:
        messages.error(request, f"Not approved: “{title}”. {why}")
    return redirect("posts:review")


@login_required
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at exactly what would go out; approve it, ask for changes, or reject it."""
    post = posts.get_visible(request.rights, pk)  # type: ignore[attr-defined]
    if request.method == "POST":
        return _decided(request, post)
    if post.stage != Stage.IN_REVIEW or post.revision is None:
        messages.info(request, f"This post is “{post.get_stage_display()}”: there is nothing to decide.")
        return redirect("posts:detail", pk=pk)
    form = DecisionForm(initial={"revision": post.revision.pk}, label_suffix="")
    return _page(request, post, form, request.GET.get("ask", ""))


def _decided(request: HttpRequest, post: Post) -> HttpResponse:
    form = DecisionForm(request.POST, label_suffix="")
    ask = request.POST.get("verdict", "")
    if not form.is_valid():
        return _page(request, post, form, ask, status=422)
    revision = Revision.objects.filter(pk=form.cleaned_data["revision"], post=post).first()
    if revision is None:
        raise NotVisible
    revision.post = post
    try:
        words = _decide(form, revision, _person(request))
    except BadInput as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else "note", str(refusal))
        return _page(request, post, form, ask, status=422)
    except OwnWork as refusal:
        return _page(request, post, form, "", status=403, refusal=refusal)
    except NoLongerFits as refusal:
        return _page(request, post, form, "", status=422, unfit=refusal)
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
        return redirect("posts:decide", pk=post.pk)
    messages.success(request, words)
    following = selector.next_waiting(request.rights, after=post)  # type: ignore[attr-defined]
    return redirect("posts:decide", pk=following.pk) if following else redirect("posts:review")


def _decide(form: DecisionForm, revision: Revision, by: User) -> str:
    """Do what was decided; returns the sentence for the next page."""
    title, note = revision.title, form.cleaned_data["note"]
    if form.cleaned_data["verdict"] == "approve":
        approval = service.approve(revision=revision, by=by, note=note)
        tasks.nudge()
        if not approval.completes:
            waits_for = approving.standing(revision).waits_for
            return f"Approved, 1 of {approval.seats}: “{title}”. It waits for {waits_for}."
        return f"Approved: “{title}”."
    if form.cleaned_data["verdict"] == "changes":
        service.request_changes(revision=revision, by=by, note=note, comments=form.comments())
        return f"Sent back for changes: “{title}”."
    service.reject(revision=revision, by=by, note=note)
    return f"Rejected: “{title}”."


def _page(
    request: HttpRequest,
    post: Post,
    form: DecisionForm,
    ask: str,
    status: int = 200,
    refusal: Refusal | None = None,
    unfit: NoLongerFits | None = None,
) -> HttpResponse:
    mine = request.rights  # type: ignore[attr-defined]
    revision = post.revision
    if revision is None:
        raise NotVisible
    revision.post = post
    now = timezone.now()
    cards = _cards(request, revision)
    waiting = list(selector.waiting(mine).values_list("pk", flat=True)[:100])
    context = {
        "post": post,
        "revision": revision,
        "zone": revision.zone,
        "now": now,
        "form": form,
        "ask": ask if ask in ASKS else "",
        "question": ASKS.get(ask, ""),
        "why_not": refusal or service.why_not(revision, _person(request), mine),
        "why_not_approve": service.why_not_approve(revision, _person(request), mine),
        "unfit": unfit,
        "requirement": approving.required(revision),
        "standing": approving.standing(revision),
        "changes": selector.changes(revision),
        "cards": cards,
        "box_count": len(cards),
        "pictures": [_picture(p) for p in selector.pictures(revision)],
        "findings": revision.findings,
        "strengths": _strengths(revision.findings),
        "facts": selector.facts(revision),
        "touches": selector.touches(revision),
        "repeat": repeats.of_revision(revision),
        "last_day": selector.last_day(revision.expires_at) if revision.expires_at else None,
        "history": timeline.of_post(post)[0],
        "place": waiting.index(post.pk) + 1 if post.pk in waiting else None,
        "waiting": len(waiting),
        "following": selector.next_waiting(mine, after=post),
        "timed": revision.when == When.AT,
        "today": _same_day(revision.due_at, now, revision.zone),
    }
    return render(request, "posts/decide.html", context, status=status)


def _same_day(moment: datetime | None, now: datetime, zone: str) -> bool:
    there = ZoneInfo(zone)
    return moment is not None and moment.astimezone(there).date() == now.astimezone(there).date()


def _cards(request: HttpRequest, revision: Revision) -> list[previews.Card]:
    department = request.department  # type: ignore[attr-defined]
    return previews.cards(
        selector.previews(revision),
        previews.Setting(
            crest=department.crest_letters if department else "",
            zone=revision.zone,
            kicker=kicker(revision.post.kind, revision.expires_at, revision.zone),
            title=revision.title,
            when=revision.due_at,
            marks=[
                (f["severity"], f.get("evidence", "")) for f in revision.findings if f["field"] in ("text", "title")
            ],
        ),
        whole=True,
    )


def _picture(item: RevisionMedia) -> dict[str, Any]:
    """What the decision is about: the picture or video, and the captions as they will be read."""
    return {"item": item, "shown": shown.of(item), "captions": videos.captions_text(item.captions_sha256)}


def _strengths(findings: list[dict[str, Any]]) -> str:
    """ "0 stops, 1 warning"."""
    stops = sum(f["severity"] == "stop" for f in findings)
    warnings = sum(f["severity"] == "warning" for f in findings)
    return f"{stops} stop{'s' * (stops != 1)}, {warnings} warning{'s' * (warnings != 1)}"


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
