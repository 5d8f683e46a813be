"""Accounts that pass from one person to another: what the list asks, who may tick it, what is overdue. Reads only.

The steps are data with the reason for each; rows hold the code, so that a step that is asked no more stays readable.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery

from divisions.access import Rights
from divisions.models import Channel, Takeover, TakeoverStep
from divisions.permissions import Right

DUE = timedelta(days=7)  # a password that somebody else knows is not left for longer


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done, and why."""

    words: str
    why: str


STEPS: dict[str, Step] = {
    "password": Step("Change the password at the platform", "Whoever had it before still knows the old one."),
    "sessions": Step("Sign out all other devices there", "A phone that is signed in needs no password."),
    "leaver": Step("Remove who had it from the account’s people", "Also from its business page and its apps."),
    "second_admin": Step("Name a second administrator", "One person alone locks everybody out by falling ill."),
    "recovery": Step("Set a recovery address of the department", "Never anybody’s private mail or phone."),
    "factor": Step("Give the second factor to two people", "And keep the recovery codes where both find them."),
    "token": Step("Connect the account to Substation again", "The old connection may have been theirs."),
    "proof": Step("Post something nobody sees, and look", "A post to yourself or a draft there; then delete it."),
    "register": Step("Bring the register up to date", "Owner, holders, recovery: what the next one will look up."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One step as the page shows it."""

    row: TakeoverStep
    step: Step


def words(code: str) -> Step:
    """What a step says; its code for one that is asked no more."""
    return STEPS.get(code) or Step(code.replace("_", " ").capitalize(), "")


def lines(takeover: Takeover) -> list[Line]:
    """Every step of a list with who did it. One query."""
    return [Line(row, words(row.code)) for row in takeover.steps.select_related("done_by").order_by("pk")]


def of_channel(channel: Channel) -> QuerySet[Takeover]:
    """The lists of an account, the newest first."""
    rows = Takeover.objects.filter(channel=channel).order_by("-opened_at", "-pk")
    return rows.select_related("channel__division", "from_user", "to_user", "opened_by", "closed_by")


def may_tick(mine: Rights, takeover: Takeover) -> bool:
    """Whoever takes over, and whoever manages the account."""
    channel = takeover.channel
    return takeover.to_user_id == mine.user_id or may_manage(mine, channel)


def may_manage(mine: Rights, channel: Channel) -> bool:
    """Whether a person opens and closes lists of an account."""
    return mine.can(Right.MANAGE_CHANNEL, channel.division_id, channel)


def waiting(mine: Rights, *, now: datetime) -> QuerySet[Takeover]:
    """Open lists that a person has to do themselves, and overdue ones of accounts that they manage; oldest first."""
    managed = Q(channel__division__in=mine.division_ids(Right.MANAGE_CHANNEL), opened_at__lte=now - DUE)
    own = Q(to_user=mine.user_id, channel__division__in=mine.visible_division_ids())
    rows = Takeover.objects.filter(own | managed, closed_at__isnull=True)
    return rows.select_related("channel", "to_user").order_by("opened_at", "pk")


def opened_at() -> Subquery:
    """For a query of channels: when the list was opened by which each is being taken over; None for none."""
    rows = Takeover.objects.filter(channel=OuterRef("pk"), closed_at__isnull=True)
    return Subquery(rows.values("opened_at")[:1])


def is_overdue(takeover: Takeover, *, now: datetime) -> bool:
    """Whether it is open for longer than it may be."""
    return takeover.closed_at is None and takeover.opened_at <= now - DUE
