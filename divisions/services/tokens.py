"""Looks at accounts ahead of time: is the sign-in good, until when; renews it; warns before it ends; reconnects.

Wire calls are made outside transactions, but for a renewal: that holds the channel's row, so that two processes never
trade one refresh token, and the new pair is saved before anybody uses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from connectors import connecting
from connectors.contract import Health
from connectors.errors import ConnectorError, NotSupported
from divisions import access
from divisions.errors import BadInput, WrongMoment
from divisions.models import Channel, User
from divisions.permissions import Right
from divisions.services import channels, credentials, notices
from divisions.services.accounts import account_of, connector_of
from divisions.states import OWN_PLATFORMS, ChannelState, Mode

RENEW_AHEAD = timedelta(minutes=20)  # three looks of the beat before it ends
WARN_DAYS = (14, 7, 1)


def check(*, channel: Channel, by: User | None, now: datetime | None = None) -> Health:
    """Look at one account and write down what was seen; a sign-in that is dead flags the channel and tells its people.

    A platform that cannot be reached changes nothing: that is its trouble, not the account's. Raises NotAllowed
    without `manage_channel`. That a person had the sign-in used stands in the ledger; the daily look, like each
    delivery's attempt, is on record where it is made.
    """
    access.require(by, Right.MANAGE_CHANNEL, channel.division, channel=channel)
    moment = now or timezone.now()
    channel = Channel.objects.select_related("division").get(pk=channel.pk)  # the tokens as they are now
    if by is not None and channel.credentials:
        _used(channel, by, moment)
    try:
        connector, account = connector_of(channel), account_of(channel)
        health = connector.verify(account)
        limits = connector.limits(account) if health.ok else {}
    except NotSupported:
        return Health(ok=True)
    except (ConnectorError, BadInput) as error:
        return Health(ok=False, warnings=(f"{channel.get_platform_display()} could not be asked: {error}",))
    _write_down(channel, health, limits, by, moment)
    return health


@transaction.atomic
def _used(channel: Channel, by: User, now: datetime) -> None:
    channels.remember("divisions.credentials.used", channel, by, now, {"for": "a look at the account"})


@transaction.atomic
def _write_down(channel: Channel, health: Health, limits: Mapping[str, Any], by: User | None, now: datetime) -> None:
    row = Channel.objects.select_for_update(of=("self",)).select_related("division", "duty_officer").get(pk=channel.pk)
    row.checked_at = now
    if health.ok:
        row.token_expires_at = health.expires_at or row.token_expires_at
    if limits:  # what the composer counts with: a server says it of itself, nobody decides it
        row.settings = {**row.settings, "limits": dict(limits)}
    row.save(update_fields=["checked_at", "token_expires_at", "settings"])
    if not health.ok and row.state == ChannelState.CONNECTED:
        reason = " ".join(health.warnings) or "The platform no longer accepts our sign-in."
        channels.move_channel(channel=row, to=ChannelState.NEEDS_ATTENTION, by=by, reason=reason, now=now)
    _warn(row, now)


def _warn(row: Channel, now: datetime) -> None:
    """A sign-in that renews itself ends every few hours: that is no news until it has ended or was not renewed."""
    if row.token_expires_at is None:
        return
    left = row.token_expires_at - now
    if left <= timedelta(0) or not connecting.renews(row.platform, credentials.open_for(row)):
        _warn_once(row, left)


def _warn_once(row: Channel, left: timedelta) -> None:
    """Once at 14, at 7 and at 1 day before the sign-in ends; a renewed one starts anew."""
    reached = [days for days in WARN_DAYS if left <= timedelta(days=days)]
    step = min(reached) if reached else None
    if step == row.token_warned_days:
        return
    worse = step is not None and (row.token_warned_days is None or step < row.token_warned_days)
    row.token_warned_days = step
    row.save(update_fields=["token_warned_days"])
    if worse:
        notices.sign_in_ends(row, left)


def keep_fresh(channel: Channel, *, now: datetime) -> Channel:
    """Renew a sign-in that ends within minutes, before it is used. Returns the channel as it then stands.

    An answer without tokens changes nothing, and one without a new refresh token keeps the old one: most platforms
    send it only when it changes. Raises the connectors' errors.
    """
    if channel.token_expires_at is None or channel.token_expires_at - now > RENEW_AHEAD:
        return channel
    with transaction.atomic():
        row = Channel.objects.select_for_update(of=("self",)).select_related("division").get(pk=channel.pk)
        if row.token_expires_at is not None and row.token_expires_at - now <= RENEW_AHEAD:
            _renew(row, now)  # else somebody has just done it
        return row


def renew_refused(channel: Channel, *, now: datetime) -> bool:
    """A platform refused the sign-in in use: renew it once, whatever it said about its end. True = try again with it.

    False when it cannot be renewed: then a person has to connect the account anew.
    """
    try:
        with transaction.atomic():
            row = Channel.objects.select_for_update(of=("self",)).select_related("division").get(pk=channel.pk)
            if row.credentials != channel.credentials:
                return True  # somebody else has renewed it since
            return connecting.renews(row.platform, credentials.open_for(row)) and _renew(row, now)
    except (ConnectorError, BadInput):
        return False


def _renew(row: Channel, now: datetime) -> bool:
    """Trade the refresh token of a locked channel and save what comes, before anybody uses it; False when none came."""
    fresh = connector_of(row).refresh(account_of(row))
    if not fresh or not all(fresh.values()):
        return False
    tokens = {k: v for k, v in fresh.items() if k != "expires_in"}
    row.credentials = credentials.seal({**credentials.open_for(row), **tokens})
    row.token_expires_at = now + timedelta(seconds=int(fresh["expires_in"])) if "expires_in" in fresh else None
    row.token_warned_days = None
    row.save(update_fields=["credentials", "token_expires_at", "token_warned_days"])
    channels.remember("divisions.channel.token_renewed", row, None, now, {})
    return True


@transaction.atomic
def renewal_refused(*, channel: Channel, now: datetime) -> None:
    """The platform does not renew this sign-in: tell its people once, while it still lasts."""
    row = Channel.objects.select_for_update(of=("self",)).select_related("division", "duty_officer").get(pk=channel.pk)
    if row.token_expires_at is not None:
        _warn_once(row, row.token_expires_at - now)


class SignInNeeded(WrongMoment):
    """The account answers that our sign-in is no longer good: a person has to sign in there again."""


def reconnect(*, channel: Channel, by: User, reason: str = "", now: datetime | None = None) -> Channel:
    """Connect a flagged or paused channel again, once its account really answers.

    Raises WrongMoment with the platform's reason while it does not, SignInNeeded where only a new sign-in helps.
    """
    moment = now or timezone.now()
    health = check(channel=channel, by=by, now=moment)
    if not health.ok:
        heard = Channel.objects.filter(pk=channel.pk, checked_at=moment).exists()
        raise (SignInNeeded if heard else WrongMoment)(
            f"The account does not answer yet. {' '.join(health.warnings)}".strip(),
            cure="Sign in to it again on its page." if heard else "Try again in a few minutes.",
        )
    return channels.move_channel(channel=channel, to=ChannelState.CONNECTED, by=by, reason=reason, now=moment)


def due_for_renewal(*, now: datetime) -> list[Channel]:
    """Connected accounts whose sign-in ends within minutes; one that has ended long ago needs a person."""
    ending = {"token_expires_at__lte": now + RENEW_AHEAD, "token_expires_at__gt": now - timedelta(days=1)}
    return list(Channel.objects.filter(state=ChannelState.CONNECTED, **ending).exclude(credentials="").order_by("pk"))


def due_for_a_check() -> list[Channel]:
    """Every account that can be asked, those first that were not looked at for longest."""
    return list(askable().order_by("checked_at", "pk"))


def askable() -> QuerySet[Channel]:
    """Accounts that can be asked: connected or flagged ones, not our own pages, not those posted to by hand."""
    rows = Channel.objects.filter(state__in=[ChannelState.CONNECTED, ChannelState.NEEDS_ATTENTION])
    asked = rows.exclude(platform__in=OWN_PLATFORMS).exclude(mode=Mode.HAND_OFF)
    return asked.select_related("division", "duty_officer")
