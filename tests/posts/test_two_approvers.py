"""Two approvers, one of them central: each seat another person, nothing goes before both, and the gate counts them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from divisions.access import rights
from divisions.errors import WrongMoment
from divisions.models import Notice, User
from divisions.services import people
from posts.errors import OwnWork
from posts.models import Approval, Delivery, Post, Revision
from posts.selectors import approving
from posts.selectors import review as selector
from posts.services import compose, gate, matrix, review, submit
from posts.states import DeliveryState, Stage
from tests.people import stock
from tests.posts.test_p2_nobody_approves_their_own_work import _save
from tests.posts.test_states import _together
from tests.stories import NOW, draft, submitted, tick

SOON = NOW + timedelta(minutes=5)
LATER = SOON + timedelta(minutes=5)


def _two(d: SimpleNamespace, **more: Any) -> Revision:
    return submitted(d.northeast, d.officer, flags=("death",), channels=[d.northeast_website], **more)


def test_the_first_of_two_sends_nothing_and_says_for_whom_it_waits(department: SimpleNamespace) -> None:
    d = department
    revision = _two(d)
    approval = review.approve(revision=revision, by=d.supervisor, now=SOON)
    post = Post.objects.get(pk=revision.post_id)
    assert (approval.seat, approval.seats, approval.completes) == (1, 2, False)
    assert post.stage == Stage.IN_REVIEW
    assert not post.deliveries.exists()
    standing = approving.standing(revision)
    assert standing.half
    assert standing.waits_for == "the social media officer"


def test_with_the_second_it_goes_out(department: SimpleNamespace) -> None:
    d = department
    revision = _two(d)
    review.approve(revision=revision, by=d.supervisor, now=SOON)
    second = review.approve(revision=revision, by=d.smo, now=LATER)
    assert (second.seat, second.completes) == (2, True)
    tick(LATER)
    assert Delivery.objects.get(revision=revision).state == DeliveryState.DELIVERED


def test_the_central_one_may_come_first(department: SimpleNamespace) -> None:
    d = department
    revision = _two(d)
    assert review.approve(revision=revision, by=d.smo, now=SOON).seat == 2
    assert approving.standing(revision).waits_for == "a supervisor"
    assert review.approve(revision=revision, by=d.supervisor, now=LATER).completes


def test_two_of_the_division_are_not_enough(department: SimpleNamespace) -> None:
    d = department
    people.grant(user=d.colleague, division=d.northeast, role="supervisor", starts_on=NOW.date(), by=None)
    revision = _two(d)
    review.approve(revision=revision, by=d.supervisor, now=SOON)
    with pytest.raises(WrongMoment, match="The other approval is the social media officer's"):
        review.approve(revision=revision, by=d.colleague, now=LATER)


def test_nobody_takes_both_seats(department: SimpleNamespace) -> None:
    d = department
    revision = _two(d)
    review.approve(revision=revision, by=d.smo, now=SOON)
    with pytest.raises(WrongMoment, match="You have approved it, as 1 of 2"):
        review.approve(revision=revision, by=d.smo, now=LATER)
    with pytest.raises(DatabaseError, match="two_seats_are_two_people"), transaction.atomic():
        Approval.objects.create(
            revision=revision,
            content_hash=revision.content_hash,
            basis="review",
            seat=1,
            seats=2,
            approved_by=d.smo,
            approved_at=LATER,
        )


def test_neither_seat_is_the_authors_or_an_editors(department: SimpleNamespace) -> None:
    d = department
    revision = submitted(d.northeast, d.smo, flags=("death",), channels=[d.northeast_website])
    review.approve(revision=revision, by=d.supervisor, now=SOON)
    with pytest.raises(OwnWork):
        review.approve(revision=revision, by=d.smo, now=LATER)
    with pytest.raises(DatabaseError, match="nobody approves their own work"), transaction.atomic():
        Approval.objects.create(
            revision=revision,
            content_hash=revision.content_hash,
            basis="review",
            seat=2,
            seats=2,
            approved_by=d.smo,
            approved_at=LATER,
        )


def test_half_an_approval_does_not_make_somebodys_earlier_words_anybody_elses(department: SimpleNamespace) -> None:
    """The supervisor edited revision 1, which got one of two; in revision 2 those words are still the supervisor's."""
    d = department
    post = draft(d.northeast, d.officer, flags=("death",), channels=[d.northeast_website])
    _save(post, d.supervisor)
    _flag(post)
    first = submit.submit(post=post, by=d.officer, now=NOW)
    review.approve(revision=first, by=d.smo, now=SOON)
    review.recall(post=post, by=d.officer, now=SOON)
    _save(post, d.officer)
    _flag(post)
    second = submit.submit(post=post, by=d.officer, now=SOON)
    with pytest.raises(OwnWork):
        review.approve(revision=second, by=d.supervisor, now=LATER)
    with pytest.raises(DatabaseError, match="nobody approves their own work"), transaction.atomic():
        Approval.objects.create(
            revision=second,
            content_hash=second.content_hash,
            basis="review",
            approved_by=d.supervisor,
            approved_at=LATER,
        )
    assert second.post_id not in selector.waiting(rights(d.supervisor)).values_list("pk", flat=True)


