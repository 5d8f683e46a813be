"""Turns an account that a sign-in opened into a channel: a new one, or the one it was before. No wire call here.

Also the preconditions that only we know: is it the account we expect, is it free, do its readers fit (P6).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.text import slugify

from connectors import connecting
from connectors.connecting.contract import Finding, Opened, Weight
from divisions.errors import BadInput, WrongMoment
from divisions.models import Channel, Division, User
from divisions.services import channels, credentials, hook_secret
from divisions.states import Audience, ChannelState, Mode, Platform


class Wanted(Protocol):
    """What somebody wants to connect (`connect.Wanted`)."""

    @property
    def platform(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def division(self) -> Division: ...
    @property
    def audience(self) -> str: ...
    @property
    def channel(self) -> Channel | None: ...


def is_account_of(opened: Opened, channel: Channel) -> bool:
    """Whether this is the account a channel has always been; by its handle where no id was ever known.

    What we make ourselves (a list, an endpoint) is nobody else's: the channel is what it has always been.
    """
    if connecting.made_here(channel.platform):
        return True
    if channel.remote_id:
        return opened.remote_id == channel.remote_id
    return bool(channel.handle) and opened.handle.lower() == channel.handle.lstrip("@").lower()


def fitting(wanted: Wanted, opened: Opened) -> list[Finding]:
    """What only we can know of an account before it is connected."""
    return [*_expected(wanted, opened), *_free(wanted, opened), *_readers(wanted, opened)]


@transaction.atomic
def keep(*, wanted: Wanted, opened: Opened, name: str, by: User, now: datetime) -> Channel:
    """Make the channel with its sealed sign-in, or give the one there is a new sign-in. Asks no right: `connect` does.

    Raises BadInput (field `account`) for another account than the channel's, or one that is taken.
    """
    stops = [finding for finding in fitting(wanted, opened) if finding.weight == Weight.STOP]
    if stops:
        raise BadInput("account", stops[0].words, cure=stops[0].cure)
    facts = _facts(wanted, opened)
    if wanted.channel is None:
        facts["settings"] = {key: value for key, value in facts["settings"].items() if value}
        channel = _make(wanted, {**facts, "name": (name.strip() or opened.name)[:150]}, by, now)
    else:
        channel = _again(wanted.channel, facts, by, now)
    sealed = credentials.seal(secrets_of(wanted, opened, now))
    channel.credentials, channel.token_warned_days, channel.checked_at = sealed, None, now
    channel.save(update_fields=["credentials", "token_warned_days", "checked_at"])
    verb = "connected" if wanted.channel is None else "reconnected"
    said: dict[str, Any] = {"account": opened.handle, "remote_id": opened.remote_id, "names": sorted(opened.secrets)}
    said |= {"scopes": list(opened.scopes or ()), "until": opened.ends_at and opened.ends_at.isoformat()}
    channels.remember(f"divisions.credentials.{verb}", channel, by, now, said)
    return channel


def secrets_of(wanted: Wanted, opened: Opened, now: datetime) -> dict[str, str]:
    """What is kept of a sign-in; an endpoint goes on taking its old secret for a day, so that no event is lost."""
    if wanted.platform != Platform.WEBHOOK or wanted.channel is None:
        return dict(opened.secrets)
    row = Channel.objects.select_related("division").get(pk=wanted.channel.pk)
    try:
        before = credentials.open_for(row)
    except BadInput:  # sealed with a key that is gone: a new secret is the cure
        before = {}
    return hook_secret.in_place_of(before, opened.secrets["secret"], now)


@transaction.atomic
def by_hand(
    *,
    platform: str,
    division: Division,
    audience: str,
    name: str,
    handle: str,
    url: str,
    by: User,
    now: datetime | None = None,
) -> Channel:
    """Add an account that people post to by hand: no sign-in is kept. Raises BadInput, NotAllowed."""
    facts = {"name": name, "handle": handle.lstrip("@"), "url": url, "mode": Mode.HAND_OFF}
    other = Channel.objects.filter(platform=platform, handle__iexact=facts["handle"]).exclude(
        state=ChannelState.RETIRED
    )
    if facts["handle"] and (row := other.select_related("division").first()):
        raise BadInput("handle", _taken(row, division))
    return _create(platform, division, audience, facts, by, now)


def _make(wanted: Wanted, facts: dict[str, Any], by: User, now: datetime) -> Channel:
    return _create(wanted.platform, wanted.division, wanted.audience, facts, by, now)


def _create(
    platform: str, division: Division, audience: str, facts: dict[str, Any], by: User, now: datetime | None
) -> Channel:
    slug = free_slug(platform, division, facts["handle"] or facts["name"])
    try:
        return channels.create_channel(
            slug=slug, division=division, platform=platform, audience=audience, by=by, now=now, **facts
        )
    except ValidationError as error:
        raise _bad(error) from error


def _bad(error: ValidationError) -> BadInput:
    field, words = next(iter(error.message_dict.items()))
    return BadInput(field, " ".join(words))


def _again(channel: Channel, facts: dict[str, Any], by: User, now: datetime) -> Channel:
    """Only what belongs to the sign-in changes; name, slug, promise and history are the channel's own."""
    kept = {key: value for key, value in {**channel.settings, **facts["settings"]}.items() if value is not False}
    wanted = {key: value for key, value in facts.items() if value or key in ("token_expires_at", "api_base")}
    try:
        channels.change_channel(channel=channel, by=by, now=now, **{**wanted, "settings": kept})
    except ValidationError as error:
        raise _bad(error) from error
    if channel.state == ChannelState.RETIRED:
        raise WrongMoment("This channel is retired.")
    return channels.move_channel(
        channel=channel, to=ChannelState.CONNECTED, by=by, reason="Signed in to again", now=now
    )


