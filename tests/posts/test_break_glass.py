"""Break-glass: a trained person's safety alert goes out at once, with a reason; somebody else signs it within a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from divisions.access import rights
from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.models import Department, Training
from divisions.services import department as department_service
from divisions.services import people, training
from posts.errors import OwnWork, StopsOpen
from posts.models import Approval, BreakGlass, Delivery, Post
from posts.selectors import glass as selector
from posts.selectors import needs
from posts.services import break_glass, compose, matrix, review, submit
from posts.states import Basis, DeliveryState, Stage
from records.models import LedgerEntry
from records.services import ledger
from tests import told
from tests.stories import NOW, draft, tick

WHY = "Gas is spreading towards the school and nobody answers."
SOON = NOW + timedelta(minutes=1)
LATE = NOW + timedelta(hours=24, minutes=1)


@pytest.fixture
def d(department: SimpleNamespace) -> SimpleNamespace:
    """The stock department, its officer trained."""
    _train(department)
    return department


def _train(d: SimpleNamespace, **more: Any) -> Training:
    facts = {"user": d.officer, "division": d.northeast, "trained_on": date(2026, 11, 2), "ends_on": date(2027, 11, 2)}
    return training.give(**{**facts, "by": d.admin, "now": NOW, **more})


def _alert(d: SimpleNamespace, **more: Any) -> Post:
    facts = {"kind": "safety_alert", "facts": {"do_now": "Stay inside."}, "channels": [d.northeast_website]}
    return draft(d.northeast, d.officer, title="Gas leak on Oak Street", **{**facts, **more})


def _break(d: SimpleNamespace, **more: Any) -> BreakGlass:
    return break_glass.publish(**{"post": _alert(d), "by": d.officer, "reason": WHY, "now": NOW, **more})


# ---- it goes


def test_it_goes_out_at_once_on_its_own_basis(d: SimpleNamespace) -> None:
    broken = _break(d)
    tick(SOON)
    approval = broken.approval
    assert (approval.basis, approval.approved_by) == (Basis.BREAK_GLASS, d.officer)
    assert Delivery.objects.get(revision=approval.revision).state == DeliveryState.DELIVERED
    assert LedgerEntry.objects.get(type="posts.post.glass_broken").data["reason"] == WHY


def test_what_waits_in_review_can_go_the_same_way(d: SimpleNamespace) -> None:
    post = _alert(d, flags=("death",))
    submit.submit(post=post, by=d.officer, now=NOW)
    half = review.approve(revision=post.revisions.get(), by=d.supervisor, now=NOW)
    _break(d, post=post)
    half.refresh_from_db()
    assert half.voided_at is not None
    tick(SOON)
    assert Delivery.objects.get(post=post).state == DeliveryState.DELIVERED


def test_chief_central_and_reviewers_are_told_at_once_but_not_oneself(d: SimpleNamespace) -> None:
    row = Department.objects.get()
    department_service.change_department(department=row, chief=d.boss, by=None, now=NOW)
    _break(d)
    assert told.names("alert_unreviewed") == {"boss", "smo", "supervisor"}
    letter, *others = told.letters()
    assert len(others) == 2
    assert WHY in letter.body
    assert "Gas leak on Oak Street" in letter.subject


# ---- it does not go


def test_only_who_was_trained_by_name(d: SimpleNamespace) -> None:
    for person in (d.colleague, d.supervisor, d.smo):
        with pytest.raises(NotAllowed, match="without waiting for review"):
            _break(d, by=person)


@pytest.mark.parametrize("how", ["ended", "over", "elsewhere", "no membership"])
def test_a_training_that_does_not_count_opens_nothing(department: SimpleNamespace, how: str) -> None:
    d = department
    if how == "elsewhere":
        people.grant(user=d.officer, division=d.central, role="officer", starts_on=date(2026, 1, 1), by=None)
        _train(d, division=d.central)
    else:
        row = _train(d)
        if how == "ended":
            training.end(training=row, by=d.admin, now=NOW)
        elif how == "over":
            Training.objects.update(ends_on=date(2026, 11, 23))
        else:
            people.end(membership=d.officer.memberships.get(), by=None)
    with pytest.raises((NotAllowed, NotVisible)):
        break_glass.publish(post=_as_somebody(d), by=d.officer, reason=WHY, now=NOW)


def test_a_training_counts_for_all_below_its_division(department: SimpleNamespace) -> None:
    d = department
    _train(d, user=d.smo, division=d.headquarters)
    assert break_glass.why_not(_alert(d), d.smo, rights(d.smo), now=NOW) is None


def test_only_safety_alerts(d: SimpleNamespace) -> None:
    with pytest.raises(WrongMoment, match="Only a safety alert"):
        _break(d, post=draft(d.northeast, d.officer))
    revision = submit.submit(post=draft(d.northeast, d.officer), by=d.officer, now=NOW)
    with pytest.raises(DatabaseError, match="only a safety alert"), transaction.atomic():
        Approval.objects.create(
            revision=revision,
            content_hash=revision.content_hash,
            basis=Basis.BREAK_GLASS,
            approved_by=d.officer,
            approved_at=NOW,
        )


@pytest.mark.parametrize("words", ["", "Gas!", "a" * 19, "  spread   out   "])
def test_the_reason_has_words(d: SimpleNamespace, words: str) -> None:
    with pytest.raises(BadInput, match="of at least 20 characters") as refusal:
        _break(d, reason=words)
    assert refusal.value.field == "reason"
    assert Post.objects.get().stage == Stage.DRAFT


def test_stops_hold_in_an_emergency_too(d: SimpleNamespace) -> None:
    with pytest.raises(StopsOpen):
        _break(d, post=_alert(d, facts={}))
    assert not Approval.objects.exists()


# ---- afterwards


def test_somebody_else_signs_it_once(d: SimpleNamespace) -> None:
    broken = _break(d)
    with pytest.raises(NotAllowed):
        break_glass.sign(glass=broken, by=d.colleague, finding="Fine.", now=SOON)
    with pytest.raises(BadInput, match="Say what you found"):
        break_glass.sign(glass=broken, by=d.supervisor, finding="  ", now=SOON)
    signed = break_glass.sign(glass=broken, by=d.supervisor, finding="Justified.", now=SOON)
    assert signed.signed_by == d.supervisor
    with pytest.raises(WrongMoment, match="signed it already"):
        break_glass.sign(glass=broken, by=d.smo, finding="Again.", now=SOON)
    with pytest.raises(DatabaseError, match="signed once"), transaction.atomic():
        BreakGlass.objects.update(finding="Not justified.")
    with pytest.raises(DatabaseError), transaction.atomic():
        BreakGlass.objects.all().delete()


def test_nobody_signs_what_they_sent_or_wrote(department: SimpleNamespace) -> None:
    d = department
    _train(d, user=d.supervisor)
    broken = _break(d, by=d.supervisor)
    with pytest.raises(OwnWork):
        break_glass.sign(glass=broken, by=d.supervisor, finding="Justified.", now=SOON)
    assert not selector.to_sign(rights(d.supervisor)).exists()
    with pytest.raises(DatabaseError, match="signed_by_somebody_else"), transaction.atomic():
        BreakGlass.objects.update(signed_by=d.supervisor, signed_at=SOON, finding="Justified.")


def test_while_one_is_overdue_the_same_person_waits_for_review(d: SimpleNamespace) -> None:
    broken = _break(d)
    assert break_glass.why_not(_alert(d), d.officer, rights(d.officer), now=SOON) is None, "its day is not over"
    with pytest.raises(WrongMoment, match="not signed, and its day is over"):
        _break(d, now=LATE)
    _train(d, user=d.colleague)
    assert _break(d, by=d.colleague, now=LATE).approval.approved_by == d.colleague, "others are not locked out"
    break_glass.sign(glass=broken, by=d.supervisor, finding="Justified, signed late.", now=LATE)
    assert _break(d, now=LATE)


def test_it_is_nobodys_review_so_later_words_still_need_another_person(d: SimpleNamespace) -> None:
    """Whoever edited the alert cannot approve its next revision: nobody else had looked at those words."""
    post = _alert(d)
    people.grant(user=d.colleague, division=d.northeast, role="supervisor", starts_on=NOW.date(), by=None)
    row = post.draft
    data = compose.DraftInput(
        kind=post.kind,
        title=row.title,
        text="Gas on Oak Street. Stay inside.",
        facts=row.facts,
        channels={d.northeast_website.pk: None},
    )
    compose.save(post=post, version=row.version, data=data, by=d.colleague, now=NOW)
    _break(d, post=post)
    compose.change(post=post, by=d.officer, now=NOW)
    again = submit.submit(post=post, by=d.officer, now=SOON)
    with pytest.raises(OwnWork):
        review.approve(revision=again, by=d.colleague, now=SOON)


def test_the_desk_of_who_can_sign_says_so_until_it_is_signed(d: SimpleNamespace) -> None:
    broken = _break(d)
    for person in (d.supervisor, d.smo):
        (need,) = [n for n in needs.rows(rights(person), now=LATE) if n.note == "To sign"]
        assert (need.word, need.edge) == ("Overdue", "is-failed")
    for person in (d.officer, d.colleague, d.boss, d.stranger):
        assert not [n for n in needs.rows(rights(person), now=LATE) if n.note == "To sign"]
    break_glass.sign(glass=broken, by=d.smo, finding="Justified.", now=LATE)
    assert not [n for n in needs.rows(rights(d.supervisor), now=LATE) if n.note == "To sign"]


# ---- training


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"trained_on": date(2026, 11, 25)}, "trained_on"),
        ({"ends_on": date(2026, 11, 23)}, "ends_on"),
        ({"ends_on": date(2028, 11, 30)}, "ends_on"),
    ],
)
def test_a_training_has_days_that_can_be(department: SimpleNamespace, facts: dict[str, date], field: str) -> None:
    with pytest.raises(BadInput) as refusal:
        _train(department, **facts)
    assert refusal.value.field == field


def test_nobody_vouches_for_themselves_nor_without_the_right(department: SimpleNamespace) -> None:
    d = department
    with pytest.raises(BadInput, match="their own training"):
        _train(d, user=d.smo, division=d.headquarters, by=d.smo)
    with pytest.raises(NotAllowed):
        _train(d, by=d.supervisor)
    with pytest.raises(BadInput, match="may not submit"):
        _train(d, user=d.stranger)


STORIES: dict[str, Callable[[SimpleNamespace], Any]] = {
    "publish": lambda d: lambda: _break(d, post=_alert(d)),
    "sign": lambda d: _signing(d),
    "give": lambda d: lambda: _train(d, user=d.colleague),
    "end": lambda d: lambda: training.end(training=Training.objects.latest("pk"), by=d.admin, now=NOW),
}


def _signing(d: SimpleNamespace) -> Callable[[], Any]:
    broken = _break(d)
    return lambda: break_glass.sign(glass=broken, by=d.supervisor, finding="Justified.", now=SOON)


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_the_ledger_fails_nothing_is_saved(d: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, story: Any) -> None:
    act = story(d)
    before = _rows()

    def broken(entries: Any) -> Any:
        raise RuntimeError("the ledger is full")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "append_many", broken)
        with pytest.raises(RuntimeError, match="the ledger is full"), transaction.atomic():
            act()
    assert _rows() == before


def _rows() -> list[Any]:
    return [list(m.objects.order_by("pk").values()) for m in (Approval, BreakGlass, Training, Delivery)]


# ---- over HTTP


def test_two_steps_on_the_pages_and_the_reason_is_kept_when_it_is_too_short(d: SimpleNamespace, as_: Any) -> None:
    post, browser = _alert(d, now=timezone.now()), as_(d.officer)
    Training.objects.update(trained_on=timezone.now().date(), ends_on=timezone.now().date() + timedelta(days=90))
    assert "Publish without review" in browser.get(f"/desk/posts/{post.pk}/edit/").content.decode()
    step = f"/desk/posts/{post.pk}/emergency/"
    page = browser.get(step).content.decode()
    assert "Gas leak on Oak Street" in page
    short = browser.post(step, {"reason": "Gas!"})
    assert short.status_code == 422
    assert "4 of at least 20 characters" in short.content.decode()
    assert ">\nGas!</textarea>" in short.content.decode()
    assert browser.post(step, {"reason": WHY}).status_code == 302
    detail = f"/desk/posts/{post.pk}/"
    assert "Not signed yet." in browser.get(detail).content.decode()
    assert "Sign it" not in browser.get(detail).content.decode()
    assert "Sign it" in as_(d.supervisor).get(detail).content.decode()
    assert as_(d.supervisor).post(f"{step}sign/", {"finding": ""}).status_code == 422
    as_(d.supervisor).post(f"{step}sign/", {"finding": "Justified."})
    assert "Signed by Supervisor, Northeast" in browser.get(detail).content.decode()


def test_the_button_is_there_only_for_who_may_and_only_on_an_alert(d: SimpleNamespace, as_: Any) -> None:
    alert, other = _alert(d), draft(d.northeast, d.officer)
    assert "Publish without review" not in as_(d.colleague).get(f"/desk/posts/{alert.pk}/edit/").content.decode()
    assert "Publish without review" not in as_(d.officer).get(f"/desk/posts/{other.pk}/edit/").content.decode()
    assert as_(d.colleague).get(f"/desk/posts/{alert.pk}/emergency/").status_code == 403
    assert as_(d.stranger).get(f"/desk/posts/{alert.pk}/emergency/").status_code == 404


def test_a_kind_that_needs_nobody_needs_no_emergency(d: SimpleNamespace) -> None:
    matrix.change(kind="safety_alert", asks="two", by=d.smo, now=NOW)
    assert _break(d).approval.seats == 1, "an emergency waits for nobody, whatever the matrix asks for"


def _as_somebody(d: SimpleNamespace) -> Post:
    """An alert written by a colleague, so that it exists whatever became of the officer."""
    facts = {"do_now": "Stay inside."}
    return draft(d.northeast, d.colleague, kind="safety_alert", facts=facts, channels=[d.northeast_website])


def test_a_day_without_a_signature_is_told_once_to_all_who_watch(d: SimpleNamespace) -> None:
    Department.objects.update(chief=d.boss)
    broken = _break(d)
    assert break_glass.say_overdue(now=LATE - timedelta(minutes=2)) == 0
    for minutes in (0, 1, 2):
        break_glass.say_overdue(now=LATE + timedelta(minutes=minutes))
    assert told.names("alert_unreviewed", key=f"glass-overdue-{broken.pk}") == {"boss", "smo", "supervisor"}
    assert sum("Still not signed" in letter.subject for letter in told.letters(LATE)) == 3