@pytest.mark.parametrize("how", ["changes", "reject", "recall", "expire", "cancel"])
def test_whatever_ends_the_review_voids_the_half(department: SimpleNamespace, how: str) -> None:
    d = department
    revision = _two(d)
    approval = review.approve(revision=revision, by=d.supervisor, now=SOON)
    if how == "changes":
        review.request_changes(revision=revision, by=d.smo, note="Ask the family first.", now=LATER)
    elif how == "reject":
        review.reject(revision=revision, by=d.smo, note="Not ours to tell.", now=LATER)
    elif how == "recall":
        review.recall(post=revision.post, by=d.officer, now=LATER)
    elif how == "expire":
        review.expire_overdue(now=NOW + timedelta(days=3))
    else:
        compose.cancel(post=revision.post, by=d.officer, now=LATER)
    approval.refresh_from_db()
    assert approval.voided_at is not None
    assert not Delivery.objects.filter(revision=revision).exists()


def test_who_gave_a_half_may_still_say_no(department: SimpleNamespace) -> None:
    d = department
    revision = _two(d)
    review.approve(revision=revision, by=d.supervisor, now=SOON)
    review.request_changes(revision=revision, by=d.supervisor, note="I overlooked the name.", now=LATER)
    assert Post.objects.get(pk=revision.post_id).stage == Stage.CHANGES_REQUESTED


def test_the_gate_is_closed_when_one_seat_is_missing(department: SimpleNamespace) -> None:
    d = department
    revision = _two(d)
    review.approve(revision=revision, by=d.supervisor, now=SOON)
    second = review.approve(revision=revision, by=d.smo, now=LATER)
    (delivery,) = _gated(revision)
    assert gate.look(delivery, now=LATER) is None
    second.voided_at, second.voided_by, second.void_reason = LATER, d.smo, "A slip"
    second.save()
    closed = gate.look(_gated(revision)[0], now=LATER)
    assert closed is not None
    assert "1 of 2" in closed.cause


def test_a_stricter_matrix_counts_for_what_waits_already(department: SimpleNamespace) -> None:
    d = department
    revision = submitted(d.northeast, d.officer, channels=[d.northeast_website])
    matrix.change(kind="update", asks="two", by=d.smo, now=SOON)
    assert not review.approve(revision=revision, by=d.supervisor, now=SOON).completes
    second = review.approve(revision=revision, by=d.smo, now=LATER)
    second.voided_at, second.voided_by, second.void_reason = LATER, d.smo, "A slip"
    second.save()
    assert gate.look(_gated(revision)[0], now=LATER) is not None, "two were asked for when it was approved"


