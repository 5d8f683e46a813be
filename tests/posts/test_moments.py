"""Wall clock and zone to a moment: true through every change of the clocks, or a reason why not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from divisions.errors import BadInput
from posts.selectors import moments

ZONES = ["America/Chicago", "America/New_York", "America/Phoenix", "Europe/London", "Australia/Lord_Howe", "UTC"]


def test_a_wall_time_means_what_the_clock_there_will_show() -> None:
    assert moments.moment("2026-11-24T18:00", "America/Chicago") == datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
    assert moments.moment("2026-07-01T18:00", "America/Chicago") == datetime(2026, 7, 1, 23, 0, tzinfo=UTC)


def test_a_time_that_the_clock_skips_is_refused_with_the_next_one() -> None:
    with pytest.raises(BadInput, match="skips 02:30") as refusal:
        moments.moment("2027-03-14T02:30", "America/Chicago")
    assert "03:30" in refusal.value.cure


def test_a_time_that_the_clock_shows_twice_means_the_first() -> None:
    assert moments.moment("2026-11-01T01:30", "America/Chicago") == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize("wrong", ["", "tomorrow", "2026-13-01T09:00", "2026-11-24T18:00+00:00", "9999-12-31T23:59"])
def test_what_is_no_wall_time_is_refused(wrong: str) -> None:
    with pytest.raises(BadInput):
        moments.moment(wrong, "America/Chicago")


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(BadInput, match="not a time zone"):
        moments.moment("2026-11-24T18:00", "America/Dallas")


def test_a_day_ends_at_its_midnight_there() -> None:
    assert moments.end_of_day(date(2026, 12, 24), "America/Chicago") == datetime(2026, 12, 25, 6, 0, tzinfo=UTC)


@given(
    zone=st.sampled_from(ZONES),
    wall=st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2030, 1, 1)),
)
def test_every_wall_time_comes_back_as_typed_or_is_refused(zone: str, wall: datetime) -> None:
    wall = wall.replace(second=0, microsecond=0)
    try:
        found = moments.moment(wall.isoformat(timespec="minutes"), zone)
    except BadInput:
        earlier = (wall - timedelta(hours=2)).replace(tzinfo=ZoneInfo(zone)).utcoffset()
        later = (wall + timedelta(hours=2)).replace(tzinfo=ZoneInfo(zone)).utcoffset()
        assert earlier != later, "only a change of the clocks is a reason"
        return
    assert found.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall
