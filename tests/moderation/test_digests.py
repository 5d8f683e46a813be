"""Digests: each number equals its rows, each digest is made once, and says what the numbers say."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from divisions import access
from divisions.errors import BadInput, NotVisible
from divisions.models import Department, Notice
from divisions.notice_kinds import Way
from divisions.services import notices
from moderation.models import Digest, DriftCase
from moderation.selectors import digest_archive, digest_numbers, digest_posts
from moderation.selectors.digest_numbers import COUNTED, OF_DIVISION
from moderation.selectors.digest_scope import Scope, count, period
from moderation.services import digests
from posts.models import Delivery, Post
from posts.states import DeliveryState
from records.models import LedgerEntry
from records.services import ledger
from tests.moderation import digest_history

ZONE = ZoneInfo("America/Chicago")
NOVEMBER_1 = date(2026, 11, 1)
SIX = datetime(2026, 11, 1, 6, 2, tzinfo=ZONE)


@pytest.fixture
def lived(department: SimpleNamespace) -> SimpleNamespace:
    """The department after October; the supervisor of headquarters is its chief."""
    digest_history.make(department, digest_history.OCTOBER)
    Department.objects.update(chief=department.boss)
    return department


def scope_of(person: Any, kind: str, on: date = NOVEMBER_1) -> Scope:
    first, last = period(kind, on)
    ids = access.rights(person).visible_division_ids()
    return Scope(kind=kind, person_id=person.pk, division_ids=ids, first=first, last=last, zone="America/Chicago")


def made(person: Any, kind: str, on: date = NOVEMBER_1, now: datetime = SIX) -> Digest:
    found = digests.make(kind=kind, recipient=person, on=on, now=now)
    assert found is not None
    return found


@pytest.fixture
def long_lived(department: SimpleNamespace) -> SimpleNamespace:
    """The department after ninety days."""
    digest_history.make(department)
    return department


# ---- numbers and rows


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(on=st.dates(date(2026, 8, 5), date(2026, 11, 5)), kind=st.sampled_from(Digest.Kind.values),
       who=st.sampled_from(["officer", "supervisor", "smo", "boss", "stranger", "auditor"]))  # fmt: skip
def test_every_number_equals_the_rows_behind_it(long_lived: SimpleNamespace, on: date, kind: str, who: str) -> None:
    scope = scope_of(getattr(long_lived, who), kind, on)
    found = digest_numbers.values(scope)
    assert set(found) == set(COUNTED[kind])
    for code, value in found.items():
        number, rows = digest_numbers.rows_of(code, scope)
        lines = [number.line(row) for row in rows]
        assert (code, len(lines), count(rows)) == (code, value, value)
        assert all(line.title for line in lines)
    by_place = digest_posts.by_division(scope)
    if kind != Digest.Kind.DAILY:
        assert sum(place["posts"] for place in by_place.values()) == found["posts"]
        assert sum(digest_posts.by_day(scope).values()) == found["posts"]
        assert found["rounds-on-time"] + found["rounds-late"] == found["rounds-due"]


def test_posts_are_counted_as_anybody_would_by_hand(lived: SimpleNamespace) -> None:
    scope = scope_of(lived.smo, "monthly")
    first: dict[int, datetime] = {}
    out = Delivery.objects.filter(act="publish", state__in=("delivered", "withdrawn"), post__audience="public")
    for row in out.order_by("settled_at"):
        assert row.settled_at is not None
        first.setdefault(row.post_id, row.settled_at)
    october = {pk for pk, at in first.items() if at.astimezone(ZONE).month == 10}
    assert set(digest_posts.went_out(scope).values_list("pk", flat=True)) == october
    assert "In the last hour of the month" in {post.title for post in digest_posts.went_out(scope)}, "in Texas"
    assert len(october) >= 9


def test_the_number_of_a_division_is_the_rows_of_that_division(lived: SimpleNamespace) -> None:
    row = made(lived.smo, "monthly")
    scope = digest_archive.scope_of(row, access.rights(lived.smo))
    for bar in row.numbers["bars"]:
        _, rows = digest_numbers.rows_of(f"posts{OF_DIVISION}{bar['slug']}", scope)
        assert {post.division.slug for post in rows} <= {bar["slug"]}
        assert count(rows) == bar["posts"]


def test_internal_posts_are_in_nobodys_report(lived: SimpleNamespace) -> None:
    inside = set(Post.objects.filter(audience="internal").values_list("pk", flat=True))
    assert inside
    assert not inside & set(digest_posts.went_out(scope_of(lived.smo, "monthly")).values_list("pk", flat=True))


def test_a_number_counts_only_what_its_reader_may_see(lived: SimpleNamespace) -> None:
    row = made(lived.smo, "monthly")
    rights = access.rights(lived.officer)
    scope = digest_archive.scope_of(row, rights)
    assert {post.division for post in digest_numbers.rows_of("posts", scope)[1]} == {lived.northeast}
    with pytest.raises(NotVisible):
        digest_numbers.rows_of(f"posts{OF_DIVISION}central", scope)


@pytest.mark.parametrize("code", ["nothing", "live", "posts--nowhere", "posts--", "--northeast"])
def test_a_number_that_is_none_leads_nowhere(lived: SimpleNamespace, code: str) -> None:
    scope = scope_of(lived.smo, "monthly")
    if code == "posts--":
        assert digest_numbers.rows_of(code, scope)[0].code == "posts"
        return
    with pytest.raises(NotVisible):
        digest_numbers.rows_of(code, scope)


def test_a_number_stays_as_it_was_when_a_row_changes_since(lived: SimpleNamespace) -> None:
    row = made(lived.smo, "monthly")
    before = row.numbers["values"]["drift-open"]
    DriftCase.objects.filter(decision="").update(
        decision="adopt", decided_by=lived.smo, decided_at=SIX - timedelta(days=2), closed_at=SIX - timedelta(days=2)
    )
    row.refresh_from_db()
    _, rows = digest_numbers.rows_of("drift-open", digest_archive.scope_of(row, access.rights(lived.smo)))
    assert (row.numbers["values"]["drift-open"], count(rows)) == (before, before - 1)


# ---- what it says


def test_the_headline_is_made_from_the_numbers(lived: SimpleNamespace) -> None:
    row = made(lived.smo, "monthly")
    late, quiet = row.numbers["values"]["rounds-late"], row.numbers["values"]["quiet"]
    assert late
    assert quiet
    assert row.numbers["title"].startswith("October 2026: ")
    assert "came late" in row.numbers["title"]
    assert "went quiet" in row.numbers["title"]
    assert any("had nobody on duty on 31 days" in one["title"] for one in row.numbers["decisions"])
    assert any("published list says 4 accounts; we count 5" in one["title"] for one in row.numbers["decisions"])


def test_a_department_without_anything_is_told_so(department: SimpleNamespace) -> None:
    row = made(department.smo, "weekly", on=date(2026, 11, 30), now=SIX + timedelta(days=29))
    assert row.numbers["title"].startswith("Week of 23 November: ")
    assert row.numbers["values"]["posts"] == 0


def test_a_daily_digest_tells_what_became_of_ones_own_posts(lived: SimpleNamespace) -> None:
    row = made(lived.officer, "daily")
    assert row.numbers["title"] == "Good morning: 1 went out, 1 came back"
    assert row.numbers["lists"]["back"][0]["text"] == "Supervisor, Northeast: “Name the block.”"
    assert [one["who"] for one in row.numbers["duty"]] == ["Officer, Northeast"]


def test_nobody_gets_a_daily_digest_that_says_nothing(lived: SimpleNamespace) -> None:
    assert digests.make(kind="daily", recipient=lived.colleague, on=NOVEMBER_1, now=SIX) is None
    assert not Digest.objects.exists()


# ---- when and to whom


def test_on_the_first_of_a_month_chief_and_central_officers_get_the_month(lived: SimpleNamespace) -> None:
    digests.make_due(now=SIX)
    told = {(row.kind, row.recipient) for row in Digest.objects.all()}
    assert told == {("monthly", lived.boss), ("monthly", lived.smo), ("daily", lived.officer)}
    assert Digest.objects.get(kind="monthly", recipient=lived.boss).starts_on == date(2026, 10, 1)


def test_on_a_monday_central_officers_get_the_week(lived: SimpleNamespace) -> None:
    digests.make_due(now=datetime(2026, 11, 9, 6, 2, tzinfo=ZONE))
    row = Digest.objects.get(kind="weekly")
    assert (row.recipient, row.starts_on, row.ends_on) == (lived.smo, date(2026, 11, 2), date(2026, 11, 8))


def test_nothing_is_made_before_six_where_the_department_is(lived: SimpleNamespace) -> None:
    assert digests.make_due(now=datetime(2026, 11, 1, 5, 59, tzinfo=ZONE)) == 0
    assert digests.make_due(now=SIX) == 3


def test_two_beats_make_nothing_twice_and_a_late_one_catches_up(lived: SimpleNamespace) -> None:
    assert digests.make_due(now=SIX + timedelta(days=3)) >= 2, "two days after the first, a beat that was away"
    before = Digest.objects.count()
    digests.make_due(now=SIX + timedelta(days=3, hours=1))
    assert Digest.objects.count() == before
    assert LedgerEntry.objects.filter(type="moderation.digest.sent").count() == before


def test_who_wants_none_gets_none_and_the_desk_tells_whoever_does(lived: SimpleNamespace) -> None:
    notices.choose(wanted={"digest_monthly": frozenset()}, by=lived.smo)
    notices.choose(wanted={"digest_monthly": frozenset({Way.MAIL})}, by=lived.boss)
    digests.make_due(now=SIX)
    assert not Digest.objects.filter(recipient=lived.smo).exists()
    assert set(Notice.objects.filter(kind__startswith="digest").values_list("user__email", flat=True)) == {
        "officer@test.example"
    }
    assert not Notice.objects.filter(kind__startswith="digest", mail_due_at__isnull=False).exists()


def test_when_the_ledger_fails_nothing_is_saved(lived: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **more: Any) -> None:
        raise DatabaseError("no room")

    monkeypatch.setattr(ledger, "remember", fail)
    with pytest.raises(DatabaseError):
        digests.make(kind="monthly", recipient=lived.smo, on=NOVEMBER_1, now=SIX)
    assert not Digest.objects.exists()
    assert not Notice.objects.filter(kind="digest_monthly").exists()


def test_a_kind_that_is_none_is_refused(lived: SimpleNamespace) -> None:
    with pytest.raises(BadInput):
        digests.make(kind="hourly", recipient=lived.smo, on=NOVEMBER_1, now=SIX)


def test_a_failed_copy_counts_though_it_went_out_later(lived: SimpleNamespace) -> None:
    assert not Delivery.objects.filter(state=DeliveryState.FAILED).exists()
    found = list(LedgerEntry.objects.filter(type__in=["posts.delivery.failed", "posts.delivery.missed"]))
    october = [row for row in found if row.occurred_at.astimezone(ZONE).month == 10]
    public = set(Post.objects.filter(audience="public").values_list("pk", flat=True))
    by_hand = sum(int(row.subject_id) in public for row in october)
    assert by_hand > 0
    assert digest_numbers.values(scope_of(lived.smo, "monthly"))["failed"] == by_hand
