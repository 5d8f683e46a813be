"""One delivery: its attempts, and what a person decides about it: proof, send again, leave unsent; and re-timing."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from divisions import access
from divisions.access import Rights
from divisions.errors import BadInput, NotVisible, WrongMoment
from divisions.permissions import Right
from divisions.states import Platform
from posts.forms.retime import RetimeForm
from posts.models import Delivery, Post
from posts.selectors import mailing, moments, posts
from posts.services import decide, hold, schedule
from posts.states import Act
from posts.tasks import nudge
from posts.views import places

ATTEMPTS_SHOWN = 100


@login_required
@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The delivery and every wire call of it, with the platform's own words."""
    return _page(request, _visible(request, pk))


@login_required
@require_POST
def prove(request: HttpRequest, pk: int) -> HttpResponse:
    """Record the link of what was posted by hand or went out unheard."""
    delivery = _visible(request, pk)
    link = request.POST.get("link", "")
    try:
        decide.prove(delivery=delivery, link=link, by=request.user)  # type: ignore[arg-type]
        nudge()
        messages.success(request, f"Recorded. {delivery.channel} is delivered, with this link as proof.")
    except BadInput as error:
        return _page(request, delivery, error=error, typed=link)
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    return redirect("posts:detail", pk=delivery.post_id)


@login_required
@require_POST
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Back to the queue, to go now; an uncertain one asks that somebody looked first."""
    delivery = _visible(request, pk)
    try:
        decide.send_again(delivery=delivery, by=request.user, looked=bool(request.POST.get("looked")))  # type: ignore[arg-type]
        nudge()
        messages.success(request, f"{delivery.channel} is in the queue again and goes now.")
    except BadInput as error:
        return _page(request, delivery, error=error)
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    return redirect("posts:detail", pk=delivery.post_id)


@login_required
@require_POST
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a held delivery go at its time, after the hold is released."""
    delivery = _visible(request, pk)
    try:
        hold.keep(deliveries=[delivery], by=request.user)  # type: ignore[arg-type]
        nudge()
        messages.success(request, f"{delivery.channel} goes at its time.")
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    return redirect("posts:detail", pk=delivery.post_id)


@login_required
@require_POST
def seen(request: HttpRequest, pk: int) -> HttpResponse:
    """A person did it there, or saw that it is done: the proof of what no software can do or read."""
    delivery = _visible(request, pk)
    try:
        decide.seen(delivery=delivery, by=request.user)  # type: ignore[arg-type]
        messages.success(request, f"Recorded, with your name: {delivery.channel}.")
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    return redirect("posts:detail", pk=delivery.post_id)


@login_required
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave it unsent; what is done to a copy is closed with words."""
    delivery = _visible(request, pk)
    note = request.POST.get("note", "")
    try:
        decide.drop(delivery=delivery, by=request.user, note=note)  # type: ignore[arg-type]
        published = delivery.act == Act.PUBLISH
        messages.success(request, f"{delivery.channel} is {'left unsent' if published else 'closed'}.")
    except BadInput as error:
        return _page(request, delivery, error=error, typed=note)
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    return redirect("posts:detail", pk=delivery.post_id)


@login_required
@require_http_methods(["GET", "POST"])
def retime(request: HttpRequest, pk: int) -> HttpResponse:
    """Another time inside the approved range; the approval stays."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    post = posts.get_visible(mine, pk)
    access.require(request.user, Right.RETIME_POST, post.division, has=mine)  # type: ignore[arg-type]
    zone = moments.zone_of(post.division)
    form = RetimeForm(request.POST or None, initial=_wall(post, zone))
    if request.method == "POST" and form.is_valid():
        try:
            due_at = moments.moment(form.wall_time, zone, field="clock")
            schedule.retime(post=post, due_at=due_at, by=request.user)  # type: ignore[arg-type]
            nudge()
            messages.success(request, "Re-timed. The approval stays.")
            return redirect("posts:detail", pk=pk)
        except BadInput as error:
            form.add_error("clock", str(error))
        except WrongMoment as refusal:
            messages.error(request, str(refusal))
            return redirect("posts:detail", pk=pk)
    context = {"post": post, "form": form, "zone": zone, "revision": post.revision}
    return render(request, "posts/retime.html", context, status=422 if form.errors else 200)


def _visible(request: HttpRequest, pk: int) -> Delivery:
    """A delivery whose post the person sees; else it does not exist (P5)."""
    found = (
        Delivery.objects.select_related("channel__division", "revision", "post__division", "publication")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise NotVisible
    found.post = posts.get_visible(request.rights, found.post_id)  # type: ignore[attr-defined]
    return found


def _page(request: HttpRequest, row: Delivery, *, error: BadInput | None = None, typed: str = "") -> HttpResponse:
    mine: Rights = request.rights  # type: ignore[attr-defined]
    now = timezone.now()
    attempts = list(row.attempts.order_by("-number")[:ATTEMPTS_SHOWN])
    for attempt in attempts:
        if attempt.ended_at:
            took = (attempt.ended_at - attempt.started_at).total_seconds()
            attempt.took = f"{took:.1f} s"  # type: ignore[attr-defined]
    row.calls = len(attempts)  # type: ignore[attr-defined]
    [place] = places.of([row], mine, now=now)
    if error:
        place.error, place.error_field, place.typed = str(error), error.field, typed
    context: dict[str, Any] = {
        "place": place,
        "post": row.post,
        "attempts": attempts,
        "mails": mailing.mails_of(row) if row.channel.platform == Platform.EMAIL else [],
        "zone": moments.zone_of(row.post.division),
        "now": now,
    }
    return render(request, "posts/delivery.html", context, status=422 if error else 200)


def _wall(post: Post, zone: str) -> dict[str, str]:
    """The time it has now, as the wall clock shows it."""
    if post.due_at is None:
        return {}
    here = post.due_at.astimezone(ZoneInfo(zone))
    return {"day": here.strftime("%Y-%m-%d"), "clock": here.strftime("%H:%M")}
