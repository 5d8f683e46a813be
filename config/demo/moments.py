"""Turns the demo's relative days into real moments and into words a reader would use.

Lives here: "24 days ago, the next Thursday, 19:00" -> an aware datetime, and a datetime -> "Thursday,
November 5, at 7 p.m.". Must not live here: what the posts say. Relative, so that the demo is never old.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def day_at(now: datetime, days: int, clock: str, weekday: str | None = None) -> datetime:
    """The moment `days` from today at wall time `clock` ("HH:MM"), moved forward to a named `weekday`.

    `now` carries the division's zone; the answer is in that zone.
    """
    day = now.date() + timedelta(days=days)
    if weekday is not None:
        day += timedelta(days=(WEEKDAYS.index(weekday) - day.weekday()) % 7)
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=now.tzinfo)


def moment(now: datetime, spec: Mapping[str, Any]) -> datetime:
    """A fact's `{days, weekday?, time?}` as a moment; noon where no time is given."""
    return day_at(now, spec["days"], spec.get("time", "12:00"), spec.get("weekday"))


def due(now: datetime, spec: Mapping[str, Any]) -> datetime:
    """A post's `at`: `{days_ago, time}`, `{in_days, time}`, `{hours_ago}` or `{in_minutes}`.

    Minutes and hours are exact and cut to the minute, because a post is due at a minute.
    """
    if "in_minutes" in spec:
        return (now + timedelta(minutes=spec["in_minutes"])).replace(second=0, microsecond=0)
    if "hours_ago" in spec:
        return (now - timedelta(hours=spec["hours_ago"])).replace(second=0, microsecond=0)
    days = spec["in_days"] if "in_days" in spec else -spec["days_ago"]
    return day_at(now, days, spec["time"])


def say_date(when: datetime) -> str:
    """ "Thursday, November 5"."""
    return f"{DAY_NAMES[when.weekday()]}, {MONTH_NAMES[when.month - 1]} {when.day}"


def say_time(when: datetime) -> str:
    """ "7 p.m.", "8:30 a.m.", "noon", "midnight"."""
    if when.minute == 0 and when.hour in (0, 12):
        return "noon" if when.hour else "midnight"
    minutes = f":{when.minute:02d}" if when.minute else ""
    return f"{(when.hour + 11) % 12 + 1}{minutes} {'a.m.' if when.hour < 12 else 'p.m.'}"


def say_hours(starts: datetime, ends: datetime) -> str:
    """ "7 to 8:30 p.m.", "10 a.m. to 1 p.m."."""
    first, last = say_time(starts), say_time(ends)
    if first[-4:] == last[-4:] and first.endswith(".m."):
        first = first[:-5]
    return f"{first} to {last}"


def say_moment(when: datetime) -> str:
    """ "Thursday, November 5, at 7 p.m."."""
    return f"{say_date(when)}, at {say_time(when)}"
