"""The rule of a post that repeats: RFC 5545 text read and written, and said in words. Counts nothing out.

Offered is what people pick: every weekday, every week on days, every month on a day or on a weekday, until a last day
or so many times. Whatever else a text says is refused by name. UNTIL is a wall clock, the end of the last day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from divisions.errors import BadInput

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
    freq, days = parts.get("FREQ", ""), parts.get("BYDAY")
    if freq == "MONTHLY" and days is not None:
        return _nth_weekday(days, until, count)
    if freq == "MONTHLY":
        return _month_day(parts.get("BYMONTHDAY"), until, count)
    if freq == "WEEKLY":
        return _weekly(days, until, count)
    raise refused(f"“{freq or text[:40]}” is not how a post repeats here.", _CURE)


def is_readable(text: str) -> bool:
    """Whether `read` would take it."""
    try:
        read(text)
    except BadInput:
        return False
    return True


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


# ---- reading


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for piece in text.strip().upper().removeprefix("RRULE:").split(";"):
        match = _PART.match(piece)
        if match is None:
            raise refused(f"“{piece[:40]}” is not part of a rule.", _CURE)
        name, value = match.groups()
        known = name in ("FREQ", "BYDAY", "BYMONTHDAY", "UNTIL", "COUNT") or piece == "INTERVAL=1"
        if not known or name in parts:
            raise refused(f"“{piece[:40]}” is not something a post can do here.", _CURE)
        parts[name] = value
    if "BYMONTHDAY" in parts and ("BYDAY" in parts or parts.get("FREQ") == "WEEKLY"):
        raise refused("Days of the week and days of the month do not go together here.", _CURE)
    return parts


def _weekly(days: str | None, until: date | None, count: int | None) -> Rule:
    named = (days or "").split(",")
    if not days or not set(named) <= set(DAYS):
        raise refused("No day of the week is chosen.", "Tick at least one, or pick the first day.")
    ordered = tuple(day for day in DAYS if day in named)
    every = Every.WEEKDAY if ordered == WEEKDAYS else Every.WEEK
    return Rule(every=every, days=ordered, until=until, count=count)


def _month_day(day: str | None, until: date | None, count: int | None) -> Rule:
    if not day:
        raise refused("The day of the month is not known.", "Pick the first day: it follows from that.")
    if not day.isdigit() or not 1 <= int(day) <= 31:
        raise refused(f"“{day}” is not a day of the month.", "A number from 1 to 31.")
    return Rule(every=Every.MONTH_DAY, month_day=int(day), until=until, count=count)


def _nth_weekday(days: str, until: date | None, count: int | None) -> Rule:
    if not days:
        raise refused("The weekday is not known.", "Pick the first day: it follows from that.")
    match = _NTH.match(days.removeprefix("+"))
    if match is None:
        raise refused(f"“{days}” is not one weekday of a month.", "Like the second Tuesday: 2TU.")
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
    raise refused(f"“{until}” is not a last day.", "A day of the calendar, like 20270331; without a zone.")


def _times(count: str | None) -> int | None:
    if not count:
        return None
    if not count.isdigit() or not 2 <= int(count) <= MAX_TIMES:
        raise refused(f"“{count}” is not a number of times.", f"A number from 2 to {MAX_TIMES}.")
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


def refused(message: str, cure: str) -> BadInput:
    """A refusal at the field that says how a post repeats."""
    return BadInput("repeats", message, cure=cure)
