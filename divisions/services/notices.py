"""Mail to the people who can do something; about an account: its duty officer and whoever manages it.

A mail server that is down stops nothing: the same stands on the wall.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from divisions import access
from divisions.models import Channel, User
from divisions.permissions import Right

log = logging.getLogger(__name__)

MOST = 20


def account_is_broken(channel: Channel) -> None:
    """Tell, after the commit, that an account no longer takes posts. Called once, when the channel is flagged."""
    _send(
        channel,
        f"{channel.name} on {channel.get_platform_display()} needs you",
        f"{channel.state_reason}\n\nNothing more goes out there until somebody reconnects it.",
    )


def sign_in_ends(channel: Channel, left: timedelta) -> None:
    """Tell, after the commit, that a sign-in ends soon."""
    days = max(left.days, 0)
    when = "has ended" if left <= timedelta(0) else f"ends in {days} {'day' if days == 1 else 'days'}"
    _send(
        channel,
        f"The connection to {channel.name} {when}",
        f"Our sign-in at {channel.get_platform_display()} for {channel.name} {when}. Reconnect it before then, "
        "or posts that are due will not go out.",
    )


def tell(people: Iterable[User], subject: str, text: str, path: str) -> None:
    """Tell some people, after the commit, with the page where something can be done about it (a path of the desk)."""
    to = list(dict.fromkeys(user.email for user in people if user.is_active))[:MOST]

    def send() -> None:
        try:
            send_mail(" ".join(subject.split()), f"{text}\n\n{settings.BASE_URL}{path}\n", None, to)
        except OSError as error:
            log.warning("no mail about %s: %s", path, error)

    if to:
        transaction.on_commit(send, robust=True)


def _send(channel: Channel, subject: str, text: str) -> None:
    tell(_people(channel), subject, text, f"/desk/channels/{channel.slug}/")


def _people(channel: Channel) -> list[User]:
    managers = access.people_with(Right.MANAGE_CHANNEL, channel.division_id)
    duty = [channel.duty_officer] if channel.duty_officer and channel.duty_officer.is_active else []
    return [*duty, *managers]
