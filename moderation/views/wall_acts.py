"""What is done about an account without leaving the wall: who is on duty, connect again, read back. Thin.

Each act posts, says what it came to in the account's own row, and comes back to that row with the same filters.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from connectors import connecting
from divisions import access
from divisions.access import Rights
from divisions.errors import NotVisible, WrongMoment
from divisions.models import Channel
from divisions.permissions import Right
from divisions.selectors import channels as channel_selectors
from divisions.services import channels, tokens
from divisions.states import ChannelState
from moderation.forms.wall import DutyForm
from moderation.selectors import drift, heat, wall
from moderation.selectors.wall import Row
from moderation.services import watching

FILTERS = ("show", "division", "platform", "page")
_SAID = "wall_said"


@login_required
@require_POST
def duty(request: HttpRequest, slug: str) -> HttpResponse:
    """Name who looks after an account, or nobody."""
    channel = _account(request, slug)
    access.require(request.user, Right.MANAGE_CHANNEL, channel.division, channel=channel)  # type: ignore[arg-type]
    form = DutyForm(channel, request.POST)
    if not form.is_valid():
        return _back(request, channel, form.errors["duty_officer"].as_text().removeprefix("* "), bad=True)
    chosen = form.cleaned_data["duty_officer"]
    changed = channels.change_channel(channel=channel, by=request.user, duty_officer=chosen)  # type: ignore[arg-type]
    words = f"{chosen.name} is on duty for it." if chosen else "Nobody is on duty for it now."
    return _back(request, channel, words if changed else "Nothing was different, so nothing changed.")


@login_required
@require_POST
def reconnect(request: HttpRequest, slug: str) -> HttpResponse:
    """Connect an account again: it is asked first, and only what answers is connected; else a person signs in."""
    channel = _account(request, slug)
    access.require(request.user, Right.MANAGE_CHANNEL, channel.division, channel=channel)  # type: ignore[arg-type]
    if channel.state == ChannelState.CONNECTED:
        return _back(request, channel, "It is connected already.")
    try:
        tokens.reconnect(channel=channel, by=request.user, reason="Connected again from the wall")  # type: ignore[arg-type]
    except tokens.SignInNeeded as refusal:
        messages.warning(request, refusal.message)
        return redirect(_sign_in(channel), slug=channel.slug)
    except WrongMoment as refusal:
        return _back(request, channel, str(refusal), bad=True)
    return _back(request, channel, "It answers, so it is connected again.")


@login_required
@require_POST
def look(request: HttpRequest, slug: str) -> HttpResponse:
    """Read an account back now and say what was found."""
    channel = _account(request, slug)
    try:
        looked = watching.look_now(channel=channel, by=request.user)  # type: ignore[arg-type]
    except WrongMoment as refusal:
        return _back(request, channel, str(refusal), bad=True)
    if looked.problem:
        return _back(request, channel, f"Not read. {looked.problem}", bad=True)
    number = len(looked.cases)
    words = f"{number} new {'difference' if number == 1 else 'differences'}." if number else "Nothing new is there."
    return _back(request, channel, f"Read just now. {words}", bad=bool(number))


def _sign_in(channel: Channel) -> str:
    """Where a person signs in again; what Substation does not speak to by itself has only its page."""
    return "divisions:reconnect" if channel.platform in connecting.PLATFORMS else "divisions:channel"


def _account(request: HttpRequest, slug: str) -> Channel:
    found = channel_selectors.accounts_visible_to(request.rights).filter(slug=slug).first()  # type: ignore[attr-defined]
    if found is None:
        raise NotVisible
    return found


def _back(request: HttpRequest, channel: Channel, text: str, *, bad: bool = False) -> HttpResponse:
    """To the row on the wall; who does not open the wall goes to the account's page."""
    if not wall.may_open(request.rights):  # type: ignore[attr-defined]
        return redirect("divisions:channel", slug=channel.slug)
    request.session[_SAID] = {"slug": channel.slug, "name": str(channel), "text": text, "bad": bad}
    return redirect(reverse("moderation:wall") + opened(QueryDict(request.POST.get("back", "")), channel.slug))


def said(request: HttpRequest) -> dict[str, Any] | None:
    """What the last act on the wall came to; said once."""
    found: dict[str, Any] | None = request.session.pop(_SAID, None)
    return found


def kept(query: QueryDict) -> dict[str, str]:
    """The filters of an address that an act keeps; anything else in it is dropped."""
    return {key: str(query[key]) for key in FILTERS if query.get(key)}


def opened(query: QueryDict, slug: str) -> str:
    """The end of the wall's address at which an account lies open."""
    keep = {key: value for key, value in kept(query).items() if key != "page"}  # the page is where the account is
    return f"?{urlencode({**keep, 'open': slug})}#a-{slug}"


def detail(row: Row, mine: Rights, *, now: Any, zone: str) -> dict[str, Any]:
    """What an open row shows: its 90 days, what the register lacks, and what the person may do. Four queries."""
    account = row.channel
    channel = Channel.objects.select_related("division").get(pk=account.pk)
    readable = drift.readable().filter(pk=account.pk).exists()
    manages = mine.can(Right.MANAGE_CHANNEL, account.division_id, channel)
    return {
        "heat": heat.of_account(account, now=now, zone=zone),
        "duty": DutyForm(channel) if manages else None,
        "may_reconnect": manages and account.state != ChannelState.CONNECTED,
        "may_look": readable and mine.can(Right.DECIDE_DRIFT, account.division_id, channel),
        "may_write": mine.can(Right.DRAFT_POST, account.division_id, channel),
    }
