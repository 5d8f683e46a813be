"""The rule of a post that repeats: RFC 5545 text read and written, and said in words. Counts nothing out.

Offered is what people pick: every day, every weekday, every week on days, every month on a day or on a weekday, or only
every second (third, …) of them, until a last day or so many times. Whatever else a text says is refused by name. UNTIL
is a wall clock, the end of the last day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from divisions.errors import BadInput

MAX_SPAN = timedelta(days=366)
MAX_TIMES = 366
MAX_INTERVAL = 12  # every twelfth month
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKDAYS = DAYS[:5]
_PART = re.compile(r"^([A-Z]+)=([A-Z0-9,+-]*)$")
_NTH = re.compile(r"^([1-5]|-1)(MO|TU|WE|TH|FR|SA|SU)$")
_UNTIL = re.compile(r"^(\d{8})(?:T\d{6})?$")
_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_EVERY_NTH = (
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
)
_KNOWN = ("FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "UNTIL", "COUNT")
_CURE = "Pick one of the choices: every day, every weekday, every week, or every month."


class Every(StrEnum):
    """What a person picks; the stored rule says the same."""

    DAY = "day"
    WEEKDAY = "weekday"
    WEEK = "week"
    MONTH_DAY = "month_day"
    MONTH_WEEKDAY = "month_weekday"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that can be counted out: `days` of the week, or `month_day` (1-31), or the `nth` (1-5, -1) of `days`.

    `interval` 2 is every second day, week (they begin on Monday) or month, counted from the first one.
    """

    every: Every
    interval: int = 1
    days: tuple[str, ...] = ()
    nth: int = 0
    month_day: int = 0
    until: date | None = None
    count: int | None = None

    @property
    def text(self) -> str:
        """The rule as it is stored."""
        if self.every is Every.DAY:
            freq, on = "DAILY", []
        elif self.every is Every.MONTH_DAY:
            freq, on = "MONTHLY", [f"BYMONTHDAY={self.month_day}"]
        elif self.every is Every.MONTH_WEEKDAY:
            freq, on = "MONTHLY", [f"BYDAY={self.nth}{self.days[0]}"]
        else:
            freq, on = "WEEKLY", [f"BYDAY={','.join(self.days)}"]
        return ";".join([*_begin(freq, self.interval), *on, *_end(self.until, self.count)])

    @property
    def words(self) -> str:
        """ "every week on Monday and Thursday", "every second month on the second Tuesday"."""
        if self.every is Every.WEEKDAY:
            return "every weekday"
        if self.every is Every.DAY:
            return self._each("day")
        if self.every is Every.MONTH_DAY:
            return f"{self._each('month')} on day {self.month_day}"
        names = [DAY_NAMES[DAYS.index(day)] for day in self.days]
        if self.every is Every.MONTH_WEEKDAY:
            return f"{self._each('month')} on the {_ORDINALS[self.nth]} {names[0]}"
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        return f"{self._each('week')} on {listed}"

    @property
    def end_words(self) -> str:
        """ "until Wed 31 Mar 2027", "10 times"."""
        if self.until:
            return f"until {self.until:%a} {self.until.day} {self.until:%b %Y}"
        return f"{self.count} times"

    @property
    def short(self) -> str:
        """For lists: "Repeats weekly", "Repeats every second week"."""
        if self.every is Every.WEEKDAY:
            return "Repeats every weekday"
        noun, adverb = {Every.DAY: ("day", "daily"), Every.WEEK: ("week", "weekly")}.get(
            self.every, ("month", "monthly")
        )
        return f"Repeats {self._each(noun) if self.interval > 1 else adverb}"

    def _each(self, noun: str) -> str:
        """ "every week", "every second week"."""
        return f"every {_EVERY_NTH[self.interval - 2]} {noun}" if self.interval > 1 else f"every {noun}"


def read(text: str) -> Rule:
    """The rule that a text says, however it was typed. Raises BadInput (field `repeats`) for what is not offered."""
    parts = _parts(text)
    until, count = _last_day(parts.get("UNTIL")), _times(parts.get("COUNT"))
    if until and count:
        raise refused("It has both a last day and a number of times.", "Leave one of them empty.")
    if not until and not count:
        raise refused(
            "It says no end.",
            f"Pick a last day at most {MAX_SPAN.days} days after the first one, or a number of times.",
        )
    freq, days, interval = parts.get("FREQ", ""), parts.get("BYDAY"), _interval(parts.get("INTERVAL"))
    if freq == "MONTHLY" and days is not None:
        rule = _nth_weekday(days)
    elif freq == "MONTHLY":
        rule = _month_day(parts.get("BYMONTHDAY"))
    elif freq == "WEEKLY":
        rule = _weekly(days, interval)
    elif freq == "DAILY":
        rule = Rule(every=Every.DAY)
    else:
        raise refused(f"“{freq or text[:40]}” is not how a post repeats here.", _CURE)
    return replace(rule, interval=interval, until=until, count=count)


def is_readable(text: str) -> bool:
    """Whether `read` would take it."""
    try:
        read(text)
    except BadInput:
        return False
    return True


