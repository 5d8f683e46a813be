"""What the public wrote, for its page, the wall, check rounds and the navigation. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, QuerySet

from divisions.access import Rights
from divisions.errors import NotVisible
from divisions.models import Channel
from divisions.permissions import Right
from divisions.states import NOT_ACCOUNTS, ChannelState, Mode
from moderation.models import CommentWatch, Contribution
from moderation.models.contribution import WAITS
from moderation.selectors import readable


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """How many comments of an account wait, and since when the oldest does."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How many accounts can be read, how many were, and when the one that waits longest was."""

    accounts: int
    looked: int
    oldest: datetime | None


NONE = Unanswered(count=0, oldest=None)


@cache
def platforms() -> frozenset[str]:
    """The platforms whose comments can be read at all."""
    return readable.platforms(lambda can: can.comments.read)


def heard() -> QuerySet[Channel]:
    """Accounts whose comments can be read: connected, not by hand, on a platform that tells them."""
    return readable.accounts(platforms())


def can_be_read(channel: Any) -> bool:
    """The same for one account that is at hand (a Channel, or a row of the wall)."""
    return channel.platform in platforms() and channel.state == ChannelState.CONNECTED and channel.mode != Mode.HAND_OFF


def why_not(channel: Any) -> str:
    """Why an account's comments cannot be read, in one sentence."""
    if channel.platform not in platforms():
        return f"{channel.get_platform_display()} offers no comments to read."
    if channel.mode == Mode.HAND_OFF:
        return "Posted by hand: read the comments there."
    return "Not read while it is not connected."


def waiting() -> QuerySet[Contribution]:
    """What stands there and nobody has answered."""
    return Contribution.objects.filter(WAITS)


def unanswered_of(channels: Any) -> dict[int, Unanswered]:
    """By channel id; accounts where nothing waits are absent. `channels` = ids, or a query of them. One query."""
    groups = waiting().filter(channel__in=channels).order_by().values_list("channel")
    return {
        pk: Unanswered(count=n, oldest=oldest)
        for pk, n, oldest in groups.annotate(n=Count("pk"), oldest=Min("said_at"))
    }


def read_by(channel_ids: Sequence[int], *, now: datetime) -> dict[int, datetime]:
    """When each account's comments were last read; those that never were are absent. One query."""
    rows = CommentWatch.objects.filter(channel__in=channel_ids, looked_at__lte=now)
    return {pk: at for pk, at in rows.values_list("channel", "looked_at") if at is not None}


def may_open(mine: Rights) -> bool:
    """Whether the person sees the inside of any division, and so what was written to it."""
    return bool(mine.visible_division_ids())


def visible_to(mine: Rights) -> QuerySet[Contribution]:
    """Comments on accounts of the divisions whose inside the person may see, the newest first."""
    rows = Contribution.objects.filter(channel__division__in=mine.visible_division_ids())
    rows = rows.select_related("channel__division", "delivery__post", "answered_by")
    return rows.order_by("-said_at", "-pk")


def waiting_for(mine: Rights) -> QuerySet[Contribution]:
    """Those that wait for an answer in the divisions in which the person answers."""
    return waiting().filter(channel__division__in=mine.division_ids(Right.ANSWER_COMMENT))


def get_visible(mine: Rights, pk: int) -> Contribution:
    """One comment. Raises NotVisible."""
    row = visible_to(mine).filter(pk=pk).first()
    if row is None:
        raise NotVisible
    return row


def may_answer(row: Contribution, mine: Rights) -> bool:
    """Whether the person says what becomes of it."""
    return mine.can(Right.ANSWER_COMMENT, row.channel.division_id, row.channel)


def accounts(mine: Rights) -> QuerySet[Channel]:
    """Accounts the person sees on which something was ever written, for the filter."""
    rows = Channel.objects.filter(division__in=mine.visible_division_ids()).exclude(platform__in=NOT_ACCOUNTS)
    rows = rows.filter(Exists(Contribution.objects.filter(channel=OuterRef("pk"))))
    return rows.order_by("division__position", "platform", "name", "pk")


def not_read(mine: Rights) -> QuerySet[CommentWatch]:
    """Accounts the person sees whose newest look did not succeed, those first that wait longest."""
    rows = CommentWatch.objects.exclude(problem="").filter(channel__in=heard())
    rows = rows.filter(channel__division__in=mine.visible_division_ids()).select_related("channel")
    return rows.order_by("problem_since", "pk")


def summary(mine: Rights) -> Summary:
    """What the last looks came to, over the accounts that the person sees. One query."""
    rows = heard().filter(division__in=mine.visible_division_ids())
    found = rows.aggregate(
        accounts=Count("pk"), looked=Count("comment_watch__looked_at"), oldest=Min("comment_watch__looked_at")
    )
    return Summary(**found)
