"""The yearly look at who still needs their rights: what is due, what waits, each membership with its signs of life.

Reads only. When somebody last acted comes from the ledger; when they last signed in, from the person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Min, Q, QuerySet

from divisions.access import Rights
from divisions.errors import NotVisible
from divisions.models import AccessReview, AccessReviewItem, Division, Membership, User
from divisions.permissions import Right
from divisions.selectors import duty
from records.models import LedgerEntry

EVERY = timedelta(days=365)
AHEAD = timedelta(days=30)  # a review is opened that long before it is due
CSV_HEAD = (
    "division", "person", "e-mail", "role", "since", "until", "only channels", "last signed in", "last act",
    "decision", "reason", "decided by",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One membership in a review."""

    item: AccessReviewItem
    last_act: datetime | None

    @property
    def person(self) -> User:
        """Whose it is."""
        return self.item.membership.user

    @property
    def is_over(self) -> bool:
        """Whether it was ended otherwise since the review was opened."""
        return self.item.membership.revoked_at is not None


def visible_to(mine: Rights) -> QuerySet[AccessReview]:
    """Reviews of the divisions whose people one manages, or oversees; with `todo`, how many rows are undecided."""
    ids = mine.division_ids(Right.MANAGE_PEOPLE) | mine.division_ids(Right.VIEW_ALL)
    rows = AccessReview.objects.filter(division__in=ids).select_related("division", "signed_by")
    undecided = Q(items__decision="", items__membership__revoked_at__isnull=True)
    return rows.annotate(todo=Count("items", filter=undecided), total=Count("items"))


def get_visible(mine: Rights, pk: int) -> AccessReview:
    """One review. Raises NotVisible."""
    found = visible_to(mine).filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def waiting(mine: Rights) -> QuerySet[AccessReview]:
    """Open reviews of those whose people one manages, the first due first."""
    rows = AccessReview.objects.filter(signed_at__isnull=True, division__in=mine.division_ids(Right.MANAGE_PEOPLE))
    return rows.select_related("division").order_by("due_on", "pk")


def is_overdue(review: AccessReview, *, today: date) -> bool:
    """Whether it should have been signed by now."""
    return review.signed_at is None and review.due_on < today


def next_due(*, now: datetime) -> dict[int, date]:
    """When each division's review is due: a year after the last one was signed, else after its oldest membership.

    Divisions without members have none. Two queries.
    """
    today = duty.day_of(now)
    alive = Membership.objects.filter(revoked_at__isnull=True, user__is_active=True)
    alive = alive.exclude(ends_on__lt=today)
    oldest = dict(alive.order_by().values("division").annotate(first=Min("starts_on")).values_list("division", "first"))
    signed = dict(
        AccessReview.objects.filter(signed_at__isnull=False)
        .order_by()
        .values("division")
        .annotate(last=Max("signed_at"))
        .values_list("division", "last")
    )
    return {pk: (duty.day_of(signed[pk]) if pk in signed else first) + EVERY for pk, first in oldest.items()}


def lines(review: AccessReview, items: Sequence[AccessReviewItem]) -> list[Line]:
    """Some rows of a review with the last act of each person there. One query."""
    ids = {item.membership.user_id for item in items}
    acts = dict(
        LedgerEntry.objects.filter(actor_id__in=ids, division_id=review.division_id)
        .order_by()
        .values("actor_id")
        .annotate(last=Max("occurred_at"))
        .values_list("actor_id", "last")
    )
    return [Line(item=item, last_act=acts.get(item.membership.user_id)) for item in items]


def items_of(review: AccessReview) -> QuerySet[AccessReviewItem]:
    """The rows of a review by name, undecided ones first."""
    rows = AccessReviewItem.objects.filter(review=review).select_related(
        "membership__user", "membership__role", "membership__division", "decided_by"
    )
    rows = rows.prefetch_related("membership__narrowings__channel")
    return rows.order_by("decision", "membership__user__name", "membership__role__name", "pk")


def ended_by(review: AccessReview) -> list[User]:
    """The people whose memberships a review ended."""
    ended = AccessReviewItem.objects.filter(review=review, decision=AccessReviewItem.Decision.END)
    return list(User.objects.filter(memberships__reviewed__in=ended).distinct().order_by("name", "pk"))


def rows_of_file(review: AccessReview) -> Iterator[tuple[str, ...]]:
    """The review as lines of a CSV file, after its head."""
    for line in lines(review, list(items_of(review))):
        row, item = line.item.membership, line.item
        only = [n.channel.slug for n in row.narrowings.all() if n.revoked_at is None]
        yield (
            row.division.slug,
            row.user.name,
            row.user.email,
            row.role.code,
            str(row.starts_on),
            str(row.ends_on or ""),
            " ".join(only),
            row.user.last_login.isoformat() if row.user.last_login else "",
            line.last_act.isoformat() if line.last_act else "",
            item.decision,
            item.note,
            item.decided_by.name if item.decided_by else "",
        )


def divisions_without(mine: Rights) -> QuerySet[Division]:
    """Divisions whose people one manages and that have no open review: where one can be opened by hand."""
    busy = AccessReview.objects.filter(signed_at__isnull=True).values("division")
    ids = mine.division_ids(Right.MANAGE_PEOPLE)
    return Division.objects.filter(pk__in=ids, memberships__revoked_at__isnull=True).exclude(pk__in=busy).distinct()