def compose(
    every: str,
    first_day: str,
    *,
    days: tuple[str, ...] = (),
    until: date | None = None,
    count: int | None = None,
    interval: int = 1,
) -> str:
    """The text of what a person picked; what is missing stays missing and is named by `read` later.

    The day of the month, the second Tuesday and, with no day ticked, the day of the week follow from the first day.
    Weekdays are those of every week, whatever `interval` says.
    """
    if every not in list(Every):
        return ""
    first, on = _day(first_day), ""
    if every == Every.WEEKDAY:
        freq, on, interval = "WEEKLY", f"BYDAY={','.join(WEEKDAYS)}", 1
    elif every == Every.WEEK:
        ticked = [day for day in DAYS if day in days] or ([DAYS[first.weekday()]] if first else [])
        freq, on = "WEEKLY", f"BYDAY={','.join(ticked)}" if ticked else ""
    elif every == Every.MONTH_DAY:
        freq, on = "MONTHLY", f"BYMONTHDAY={first.day}" if first else ""
    elif every == Every.MONTH_WEEKDAY:
        freq, on = "MONTHLY", f"BYDAY={_nth_of(first) if first else ''}"
    else:
        freq = "DAILY"
    return ";".join([*_begin(freq, interval), *([on] if on else []), *_end(until, count)])


def picked(text: str) -> dict[str, object]:
    """What the choices of the form stand at for a stored text: `every`, `days`, `until`, `count`, `interval`.

    Never raises; what cannot be read is left out.
    """
    try:
        parts = _parts(text)
    except BadInput:
        return {}
    days = tuple(day for day in parts.get("BYDAY", "").split(",") if day in DAYS)
    every: str = Every.MONTH_WEEKDAY if "BYDAY" in parts else Every.MONTH_DAY
    if parts.get("FREQ") != "MONTHLY":
        weekdays = days == WEEKDAYS and parts.get("INTERVAL", "1") == "1"
        every = Every.WEEKDAY if weekdays else Every.WEEK
    if parts.get("FREQ") == "DAILY":
        every = Every.DAY
    found: dict[str, object] = {"every": every, "days": days}
    for name, key, take in (
        ("until", "UNTIL", _last_day),
        ("count", "COUNT", _times),
        ("interval", "INTERVAL", _interval),
    ):
        try:
            found[name] = take(parts.get(key))
        except BadInput:
            continue
    return found


def short(text: str) -> str:
    """ "Repeats weekly", for lists; empty where it does not, or cannot be read."""
    return read(text).short if text and is_readable(text) else ""


# ---- reading


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for piece in text.strip().upper().removeprefix("RRULE:").split(";"):
        match = _PART.match(piece)
        if match is None:
            raise refused(f"“{piece[:40]}” is not part of a rule.", _CURE)
        name, value = match.groups()
        if name not in _KNOWN or name in parts:
            raise refused(f"“{piece[:40]}” is not something a post can do here.", _CURE)
        parts[name] = value
    freq = parts.get("FREQ")
    if "BYMONTHDAY" in parts and ("BYDAY" in parts or freq == "WEEKLY"):
        raise refused("Days of the week and days of the month do not go together here.", _CURE)
    if freq == "DAILY" and ("BYDAY" in parts or "BYMONTHDAY" in parts):
        raise refused("“Every day” names no days.", "Pick “Every week” and tick the days.")
    return parts


def _weekly(days: str | None, interval: int) -> Rule:
    named = (days or "").split(",")
    if not days or not set(named) <= set(DAYS):
        raise refused("No day of the week is chosen.", "Tick at least one, or pick the first day.")
    ordered = tuple(day for day in DAYS if day in named)
    return Rule(every=Every.WEEKDAY if ordered == WEEKDAYS and interval == 1 else Every.WEEK, days=ordered)


def _month_day(day: str | None) -> Rule:
    if not day:
        raise refused("The day of the month is not known.", "Pick the first day: it follows from that.")
    if not day.isdigit() or not 1 <= int(day) <= 31:
        raise refused(f"“{day}” is not a day of the month.", "A number from 1 to 31.")
    return Rule(every=Every.MONTH_DAY, month_day=int(day))


def _nth_weekday(days: str) -> Rule:
    if not days:
        raise refused("The weekday is not known.", "Pick the first day: it follows from that.")
    match = _NTH.match(days.removeprefix("+"))
    if match is None:
        raise refused(f"“{days}” is not one weekday of a month.", "Like the second Tuesday: 2TU.")
    return Rule(every=Every.MONTH_WEEKDAY, nth=int(match[1]), days=(match[2],))


def _interval(text: str | None) -> int:
    if text is None:
        return 1
    if not text.isdigit() or not 1 <= int(text) <= MAX_INTERVAL:
        raise refused(f"“{text}” is not how many lie between two times.", f"A number from 1 to {MAX_INTERVAL}.")
    return int(text)


def _last_day(until: str | None) -> date | None:
    if not until:
        return None
    match = _UNTIL.match(until)
    try:
        if match:
            return datetime.strptime(match[1], "%Y%m%d").date()  # noqa: DTZ007 - a day of the calendar
    except ValueError:
        match = None
    raise refused(f"“{until}” is not a last day.", "A day of the calendar, like 20270331; without a zone.")


def _times(count: str | None) -> int | None:
    if not count:
        return None
    if not count.isdigit() or not 2 <= int(count) <= MAX_TIMES:
        raise refused(f"“{count}” is not a number of times.", f"A number from 2 to {MAX_TIMES}.")
    return int(count)


def _begin(freq: str, interval: int) -> list[str]:
    return [f"FREQ={freq}", *([f"INTERVAL={interval}"] if interval > 1 else [])]


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


def refused(message: str, cure: str) -> BadInput:
    """A refusal at the field that says how a post repeats."""
    return BadInput("repeats", message, cure=cure)
