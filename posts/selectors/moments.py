"""Wall clock and zone to a moment, and back. A person's time is what the clock on the wall will say (DST-true)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from divisions.errors import BadInput
from divisions.models import Department, Division

UTC = UTC
LAST_DAY = date(2199, 12, 31)  # later is a slip of the keyboard, and near the end of all calendars


def zone_of(division: Division) -> str:
    """The division's zone, else the department's."""
    return division.zone or Department.objects.values_list("zone", flat=True).first() or "UTC"


def moment(wall: str, zone: str, *, field: str = "wall_time") -> datetime:
    """The UTC moment at which the wall clock in `zone` shows `wall` ("2026-11-24T18:00").

    A time that the clock shows twice means the first of the two. Raises BadInput for a malformed time, an unknown
    zone, and a time that the clock skips.
    """
    try:
        naive = datetime.fromisoformat(wall)
        tz = ZoneInfo(zone)
    except ValueError as error:
        raise BadInput(field, f"“{wall}” is not a date and time.", cure="Like 2026-11-24 18:00.") from error
    except ZoneInfoNotFoundError as error:
        raise BadInput("zone", f"“{zone}” is not a time zone.", cure="Like America/Chicago.") from error
    if naive.tzinfo is not None:
        raise BadInput(field, "A time here is what the wall clock shows, without an offset.", cure="Leave it out.")
    try:
        there = naive.replace(tzinfo=tz).astimezone(UTC)
        back = there.astimezone(tz).replace(tzinfo=None)
    except OverflowError as error:
        raise BadInput(field, f"The year {naive.year} is out of reach.", cure="Pick a day within a year.") from error
    if back != naive:
        raise BadInput(
            field,
            f"The clock skips {naive:%H:%M} on {naive:%A, %B} {naive.day}: summer time begins.",
            cure=f"Pick {back:%H:%M} instead.",
        )
    return there


def shows_twice(wall: str, zone: str) -> bool:
    """Whether the wall clock in `zone` shows `wall` twice, because summer time ends. `wall` and `zone` are valid."""
    here = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone))
    return here.utcoffset() != here.replace(fold=1).utcoffset()


def end_of_day(day: date, zone: str) -> datetime:
    """The UTC moment at which a day ends in `zone`: midnight after it, at the latest after `LAST_DAY`."""
    return datetime.combine(min(day, LAST_DAY) + timedelta(days=1), time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)