def test_a_laxer_matrix_does_not_count_for_what_waits_already(department: SimpleNamespace) -> None:
    d = department
    row = matrix.change(kind="update", asks="two", by=d.smo, now=NOW)
    revision = submitted(d.northeast, d.officer, channels=[d.northeast_website])
    matrix.remove(row=row, by=d.smo, now=SOON)
    assert not review.approve(revision=revision, by=d.supervisor, now=SOON).completes


def test_the_queue_shows_it_to_those_whose_seat_is_open(department: SimpleNamespace) -> None:
    d = department
    people.grant(user=d.colleague, division=d.northeast, role="supervisor", starts_on=NOW.date(), by=None)
    post = _two(d).post_id
    for person in (d.supervisor, d.colleague, d.smo):
        assert post in selector.waiting(rights(person)).values_list("pk", flat=True)
    review.approve(revision=Revision.objects.get(post=post), by=d.supervisor, now=SOON)
    for person in (d.supervisor, d.colleague):
        assert post not in selector.waiting(rights(person)).values_list("pk", flat=True)
    assert post in selector.waiting(rights(d.smo)).values_list("pk", flat=True)


def _flag(post: Post) -> None:
    post.draft.refresh_from_db()
    type(post.draft).objects.filter(post=post).update(flags=["death"])


def _gated(revision: Revision) -> list[Delivery]:
    return list(
        Delivery.objects.filter(revision=revision).select_related(
            "revision__post__division", "variant", "channel", "withdrawal"
        )
    )


# ---- on the pages


def test_the_pages_say_one_of_two_and_for_whom_it_waits(department: SimpleNamespace, as_: Any) -> None:
    d = department
    revision = submitted(d.northeast, d.officer, flags=("death",), channels=[d.northeast_website], now=timezone.now())
    first = as_(d.supervisor).post(f"/desk/review/{revision.post_id}/", {"verdict": "approve", "revision": revision.pk})
    assert first.status_code == 302
    words = "waits for the social media officer"
    for address in (f"/desk/posts/{revision.post_id}/", f"/desk/review/{revision.post_id}/"):
        page = as_(d.supervisor).get(address).content.decode()
        assert "<strong>1 of 2:</strong> approved by Supervisor, Northeast" in page
        assert words in page
    assert "You have approved it, as 1 of 2" in page
    assert "Request changes" in page
    assert words in as_(d.smo).get("/desk/review/").content.decode()
    as_(d.smo).post(f"/desk/review/{revision.post_id}/", {"verdict": "approve", "revision": revision.pk})
    assert Post.objects.get(pk=revision.post_id).stage == Stage.SCHEDULED


def test_the_composer_says_who_has_to_approve(department: SimpleNamespace, as_: Any) -> None:
    d = department
    plain = draft(d.northeast, d.officer)
    grave = draft(d.northeast, d.officer, flags=("death",))
    browser = as_(d.officer)
    one = browser.get(f"/desk/posts/{plain.pk}/edit/").content.decode()
    assert "Goes out as soon as a supervisor approves, on" in one
    two = browser.get(f"/desk/posts/{grave.pk}/edit/").content.decode()
    assert "Goes out as soon as a supervisor and the social media officer approve, on" in two


# ---- at the same instant, on a real PostgreSQL


@pytest.mark.django_db(transaction=True)
def test_of_two_who_approve_at_the_same_instant_one_wins_and_the_other_is_told() -> None:
    d = stock()
    revision = submitted(d.northeast, d.officer, channels=[d.northeast_website])
    results = _together(*(_approving(revision, person) for person in (d.supervisor, d.smo)))
    (won,) = [r for r in results if isinstance(r, Approval)]
    (told,) = [r for r in results if not isinstance(r, Approval)]
    assert isinstance(told, WrongMoment)
    assert "Somebody was faster" in str(told)
    assert Delivery.objects.get(revision=revision).state == DeliveryState.QUEUED
    assert Approval.objects.get() == won


