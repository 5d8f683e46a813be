"""An incident's page: log, promised updates, statements that go in spite of the hold, standing down item by item."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from posts.models import Draft, Incident, IncidentLog
from posts.selectors import incidents, needs
from posts.services import compose, hold, incident, review, submit
from posts.services.compose import DraftInput
from posts.statements import STATEMENTS
from posts.states import DeliveryState
from records.services import ledger
from tests.counting import queries_of
from tests.stories import NOW, approved, tick

SOON = NOW + timedelta(minutes=5)


@pytest.fixture
def fire(department: SimpleNamespace) -> Incident:
    """An open incident of the whole department."""
    return incident.open_(name="Oak Street fire", by=department.smo, now=NOW)


def test_only_who_may_hold_a_place_opens_its_incident(department: SimpleNamespace) -> None:
    d = department
    with pytest.raises(NotAllowed):
        incident.open_(name="Fire", by=d.officer)
    with pytest.raises(NotAllowed):
        incident.open_(name="Fire", by=d.supervisor)
    assert incident.open_(name="Fire", by=d.supervisor, division=d.northeast).division == d.northeast
    with pytest.raises((NotVisible, NotAllowed)):
        incident.open_(name="Fire", by=d.supervisor, division=d.central)


def test_a_divisions_incident_does_not_exist_for_another_division(department: SimpleNamespace, as_: Any) -> None:
    d = department
    own = incident.open_(name="Fire", by=d.supervisor, division=d.northeast)
    with pytest.raises(NotVisible):
        incidents.get_visible(access.rights(d.stranger), own.pk)
    assert as_(d.stranger).get(reverse("posts:incident", args=[own.pk])).status_code == 404
    assert as_(d.officer).get(reverse("posts:incident", args=[own.pk])).status_code == 200


def test_holds_that_were_faster_than_the_incident_become_its_own(department: SimpleNamespace, as_: Any) -> None:
    d, page = department, as_(department.smo)
    first = hold.place(scope="all", reason="Shots at the station", by=d.smo, now=NOW)
    drill = hold.place(scope="all", reason="A rehearsal", by=d.smo, drill=True, now=NOW)
    form = page.get(reverse("posts:incidents")).content.decode()
    assert "Held already, for this" in form
    assert f'value="{drill.pk}"' not in form
    answer = page.post(reverse("posts:incidents"), {"name": "Oak Street fire", "division": "", "holds": [first.pk]})
    shown = page.get(answer["Location"]).content.decode()
    assert "Every account" in shown
    assert incident.open_items(Incident.objects.get()) == ["Release its hold."]
    assert "Held already" not in page.get(reverse("posts:incidents")).content.decode()


def test_a_hold_that_is_not_theirs_or_over_is_not_taken_in(department: SimpleNamespace) -> None:
    d = department
    everything = hold.place(scope="all", reason="Shots at the station", by=d.smo, now=NOW)
    own = hold.place(scope="division", division=d.northeast, reason="Shots here", by=d.supervisor, now=NOW)
    for who, holds, division in (
        (d.supervisor, [everything], d.northeast),
        (d.smo, [everything], d.northeast),
    ):
        with pytest.raises(BadInput):
            incident.open_(name="Fire", by=who, division=division, holds=holds)
    assert incident.open_(name="Fire", by=d.supervisor, division=d.northeast, holds=[own]).holds.get() == own
    with pytest.raises(BadInput):
        incident.open_(name="Another", by=d.smo, holds=[own])
    hold.release(hold=everything, by=d.smo)
    with pytest.raises(BadInput):
        incident.open_(name="Too late", by=d.smo, holds=[everything])


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"text": " "}, "text"),
        ({"text": "x" * 1001}, "text"),
        ({"kind": "gossip"}, "kind"),
        ({"next_update_at": NOW}, "next_update_at"),
        ({"next_update_at": NOW + timedelta(days=3)}, "next_update_at"),
    ],
)
def test_bad_lines_are_refused_by_field(
    department: SimpleNamespace, fire: Incident, words: dict[str, Any], field: str
) -> None:
    line = {"kind": "decision", "text": "Hold everything.", **words}
    with pytest.raises(BadInput) as refused:
        incident.log(incident=fire, by=department.smo, now=SOON, **line)
    assert refused.value.field == field
    assert not fire.log.exists()


def test_a_promised_update_is_owed_until_it_is_logged(department: SimpleNamespace, fire: Incident) -> None:
    d, promise = department, SOON + timedelta(minutes=30)
    mine = access.rights(d.smo)
    incident.log(incident=fire, kind="update", text="We are there.", by=d.smo, next_update_at=promise, now=SOON)
    assert not any(n.title == fire.name for n in needs.rows(mine, now=SOON))
    owed = [n for n in needs.rows(mine, now=promise + timedelta(minutes=1)) if n.title == fire.name]
    assert [n.word for n in owed] == ["Owed"]
    assert not any(n.title == fire.name for n in needs.rows(access.rights(d.officer), now=promise)), "not theirs"
    incident.log(incident=fire, kind="update", text="No danger any more.", by=d.smo, now=promise)
    assert not any(n.title == fire.name for n in needs.rows(mine, now=promise + timedelta(hours=1)))


def test_the_log_is_never_changed(department: SimpleNamespace, fire: Incident) -> None:
    line = incident.log(incident=fire, kind="decision", text="Hold everything.", by=department.smo)
    for change in (lambda: IncidentLog.objects.filter(pk=line.pk).update(text="Else"), line.delete):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


def test_a_statement_with_a_blank_cannot_be_submitted_and_goes_in_spite_of_the_hold(
    department: SimpleNamespace, fire: Incident
) -> None:
    d = department
    post = incident.start_statement(incident=fire, statement=STATEMENTS[0], division=d.headquarters, by=d.smo, now=NOW)
    placed = hold.place(scope="all", reason="A fire", by=d.smo, incident=fire, now=NOW)
    with pytest.raises(Exception, match="stop"):
        submit.submit(post=post, by=d.smo, now=NOW)
    words = DraftInput(
        kind="update",
        title="We are at Oak Street",
        text="Officers are at the 900 block. Next update at noon.",
        channels={d.headquarters_website.pk: None},
    )
    compose.save(post=post, version=Draft.objects.get(post=post).version, data=words, by=d.smo, now=NOW)
    revision = submit.submit(post=post, by=d.smo, now=NOW)
    review.approve(revision=revision, by=d.boss, now=NOW + timedelta(minutes=1))
    other = approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website])
    tick(SOON)
    assert post.deliveries.get().state == DeliveryState.DELIVERED
    assert other.deliveries.get().state == DeliveryState.HELD
    assert placed.exempt_posts.get() == post


def test_letting_one_post_go_opens_only_that_one(department: SimpleNamespace, fire: Incident) -> None:
    d = department
    ours, other = (
        approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website], title=t, due="2026-11-24T10:00")
        for t in ("Ours", "Other")
    )
    hold.place(scope="all", reason="A fire", by=d.smo, incident=fire, now=SOON)
    assert incident.exempt(incident=fire, post=ours, by=d.smo, now=SOON) == 1
    tick(NOW + timedelta(hours=1, minutes=1))
    assert ours.deliveries.get().state == DeliveryState.DELIVERED
    assert other.deliveries.get().state == DeliveryState.HELD


def test_it_is_stood_down_item_by_item(department: SimpleNamespace, fire: Incident) -> None:
    d = department
    post = approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website], due="2026-11-24T10:00")
    placed = hold.place(scope="all", reason="A fire", by=d.smo, incident=fire, now=SOON)
    later = SOON + timedelta(hours=1)
    incident.log(incident=fire, kind="update", text="We are there.", by=d.smo, next_update_at=later, now=SOON)
    with pytest.raises(WrongMoment, match="Release its hold"):
        incident.close(incident=fire, by=d.smo, now=SOON)
    hold.release(hold=placed, by=d.smo, now=SOON)
    with pytest.raises(WrongMoment, match="one post that it stopped"):
        incident.close(incident=fire, by=d.smo, now=SOON)
    hold.keep(deliveries=list(post.deliveries.all()), by=d.smo, now=SOON)
    with pytest.raises(WrongMoment, match="promised"):
        incident.close(incident=fire, by=d.smo, now=SOON)
    incident.log(incident=fire, kind="update", text="It is over.", by=d.smo, now=SOON)
    assert incident.close(incident=fire, by=d.smo, now=SOON).closed_by == d.smo
    with pytest.raises(WrongMoment, match="stood down"):
        incident.log(incident=fire, kind="note", text="More", by=d.smo)


def test_the_report_tells_what_was_held_and_what_became_of_it(
    department: SimpleNamespace, fire: Incident, as_: Any
) -> None:
    d = department
    post = approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website], due="2026-11-24T10:00")
    placed = hold.place(scope="all", reason="=A fire", by=d.smo, incident=fire, now=SOON)
    hold.release(hold=placed, by=d.smo, now=SOON)
    hold.keep(deliveries=list(post.deliveries.all()), by=d.smo, now=SOON)
    answer = as_(d.smo).get(reverse("posts:incident_report", args=[fire.pk]))
    lines = answer.content.decode().splitlines()
    told = [line.split(",")[1] for line in lines[1:]]
    assert told == [
        "posts.incident.opened",
        "posts.delivery.held",
        "posts.hold.placed",
        "posts.hold.released",
        "posts.delivery.kept",
    ]


def test_the_page_opens_logs_and_stands_down_by_hand(department: SimpleNamespace, as_: Any) -> None:
    d, page = department, as_(department.smo)
    answer = page.post(reverse("posts:incidents"), {"name": "", "division": ""})
    assert answer.status_code == 422
    answer = page.post(reverse("posts:incidents"), {"name": "Oak Street fire", "division": ""})
    fire = Incident.objects.get()
    where = reverse("posts:incident", args=[fire.pk])
    assert answer["Location"] == where
    bad = page.post(where, {"kind": "update", "text": "We are there.", "next_update_at": "2020-01-01T10:00"})
    assert bad.status_code == 422
    assert "We are there." in bad.content.decode(), "nothing typed is lost"
    page.post(where, {"kind": "update", "text": "We are there.", "next_update_at": ""})
    started = page.post(
        reverse("posts:incident_statement", args=[fire.pk]),
        {"statement": "aware", "division": d.headquarters.pk},
    )
    assert "/edit/" in started["Location"]
    page.post(reverse("posts:incident_close", args=[fire.pk]))
    fire.refresh_from_db()
    assert fire.closed_at is not None
    assert as_(d.officer).post(reverse("posts:incidents"), {"name": "Mine"}).status_code == 403


def test_the_page_costs_the_same_with_many_lines(department: SimpleNamespace, fire: Incident, as_: Any) -> None:
    page, where = as_(department.smo), reverse("posts:incident", args=[fire.pk])

    def fill(n: int) -> None:
        incident.log(incident=fire, kind="note", text=f"Line {n}", by=department.smo, now=timezone.now())
        placed = hold.place(scope="all", reason=f"No {n}", by=department.smo, incident=fire)
        hold.release(hold=placed, by=department.smo)

    fill(0)
    few = queries_of(page, where)
    for n in range(1, 20):
        fill(n)
    assert queries_of(page, where) == few


def test_when_the_ledger_fails_nothing_is_saved(
    department: SimpleNamespace, fire: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the ledger is away")

    monkeypatch.setattr(ledger, "append_many", broken)
    with pytest.raises(RuntimeError), transaction.atomic():
        incident.log(incident=fire, kind="note", text="Nothing", by=department.smo)
    assert not fire.log.exists()
