"""What was asked to be taken down, by whom, and what became of each copy. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from connectors import registry
from divisions.access import Rights
from divisions.errors import NotVisible
from divisions.permissions import Right
from divisions.states import Mode
from posts.kinds import Kind
from posts.models import Delivery, Post, Withdrawal
from posts.models.amends import AmendVerdict
from posts.states import JUDGEMENTS, Act, DeliveryState, Ground

STANDING_STATES = (DeliveryState.DELIVERED, DeliveryState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class CopyLine:
    """One copy: where it is, what removes it there (before), or what came of it (after)."""

    delivery: Delivery
    down: Delivery | None

    @property
    def is_reply(self) -> bool:
        """A correction that was posted below a copy, and goes with it."""
        return self.delivery.act == Act.REPLY

    @property
    def way(self) -> str:
        """How it would be taken down."""
        channel = self.delivery.channel
        if channel.is_own:
            return "gone at once; a notice stays at its address" if channel.platform == "website" else "gone at once"
        if channel.mode == Mode.HAND_OFF or not registry.get(channel.platform, channel.mode).capabilities().withdraw:
            return "a person removes it there and says so"
        return "removed by Substation, then read back"


def visible_to(mine: Rights) -> QuerySet[Withdrawal]:
    """Requests about posts of divisions that the person sees, newest first."""
    rows = Withdrawal.objects.filter(post__division__in=mine.visible_division_ids())
    return rows.select_related("post__division", "post__revision", "asked_by", "decided_by")


def get_visible(mine: Rights, pk: int) -> Withdrawal:
    """One of them. Raises NotVisible for another division's (P5)."""
    found = visible_to(mine).filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def waiting(mine: Rights) -> QuerySet[Withdrawal]:
    """Requests that this person may decide: not their own, in divisions where they may withdraw; the oldest first."""
    rows = Withdrawal.objects.filter(verdict="", post__division__in=mine.division_ids(Right.WITHDRAW_POST))
    return rows.exclude(asked_by=mine.user_id).select_related("post__division", "asked_by").order_by("asked_at", "pk")


def of_post(post: Post) -> Withdrawal | None:
    """The request that is open or was confirmed, or None."""
    rows = post.withdrawals.filter(verdict__in=["", AmendVerdict.CONFIRMED])
    return rows.select_related("asked_by", "decided_by").first()


def copies(post: Post) -> list[CopyLine]:
    """Every copy that stands or stood, with the row that takes it down. One query."""
    rows = list(post.deliveries.select_related("channel__division").order_by("pk"))
    down = {row.publication_id: row for row in rows if row.act == Act.WITHDRAW}
    said = [row for row in rows if row.act in (Act.PUBLISH, Act.REPLY) and row.state in STANDING_STATES]
    return [CopyLine(row, down.get(row.pk)) for row in said]


def gone(lines: Sequence[CopyLine]) -> int:
    """How many copies are proven gone."""
    return sum(line.delivery.state == DeliveryState.WITHDRAWN for line in lines)


def grounds(post: Post, *, now: datetime) -> list[tuple[str, str]]:
    """The grounds that can apply to this post: value and label. The rest is not offered."""
    offered = list(JUDGEMENTS)
    revision = post.revision
    if post.kind == Kind.APPEAL:
        offered.append(Ground.RESOLVED)
    if revision and revision.expires_at and revision.expires_at <= now:
        offered.append(Ground.EXPIRED)
    if revision and revision.variants.filter(media__isnull=False).exists():
        offered += [Ground.CONSENT, Ground.BOOKING]
    at_once = " (goes down at once, the approval promised it)"
    return [(g.value, f"{g.label}{'' if g in JUDGEMENTS else at_once}") for g in offered]
