"""The accounts: their secrets open, their sign-ins last, and somebody has looked at them."""

from __future__ import annotations

from datetime import datetime, timedelta

from config.doctor.seen import Seen, fine, named, stop, warn
from connectors.versions import ApiVersion
from divisions.errors import BadInput
from divisions.models import Channel, Department
from divisions.services import api_versions as versions_service
from divisions.services import credentials
from divisions.services.people import today
from divisions.services.tokens import WARN_DAYS
from divisions.states import OWN_PLATFORMS, ChannelState, Mode

LOOKED_AT_WITHIN = timedelta(hours=26)  # the look is daily
_IN_USE = (ChannelState.CONNECTED, ChannelState.NEEDS_ATTENTION)


def secrets(now: datetime) -> Seen:
    """Every stored credential opens with the keys of today."""
    rows = Channel.objects.exclude(credentials="").exclude(state=ChannelState.RETIRED).only("slug", "credentials")
    shut, count = [], 0
    for channel in rows.order_by("slug").iterator():
        count += 1
        try:
            credentials.open_for(channel)
        except (BadInput, ValueError):
            shut.append(channel.slug)
    shut += _shut_list()
    if shut:
        return stop(
            f"do not open with FIELD_KEYS: {named(shut)}", "Add the old key to FIELD_KEYS, or reconnect these accounts."
        )
    return fine(f"the credentials of {count} accounts open")


def _shut_list() -> list[str]:
    """The key of the signed list, where it does not open."""
    sealed = Department.objects.values_list("signing_key", flat=True).first() or ""
    try:
        credentials.open_sealed(sealed, of="the key", else_="make a new one")
    except (BadInput, ValueError):
        return ["the key of the official list (manage.py official_key --rotate makes a new one)"]
    return []


def tokens(now: datetime) -> Seen:
    """No sign-in ends soon. Those that renew themselves are only seen when that has failed."""
    soon = now + timedelta(days=max(WARN_DAYS))
    rows = Channel.objects.filter(state__in=_IN_USE, token_expires_at__lte=soon).exclude(mode=Mode.HAND_OFF)
    left = [(c.slug, c.token_expires_at - now) for c in rows.order_by("token_expires_at")[:200] if _ends(c, now)]  # type: ignore[operator]
    ended = [slug for slug, span in left if span <= timedelta(0)]
    ending = [f"{slug} in {max(span.days, 1)} d" for slug, span in left if span > timedelta(0)]
    cure = "Sign in to the platform as the account's owner and give Substation a new token on the channel's page."
    if ended:
        return stop(f"ended: {named(ended)}", cure)
    if any(span <= timedelta(days=min(WARN_DAYS)) for _, span in left):
        return stop(f"ends within a day: {named(ending)}", cure)
    return warn(f"ends soon: {named(ending)}", cure) if ending else fine("no sign-in ends within 14 days")


def _ends(channel: Channel, now: datetime) -> bool:
    try:
        renews = bool(credentials.open_for(channel).get("refresh_token"))
    except (BadInput, ValueError):
        return False  # said by `secrets`
    return not renews or (channel.token_expires_at is not None and channel.token_expires_at <= now)


def looked_at(now: datetime) -> Seen:
    """Every account that can be asked was looked at within a day, and is connected."""
    asked = Channel.objects.filter(state__in=_IN_USE).exclude(platform__in=OWN_PLATFORMS).exclude(mode=Mode.HAND_OFF)
    rows = list(asked.order_by("slug").values_list("slug", "state", "checked_at", "created_at")[:5000])
    broken = [slug for slug, state, _, _ in rows if state == ChannelState.NEEDS_ATTENTION]
    if broken:
        return warn(f"need attention and send nothing: {named(broken)}", "Open the channel's page and reconnect it.")
    old = [slug for slug, _, checked, made in rows if now - (checked or made) > LOOKED_AT_WITHIN]
    if old:
        return warn(
            f"not looked at for a day: {named(old)}",
            "Beat and Redis bring the daily look; see that both run.",
        )
    return fine(f"{len(rows)} accounts, looked at within a day")


def api_versions(now: datetime) -> Seen:
    """The platforms go on answering the versions of their API that we speak."""
    found = versions_service.ending(today(now))
    said = [_ends_on(version) for version in found]
    if any(version.ends_on and version.ends_on <= today(now) for version in found):
        return stop(f"no longer answered: {named(said)}", versions_service.CURE)
    return warn(named(said), versions_service.CURE) if said else fine("no version ends within 60 days")


def _ends_on(version: ApiVersion) -> str:
    return f"{version.name} ends on {version.ends_on}" if version.known else f"{version.name} is unknown to us"
