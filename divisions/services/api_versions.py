"""Warns when a platform is about to stop answering the version of its API that an account is spoken to in."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from connectors import versions
from connectors.versions import ApiVersion
from divisions import access
from divisions.models import Channel
from divisions.permissions import Right
from divisions.services import notices
from divisions.services.people import today
from divisions.states import ChannelState, Mode

AHEAD = timedelta(days=60)
CURE = "Update Substation, or set a newer version in the account's settings, before that day."


def ending(on: date) -> dict[ApiVersion, list[Channel]]:
    """Accounts in use by the version they are spoken to in, where it ends within 60 days, has ended or is unknown."""
    rows = Channel.objects.exclude(state=ChannelState.RETIRED).exclude(mode=Mode.HAND_OFF)
    found: dict[ApiVersion, list[Channel]] = {}
    for channel in rows.select_related("division").order_by("slug").iterator():
        version = versions.spoken(channel.platform, channel.settings)
        if version is not None and _is_worth_words(version, on):
            found.setdefault(version, []).append(channel)
    return found


def _is_worth_words(version: ApiVersion, on: date) -> bool:
    return not version.known or (version.ends_on is not None and version.ends_on - AHEAD <= on)


def warn(*, now: datetime) -> int:
    """Tell whoever manages these accounts, once a version; returns how many versions end or are unknown."""
    found = ending(today(now))
    for version, channels in found.items():
        if version.ends_on is None:
            continue  # a version we do not know is the doctor's finding: nobody can say when it ends
        places = {channel.division_id for channel in channels}
        people = {user for place in sorted(places) for user in access.people_with(Right.MANAGE_CHANNEL, place)}
        day, platform = f"{version.ends_on:%-d %B %Y}", channels[0].get_platform_display()
        many = f"{len(channels)} account{'' if len(channels) == 1 else 's'} of ours"
        notices.tell(
            sorted(people, key=lambda user: user.pk),
            f"{version.name} ends on {day}",
            f"{platform} stops answering {version.name} on {day}. We speak it for {many}. {CURE}",
            "/desk/channels/",
            kind="account_broken",
            key=f"api-version-{version.name}",
            now=now,
        )
    return len(found)
