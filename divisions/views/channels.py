"""Channels: the list by division, and one channel with what may be changed about it. Rules live in the services."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from connectors import connecting
from divisions.access import Rights
from divisions.errors import BadInput, NotVisible, WrongMoment
from divisions.forms.channels import PromiseForm, ReasonForm
from divisions.models import Channel
from divisions.permissions import Right
from divisions.selectors import activity, register, roster
from divisions.selectors import channels as selectors
from divisions.services import channels as services
from divisions.services import tokens
from divisions.states import CHANNEL_MOVES, OWN_PLATFORMS, ChannelState

PAGE = 50
# What a person may make of a channel here, and how the button says it. Retiring is an administrator's act.
MOVES = {ChannelState.CONNECTED: "Connect again", ChannelState.PAUSED: "Pause it"}


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every channel the person sees, by division."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    whole = mine.anywhere(Right.VIEW_WALL) or mine.anywhere(Right.VIEW_ALL)
    show = request.GET.get("show", "accounts" if whole else "all")
    found = selectors.visible_to(mine).order_by("division__position", "division__name", "platform", "name")
    if show == "accounts":
        found = found.exclude(platform__in=OWN_PLATFORMS)
    elif show == "own":
        found = found.filter(platform__in=OWN_PLATFORMS)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    sent = activity.of_channels(rows)
    context = {
        "page_obj": page,
        "rows": [{"channel": channel, "sent": sent[channel.pk]} for channel in rows],
        "show": show,
        "may_connect": mine.anywhere(Right.MANAGE_CHANNEL),
        "counted": register.counted() if whole else None,
        "now": timezone.now(),
        "zone": request.department.zone,  # type: ignore[attr-defined]
    }
    return render(request, "divisions/channels.html", context)


@login_required
@require_safe
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """One channel: facts, links, what it sent, and what may be changed."""
    return _page(request, _visible(request, slug))


@login_required
@require_POST
def move(request: HttpRequest, slug: str) -> HttpResponse:
    """Pause a channel or connect it again, with a reason that stands beside it."""
    channel = _visible(request, slug)
    form = ReasonForm(request.POST)
    to = request.POST.get("to", "")
    if to not in MOVES or not form.is_valid():
        return _page(request, channel, reason=form)
    try:
        if to == ChannelState.CONNECTED:  # only what answers is connected
            tokens.reconnect(channel=channel, by=request.user, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]
        else:
            services.move_channel(
                channel=channel,
                to=ChannelState(to),
                by=request.user,  # type: ignore[arg-type]
                reason=form.cleaned_data["reason"],
            )
        messages.success(request, f"{channel} is now {ChannelState(to).label.lower()}.")
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
        if isinstance(refusal, tokens.SignInNeeded) and channel.platform in connecting.PLATFORMS:
            return redirect("divisions:reconnect", slug=slug)
    return redirect("divisions:channel", slug=slug)


@login_required
@require_POST
def promise(request: HttpRequest, slug: str) -> HttpResponse:
    """Another cadence, another best window, another officer on duty."""
    channel = _visible(request, slug)
    form = PromiseForm(channel, request.POST)
    if not form.is_valid():
        return _page(request, channel, promised=form)
    try:
        changed = services.change_channel(channel=channel, by=request.user, **form.shown)  # type: ignore[arg-type]
        messages.success(request, "Saved." if changed else "Nothing was different, so nothing changed.")
    except BadInput as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _page(request, channel, promised=form)
    return redirect("divisions:channel", slug=slug)


def _visible(request: HttpRequest, slug: str) -> Channel:
    found = selectors.visible_to(request.rights).filter(slug=slug).first()  # type: ignore[attr-defined]
    if found is None:
        raise NotVisible
    return found


def _page(
    request: HttpRequest, channel: Channel, *, reason: ReasonForm | None = None, promised: PromiseForm | None = None
) -> HttpResponse:
    mine: Rights = request.rights  # type: ignore[attr-defined]
    manages = mine.can(Right.MANAGE_CHANNEL, channel.division_id, channel) and not channel.is_own
    links_in, links_out = register.links_of(channel)
    zone: str = request.department.zone  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "channel": channel,
        "on_duty": roster.on_duty([channel], now=timezone.now(), zone=zone)[channel.pk],
        "sent": activity.of_channels([channel])[channel.pk],
        "recent": activity.recent(channel, mine),
        "links_in": links_in,
        "links_out": links_out,
        "manages": manages,
        "may_sign_in": manages and channel.platform in connecting.PLATFORMS and channel.state != ChannelState.RETIRED,
        "signed_in": bool(channel.credentials),
        "may_look": mine.can(Right.DECIDE_DRIFT, channel.division_id, channel) and not channel.is_own,
        "moves": [(to.value, label) for to, label in MOVES.items() if to in CHANNEL_MOVES[channel.state]],
        "reason": reason or ReasonForm(label_suffix=""),
        "promised": promised or (PromiseForm(channel) if manages else None),
        "now": timezone.now(),
        "zone": channel.division.zone or zone,
    }
    return render(request, "divisions/channel.html", context, status=422 if reason or promised else 200)
