"""Once a year every membership of a division is kept or ended, by somebody else, and signed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from divisions import access
from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.models import AccessReview, AccessReviewItem, Membership, Notice, User
from divisions.selectors import access_review as selectors
from divisions.services import access_review, people
from divisions.tasks import look_after_people
from records.models import LedgerEntry
from records.services import ledger
from tests.counting import queries_of
from tests.stories import NOW, draft

TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _nine_in_chicago() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def opened(d: SimpleNamespace) -> AccessReview:
    return access_review.open_(division=d.northeast, by=d.admin)


def decide_all(d: SimpleNamespace, review: AccessReview, end: User | None = None) -> None:
    for item in review.items.select_related("membership"):
        said = {"decision": "keep"}
        if end is not None and item.membership.user_id == end.pk:
            said = {"decision": "end", "note": "Moved on."}
        access_review.decide(item=item, by=d.admin, **said)


def test_what_was_said_happens_when_it_is_signed_and_not_before(department: SimpleNamespace) -> None:
    d = department
    review = opened(d)
    assert review.items.count() == 3
    with pytest.raises(WrongMoment, match="3 memberships are not decided"):
        access_review.sign(review=review, by=d.admin)
    decide_all(d, review, end=d.colleague)
    assert access.rights(d.colleague).grants
    access_review.sign(review=review, by=d.smo)
    assert not access.rights(d.colleague).grants
    assert access.rights(d.officer).grants
    assert access.mirror_differences() == 0
    said = LedgerEntry.objects.get(type="divisions.access_review.signed")
    assert (said.data["kept"], len(said.data["ended"])) == (2, 1)
    item = review.items.all()[0]
    with pytest.raises(WrongMoment, match="signed"):
        access_review.sign(review=review, by=d.smo)
    with pytest.raises(WrongMoment, match="signed"):
        access_review.decide(item=item, decision="keep", by=d.smo)


def test_nobody_decides_about_themselves(department: SimpleNamespace) -> None:
    d = department
    review = access_review.open_(division=d.headquarters, by=d.admin)
    own = review.items.get(membership__user=d.admin)
    with pytest.raises(NotAllowed, match="your own rights"):
        access_review.decide(item=own, decision="keep", by=d.admin)
    access_review.decide(item=own, decision="keep", by=d.smo)


def test_only_who_manages_people_there_opens_decides_and_signs(department: SimpleNamespace) -> None:
    d = department
    review = opened(d)
    item = review.items.get(membership__user=d.officer)
    for person, refusal in ((d.supervisor, NotAllowed), (d.stranger, NotVisible), (d.auditor, NotAllowed)):
        with pytest.raises(refusal):
            access_review.decide(item=item, decision="keep", by=person)
        with pytest.raises(refusal):
            access_review.sign(review=review, by=person)
        with pytest.raises(refusal):
            access_review.open_(division=d.northeast, by=person)


def test_ending_takes_a_reason(department: SimpleNamespace) -> None:
    d = department
    item = opened(d).items.get(membership__user=d.officer)
    for typed, field in (
        ({"decision": "end"}, "note"),
        ({"decision": "end", "note": " \x00 "}, "note"),
        ({"decision": "maybe"}, "decision"),
        ({"decision": "keep", "note": "n" * 301}, "note"),
    ):
        with pytest.raises(BadInput) as refusal:
            access_review.decide(item=item, by=d.admin, **typed)
        assert refusal.value.field == field


def test_a_membership_that_ended_meanwhile_needs_no_decision(department: SimpleNamespace) -> None:
    d = department
    review = opened(d)
    gone = review.items.get(membership__user=d.colleague)
    people.end(membership=gone.membership, by=d.admin, now=NOW)
    with pytest.raises(WrongMoment, match="ended already"):
        access_review.decide(item=gone, decision="keep", by=d.admin)
    for item in review.items.exclude(pk=gone.pk):
        access_review.decide(item=item, decision="keep", by=d.admin)
    access_review.sign(review=review, by=d.admin)


def test_the_beat_opens_what_is_due_within_thirty_days_once(department: SimpleNamespace) -> None:
    d = department  # everybody belongs since the first of January 2025: all are over their year
    look_after_people()
    assert AccessReview.objects.count() == 3
    assert {row.due_on for row in AccessReview.objects.all()} == {TODAY + timedelta(days=30)}
    told = Notice.objects.filter(subject__contains="Northeast", subject__startswith="Who still needs")
    assert {notice.user for notice in told} == {d.admin, d.smo}
    look_after_people()
    assert AccessReview.objects.count() == 3
    review = AccessReview.objects.get(division=d.northeast)
    decide_all(d, review)
    access_review.sign(review=review, by=d.admin)
    due = TODAY + timedelta(days=365)
    assert selectors.next_due(now=NOW)[d.northeast.pk] == due
    for day, count in ((334, 1), (335, 2)):
        with time_machine.travel(NOW + timedelta(days=day), tick=False):
            look_after_people()
        assert AccessReview.objects.filter(division=d.northeast).count() == count
    assert AccessReview.objects.get(division=d.northeast, signed_at=None).due_on == due


def test_a_review_past_its_day_is_red(department: SimpleNamespace, as_: Any) -> None:
    d = department
    review = opened(d)
    assert "Northeast to review, by" in as_(d.admin).get("/desk/").content.decode()
    with time_machine.travel(NOW + timedelta(days=31), tick=False):
        assert "Northeast to review, overdue" in as_(d.admin).get("/desk/").content.decode()
        assert "Overdue" in as_(d.admin).get(f"/desk/access/{review.pk}/").content.decode()


def test_the_page_and_the_file_show_the_last_signs_of_life(department: SimpleNamespace, as_: Any) -> None:
    d, client = department, as_(department.smo)
    draft(d.northeast, d.officer, channels=[])
    User.objects.filter(pk=d.officer.pk).update(name="=cmd()", last_login=NOW - timedelta(days=1))
    review = opened(d)
    page = re.sub(r"<[^>]+>", "", client.get(f"/desk/access/{review.pk}/").content.decode())
    assert "Last signed in yesterday 09:00, last did something here today 09:00" in page
    rows = list(csv.DictReader(io.StringIO(client.get(f"/desk/access/{review.pk}/file/").content.decode())))
    mine = next(row for row in rows if row["e-mail"] == "officer@test.example")
    assert mine["person"] == "'=cmd()"
    assert mine["last act"].startswith("2026-11-24T15:00")


def test_work_that_stays_in_the_name_of_who_was_ended_is_said(department: SimpleNamespace, as_: Any) -> None:
    d = department
    draft(d.northeast, d.colleague, channels=[])
    review = opened(d)
    decide_all(d, review, end=d.colleague)
    page = as_(d.smo).post(f"/desk/access/{review.pk}/sign/", follow=True).content.decode()
    assert "still in the name of Second officer, Northeast" in page


def test_the_page_keeps_what_was_typed_when_it_is_refused(department: SimpleNamespace, as_: Any) -> None:
    d, client = department, as_(department.smo)
    review = opened(d)
    item = review.items.get(membership__user=d.officer)
    where = f"/desk/access/rows/{item.pk}/"
    refused = client.post(where, {"decision": "end", "note": ""})
    assert refused.status_code == 422
    assert "Say why it ends" in refused.content.decode()
    back = f"/desk/access/{review.pk}/?page=1"
    assert client.post(where, {"decision": "end", "note": "Gone.", "back": back}).url == f"{back}#row-{item.pk}"
    away = client.post(where, {"decision": "keep", "back": "https://else.example/"})
    assert away.url == f"/desk/access/{review.pk}/"


def test_a_review_asks_as_many_queries_for_many_memberships(department: SimpleNamespace, as_: Any) -> None:
    d, client = department, as_(department.smo)
    review = opened(d)
    url = f"/desk/access/{review.pk}/"
    few = queries_of(client, url)
    for n in range(15):
        person = people.create_person(email=f"p{n}@test.example", name=f"Person {n}", by=None)
        days = {"starts_on": TODAY, "by": None, "now": NOW}
        row = people.grant(user=person, division=d.northeast, role="officer", channels=[d.facebook_northeast], **days)
        AccessReviewItem.objects.create(review=review, membership=row)
    assert queries_of(client, url) <= few + 1  # the narrowings' channels, once there are some
    assert queries_of(client, "/desk/people/") == queries_of(client, "/desk/people/?q=a")


@pytest.mark.parametrize("act", ["open_", "decide", "sign"])
def test_without_its_entry_nothing_is_saved(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    d = department
    review = None if act == "open_" else opened(d)
    if act == "sign" and review is not None:
        decide_all(d, review, end=d.colleague)
    before = _state()
    monkeypatch.setattr(ledger, "append", _fail)
    acts = {
        "open_": lambda: opened(d),
        "decide": lambda: access_review.decide(item=AccessReviewItem.objects.all()[0], decision="keep", by=d.admin),
        "sign": lambda: access_review.sign(review=AccessReview.objects.get(), by=d.admin),
    }
    with pytest.raises(RuntimeError, match="no ledger"):
        acts[act]()
    assert _state() == before


def _state() -> list[Any]:
    rows = (AccessReview, AccessReviewItem, Membership, LedgerEntry)
    return [list(model.objects.order_by("pk").values()) for model in rows]  # type: ignore[attr-defined]


def _fail(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError("no ledger")
