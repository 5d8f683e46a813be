"""Wall clock and zone to a moment: true through every change of the clocks, or a reason why not.

Every change that ten zones make in five years is looked up, not sampled: ordinary ones, at midnight, in the south, by
half an hour, and where summer time is the rule and ends for a month.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from divisions.errors import BadInput
from posts.errors import StopsOpen
from posts.models import Post
from posts.selectors import moments
from posts.services import bulk
from posts.services.bulk import Written

ZONES = ["America/Chicago", "America/New_York", "America/Phoenix", "Europe/London", "Australia/Lord_Howe", "UTC"]

CHANGING = [
    "America/Chicago",
    "America/New_York",
    "America/Los_Angeles",
    "America/Havana",
    "America/Santiago",
    "Europe/London",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
]
YEARS = range(2026, 2031)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the clocks: at `at` (UTC) the zone goes from `before` to `after` (offsets)."""

    zone: str
    at: datetime
    before: timedelta
    after: timedelta

    @property
    def first(self) -> datetime:
        """The first wall time that is skipped or shown twice."""
        return (self.at + min(self.before, self.after)).replace(tzinfo=None)

    @property
    def last(self) -> datetime:
        """The first wall time behind those."""
        return (self.at + max(self.before, self.after)).replace(tzinfo=None)

    @property
    def skips(self) -> bool:
        """Whether the clock goes forward."""
        return self.after > self.before

    def minutes(self) -> Iterator[datetime]:
        """Every minute that is skipped or shown twice."""
        for n in range((self.last - self.first) // MINUTE):
            yield self.first + n * MINUTE


def _changes(zone: str) -> list[Change]:
    """Every change of a zone's clocks in these years, by its rules: the hours first, then the second."""
    tz, found = ZoneInfo(zone), []
    hour, end = datetime(YEARS.start, 1, 1, tzinfo=UTC), datetime(YEARS.stop, 1, 1, tzinfo=UTC)
    while hour < end:
        following = hour + timedelta(hours=1)
        before, after = (at.astimezone(tz).utcoffset() or timedelta() for at in (hour, following))
        if before != after:
            low, high = hour, following
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                low, high = (middle, high) if middle.astimezone(tz).utcoffset() == before else (low, middle)
            found.append(Change(zone, high.replace(microsecond=0), before, after))
        hour = following
    return found


def _wall(naive: datetime) -> str:
    return naive.isoformat(timespec="minutes")


@pytest.mark.parametrize("zone", CHANGING)
def test_every_change_of_the_clocks_in_five_years_is_scheduled_as_the_wall_shows_or_refused(zone: str) -> None:
    changes = _changes(zone)
    assert len(changes) >= 2 * len(YEARS) - 1
    for change in changes:
        for wall in change.minutes():
            if change.skips:
                with pytest.raises(BadInput, match=f"skips {wall:%H:%M} on {wall:%A, %B} {wall.day}") as refusal:
                    moments.moment(_wall(wall), zone)
                offered = f"{wall + (change.after - change.before):%H:%M}"
                assert offered in refusal.value.cure
            else:
                assert moments.moment(_wall(wall), zone) == wall.replace(tzinfo=UTC) - change.before, "the first"
                assert moments.shows_twice(_wall(wall), zone)
        for wall, offset in ((change.first - MINUTE, change.before), (change.last, change.after)):
            assert moments.moment(_wall(wall), zone) == wall.replace(tzinfo=UTC) - offset
            assert not moments.shows_twice(_wall(wall), zone)


@pytest.mark.parametrize("zone", CHANGING)
def test_what_is_offered_instead_of_a_skipped_time_can_be_picked(zone: str) -> None:
    for change in (c for c in _changes(zone) if c.skips):
        offered = change.first + (change.after - change.before)
        assert moments.moment(_wall(offered), zone) == change.at


@pytest.mark.django_db
@pytest.mark.parametrize("zone", CHANGING)
def test_a_post_is_due_when_the_wall_shows_its_time_through_every_change(
    department: SimpleNamespace, zone: str
) -> None:
    d = department
    for change in _changes(zone):
        walls = [change.first - MINUTE, change.last, change.last + timedelta(hours=12)]
        walls += [] if change.skips else [change.first]
        items = [
            Written(
                channel=d.facebook_northeast,
                officer=d.officer,
                supervisor=d.supervisor,
                kind="update",
                title=f"At {wall}",
                text=f"It is {wall} in {zone}.",
                wall_time=_wall(wall),
                zone=zone,
            )
            for wall in walls
        ]
        made = bulk.write_and_approve(items, now=change.at - timedelta(days=1))
        assert [row.due_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for row in made] == walls


@pytest.mark.django_db
@pytest.mark.parametrize("zone", CHANGING)
def test_a_post_at_a_skipped_time_is_not_scheduled_at_all(department: SimpleNamespace, zone: str) -> None:
    d = department
    skipped = [c for c in _changes(zone) if c.skips]
    for change in skipped:
        item = Written(
            channel=d.facebook_northeast,
            officer=d.officer,
            supervisor=d.supervisor,
            kind="update",
            title="Skipped",
            text="The clock never shows this time.",
            wall_time=_wall(change.first),
            zone=zone,
        )
        with pytest.raises((BadInput, StopsOpen), match="skips"):
            bulk.write_and_approve([item], now=change.at - timedelta(days=1))
    assert skipped
    assert not Post.objects.exists()


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
