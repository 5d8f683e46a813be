"""Who is on duty for an account and when: a shift, else the channel's standing officer, less who is away. Reads only.

One rule for every place that says it (roster, wall, alarms): `spans`. Days are the department's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Q, QuerySet, Subquery

from divisions.access import Rights
from divisions.models import Absence, Channel, Department, DutyShift, User
from divisions.permissions import Right
from divisions.selectors import channels as channel_selectors
from divisions.states import NOT_ACCOUNTS, ChannelState

AHEAD = timedelta(days=7)
KEPT_S = 60  # how long Home may show an old number
_MOMENT = timedelta(microseconds=1)
Times = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time and who is on duty in it; nobody = uncovered. `shift` where it is one person's shift."""

    starts_at: datetime
    ends_at: datetime
    people: tuple[User, ...] = ()
    standing: bool = False


def zone() -> str:
    """The department's zone, in which a roster's days are counted. One query."""
    return Department.objects.values_list("zone", flat=True).first() or "UTC"


def monday(day: date) -> date:
    """The first day of a day's week."""
    return day - timedelta(days=day.weekday())


def midnight(day: date, zone: str) -> datetime:
    """The moment at which a day begins."""
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone))


def on_duty(channels: Sequence[Channel], *, now: datetime, zone: str) -> dict[int, tuple[User, ...]]:
    """Who is on duty for each channel at a moment; empty = nobody. Two queries. Needs `duty_officer` loaded."""
    found = spans(channels, now, now + _MOMENT, zone=zone)
    return {pk: rows[0].people for pk, rows in found.items()}


def names_on_duty(standing: Mapping[int, tuple[int | None, str]], *, now: datetime) -> dict[int, str]:
    """Who is on duty now by name, for rows that are no channels: channel id -> its standing officer (id, name).

    The name is empty for an officer who no longer signs in. Two queries, however many accounts.
    """
    shifts: dict[int, list[tuple[int, str]]] = defaultdict(list)
    rows = _shifts(now, now + _MOMENT).filter(user__is_active=True)
    for channel, user, name in rows.values_list("channel", "user", "user__name"):
        shifts[channel].append((user, name))
    away = _away_on_the_day(now)
    found = {}
    for pk, officer in standing.items():
        present = [name for user, name in shifts.get(pk, ()) if user not in away]
        found[pk] = ", ".join(present) or (officer[1] if officer[0] not in away else "")
    return found


def gaps(channels: Sequence[Channel], *, now: datetime, zone: str) -> dict[int, list[Span]]:
    """When nobody is on duty in the next seven days, for the channels for which that is so. Two queries."""
    found = spans(channels, now, now + AHEAD, zone=zone)
    bare = {pk: [span for span in rows if not span.people] for pk, rows in found.items()}
    return {pk: rows for pk, rows in bare.items() if rows}


def spans(channels: Sequence[Channel], start: datetime, end: datetime, *, zone: str) -> dict[int, list[Span]]:
    """Who is on duty for each channel from a moment to a moment, without gaps in time. Two queries."""
    shifts: dict[int, list[DutyShift]] = defaultdict(list)
    for shift in _shifts(start, end).filter(channel__in=[channel.pk for channel in channels]):
        shifts[shift.channel_id].append(shift)
    away = _away(start, end, zone)
    return {channel.pk: _spans(channel, shifts[channel.pk], away, start, end) for channel in channels}


def _spans(
    channel: Channel, shifts: Sequence[DutyShift], away: dict[int, list[Times]], start: datetime, end: datetime
) -> list[Span]:
    """The stretches of one channel: cut wherever something begins or ends, then joined where nothing changes."""
    standing = channel.duty_officer
    times = [_times(shift) for shift in shifts]
    absent = [pair for pk in {s.user_id for s in shifts} | {channel.duty_officer_id or 0} for pair in away.get(pk, ())]
    cuts = sorted({start, end, *(at for pair in (*times, *absent) for at in pair if start < at < end)})
    found: list[Span] = []
    for begins, ends in pairwise(cuts):
        here = [s.user for s, (first, last) in zip(shifts, times, strict=True) if first <= begins < last]
        present = tuple(dict.fromkeys(user for user in here if _there(user, begins, away)))
        by_standing = not present and standing is not None and _there(standing, begins, away)
        people = (standing,) if by_standing and standing is not None else present
        if found and (found[-1].people, found[-1].standing) == (people, by_standing):
            begins = found.pop().starts_at
        found.append(Span(starts_at=begins, ends_at=ends, people=people, standing=by_standing))
    return found


def _there(user: User, at: datetime, away: dict[int, list[Times]]) -> bool:
    return user.is_active and not any(first <= at < last for first, last in away.get(user.pk, ()))


def _times(shift: DutyShift) -> Times:
    """A shift that was ended while it ran counts until then."""
    return shift.starts_at, min(shift.ends_at, shift.revoked_at or shift.ends_at)


