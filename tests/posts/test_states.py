"""Each move of the two tables: allowed, forbidden, and raced by two workers."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import product
from types import SimpleNamespace

import pytest
from django.db import connection

from connectors.contract import Done, Receipt
from divisions.errors import WrongMoment
from posts.models import Attempt, Delivery, Post
from posts.services import deliver, review
from posts.states import (
    DELIVERY_MOVES,
    STAGE_MOVES,
    DeliveryState,
    Stage,
    check_delivery_move,
    check_stage_move,
)
from tests.people import stock
from tests.stories import NOW, approved, submitted, tick

DUE = NOW + timedelta(minutes=1)


@pytest.mark.parametrize(("before", "after"), list(product(DeliveryState.values, DeliveryState.values)))
def test_a_delivery_moves_only_along_its_table(before: str, after: str) -> None:
    if after in DELIVERY_MOVES[before]:
        check_delivery_move(before, after)
    else:
        with pytest.raises(WrongMoment):
            check_delivery_move(before, after)


@pytest.mark.parametrize(("before", "after"), list(product(Stage.values, Stage.values)))
def test_a_post_moves_only_along_its_table(before: str, after: str) -> None:
    if after in STAGE_MOVES[before]:
        check_stage_move(before, after)
    else:
        with pytest.raises(WrongMoment):
            check_stage_move(before, after)


def test_uncertain_is_never_reached_from_the_queue_and_never_leads_straight_back_to_it() -> None:
    assert DeliveryState.UNCERTAIN not in DELIVERY_MOVES[DeliveryState.QUEUED]
    assert DeliveryState.QUEUED not in DELIVERY_MOVES[DeliveryState.UNCERTAIN]


def _together(*acts: object) -> list[object]:
    """Run acts at the same moment in threads of their own; returns what each returned or raised."""
    gate, results = threading.Barrier(len(acts)), [None] * len(acts)

    def one(number: int) -> None:
        try:
            gate.wait(60)
            results[number] = acts[number]()  # type: ignore[operator]
        except Exception as error:
            results[number] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return list(results)


@pytest.mark.django_db(transaction=True)
def test_two_workers_claim_a_row_once() -> None:
    d = stock()
    for number in range(6):
        approved(d.northeast, d.officer, d.supervisor, title=f"Notice {number}", channels=[d.northeast_website])
    first, second = _together(
        lambda: deliver.claim(now=DUE, worker="one"), lambda: deliver.claim(now=DUE, worker="two")
    )
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    taken = [pk for claim in (first, second) for pks in claim.values() for pk in pks]
    assert sorted(taken) == sorted(Delivery.objects.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
def test_two_workers_begin_a_call_once() -> None:
    d = stock()
    approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website])
    ((lane, (pk,)),) = deliver.claim(now=DUE, worker="one").items()
    calls = _together(
        lambda: deliver.begin(pk=pk, lane=lane, worker="one", now=DUE),
        lambda: deliver.begin(pk=pk, lane=lane, worker="two", now=DUE),
    )
    assert sum(isinstance(call, deliver.Call) for call in calls) == 1
    assert Attempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_one_wins_and_the_other_is_told() -> None:
    d = stock()
    revision = submitted(d.northeast, d.officer, channels=[d.northeast_website])
    soon = NOW + timedelta(minutes=1)
    results = _together(
        lambda: review.approve(revision=revision, by=d.supervisor, now=soon),
        lambda: review.reject(revision=revision, by=d.smo, note="Already said.", now=soon),
    )
    assert sum(isinstance(r, WrongMoment) for r in results) == 1
    stage = Post.objects.get(pk=revision.post_id).stage
    assert (stage == Stage.SCHEDULED) == Delivery.objects.filter(post=revision.post_id).exists()


@pytest.mark.django_db
def test_a_worker_that_went_silent_before_the_call_gives_the_row_back(department: SimpleNamespace) -> None:
    d = department
    post = approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website])
    deliver.claim(now=DUE, worker="dead")
    assert tick(DUE + timedelta(seconds=5)) == 0
    tick(DUE + timedelta(minutes=5))
    assert post.deliveries.get().state == DeliveryState.DELIVERED


@pytest.mark.django_db
def test_an_answer_after_the_lease_changes_nothing_but_its_attempt(department: SimpleNamespace) -> None:
    d = department
    post = approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website])
    ((lane, (pk,)),) = deliver.claim(now=DUE, worker="slow").items()
    call = deliver.begin(pk=pk, lane=lane, worker="slow", now=DUE)
    assert call is not None
    tick(DUE + timedelta(minutes=5))
    before = Delivery.objects.values().get(pk=pk)
    late = Done(Receipt(remote_id="late", url="https://late.example/"))
    assert not deliver.settle(call=call, answer=late, worker="slow", now=DUE + timedelta(minutes=6))
    assert Delivery.objects.values().get(pk=pk) == before
    assert post.deliveries.get().state == DeliveryState.DELIVERED