@pytest.mark.django_db(transaction=True)
def test_two_seats_taken_at_the_same_instant_make_the_deliveries_once() -> None:
    d = stock()
    revision = _two(d)
    results = _together(*(_approving(revision, person) for person in (d.supervisor, d.smo)))
    assert sorted(r.completes for r in results if isinstance(r, Approval)) == [False, True]
    assert sorted(r.seat for r in results if isinstance(r, Approval)) == [1, 2]
    assert Delivery.objects.filter(revision=revision).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_seat_at_the_same_instant_is_taken_once() -> None:
    d = stock()
    people.grant(user=d.colleague, division=d.northeast, role="supervisor", starts_on=NOW.date(), by=None)
    revision = _two(d)
    results = _together(*(_approving(revision, person) for person in (d.supervisor, d.colleague)))
    (told,) = [r for r in results if not isinstance(r, Approval)]
    assert "The other approval is the social media officer's" in str(told)
    assert Approval.objects.get().seat == 1


@pytest.mark.django_db(transaction=True)
def test_of_an_approver_and_an_editor_at_the_same_instant_one_wins_and_the_other_is_told() -> None:
    d = stock()
    revision = submitted(d.northeast, d.officer, channels=[d.northeast_website])
    post = revision.post
    first, second = _together(
        _approving(revision, d.supervisor), lambda: review.recall(post=post, by=d.officer, now=SOON)
    )
    stage = Post.objects.get(pk=post.pk).stage
    if isinstance(first, Approval):
        assert isinstance(second, WrongMoment)
        assert (stage, post.deliveries.count()) == (Stage.SCHEDULED, 1)
    else:
        assert isinstance(first, WrongMoment)
        assert (stage, post.deliveries.count()) == (Stage.DRAFT, 0)


@pytest.mark.django_db(transaction=True)
def test_of_the_second_approver_and_a_no_at_the_same_instant_nothing_goes_out_in_spite_of_the_no() -> None:
    d = stock()
    revision = _two(d)
    review.approve(revision=revision, by=d.supervisor, now=SOON)
    first, second = _together(
        _approving(revision, d.smo),
        lambda: review.reject(revision=revision, by=d.supervisor, note="I overlooked the name.", now=LATER),
    )
    open_rows = Delivery.objects.filter(revision=revision).count()
    if isinstance(first, Approval):
        assert isinstance(second, WrongMoment)
        assert open_rows == 1
    else:
        assert isinstance(first, WrongMoment)
        assert (Post.objects.get().stage, open_rows) == (Stage.CANCELLED, 0)
        assert not Approval.objects.filter(voided_at__isnull=True).exists()


def _approving(revision: Revision, person: User) -> Callable[[], Approval]:
    return lambda: review.approve(revision=revision, by=person, now=LATER)


# ---- who is told, and when


def _told(person: User) -> list[str]:
    return list(Notice.objects.filter(user=person, kind="review_waiting").values_list("subject", flat=True))


def test_with_the_first_of_two_whoever_is_missing_is_told_at_once(department: SimpleNamespace) -> None:
    d = department
    revision = _two(d)
    assert _told(d.smo) == []
    review.approve(revision=revision, by=d.supervisor, now=SOON)
    assert _told(d.smo) == [f"To approve: {revision.post}"]
    assert _told(d.supervisor) == _told(d.officer) == []
    assert "Supervisor" in Notice.objects.get(user=d.smo, kind="review_waiting").text
    review.approve(revision=revision, by=d.smo, now=LATER)
    assert len(_told(d.smo)) == 1


def test_an_alert_does_not_wait_for_the_first_reminder(department: SimpleNamespace) -> None:
    d = department
    facts = {"do_now": "Stay inside."}
    revision = submitted(d.northeast, d.officer, kind="safety_alert", facts=facts, channels=[d.northeast_website])
    assert _told(d.supervisor) == [f"To approve: {revision.post}"]
    assert _told(d.officer) == _told(d.smo) == []


def test_an_amber_alert_tells_both_seats_at_once(department: SimpleNamespace) -> None:
    d = department
    revision = submitted(d.northeast, d.officer, flags=("amber",), channels=[d.northeast_website])
    assert _told(d.supervisor) == _told(d.smo) == [f"To approve: {revision.post}"]
