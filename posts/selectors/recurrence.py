"""How a post repeats: RFC 5545 rules read, said in words, turned into wall clocks and moments. Reads no rows.

A rule is stored as RRULE text without its name. It starts at the post's own wall clock (the first occurrence) and runs
on the wall clock of one zone: UTC is derived for each occurrence, so nine o'clock stays nine o'clock (DST-true). Its
UNTIL is a wall clock too, the end of the last day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from divisions.errors import BadInput
from posts.selectors import moments

MAX_SPAN = timedelta(days=366)
MAX_TIMES = 366
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKDAYS = DAYS[:5]
_PART = re.compile(r"^([A-Z]+)=([A-Z0-9,+-]*)$")
_NTH = re.compile(r"^([1-5]|-1)(MO|TU|WE|TH|FR|SA|SU)$")
_UNTIL = re.compile(r"^(\d{8})(?:T\d{6})?$")
_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_CURE = "Pick one of the choices: every week, every weekday, or every month."


class Every(StrEnum):
    """What a person picks; the stored rule says the same."""

    WEEKDAY = "weekday"
    WEEK = "week"
    MONTH_DAY = "month_day"
    MONTH_WEEKDAY = "month_weekday"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that can be counted out: `days` of the week, or `month_day` (1-31), or the `nth` (1-5, -1) of `days`."""

    every: Every
    days: tuple[str, ...] = ()
    nth: int = 0
    month_day: int = 0
    until: date | None = None
    count: int | None = None

    @property
    def text(self) -> str:
        """The rule as it is stored."""
        if self.every is Every.MONTH_DAY:
            parts = ["FREQ=MONTHLY", f"BYMONTHDAY={self.month_day}"]
        elif self.every is Every.MONTH_WEEKDAY:
            parts = ["FREQ=MONTHLY", f"BYDAY={self.nth}{self.days[0]}"]
        else:
            parts = ["FREQ=WEEKLY", f"BYDAY={','.join(self.days)}"]
        return ";".join([*parts, *_end(self.until, self.count)])

    @property
    def words(self) -> str:
        """ "every week on Monday and Thursday", "every month on the second Tuesday"."""
        if self.every is Every.WEEKDAY:
            return "every weekday"
        if self.every is Every.MONTH_DAY:
            return f"every month on day {self.month_day}"
        names = [DAY_NAMES[DAYS.index(day)] for day in self.days]
        if self.every is Every.MONTH_WEEKDAY:
            return f"every month on the {_ORDINALS[self.nth]} {names[0]}"
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        return f"every week on {listed}"

    @property
    def end_words(self) -> str:
        """ "until Wed 31 Mar 2027", "10 times"."""
        if self.until:
            return f"until {self.until:%a} {self.until.day} {self.until:%b %Y}"
        return f"{self.count} times"

    @property
    def short(self) -> str:
        """For lists: "Repeats weekly"."""
        return {Every.WEEKDAY: "Repeats every weekday", Every.WEEK: "Repeats weekly"}.get(self.every, "Repeats monthly")


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


def read(text: str) -> Rule:
    """The rule that a text says, however it was typed. Raises BadInput (field `repeats`) for what is not offered."""
    parts = _parts(text)
    until, count = _last_day(parts.get("UNTIL")), _times(parts.get("COUNT"))
    if until and count:
        raise _bad("It has both a last day and a number of times.", "Leave one of them empty.")
    if not until and not count:
        raise _bad(
            "It says no end.",
            f"Pick a last day at most {MAX_SPAN.days} days after the first one, or a number of times.",
        )
    freq, days = parts.get("FREQ", ""), parts.get("BYDAY")
    if freq == "MONTHLY" and days is not None:
        return _nth_weekday(days, until, count)
    if freq == "MONTHLY":
        return _month_day(parts.get("BYMONTHDAY"), until, count)
    if freq == "WEEKLY":
        return _weekly(days, until, count)
    raise _bad(f"“{freq or text[:40]}” is not how a post repeats here.", _CURE)


def is_readable(text: str) -> bool:
    """Whether `read` would take it."""
    try:
        read(text)
    except BadInput:
        return False
    return True


def wall_clocks(rule: Rule, first: str) -> list[str]:
    """Every wall clock of the rule from `first` on ("2026-11-24T18:00"), at most `MAX_TIMES`.

    Raises BadInput when `first` is no wall clock.
    """
    start = _wall(first)
    precision = "seconds" if start.second else "minutes"
    found = rrulestr(rule.text, dtstart=start)
    return [at.isoformat(timespec=precision) for at in islice(found, MAX_TIMES)]


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
        raise _bad(
            f"It starts on a {day}, and that is not one of its days: {rule.words}.",
            f"Tick {day} too, or pick another first day.",
        )
    if len(clocks) < 2:
        raise _bad("It would go out only once.", "Pick a later last day, or “Does not repeat”.")
    if _wall(clocks[-1]).date() > start.date() + MAX_SPAN:
        raise _too_long(start.date())