def _shifts(start: datetime, end: datetime) -> QuerySet[DutyShift]:
    alive = Q(revoked_at__isnull=True) | Q(revoked_at__gt=start)
    return DutyShift.objects.filter(alive, starts_at__lt=end, ends_at__gt=start).select_related("user").order_by("pk")


def _away_on_the_day(now: datetime) -> set[int]:
    """Ids of who is away on the department's day. One query: the zone comes with the rows."""
    near = Absence.objects.filter(
        revoked_at__isnull=True,
        starts_on__lte=now.date() + timedelta(days=1),
        ends_on__gte=now.date() - timedelta(days=1),
    ).annotate(zone=Subquery(Department.objects.values("zone")[:1]))
    rows = near.values_list("user", "starts_on", "ends_on", "zone")
    return {pk for pk, first, last, name in rows if first <= now.astimezone(ZoneInfo(name or "UTC")).date() <= last}


def _away(start: datetime, end: datetime, zone: str) -> dict[int, list[Times]]:
    """When people are away, by their id; an absence that was ended counts for nothing."""
    tz = ZoneInfo(zone)
    first, last = start.astimezone(tz).date(), end.astimezone(tz).date()
    rows = Absence.objects.filter(revoked_at__isnull=True, starts_on__lte=last, ends_on__gte=first)
    found: dict[int, list[Times]] = defaultdict(list)
    for user, begins, ends in rows.values_list("user", "starts_on", "ends_on"):
        found[user].append((midnight(begins, zone), midnight(ends + timedelta(days=1), zone)))
    return found


# ---- what a person sees


def accounts() -> QuerySet[Channel]:
    """Every account that somebody should be on duty for."""
    rows = Channel.objects.exclude(platform__in=NOT_ACCOUNTS).exclude(state=ChannelState.RETIRED)
    return rows.select_related("division", "duty_officer")


def visible_to(mine: Rights) -> QuerySet[Channel]:
    """The accounts whose roster a person sees."""
    rows = channel_selectors.accounts_visible_to(mine)
    return rows.order_by("division__position", "division__name", "platform", "name")


def managed_by(mine: Rights) -> QuerySet[Channel]:
    """The accounts whose roster a person makes (narrowed ones are refused by the service)."""
    return visible_to(mine).filter(division__in=mine.division_ids(Right.MANAGE_CHANNEL))


def may_plan(mine: Rights, channel: Channel) -> bool:
    """Whether a person adds and ends shifts of an account."""
    return mine.can(Right.MANAGE_CHANNEL, channel.division_id, channel)


def coming(channel: Channel, *, now: datetime) -> QuerySet[DutyShift]:
    """The shifts of an account that are not over, the first one first."""
    rows = DutyShift.objects.filter(channel=channel, revoked_at__isnull=True, ends_at__gt=now)
    return rows.select_related("user", "made_by").order_by("starts_at", "pk")


def uncovered_of(mine: Rights, *, now: datetime, zone: str) -> tuple[int, str]:
    """How many accounts that a person manages have nobody on duty within seven days, and the first one's name.

    At most a minute old: Home asks with every visit. No query for who manages none.
    """
    if not mine.anywhere(Right.MANAGE_CHANNEL):
        return 0, ""
    key = f"uncovered-{mine.user_id}"
    known: tuple[int, str] | None = cache.get(key)
    if known is None:
        rows = list(managed_by(mine))
        bare = gaps(rows, now=now, zone=zone)
        first = next((str(channel) for channel in rows if channel.pk in bare), "")
        known = len(bare), first
        cache.set(key, known, KEPT_S)
    return known


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One day of one account: who, with the times where it is not the whole day."""

    day: date
    spans: tuple[Span, ...]
    past: bool

    @property
    def is_whole(self) -> bool:
        """Whether the same holds all day."""
        return len(self.spans) == 1

    @property
    def bare(self) -> bool:
        """Whether nobody is on duty at some time of it that has not passed."""
        return not self.past and any(not span.people for span in self.spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One account's week."""

    channel: Channel
    cells: tuple[Cell, ...]
    may_plan: bool


def week(channels: Iterable[Channel], first: date, *, mine: Rights, now: datetime, zone: str) -> list[Line]:
    """The week of some accounts, day by day. Two queries."""
    rows, days = list(channels), [first + timedelta(days=n) for n in range(7)]
    found = spans(rows, midnight(first, zone), midnight(first + timedelta(days=7), zone), zone=zone)
    return [
        Line(
            channel=channel,
            cells=tuple(_cell(found[channel.pk], day, now, zone) for day in days),
            may_plan=may_plan(mine, channel),
        )
        for channel in rows
    ]


def _cell(rows: Sequence[Span], day: date, now: datetime, zone: str) -> Cell:
    begins, ends = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    inside = tuple(
        Span(
            starts_at=max(span.starts_at, begins),
            ends_at=min(span.ends_at, ends),
            people=span.people,
            standing=span.standing,
        )
        for span in rows
        if span.starts_at < ends and span.ends_at > begins
    )
    return Cell(day=day, spans=inside, past=ends <= now)
