"""Makes, changes, connects, pauses and retires channels, and links one to another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, WrongMoment
from divisions.models import Channel, Division, LinkRule, User
from divisions.permissions import Right
from divisions.services import credentials, notices
from divisions.states import CHANNEL_MOVES, OWN_PLATFORMS, Approver, ChannelState
from records.services import ledger

RESERVED = frozenset({"connect"})  # /desk/channels/connect/ is no channel
EDITABLE = frozenset(
    {
        "name",
        "handle",
        "url",
        "remote_id",
        "mode",
        "api_base",
        "settings",
        "cadence_days",
        "best_from",
        "best_until",
        "duty_officer",
        "token_expires_at",
    }
)


@transaction.atomic
def create_channel(
    *,
    slug: str,
    division: Division,
    platform: str,
    audience: str,
    by: User | None,
    now: datetime | None = None,
    **facts: Any,
) -> Channel:
    """Make an account's channel. Raises BadInput for an own platform (those come with the division)."""
    access.require(by, Right.MANAGE_CHANNEL, division)
    if slug in RESERVED:
        raise BadInput("slug", f"“{slug}” is an address of the desk itself.", cure="Choose another one.")
    if platform in OWN_PLATFORMS:
        raise BadInput("platform", "A division's public page, feed and staff feed come with it.")
    _known(facts)
    _window(facts.get("best_from"), facts.get("best_until"))
    channel = Channel(slug=slug, division=division, platform=platform, audience=audience, **facts)
    channel.full_clean()
    channel.save()
    remember("divisions.channel.created", channel, by, now, {"slug": slug, "platform": platform})
    return channel


@transaction.atomic
def change_channel(*, channel: Channel, by: User | None, now: datetime | None = None, **facts: Any) -> list[str]:
    """Change facts of a channel; returns the names of what really changed."""
    access.require(by, Right.MANAGE_CHANNEL, channel.division, channel=channel)
    _known(facts)
    row = _lock(channel)
    _window(facts.get("best_from", row.best_from), facts.get("best_until", row.best_until))
    changed = {k: v for k, v in facts.items() if getattr(row, k) != v}
    if not changed:
        return []
    for key, value in changed.items():
        setattr(row, key, value)
    row.full_clean()
    row.save(update_fields=list(changed))
    shown = {k: getattr(v, "email", str(v)) for k, v in changed.items()}
    remember("divisions.channel.changed", row, by, now, {"changed": shown})
    return sorted(changed)


@transaction.atomic
def set_credentials(
    *, channel: Channel, secrets: Mapping[str, str], by: User | None, now: datetime | None = None
) -> None:
    """Seal new platform tokens for a channel. The ledger says that it happened, never the tokens."""
    access.require(by, Right.MANAGE_CHANNEL, channel.division, channel=channel)
    row = _lock(channel)
    row.credentials = credentials.seal(secrets)
    row.save(update_fields=["credentials"])
    remember("divisions.channel.credentials_set", row, by, now, {"names": sorted(secrets)})


@transaction.atomic
def forget_credentials(*, channel: Channel, by: User | None, now: datetime | None = None) -> None:
    """Delete our sign-in at the platform, so that nothing here can speak with it any more.

    The platform may still honour it: that ends when somebody removes Substation among the account's connected apps.
    """
    access.require(by, Right.MANAGE_CHANNEL, channel.division, channel=channel)
    row = _lock(channel)
    row.credentials, row.token_expires_at, row.token_warned_days = "", None, None
    row.save(update_fields=["credentials", "token_expires_at", "token_warned_days"])
    remember("divisions.channel.credentials_forgotten", row, by, now, {})


@transaction.atomic
def move_channel(
    *, channel: Channel, to: ChannelState, by: User | None, reason: str = "", now: datetime | None = None
) -> Channel:
    """Pause, reconnect, flag or retire a channel. Raises WrongMoment for a move that is not in the table."""
    access.require(by, Right.MANAGE_CHANNEL, channel.division, channel=channel)
    to, row = ChannelState(to), _lock(channel)
    if row.state == to:
        return row
    if to not in CHANNEL_MOVES[row.state]:
        raise WrongMoment(f"A channel that is {row.get_state_display().lower()} cannot become {to.label.lower()}.")
    before, row.state, row.state_reason = row.state, to, reason[:300]
    row.save(update_fields=["state", "state_reason"])
    remember(f"divisions.channel.{to.value}", row, by, now, {"from": before, "reason": reason})
    if to == ChannelState.NEEDS_ATTENTION:
        notices.account_is_broken(row)
    return row


@transaction.atomic
def make_link(
    *,
    source: Channel,
    target: Channel,
    by: User | None,
    approver: str = Approver.SOURCE,
    now: datetime | None = None,
) -> LinkRule:
    """Let posts for `source` also go to `target`. Made by whoever manages the target; it is the right itself.

    Raises BadInput for a chain, for two audiences, or for an own channel as target.
    """
    access.require(by, Right.MANAGE_LINK, target.division, channel=target)
    if source.audience != target.audience:
        raise BadInput("target", "A public channel and a staff channel are never linked.")
    if target.is_own:
        raise BadInput("target", "Public pages and feeds are chosen in the composer and need no link.")
    if LinkRule.objects.filter(target_channel=source, revoked_at__isnull=True).exists() or (
        LinkRule.objects.filter(source_channel=target, revoked_at__isnull=True).exists()
    ):
        raise BadInput("target", "Links do not chain.", cure="Link the first channel to the last one directly.")
    link, made = LinkRule.objects.get_or_create(
        source_channel=source,
        target_channel=target,
        revoked_at=None,
        defaults={"approver": approver, "made_by": by, "created_at": now or timezone.now()},
    )
    if made:
        remember("divisions.link.made", target, by, now, {"from": source.slug, "to": target.slug})
    return link


@transaction.atomic
def revoke_link(*, link: LinkRule, by: User | None, now: datetime | None = None) -> None:
    """End a link at once. Posts already approved keep what was approved."""
    target = link.target_channel
    access.require(by, Right.MANAGE_LINK, target.division, channel=target)
    LinkRule.objects.filter(pk=link.pk, revoked_at__isnull=True).update(revoked_at=now or timezone.now())
    remember("divisions.link.revoked", target, by, now, {"from": link.source_channel.slug, "to": target.slug})


def _lock(channel: Channel) -> Channel:
    return Channel.objects.select_for_update(of=("self",)).select_related("division").get(pk=channel.pk)


def _known(facts: dict[str, Any]) -> None:
    for key in facts:
        if key not in EDITABLE:
            raise BadInput(key, f"A channel has no “{key}”.", cure=f"Known: {', '.join(sorted(EDITABLE))}.")


def _window(starts: time | None, ends: time | None) -> None:
    """The hours in which the readers look most: both ends or none; 22:00 to 02:00 ends on the next day."""
    if (starts is None) != (ends is None):
        missing = "best_from" if starts is None else "best_until"
        raise BadInput(missing, "A best window has two ends.", cure="Give this one too, or empty both.")
    if starts is not None and ends == starts:
        raise BadInput("best_until", f"It begins and ends at {starts:%H:%M}.", cure="Pick another end.")


def remember(kind: str, channel: Channel, by: User | None, now: datetime | None, data: dict[str, Any]) -> None:
    facts = {"channel": channel.slug, **data}
    ledger.remember(kind, ("channel", channel.pk), by=by, now=now, data=facts, division=channel.division)