def compose(
    every: str, first_day: str, *, days: tuple[str, ...] = (), until: date | None = None, count: int | None = None
) -> str:
    """The text of what a person picked; what is missing stays missing and is named by `read` later.

    The day of the month, the second Tuesday and, with no day ticked, the day of the week follow from the first day.
    """
    if every not in list(Every):
        return ""
    first = _day(first_day)
    if every == Every.WEEKDAY:
        parts = ["FREQ=WEEKLY", f"BYDAY={','.join(WEEKDAYS)}"]
    elif every == Every.WEEK:
        ticked = [day for day in DAYS if day in days] or ([DAYS[first.weekday()]] if first else [])
        parts = ["FREQ=WEEKLY", *([f"BYDAY={','.join(ticked)}"] if ticked else [])]
    elif every == Every.MONTH_DAY:
        parts = ["FREQ=MONTHLY", *([f"BYMONTHDAY={first.day}"] if first else [])]
    else:
        parts = ["FREQ=MONTHLY", f"BYDAY={_nth_of(first) if first else ''}"]
    return ";".join([*parts, *_end(until, count)])


def picked(text: str) -> dict[str, object]:
    """What the choices of the form stand at for a stored text: `every`, `days`, `until`, `count`. Never raises."""
    try:
        parts = _parts(text)
    except BadInput:
        return {}
    days = tuple(day for day in parts.get("BYDAY", "").split(",") if day in DAYS)
    monthly = parts.get("FREQ") == "MONTHLY"
    every: str = Every.MONTH_WEEKDAY if "BYDAY" in parts else Every.MONTH_DAY
    if not monthly:
        every = Every.WEEKDAY if days == WEEKDAYS else Every.WEEK
    found: dict[str, object] = {"every": every, "days": days}
    for name, key, take in (("until", "UNTIL", _last_day), ("count", "COUNT", _times)):
        try:
            found[name] = take(parts.get(key))
        except BadInput:
            continue
    return found


def short(text: str) -> str:
    """ "Repeats weekly", for lists; empty where it does not, or cannot be read."""
    return read(text).short if text and is_readable(text) else ""


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


# ---- reading


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for piece in text.strip().upper().removeprefix("RRULE:").split(";"):
        match = _PART.match(piece)
        if match is None:
            raise _bad(f"“{piece[:40]}” is not part of a rule.", _CURE)
        name, value = match.groups()
        known = name in ("FREQ", "BYDAY", "BYMONTHDAY", "UNTIL", "COUNT") or piece == "INTERVAL=1"
        if not known or name in parts:
            raise _bad(f"“{piece[:40]}” is not something a post can do here.", _CURE)
        parts[name] = value
    if "BYMONTHDAY" in parts and ("BYDAY" in parts or parts.get("FREQ") == "WEEKLY"):
        raise _bad("Days of the week and days of the month do not go together here.", _CURE)
    return parts


def _weekly(days: str | None, until: date | None, count: int | None) -> Rule:
    named = (days or "").split(",")
    if not days or not set(named) <= set(DAYS):
        raise _bad("No day of the week is chosen.", "Tick at least one, or pick the first day.")
    ordered = tuple(day for day in DAYS if day in named)
    every = Every.WEEKDAY if ordered == WEEKDAYS else Every.WEEK
    return Rule(every=every, days=ordered, until=until, count=count)


def _month_day(day: str | None, until: date | None, count: int | None) -> Rule:
    if not day:
        raise _bad("The day of the month is not known.", "Pick the first day: it follows from that.")
    if not day.isdigit() or not 1 <= int(day) <= 31:
        raise _bad(f"“{day}” is not a day of the month.", "A number from 1 to 31.")
    return Rule(every=Every.MONTH_DAY, month_day=int(day), until=until, count=count)


def _nth_weekday(days: str, until: date | None, count: int | None) -> Rule:
    if not days:
        raise _bad("The weekday is not known.", "Pick the first day: it follows from that.")
    match = _NTH.match(days.removeprefix("+"))
    if match is None:
        raise _bad(f"“{days}” is not one weekday of a month.", "Like the second Tuesday: 2TU.")
    return Rule(every=Every.MONTH_WEEKDAY, nth=int(match[1]), days=(match[2],), until=until, count=count)


def _last_day(until: str | None) -> date | None:
    if not until:
        return None
    match = _UNTIL.match(until)
    try:
        if match:
            return datetime.strptime(match[1], "%Y%m%d").date()  # noqa: DTZ007 - a day of the calendar
    except ValueError:
        match = None
    raise _bad(f"“{until}” is not a last day.", "A day of the calendar, like 20270331; without a zone.")


def _times(count: str | None) -> int | None:
    if not count:
        return None
    if not count.isdigit() or not 2 <= int(count) <= MAX_TIMES:
        raise _bad(f"“{count}” is not a number of times.", f"A number from 2 to {MAX_TIMES}.")
    return int(count)


def _end(until: date | None, count: int | None) -> list[str]:
    return [*([f"UNTIL={until:%Y%m%d}T235959"] if until else []), *([f"COUNT={count}"] if count else [])]


def _nth_of(day: date) -> str:
    """The second Tuesday; what only some months have a fifth of is their last."""
    nth = (day.day - 1) // 7 + 1
    return f"{nth if nth < 5 else -1}{DAYS[day.weekday()]}"


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


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
    return _bad(
        f"It repeats for longer than {MAX_SPAN.days} days.",
        f"Pick {last:%a} {last.day} {last:%b %Y} or earlier: after a year somebody has to approve it again.",
    )


def _bad(message: str, cure: str) -> BadInput:
    return BadInput("repeats", message, cure=cure)
