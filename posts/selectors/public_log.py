"""The public log: what was taken down and on which ground, what was put right and why. Public side only (P6).

A row stands here once the website has its receipt: the log says nothing before it is so. Removed words and titles are
not repeated. The copies of one post stand on its own page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from divisions.states import NOT_ACCOUNTS, Audience, Platform
from posts.models import Correction, Delivery, Withdrawal
from posts.models.amends import AmendVerdict
from posts.selectors import public
from posts.states import Act, Basis, DeliveryState

_S = DeliveryState
_OUT = (_S.DELIVERED, _S.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Removal:
    """One post that was taken down. `copies` stood on accounts of ours; `gone` of them are proven gone."""

    withdrawal: Withdrawal
    published_at: datetime
    removed_at: datetime
    copies: int
    gone: int

    @property
    def url(self) -> str:
        """Its notice; the address does not repeat the title."""
        return f"/news/{self.withdrawal.post_id}-removed/"

    @property
    def by_two(self) -> bool:
        """Whether it was a judgement, so that a second person agreed."""
        return self.withdrawal.basis == Basis.REVIEW

    @property
    def left(self) -> int:
        """How many copies are not proven gone."""
        return self.copies - self.gone


def removals() -> QuerySet[Any]:
    """Posts whose public page was taken down and stands nowhere else, the newest first, as withdrawals."""
    pages = _website().filter(post=OuterRef("post"), act=Act.PUBLISH)
    down = pages.filter(state=_S.WITHDRAWN).order_by("-state_at")
    return (
        Withdrawal.objects.filter(verdict=AmendVerdict.CONFIRMED, post__audience=Audience.PUBLIC)
        .filter(Exists(down), ~Exists(pages.filter(state=_S.DELIVERED)))
        .annotate(
            removed_at=Subquery(down.values("state_at")[:1]), published_at=Subquery(down.values("settled_at")[:1])
        )
        .select_related("post__division")
        .order_by("-removed_at", "-pk")
    )


def told_removals(rows: Iterable[Any]) -> list[Removal]:
    """The rows with what became of their copies elsewhere. One query."""
    found = list(rows)
    copies = (
        Delivery.objects.filter(post__in=[row.post_id for row in found], act=Act.PUBLISH, state__in=_OUT)
        .filter(channel__audience=Audience.PUBLIC)
        .exclude(channel__platform__in=NOT_ACCOUNTS)
        .order_by()
        .values("post")
        .annotate(n=Count("pk"), gone=Count("pk", filter=Q(state=_S.WITHDRAWN)))
    )
    counts = {row["post"]: (row["n"], row["gone"]) for row in copies}
    return [
        Removal(row, row.published_at or row.removed_at, row.removed_at, *counts.get(row.post_id, (0, 0)))
        for row in found
    ]


def corrections() -> QuerySet[Any]:
    """Corrections that stand on a public page that is up, the newest first, with `corrected_at`."""
    edits = _website().filter(
        revision=OuterRef("revision"), act=Act.EDIT, state=_S.DELIVERED, publication__state=_S.DELIVERED
    )
    return (
        Correction.objects.filter(verdict=AmendVerdict.CONFIRMED, post__audience=Audience.PUBLIC)
        .filter(Exists(edits))
        .annotate(corrected_at=Subquery(edits.order_by("-settled_at").values("settled_at")[:1]))
        .select_related("post__division", "revision")
        .order_by("-corrected_at", "-pk")
    )


def told_corrections(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """The rows with the page they stand on: title and address as they are now. One query."""
    found = list(rows)
    pages = {post.pk: post for post in public.shown(public.pages().filter(post__in=[row.post_id for row in found]))}
    return [{"correction": row, "post": pages[row.post_id]} for row in found if row.post_id in pages]


def _website() -> QuerySet[Delivery]:
    return Delivery.objects.filter(channel__platform=Platform.WEBSITE, channel__audience=Audience.PUBLIC)