def _facts(wanted: Wanted, opened: Opened) -> dict[str, Any]:
    return {
        "handle": opened.handle,
        "url": opened.url,
        "remote_id": "" if connecting.made_here(wanted.platform) else opened.remote_id,
        "mode": wanted.mode,
        "api_base": "" if _is_sandbox(wanted, opened.api_base) else opened.api_base,
        "settings": dict(opened.settings),
        "token_expires_at": opened.ends_at,
    }


def _is_sandbox(wanted: Wanted, base: str) -> bool:
    """The sandbox's own address is not kept: it moves with SANDBOX_URL."""
    return wanted.mode == Mode.SANDBOX and base == f"{settings.SANDBOX_URL}/{wanted.platform}"


def free_slug(platform: str, division: Division, handle: str) -> str:
    """An address here that nobody has: by division, by handle, then counted."""
    first, second = slugify(f"{platform}-{division.slug}")[:70], slugify(f"{platform}-{handle}")[:70]
    wanted = [first, second, *(f"{second}-{n}" for n in range(2, 100))]
    taken = set(Channel.objects.filter(slug__in=wanted).values_list("slug", flat=True)) | channels.RESERVED
    return next(slug for slug in wanted if slug not in taken)


def _expected(wanted: Wanted, opened: Opened) -> list[Finding]:
    channel = wanted.channel
    if connecting.made_here(wanted.platform):
        return []
    if channel is None or is_account_of(opened, channel):
        words = f"This is {opened.name} (@{opened.handle})."
        return [Finding(code="account", weight=Weight.OK, words=words)]
    return [
        Finding(
            code="account",
            weight=Weight.STOP,
            words=f"This is {opened.name} (@{opened.handle}). The channel is {channel.name} (@{channel.handle}).",
            cure="Sign in as the account of this channel, or connect the other one as a channel of its own.",
        )
    ]


def _free(wanted: Wanted, opened: Opened) -> list[Finding]:
    rows = Channel.objects.filter(platform=wanted.platform).exclude(state=ChannelState.RETIRED)
    if wanted.channel is not None:
        rows = rows.exclude(pk=wanted.channel.pk)
    if connecting.made_here(wanted.platform):
        return _twice(wanted, opened, rows)
    same = rows.filter(remote_id=opened.remote_id) | rows.filter(handle__iexact=opened.handle)
    row = same.select_related("division").first()
    if row is None:
        return []
    cure = "Open that channel and press “Sign in again”." if row.division_id == wanted.division.pk else ""
    return [Finding(code="free", weight=Weight.STOP, words=_taken(row, wanted.division), cure=cure)]


def _twice(wanted: Wanted, opened: Opened, rows: QuerySet[Channel]) -> list[Finding]:
    """An endpoint that another channel of the same division and readers tells already hears every post twice."""
    same = rows.filter(division=wanted.division, audience=wanted.audience, api_base=opened.api_base)
    row = same.first() if opened.api_base else None
    if row is None:
        return []
    words = f"{row.name} tells this endpoint already: a post that names both is told twice."
    return [Finding(code="free", weight=Weight.WARNING, words=words, cure="Leave it at one of the two.")]


def _taken(row: Channel, division: Division) -> str:
    """Name the channel only to its own division: another's settings do not exist for you (P5)."""
    if row.division_id == division.pk:
        return f"This account is a channel already: {row.name}."
    return "This account is a channel of another division already. Ask the social media officer."


def _readers(wanted: Wanted, opened: Opened) -> list[Finding]:
    """A staff channel on an account that everybody reads would make staff posts public."""
    if connecting.made_here(wanted.platform):
        return _staff_only(wanted)
    protected = bool(opened.settings.get("protected"))
    if wanted.audience == Audience.INTERNAL and not protected:
        words = "Everybody can read this account, and the channel is for staff only."
        cure = "Protect the account at the platform first, or connect it for everybody."
        return [Finding(code="readers", weight=Weight.STOP, words=words, cure=cure)]
    if wanted.audience == Audience.PUBLIC and protected:
        words = "Only its followers can read this account, and the channel is for everybody."
        return [
            Finding(code="readers", weight=Weight.WARNING, words=words, cure="Open the account, or choose Staff only.")
        ]
    return []


def _staff_only(wanted: Wanted) -> list[Finding]:
    """What an endpoint does with a staff post only its people know."""
    if wanted.audience != Audience.INTERNAL:
        return []
    words = "Every staff post that names this channel goes to this endpoint. Who reads it there, Substation cannot see."
    cure = "Ask whoever runs it who does, before you connect it."
    return [Finding(code="readers", weight=Weight.UNKNOWN, words=words, cure=cure)]
