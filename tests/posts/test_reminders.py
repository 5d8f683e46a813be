"""Deputies and reminders that climb: who is told when, each once; a deputy is an assignment, never a grant."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from divisions.access import rights
from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.models import Absence, LinkRule
from divisions.selectors import duty
from divisions.services import absences, channels, people
from posts.models import Post, Reminder, Revision
from posts.models.approving import Rung
from posts.selectors import ladder, needs
from posts.services import reminders, review
from posts.states import Stage
from records.models import LedgerEntry
from records.services import ledger
from tests import told
from tests.stories import NOW, submitted

TODAY = NOW.date()
# Submitted 09:00 for 18:00: to approve by 17:45, so 8 h 45 min. Reviewers at 13:45 (4 h left), central at 16:45.
FIRST, SECOND, THIRD = NOW + timedelta(hours=5), NOW + timedelta(hours=7), NOW + timedelta(hours=8)


def _waits(d: SimpleNamespace, **more: Any) -> Revision:
    return submitted(d.northeast, d.officer, due="2026-11-24T18:00", channels=[d.northeast_website], **more)


def _away(d: SimpleNamespace, user: Any, deputy: Any, **more: Any) -> Absence:
    facts = {"starts_on": TODAY, "ends_on": TODAY + timedelta(days=3), "by": user, "now": NOW}
    return absences.enter(user=user, deputy=deputy, **{**facts, **more})


def _told(rung: Rung) -> set[str]:
    return {person.email.split("@")[0] for r in Reminder.objects.filter(rung=rung) for person in r.told.all()}


# ---- climbing


def test_nobody_is_reminded_early(department: SimpleNamespace) -> None:
    _waits(department)
    assert reminders.climb(now=NOW + timedelta(minutes=5)) == 0
    assert not Reminder.objects.exists()


def test_it_climbs_as_time_runs_out_and_says_each_rung_once(department: SimpleNamespace) -> None:
    d = department
    _waits(d)
    for moment in (FIRST, FIRST, SECOND, THIRD, THIRD):
        reminders.climb(now=moment)
    assert _told(Rung.REVIEWERS) == {"supervisor"}
    assert _told(Rung.DEPUTIES) == set()
    assert _told(Rung.CENTRAL) == {"smo"}
    letters = told.letters(THIRD)
    assert [letter.to for letter in letters] == [[d.supervisor.email], [d.smo.email]]
    assert "it does not go out" in letters[0].body
    assert Post.objects.get().stage == Stage.IN_REVIEW, "nothing is approved by itself"
    assert LedgerEntry.objects.filter(type="posts.post.reminded").count() == 2


def test_a_worker_that_was_away_goes_up_all_rungs_at_once(department: SimpleNamespace) -> None:
    _waits(department)
    assert reminders.climb(now=THIRD) == 3
    assert reminders.climb(now=THIRD) == 0


def test_what_was_approved_or_expired_reminds_nobody(department: SimpleNamespace) -> None:
    d = department
    review.approve(revision=_waits(d), by=d.supervisor, now=NOW)
    _waits(d)
    assert reminders.climb(now=NOW + timedelta(days=2)) == 0


def test_nobody_is_reminded_of_their_own_work(department: SimpleNamespace) -> None:
    d = department
    submitted(d.northeast, d.supervisor, due="2026-11-24T18:00", channels=[d.northeast_website])
    reminders.climb(now=THIRD)
    assert _told(Rung.REVIEWERS) == set()
    assert _told(Rung.CENTRAL) == {"smo"}


def test_of_two_approvers_only_who_is_still_missing_is_reminded(department: SimpleNamespace) -> None:
    d = department
    review.approve(revision=_waits(d, flags=("death",)), by=d.supervisor, now=NOW)
    reminders.climb(now=FIRST)
    assert _told(Rung.REVIEWERS) == {"smo"}


def test_a_channel_that_keeps_its_own_approver_has_its_reviewers_reminded(department: SimpleNamespace) -> None:
    d = department
    channels.revoke_link(link=LinkRule.objects.get(source_channel=d.facebook_northeast), by=None, now=NOW)
    channels.make_link(source=d.facebook_northeast, target=d.x_department, approver="target", by=None, now=NOW)
    submitted(d.northeast, d.officer, due="2026-11-24T18:00", channels=[d.northeast_website, d.x_department])
    reminders.climb(now=FIRST)
    assert _told(Rung.REVIEWERS) == {"boss"}


def test_the_line_on_the_desk_says_that_it_is_a_reminder(department: SimpleNamespace) -> None:
    d = department
    _waits(d)
    assert [n.note for n in needs.rows(rights(d.supervisor), now=NOW)] == ["To review"]
    reminders.climb(now=FIRST)
    assert [n.note for n in needs.rows(rights(d.supervisor), now=FIRST)] == ["Reminder: to review"]
    assert [n.note for n in needs.rows(rights(d.smo), now=FIRST)] == ["To review"]


def test_looking_costs_the_same_however_many_wait(department: SimpleNamespace) -> None:
    d = department
    _waits(d)
    with CaptureQueriesContext(
        connection,
    ) as few:
        reminders.climb(now=NOW)
    for _ in range(5):
        _waits(d)
    with CaptureQueriesContext(connection) as many:
        reminders.climb(now=NOW)
    assert len(many) == len(few) == 2


@pytest.mark.parametrize(("left", "rungs"), [(5, []), (4, ["reviewers"]), (2, ["reviewers", "deputies"])])
def test_a_long_wait_is_reminded_by_hours_not_by_shares(left: int, rungs: list[str]) -> None:
    revision = Revision(created_at=NOW, approve_by=NOW + timedelta(days=9))
    assert [r.value for r in ladder.reached(revision, now=revision.approve_by - timedelta(hours=left))] == rungs


def test_the_ledger_fails_nothing_is_saved(department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    _waits(department)

    def broken(entries: Any) -> Any:
        raise RuntimeError("the ledger is full")

    monkeypatch.setattr(ledger, "append_many", broken)
    with pytest.raises(RuntimeError, match="the ledger is full"):
        reminders.climb(now=FIRST)
    assert not Reminder.objects.exists()


# ---- deputies


def test_the_deputy_is_reminded_in_the_place_of_who_is_away(department: SimpleNamespace) -> None:
    d = department
    people.grant(user=d.colleague, division=d.northeast, role="supervisor", starts_on=TODAY, by=None)
    _away(d, d.supervisor, d.colleague)
    _waits(d)
    reminders.climb(now=FIRST)
    assert _told(Rung.REVIEWERS) == {"colleague"}


def test_who_leaves_after_the_first_reminder_hands_it_on(department: SimpleNamespace) -> None:
    d = department
    _waits(d)
    reminders.climb(now=FIRST)
    _away(d, d.supervisor, d.smo)
    reminders.climb(now=SECOND)
    assert _told(Rung.REVIEWERS) == {"supervisor"}
    assert _told(Rung.DEPUTIES) == {"smo"}


def test_a_deputy_gets_no_right_by_it_and_loses_the_reminders_with_their_membership(
    department: SimpleNamespace,
) -> None:
    d = department
    given = people.grant(user=d.colleague, division=d.northeast, role="supervisor", starts_on=TODAY, by=None)
    _away(d, d.supervisor, d.colleague)
    before = rights(d.colleague)
    people.end(membership=given, by=None)
    revision = _waits(d)
    assert rights(d.colleague) != before
    reminders.climb(now=FIRST)
    assert _told(Rung.REVIEWERS) == set()
    with pytest.raises(NotAllowed):
        review.approve(revision=revision, by=d.colleague, now=FIRST)


@pytest.mark.parametrize("who", ["officer", "stranger", "boss", "supervisor"])
def test_only_who_may_approve_the_same_stands_in(department: SimpleNamespace, who: str) -> None:
    d = department
    with pytest.raises(BadInput) as refusal:
        _away(d, d.supervisor, getattr(d, who))
    assert refusal.value.field == "deputy"


def test_days_that_cannot_be_are_refused_at_their_field(department: SimpleNamespace) -> None:
    d = department
    for facts, field in (
        ({"ends_on": TODAY - timedelta(days=1)}, "ends_on"),
        ({"starts_on": date(2026, 11, 20), "ends_on": date(2026, 11, 21)}, "ends_on"),
    ):
        with pytest.raises(BadInput) as refusal:
            _away(d, d.supervisor, d.smo, **facts)
        assert refusal.value.field == field
    row = _away(d, d.supervisor, d.smo)
    with pytest.raises(BadInput, match="entered as away"):
        _away(d, d.supervisor, d.smo)
    absences.end(absence=row, by=d.supervisor, now=NOW)
    with pytest.raises(WrongMoment):
        absences.end(absence=row, by=d.supervisor, now=NOW)
    assert _away(d, d.supervisor, d.smo)


def test_the_person_or_their_manager_enters_it_nobody_else(department: SimpleNamespace) -> None:
    d = department
    with pytest.raises(NotAllowed):
        _away(d, d.supervisor, d.smo, by=d.officer)
    with pytest.raises(NotVisible):
        _away(d, d.supervisor, d.smo, by=d.stranger)
    assert _away(d, d.supervisor, d.smo, by=d.admin).made_by == d.admin


def test_who_stands_in_sees_those_posts_first_and_why(department: SimpleNamespace, as_: Any) -> None:
    d, now = department, timezone.now()
    soon, later = (f"{now + timedelta(days=n):%Y-%m-%d}T18:00" for n in (2, 3))
    submitted(d.central, d.stranger, title="Central's, sooner", due=soon, channels=[d.central_website], now=now)
    submitted(d.northeast, d.officer, title="Northeast's", due=later, channels=[d.northeast_website], now=now)
    page = as_(d.smo).get("/desk/review/").content.decode()
    assert page.index("Central&#x27;s, sooner") < page.index("Northeast&#x27;s")
    day = duty.day_of(now)
    absences.enter(user=d.supervisor, deputy=d.smo, starts_on=day, ends_on=day, by=d.supervisor)
    page = as_(d.smo).get("/desk/review/").content.decode()
    assert page.index("Northeast&#x27;s") < page.index("Central&#x27;s, sooner")
    assert "You stand in for Supervisor, Northeast, away until" in page


def test_the_page_enters_and_ends_an_absence_and_keeps_what_was_typed(department: SimpleNamespace, as_: Any) -> None:
    d, browser = department, as_(department.supervisor)
    day = duty.day_of(timezone.now()) + timedelta(days=5)
    typed = {"user": d.supervisor.pk, "deputy": d.supervisor.pk, "starts_on": day, "ends_on": day}
    wrong = browser.post("/desk/absences/", typed)
    assert wrong.status_code == 422
    assert "Nobody stands in for themselves" in wrong.content.decode()
    assert f'value="{day:%Y-%m-%d}"' in wrong.content.decode()
    people.grant(user=d.colleague, division=d.northeast, role="supervisor", starts_on=date(2025, 1, 1), by=None)
    assert browser.post("/desk/absences/", typed | {"deputy": d.colleague.pk}).status_code == 302
    assert "Second officer, Northeast stands in" in browser.get("/desk/absences/").content.decode()
    browser.post(f"/desk/absences/{Absence.objects.get().pk}/end/")
    assert "Nobody is entered as away" in browser.get("/desk/absences/").content.decode()


@pytest.mark.parametrize("act", ["enter", "end"])
def test_the_ledger_fails_no_absence_is_saved(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    d = department
    row = _away(d, d.supervisor, d.smo)

    def broken(entries: Any) -> Any:
        raise RuntimeError("the ledger is full")

    people.grant(user=d.colleague, division=d.headquarters, role="central_officer", starts_on=TODAY, by=None)
    monkeypatch.setattr(ledger, "append_many", broken)
    stories = {
        "enter": lambda: _away(d, d.smo, d.colleague),
        "end": lambda: absences.end(absence=row, by=d.supervisor),
    }
    with pytest.raises(RuntimeError, match="the ledger is full"):
        stories[act]()
    assert Absence.objects.get().revoked_at is None
