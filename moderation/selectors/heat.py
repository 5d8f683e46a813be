"""The last 90 days of one account as a calendar: which days had posts, which were later than promised. Reads only.

Days are the department's. Two queries. How it is drawn stands in the template; the sentence says the same in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db.models import Count, Max
from django.db.models.functions import TruncDate

from moderation.selectors.accounts import Account
from moderation.states import SPARK_DAYS
from posts.models import Delivery
from posts.states import Act, DeliveryState

DARKEST = 3  # so many posts a day or more look the same: a fourth does not tell more than the third
_STEP = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One square: `shade` from 0 to DARKEST, `is_late` when the promise was broken by then; x and y in pixels."""

    on: date
    posts: int
    shade: int
    is_late: bool
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """The squares, oldest first, columns are weeks from Monday; the first days of months; the sentence."""

    days: tuple[Day, ...]
    months: tuple[tuple[int, str], ...]
    width: int
    words: str

    @property
    def late(self) -> int:
        """How many days were later than promised."""
        return sum(day.is_late for day in self.days)


def of_account(account: Account, *, now: datetime, zone: str) -> Heat:
    """The calendar of one account until today. Two queries."""
    tz = ZoneInfo(zone)
    today = now.astimezone(tz).date()
    first = today - timedelta(days=SPARK_DAYS - 1)
    start = datetime.combine(first, datetime.min.time(), tzinfo=tz)
    out = Delivery.objects.filter(
        channel=account.pk, act=Act.PUBLISH, state__in=(DeliveryState.DELIVERED, DeliveryState.WITHDRAWN)
    ).order_by()
    found = out.filter(settled_at__gte=start, settled_at__lte=now).values(day=TruncDate("settled_at", tzinfo=tz))
    counts = {row["day"]: row["n"] for row in found.annotate(n=Count("pk"))}
    before = out.filter(settled_at__lt=start).aggregate(at=Max("settled_at"))["at"] or account.created_at
    known = before.astimezone(tz).date()
    span = [first + timedelta(days=n) for n in range(SPARK_DAYS)]
    late = _late(span, counts, known, account.cadence_days)
    monday = first - timedelta(days=first.weekday())
    days = tuple(_day(on, counts.get(on, 0), on in late, monday) for on in span)
    return Heat(
        days=days,
        months=tuple((day.x, f"{day.on:%b}") for day in days if day.on.day == 1),
        width=days[-1].x + _STEP,
        words=_words(counts, known, today, len(late) if account.cadence_days else None),
    )


def _day(on: date, posts: int, late: bool, monday: date) -> Day:
    week, weekday = divmod((on - monday).days, 7)
    return Day(
        on=on, posts=posts, shade=min(posts, DARKEST), is_late=late, x=week * _STEP, y=weekday * _STEP
    )  # fmt: skip


def _late(span: Sequence[date], counts: dict[date, int], known: date, cadence: int | None) -> set[date]:
    """Days that ended with a silence longer than the promise."""
    if not cadence:
        return set()
    late, last = set(), known
    for on in span:
        last = on if counts.get(on) else last
        if (on - last).days > cadence:
            late.add(on)
    return late


def _words(counts: dict[date, int], known: date, today: date, late: int | None) -> str:
    posts = sum(counts.values())
    words = f"{posts} {'post' if posts == 1 else 'posts'} on {len(counts)} of the last {SPARK_DAYS} days."
    since, until = max(pairwise([known, *sorted(counts), today]), key=lambda gap: gap[1] - gap[0])
    end = "today" if until == today and today not in counts else f"{until:%-d %b}"
    start = (
        f"from {since:%-d %b} " if (today - since).days < SPARK_DAYS else ""
    )  # before the picture: the year is missed
    words += f" Longest without one: {_days((until - since).days)}, {start}to {end}."
    if late is not None:
        words += f" Later than promised on {_days(late)}." if late else " Never later than promised."
    return words


def _days(n: int) -> str:
    return f"{n} day{'' if n == 1 else 's'}"
