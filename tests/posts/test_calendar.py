"""The calendar: the right day in the right zone, also when clocks change; bounded, narrowed, constant queries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from divisions.access import rights
from divisions.models import Division
from posts.selectors import calendar
from tests import stories
from tests.counting import queries_of
from tests.stories import NOW

URL = "/desk/calendar/"
CHICAGO = "America/Chicago"


@pytest.fixture(autouse=True)
def _at_nine_in_chicago() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def days(person: Any, first: date, end: date, *, a_day: int = 9, **more: Any) -> dict[date, list[str]]:
    """The titles of each day."""
    found = calendar.days(rights(person), first, end, zone=more.pop("zone", CHICAGO), now=NOW, a_day=a_day, **more)
    return {day.day: [str(event.post) for event in day.events] for day in found}


def test_a_day_begins_at_midnight_of_the_wall_clock_also_when_clocks_change() -> None:
    assert calendar.midnight(date(2026, 3, 8), CHICAGO) == datetime(2026, 3, 8, 6, tzinfo=UTC)
    assert calendar.midnight(date(2026, 3, 9), CHICAGO) == datetime(2026, 3, 9, 5, tzinfo=UTC)
    assert calendar.midnight(date(2026, 11, 2), CHICAGO) == datetime(2026, 11, 2, 6, tzinfo=UTC)


def test_late_in_the_evening_stays_on_its_day_in_the_divisions_zone(department: SimpleNamespace) -> None:
    d = department
    stories.approved(d.northeast, d.officer, d.supervisor, title="Half past eleven", due="2026-11-25T23:30")
    found = days(d.officer, date(2026, 11, 23), date(2026, 11, 30))
    assert found[date(2026, 11, 25)] == ["Half past eleven"]
    tokyo = days(d.officer, date(2026, 11, 23), date(2026, 11, 30), zone="Asia/Tokyo")
    assert tokyo[date(2026, 11, 26)] == ["Half past eleven"]


def test_a_week_over_the_change_of_clocks_has_seven_days_and_loses_no_post(department: SimpleNamespace) -> None:
    d = department
    before = datetime(2026, 3, 6, 15, tzinfo=UTC)
    for clock in ("2026-03-08T00:30", "2026-03-08T23:30"):
        stories.approved(d.northeast, d.officer, d.supervisor, title=clock, due=clock, now=before)
    found = days(d.officer, *calendar.week_of(date(2026, 3, 8)))
    assert len(found) == 7
    assert found[date(2026, 3, 8)] == ["2026-03-08T00:30", "2026-03-08T23:30"]


def test_drafts_with_a_time_stand_on_their_day_and_dropped_posts_do_not(department: SimpleNamespace) -> None:
    d = department
    stories.draft(d.northeast, d.officer, title="A draft", due="2026-11-26T10:00")
    dropped = stories.approved(d.northeast, d.officer, d.supervisor, title="Dropped", due="2026-11-26T11:00")
    stories.compose.cancel(post=dropped, by=d.officer, now=NOW)
    assert days(d.officer, date(2026, 11, 26), date(2026, 11, 27))[date(2026, 11, 26)] == ["A draft"]


def test_a_full_day_shows_its_bound_and_says_how_many_more(department: SimpleNamespace, as_: Any) -> None:
    d = department
    for n in range(7):
        stories.approved(d.northeast, d.officer, d.supervisor, title=f"Post {n}", due=f"2026-11-26T{10 + n}:00")
    [day] = calendar.days(rights(d.officer), date(2026, 11, 26), date(2026, 11, 27), zone=CHICAGO, now=NOW, a_day=4)
    assert [str(event.post) for event in day.events] == ["Post 0", "Post 1", "Post 2", "Post 3"]
    assert day.more == 3
    assert "3 more" in as_(d.officer).get(URL, {"view": "month"}).content.decode()


def test_another_divisions_posts_are_not_on_it(department: SimpleNamespace, as_: Any) -> None:
    d = department
    stories.approved(d.northeast, d.officer, d.supervisor, title="Northeast only", due="2026-11-26T10:00")
    for view in ("week", "month", "list"):
        assert "Northeast only" not in as_(d.stranger).get(URL, {"view": view}).content.decode()
        assert "Northeast only" in as_(d.officer).get(URL, {"view": view}).content.decode()
    assert "Northeast only" not in as_(d.smo).get(URL, {"division": "central"}).content.decode()
    assert "Northeast only" not in as_(d.stranger).get(URL, {"division": "northeast"}).content.decode()


def test_one_division_is_shown_on_its_own_clock(department: SimpleNamespace, as_: Any) -> None:
    d = department
    Division.objects.filter(slug="northeast").update(zone="America/Denver")
    assert "MST, the clock of your division" in as_(d.officer).get(URL).content.decode()
    assert "CST, the clock of the department" in as_(d.smo).get(URL).content.decode()
    assert "MST, the clock of Northeast" in as_(d.smo).get(URL, {"division": "northeast"}).content.decode()


@pytest.mark.parametrize("day", ["", "yesterday", "2026-13-40", "0001-01-01", "9999-12-31", "\x00"])
@pytest.mark.parametrize("view", ["week", "month", "list", "nonsense"])
def test_any_address_answers(department: SimpleNamespace, as_: Any, day: str, view: str) -> None:
    assert as_(department.officer).get(URL, {"day": day, "view": view}).status_code == 200


def test_two_posts_of_one_division_close_together_are_said(department: SimpleNamespace, as_: Any) -> None:
    d = department
    for clock in ("10:00", "10:40"):
        stories.approved(d.northeast, d.officer, d.supervisor, title=f"At {clock}", due=f"2026-11-26T{clock}")
    assert "Close together" in as_(d.officer).get(URL).content.decode()


def test_a_free_day_leads_to_a_new_post_for_who_may_write(department: SimpleNamespace, as_: Any) -> None:
    assert "Start a post" in as_(department.officer).get(URL).content.decode()
    assert "Start a post" not in as_(department.auditor).get(URL).content.decode()


def test_the_calendar_asks_as_many_queries_for_thirty_posts_as_for_three(department: SimpleNamespace, as_: Any) -> None:
    d = department

    def write(numbers: range) -> None:
        for n in numbers:
            due = f"2026-11-{24 + n % 6}T{10 + n % 10}:00"
            stories.approved(d.northeast, d.officer, d.supervisor, title=f"Post {n}", due=due)
            stories.draft(d.northeast, d.officer, title=f"Draft {n}", due=due)

    write(range(1, 4))
    client = as_(d.smo)
    few = {view: queries_of(client, f"{URL}?view={view}") for view in ("week", "month", "list")}
    write(range(4, 31))
    assert {view: queries_of(client, f"{URL}?view={view}") for view in few} == few
