"""Rules counted out: the wall clocks of a post that repeats, the moment of each, what a change of clocks does to one.

A rule starts at the post's own wall clock (the first occurrence) and runs on the wall clock of one zone: UTC is derived
for each occurrence, so nine o'clock stays nine o'clock (DST-true). Reads no rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from divisions.errors import BadInput
from posts.selectors import moments
from posts.selectors.rrules import DAY_NAMES, MAX_SPAN, Rule, refused

MOST = MAX_SPAN.days + 1  # every day of the longest span, its first and its last


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One time: its wall clock, its UTC moment (None: the clock skips it that day), and what to say about the clock.

    `place` sorts it among the others: the moment, or where a skipped clock would have stood.
    """

    wall: str
    at: datetime | None
    place: datetime
    note: str = ""
    offset: str = ""  # "CST", also where a clock is shown twice

    @property
    def day(self) -> str:
        """Its day in words: "Sun 14 Mar 2027"."""
        return day_words(self.wall)

    @property
    def clock(self) -> str:
        """What the wall shows: "18:00"."""
        return self.wall.partition("T")[2][:5]


def wall_clocks(rule: Rule, first: str) -> list[str]:
    """Every wall clock of the rule from `first` on ("2026-11-24T18:00"), at most `MOST`.

    Raises BadInput when `first` is no wall clock.
    """
    start = _wall(first)
    precision = "seconds" if start.second else "minutes"
    found = rrulestr(rule.text, dtstart=start)
    return [at.isoformat(timespec=precision) for at in islice(found, MOST)]


def occurrences(rule: Rule, first: str, zone: str) -> Iterator[Occurrence]:
    """The same with the moment of each; `first` itself comes first where it fits the rule."""
    for wall in wall_clocks(rule, first):
        yield occurrence(wall, zone)


def occurrence(wall: str, zone: str) -> Occurrence:
    """One wall clock with its moment. Where clocks are set back it means the first passage, and says so."""
    naive = _wall(wall)
    place = naive.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if _skipped(naive, zone):
        note = f"The clock skips {naive:%H:%M} that night: summer time begins."
        return Occurrence(wall=wall, at=None, place=place, note=note)
    note = ""
    if moments.shows_twice(wall, zone):
        note = f"The clock shows {naive:%H:%M} twice that night: it goes out the first time."
    return Occurrence(wall=wall, at=place, place=place, note=note, offset=f"{place.astimezone(ZoneInfo(zone)):%Z}")


def check_span(rule: Rule, first: str) -> None:
    """Raise BadInput when it starts on another day than it repeats on, happens only once, or runs for too long."""
    start = _wall(first)
    if rule.until and rule.until > start.date() + MAX_SPAN:
        raise _too_long(start.date())
    clocks = wall_clocks(rule, first)
    if not clocks or _wall(clocks[0]) != start:
        day = DAY_NAMES[start.weekday()]
        raise refused(
            f"It starts on a {day}, and that is not one of its days: {rule.words}.",
            f"Tick {day} too, or pick another first day.",
        )
    if len(clocks) < 2:
        raise refused("It would go out only once.", "Pick a later last day, or “Does not repeat”.")
    if datetime.fromisoformat(clocks[-1]).date() > start.date() + MAX_SPAN:
        raise _too_long(start.date())


def day_words(wall: str) -> str:
    """The day of a wall clock as the desk writes it: "Sun 14 Mar 2027"."""
    at = _wall(wall)
    return f"{at:%a} {at.day} {at:%b %Y}"


def last_day(expires_at: datetime | None, first: str, wall: str, zone: str) -> date | None:
    """The last day of an occurrence: as many days after it as the first one's lies after the first."""
    if expires_at is None:
        return None
    day = (expires_at - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).date()
    return day + (_wall(wall).date() - _wall(first).date())


def _wall(wall: str) -> datetime:
    try:
        found = datetime.fromisoformat(wall)
    except ValueError as error:
        raise BadInput("wall_time", f"“{wall}” is not a date and time.", cure="Like 2026-11-24 18:00.") from error
    if found.tzinfo is not None or found.date() > moments.LAST_DAY:
        raise BadInput("wall_time", f"“{wall}” is not what a wall clock shows.", cure="Like 2026-11-24 18:00.")
    return found


def _skipped(naive: datetime, zone: str) -> bool:
    here = ZoneInfo(zone)
    return naive.replace(tzinfo=here).astimezone(UTC).astimezone(here).replace(tzinfo=None) != naive


def _too_long(first: date) -> BadInput:
    last = first + MAX_SPAN
    return refused(
        f"It repeats for longer than {MAX_SPAN.days} days.",
        f"Pick {last:%a} {last.day} {last:%b %Y} or earlier: after a year somebody has to approve it again.",
    )
