"""Who is told what and by which way: rows with the act itself, choices that hold, and what may not be switched off."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from divisions.access import rights
from divisions.errors import NotVisible
from divisions.models import Notice, NoticeChoice
from divisions.notice_kinds import BY_CODE, KINDS, Way
from divisions.selectors import notices as selectors
from divisions.services import notices
from tests import told
from tests.stories import NOW

BOTH, DESK, NONE = frozenset(Way), frozenset({Way.DESK}), frozenset[Way]()


def tell(*people: Any, **more: Any) -> None:
    notices.tell(people, "Something happened", "In two words.", "/desk/", now=NOW, **more)


def test_each_is_told_once_however_often_they_are_named(department: SimpleNamespace) -> None:
    tell(department.officer, department.officer, department.smo)
    assert told.names("duty") == {"officer", "smo"}
    assert Notice.objects.count() == 2


def test_the_same_thing_is_told_once_by_its_key(department: SimpleNamespace) -> None:
    tell(department.officer, key="x-1")
    tell(department.officer, department.smo, key="x-1")
    assert Notice.objects.count() == 2
    assert len(told.letters()) == 2


def test_somebody_who_may_no_longer_sign_in_is_told_nothing(department: SimpleNamespace) -> None:
    department.officer.is_active = False
    tell(department.officer)
    assert not Notice.objects.exists()


def test_a_mail_goes_with_the_act_or_not_at_all(department: SimpleNamespace) -> None:
    with transaction.atomic():
        tell(department.officer)
        transaction.set_rollback(True)
    assert told.letters() == []


def test_telling_asks_as_often_for_many_people_as_for_one(department: SimpleNamespace) -> None:
    d = department
    with CaptureQueriesContext(connection) as few:
        tell(d.officer)
    with CaptureQueriesContext(connection) as many:
        tell(d.officer, d.smo, d.boss, d.supervisor, d.stranger, d.admin)
    with CaptureQueriesContext(connection) as none:
        tell()
    assert (len(many), len(none)) == (len(few), 0)


def test_somebody_who_wants_neither_way_is_not_told(department: SimpleNamespace) -> None:
    notices.choose(wanted={"drift": NONE}, by=department.smo)
    tell(department.smo, kind="drift")
    assert not Notice.objects.exists()


def test_mail_alone_is_not_shown_on_the_desk_and_goes_by_mail(department: SimpleNamespace) -> None:
    notices.choose(wanted={"drift": frozenset({Way.MAIL})}, by=department.smo)
    tell(department.smo, kind="drift")
    assert not selectors.of_person(rights(department.smo)).exists()
    assert [letter.to for letter in told.letters()] == [["smo@test.example"]]


def test_the_desk_alone_sends_no_mail(department: SimpleNamespace) -> None:
    notices.choose(wanted={"drift": DESK}, by=department.smo)
    tell(department.smo, kind="drift")
    assert selectors.unseen(rights(department.smo)).count() == 1
    assert told.letters() == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.kept], ids=lambda kind: kind.code)
def test_what_must_be_known_cannot_be_switched_off(department: SimpleNamespace, kind: Any) -> None:
    notices.choose(wanted={kind.code: NONE}, by=department.officer)
    assert notices.ways_of([department.officer.pk])[department.officer.pk, kind.code] == kind.kept
    notices.stop_mail(user_id=department.officer.pk, kind=kind)
    assert notices.ways_of([department.officer.pk])[department.officer.pk, kind.code] == kind.kept


def test_safety_and_ones_own_rights_keep_the_desk() -> None:
    kept = {kind.code for kind in KINDS if Way.DESK in kind.kept}
    assert {"hold", "alert_unreviewed", "compromise", "duty"} <= kept
    assert all(kind.because for kind in KINDS if kind.kept)


def test_choosing_again_changes_the_same_row(department: SimpleNamespace) -> None:
    for ways in (BOTH, NONE, DESK):
        notices.choose(wanted={"drift": ways, "hold": ways}, by=department.smo)
    assert NoticeChoice.objects.filter(user=department.smo).count() == 2
    assert not NoticeChoice.objects.get(user=department.smo, kind="hold").by_mail


def test_stopping_mail_leaves_the_desk_and_takes_back_what_is_owed(department: SimpleNamespace) -> None:
    tell(department.smo, kind="drift")
    assert notices.stop_mail(user_id=department.smo.pk, kind=BY_CODE["drift"])
    tell(department.smo, kind="drift")
    assert told.letters() == []
    assert selectors.unseen(rights(department.smo)).count() == 2


def test_a_notice_of_somebody_else_does_not_exist(department: SimpleNamespace) -> None:
    tell(department.officer)
    row = Notice.objects.get()
    with pytest.raises(NotVisible):
        selectors.get_own(rights(department.smo), row.pk)
    assert notices.see(by=department.smo, pk=row.pk) == 0


def test_what_is_too_long_or_broken_into_lines_is_one_short_line(department: SimpleNamespace) -> None:
    notices.tell([department.officer], "One\r\nBcc: all@x.example " + "x" * 300, "Te\x00xt", "/desk/", now=NOW)
    row = Notice.objects.get()
    assert row.subject.startswith("One Bcc: all@x.example")
    assert (len(row.subject), row.text) == (200, "Text")


def test_choices_offer_what_can_reach_the_person(department: SimpleNamespace) -> None:
    def offered(person: Any) -> set[str]:
        return {row.kind.code for _, rows in selectors.choices(rights(person)) for row in rows}

    assert "digest_weekly" not in offered(department.officer)
    assert "digest_daily" in offered(department.officer)
    assert {"digest_weekly", "digest_monthly", "drift"} <= offered(department.smo)
