"""The calendar: which posts go out on which day of the wall calendar in one zone. Bounded a day, reads only.

Days begin and end when the wall clock says midnight, so the days on which clocks change have 23 or 25 hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber, Substr, TruncDate

from divisions.access import Rights
from divisions.errors import BadInput
from posts.models import Post, Variant
from posts.models.post import When
from posts.selectors import moments, posts, presence, repeats, rrules
from posts.states import EDITABLE_STAGES, Stage

NOON, EVENING = time(12), time(17)
CLOSE = timedelta(hours=1)  # two posts of one division nearer than this compete for the same readers
_EDGES = {
    "live": "ok",
    "partly_live": "due",
    "in_review": "waiting",
    "awaiting_proof": "waiting",
    "changes_requested": "draft",
    "draft": "draft",
    "failed": "failed",
    "missed": "failed",
    "expired": "failed",
    "uncertain": "doubt",
    "held": "held",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One post on the calendar. `at` is aware, in the calendar's zone; `sign` names a state, `edge` a look."""

    post: Post
    at: datetime
    sign: str
    edge: str
    is_past: bool
    platforms: tuple[str, ...]
    repeats: str = ""

    @property
    def band(self) -> int:
        """0 before noon, 1 until five, 2 after it."""
        clock = self.at.time()
        return 0 if clock < NOON else 1 if clock < EVENING else 2


@dataclass(slots=True)
class Day:
    """One day with its first events; `more` = how many are not shown."""

    day: date
    is_today: bool
    is_past: bool
    events: list[Event] = field(default_factory=list)
    more: int = 0

    def bands(self) -> list[list[Event]]:
        """The events in the three bands of the day."""
        return [[event for event in self.events if event.band == band] for band in range(3)]


def week_of(day: date) -> tuple[date, date]:
    """Monday of the day's week, and the Monday after."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)


def month_of(day: date) -> tuple[date, date]:
    """The Mondays around the day's month: whole weeks."""
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return week_of(first)[0], week_of(last)[1]


def midnight(day: date, zone: str) -> datetime:
    """The UTC moment at which a day begins on the wall clock of `zone`."""
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def days(
    mine: Rights, first: date, end: date, *, zone: str, now: datetime, a_day: int, division: str = ""
) -> list[Day]:
    """Every day from `first` until before `end` with at most `a_day` events each. Four queries, whatever the span."""
    today = now.astimezone(ZoneInfo(zone)).date()
    found = {
        day: Day(day, day == today, day < today)
        for day in (first + timedelta(days=n) for n in range((end - first).days))
    }
    scope = repeats.with_rule(posts.visible_to(mine))
    if division:
        scope = scope.filter(division__slug=division)
    timed = list(_timed(scope, first, end, zone, a_day))
    drafts = list(_drafts(scope, first, end, a_day))
    for event in _events(timed, drafts, zone, now):
        if event.at.date() in found:
            found[event.at.date()].events.append(event)
    _bound(found, timed, drafts, zone, a_day)
    return list(found.values())


def close_together(shown: Sequence[Day], *, now: datetime) -> list[tuple[Event, Event]]:
    """Pairs of coming posts of one division less than an hour apart; at most three."""
    pairs = []
    for day in shown:
        coming = [event for event in day.events if event.at > now]
        pairs += [
            (one, two)
            for n, one in enumerate(coming)
            for two in coming[n + 1 :]
            if one.post.division_id == two.post.division_id and two.at - one.at < CLOSE
        ]
    return pairs[:3]


def _timed(scope: QuerySet[Post], first: date, end: date, zone: str, a_day: int) -> QuerySet[Any]:
    """Posts with a moment, the first `a_day` of each local day, with `of_day` = how many that day has."""
    day = TruncDate("due_at", tzinfo=ZoneInfo(zone))
    return (
        scope.filter(due_at__gte=midnight(first, zone), due_at__lt=midnight(end, zone))
        .exclude(stage=Stage.CANCELLED)
        .annotate(
            of_day=Window(Count("pk"), partition_by=[day]),
            nth=Window(RowNumber(), partition_by=[day], order_by=[F("due_at").asc(), F("pk").asc()]),
        )
        .filter(nth__lte=a_day)
        .order_by("due_at", "pk")
    )


def _drafts(scope: QuerySet[Post], first: date, end: date, a_day: int) -> QuerySet[Any]:
    """Drafts for which a time was picked; the typed wall clock sorts like the time it names."""
    day = Substr("draft__wall_time", 1, 10)
    return (
        scope.filter(
            Q(draft__wall_time__gte=first.isoformat(), draft__wall_time__lt=end.isoformat()),
            stage__in=EDITABLE_STAGES,
            draft__when=When.AT,
        )
        .select_related("draft", "division", "author", "revision")
        .annotate(
            of_day=Window(Count("pk"), partition_by=[day]),
            nth=Window(RowNumber(), partition_by=[day], order_by=[F("draft__wall_time").asc(), F("pk").asc()]),
        )
        .filter(nth__lte=a_day)
        .order_by("draft__wall_time", "pk")
    )


def _events(timed: Iterable[Post], drafts: Iterable[Post], zone: str, now: datetime) -> list[Event]:
    rows = [(post, post.due_at) for post in timed if post.due_at]
    rows += [(post, at) for post in drafts if (at := _draft_moment(post))]
    stands = presence.of_posts(post for post, _ in rows)
    spoken = _platforms([post for post, _ in rows])
    events = []
    for post, at in rows:
        key = stands[post.pk].key
        events.append(
            Event(
                post=post,
                at=at.astimezone(ZoneInfo(zone)),
                sign=key,
                edge=_EDGES.get(key, ""),
                is_past=at < now,
                platforms=tuple(sorted(spoken.get(post.revision_id or 0, set()) - {"feed"})),
                repeats=rrules.short(getattr(post, "rule", "") or ""),
            )
        )
    return sorted(events, key=lambda event: (event.at, event.post.pk))


def _draft_moment(post: Post) -> datetime | None:
    try:
        return moments.moment(post.draft.wall_time, post.draft.zone)
    except BadInput:
        return None


def _platforms(rows: Iterable[Post]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    uses = Variant.objects.filter(revision__in=[post.revision_id for post in rows if post.revision_id]).order_by()
    for revision, platform in uses.values_list("revision", "channel__platform"):
        found.setdefault(revision, set()).add(platform)
    return found


def _bound(found: dict[date, Day], timed: list[Any], drafts: list[Any], zone: str, a_day: int) -> None:
    """Cut each day to its bound and say how many are left out."""
    totals: dict[date, int] = {}
    for post in timed:
        totals[post.due_at.astimezone(ZoneInfo(zone)).date()] = post.of_day
    draft_totals = {post.draft.wall_time[:10]: post.of_day for post in drafts}
    for day in found.values():
        day.more = max(totals.get(day.day, 0) + draft_totals.get(day.day.isoformat(), 0) - a_day, 0)
        day.events = day.events[:a_day]
