"""Who is on duty by the date: a shift, else the standing officer, less who is away; planning it; the alarm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.models import Channel, DutyShift, Notice, User
from divisions.selectors import roster as selectors
from divisions.services import absences, channels, people, roster
from divisions.tasks import look_after_people
from records.models import LedgerEntry
from records.services import ledger
from tests.counting import queries_of
from tests.stories import NOW

ZONE = "America/Chicago"
TODAY = NOW.astimezone(ZoneInfo(ZONE)).date()
URL = "/desk/roster/"
ONE = "/desk/roster/accounts/facebook-northeast/"


@pytest.fixture(autouse=True)
def _nine_in_chicago() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def hour(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def put(d: SimpleNamespace, user: User, start: float, end: float, channel: Channel | None = None) -> DutyShift:
    where = channel or d.facebook_northeast
    return roster.add(channel=where, user=user, starts_at=hour(start), ends_at=hour(end), by=d.admin, now=NOW)


def who(d: SimpleNamespace, at: datetime) -> list[str]:
    channel = Channel.objects.select_related("duty_officer").get(pk=d.facebook_northeast.pk)
    return [user.name for user in selectors.on_duty([channel], now=at, zone=ZONE)[channel.pk]]


def test_the_standing_officer_is_on_when_no_shift_says_otherwise(department: SimpleNamespace) -> None:
    d = department
    put(d, d.colleague, 1, 3)
    put(d, d.supervisor, 2, 4)
    assert who(d, hour(0)) == ["Officer, Northeast"]
    assert who(d, hour(1)) == ["Second officer, Northeast"]
    assert who(d, hour(2)) == ["Second officer, Northeast", "Supervisor, Northeast"]
    assert who(d, hour(3)) == ["Supervisor, Northeast"]
    assert who(d, hour(4)) == ["Officer, Northeast"]


def test_who_is_away_or_gone_is_not_on(department: SimpleNamespace) -> None:
    d = department
    days = {"starts_on": TODAY + timedelta(days=1), "ends_on": TODAY + timedelta(days=2)}
    put(d, d.supervisor, 24, 48)
    absences.enter(user=d.supervisor, deputy=d.smo, by=d.admin, now=NOW, **days)
    assert who(d, hour(24)) == ["Officer, Northeast"]
    User.objects.filter(pk=d.officer.pk).update(is_active=False)
    assert who(d, hour(24)) == []


def test_a_shift_that_was_ended_while_it_ran_counts_until_then(department: SimpleNamespace) -> None:
    d = department
    row = put(d, d.colleague, 1, 5)
    with time_machine.travel(hour(2), tick=False):
        roster.end(shift=row, by=d.admin)
        with pytest.raises(WrongMoment):
            roster.end(shift=row, by=d.admin)
    assert who(d, hour(1.5)) == ["Second officer, Northeast"]
    assert who(d, hour(2)) == ["Officer, Northeast"]


def test_days_are_the_departments_also_when_the_clock_changes() -> None:
    begins = roster.wall_clock(date(2027, 3, 14), time(0, 0), ZONE, field="starts_on")
    ends = roster.wall_clock(date(2027, 3, 15), time(0, 0), ZONE, field="ends_on")
    assert ends - begins == timedelta(hours=23)
    with pytest.raises(BadInput, match="skips 02:30") as refusal:
        roster.wall_clock(date(2027, 3, 14), time(2, 30), ZONE, field="starts_on")
    assert refusal.value.cure == "Pick 03:30 instead."
    twice = roster.wall_clock(date(2026, 11, 1), time(1, 30), ZONE, field="starts_on")
    assert twice == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)  # the first of the two


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [(3, 2, "ends_on"), (-5, -1, "ends_on"), (1, 24 * 40, "ends_on"), (24 * 400, 24 * 401, "starts_on")],
)
def test_times_that_are_no_shift_are_refused(department: SimpleNamespace, start: int, end: int, field: str) -> None:
    with pytest.raises(BadInput) as refusal:
        put(department, department.colleague, start, end)
    assert refusal.value.field == field


def test_who_cannot_be_on_is_refused_by_name(department: SimpleNamespace) -> None:
    d = department
    with pytest.raises(BadInput, match="no member of Northeast"):
        put(d, d.stranger, 1, 2)
    put(d, d.colleague, 1, 2)
    with pytest.raises(BadInput, match="on duty then already"):
        put(d, d.colleague, 1.5, 3)
    put(d, d.colleague, 2, 3)
    with pytest.raises(WrongMoment):
        put(d, d.colleague, 1, 2, channel=d.northeast_website)


@pytest.mark.parametrize(("by", "refusal"), [("officer", NotAllowed), ("stranger", NotVisible)])
def test_only_who_manages_the_account_plans_it(department: SimpleNamespace, by: str, refusal: type[Exception]) -> None:
    d, person = department, getattr(department, by)
    row = put(d, d.colleague, 1, 2)
    where = d.facebook_northeast
    with pytest.raises(refusal):
        roster.add(channel=where, user=d.colleague, starts_at=hour(5), ends_at=hour(6), by=person)
    with pytest.raises(refusal):
        roster.end(shift=row, by=person)
    with pytest.raises(NotAllowed):
        roster.copy_week(to=TODAY, by=person)


def test_a_week_is_copied_by_the_wall_clock_and_what_cannot_be_is_named(department: SimpleNamespace) -> None:
    d, monday = department, selectors.monday(TODAY)
    put(d, d.colleague, 1, 3)
    put(d, d.supervisor, 24, 48)
    put(d, d.boss, 1, 3, channel=d.x_department)
    away = monday + timedelta(days=9)
    absences.enter(user=d.supervisor, deputy=d.smo, starts_on=away, ends_on=away, by=d.admin, now=NOW)

    done = roster.copy_week(to=monday + timedelta(days=7), by=d.admin)

    assert done.made == 2
    assert len(done.left) == 1
    assert "Supervisor, Northeast is away" in done.left[0]
    assert who(d, hour(24 * 7 + 1)) == ["Second officer, Northeast"]
    again = roster.copy_week(to=monday + timedelta(days=7), by=d.admin)
    assert (again.made, len(again.left)) == (0, 3)


def test_a_copied_shift_keeps_its_hours_over_a_change_of_time(department: SimpleNamespace) -> None:
    d, tz = department, ZoneInfo(ZONE)
    start = datetime(2027, 3, 9, 18, 0, tzinfo=tz)
    with time_machine.travel(start - timedelta(days=1), tick=False):
        where = d.facebook_northeast
        roster.add(channel=where, user=d.colleague, starts_at=start, ends_at=start + timedelta(hours=6), by=d.admin)
        roster.copy_week(to=date(2027, 3, 15), by=d.admin)
    again = DutyShift.objects.order_by("starts_at").last()
    assert again is not None
    assert again.starts_at.astimezone(tz).replace(tzinfo=None) == datetime(2027, 3, 16, 18, 0)


def test_accounts_without_anybody_are_found_and_their_managers_told_once_a_week(department: SimpleNamespace) -> None:
    d = department
    for row in Channel.objects.all():
        Channel.objects.filter(pk=row.pk).update(duty_officer=d.boss)
    assert look_after_people() == 0
    Channel.objects.filter(pk=d.facebook_northeast.pk).update(duty_officer=None)
    put(d, d.colleague, -1, 72)

    assert look_after_people() == 1
    told = Notice.objects.filter(subject__contains="nobody on duty")
    assert {notice.user for notice in told} == {d.admin, d.smo}
    assert "nobody from Fri 27 Nov, 09:00" in told[0].text
    assert look_after_people() == 1
    assert told.all().count() == 2
    with time_machine.travel(NOW + timedelta(days=7), tick=False):
        look_after_people()
    assert told.all().count() == 4


def test_the_wall_and_home_say_who_is_on_now(department: SimpleNamespace, as_: Any) -> None:
    d = department
    put(d, d.colleague, 1, 3)
    with time_machine.travel(hour(1), tick=False):
        page = as_(d.smo).get("/desk/wall/").content.decode()
    assert "Second officer, Northeast" in page
    absent = User.objects.filter(pk=d.officer.pk)
    absent.update(is_active=False)
    home = as_(d.smo).get("/desk/").content.decode()
    assert "nobody on duty" in home
    assert "nobody on duty" not in as_(d.supervisor).get("/desk/").content.decode()


def test_the_pages_show_plan_and_end_shifts(department: SimpleNamespace, as_: Any) -> None:
    d, client = department, as_(department.admin)
    typed = {"user": d.colleague.pk, "starts_on": "2026-11-26", "ends_on": "2026-11-27"}
    assert client.post(ONE, typed).status_code == 302
    row = DutyShift.objects.get()
    assert (row.starts_at, row.ends_at) == (
        datetime(2026, 11, 26, 6, 0, tzinfo=UTC),
        datetime(2026, 11, 28, 6, 0, tzinfo=UTC),
    )
    page = client.get(f"{URL}?week=2026-11-26").content.decode()
    assert "Second officer, Northeast" in page
    wrong = client.post(ONE, {**typed, "starts_on": "2027-03-14", "starts_time": "02:30", "ends_on": "2027-03-14"})
    assert wrong.status_code == 422
    assert "The clock skips 02:30" in wrong.content.decode()
    assert client.post(f"/desk/roster/shifts/{row.pk}/end/").status_code == 302
    row.refresh_from_db()
    assert row.revoked_at == NOW
    for odd in ("?week=%00", "?week=9999-12-31", "?week=0001-01-01", "?division=%00&page=x", "?week=2026-W48"):
        assert client.get(URL + odd).status_code == 200, odd
    assert client.post(f"{URL}copy/", {"week": "\x00"}).status_code == 302


def test_the_roster_asks_as_many_queries_for_many_accounts_and_shifts(department: SimpleNamespace, as_: Any) -> None:
    d, client = department, as_(department.smo)
    few = queries_of(client, URL)
    for n in range(15):
        facts = {"platform": "facebook", "audience": "public", "handle": f"h{n}", "name": f"Account {n}"}
        made = channels.create_channel(slug=f"more-{n}", division=d.northeast, by=None, duty_officer=d.boss, **facts)
        put(d, d.colleague, n, n + 1, channel=made)
    assert queries_of(client, URL) <= few


@pytest.mark.parametrize("act", ["add", "end", "copy_week"])
def test_without_its_entry_nothing_is_planned(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    d = department
    row = put(d, d.colleague, 1, 2)
    acts, rows = LedgerEntry.objects.count(), list(DutyShift.objects.values())
    monkeypatch.setattr(ledger, "append", _fail)
    does = {
        "add": lambda: put(d, d.colleague, 5, 6),
        "end": lambda: roster.end(shift=row, by=d.admin),
        "copy_week": lambda: roster.copy_week(to=selectors.monday(TODAY) + timedelta(days=7), by=d.admin),
    }
    with pytest.raises(RuntimeError, match="no ledger"):
        does[act]()
    assert (LedgerEntry.objects.count(), list(DutyShift.objects.values())) == (acts, rows)


def test_a_narrowed_manager_plans_only_the_account_that_is_theirs(department: SimpleNamespace) -> None:
    d = department
    days = {"starts_on": TODAY, "by": d.admin, "now": NOW}
    people.grant(user=d.boss, division=d.headquarters, role="administrator", channels=[d.nixle], **days)
    put(d, d.smo, 1, 2, channel=d.nixle)
    put(d, d.smo, 1, 2, channel=d.x_department)
    done = roster.copy_week(to=selectors.monday(TODAY) + timedelta(days=7), by=d.boss)
    assert (done.made, len(done.left)) == (1, 1)


def _fail(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError("no ledger")
