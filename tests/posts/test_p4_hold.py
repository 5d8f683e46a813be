"""P4: a hold stops everything in its scope at once, also what a worker already picked up; release sends nothing."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from connectors.contract import Done, Receipt
from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from posts.models import Attempt, Delivery, Hold, Post
from posts.services import decide, deliver, hold, hold_lock
from posts.states import DeliveryState
from tests.network import SandboxNetwork
from tests.people import stock
from tests.stories import NOW, approved, tick

DUE = NOW + timedelta(hours=3)
SOON = NOW + timedelta(minutes=5)


def _scheduled(d: SimpleNamespace, **more: Any) -> Post:
    given = {"due": "2026-11-24T12:00", "channels": [d.northeast_website, d.northeast_feed], **more}
    return approved(d.northeast, d.officer, d.supervisor, **given)


def _states(post: Post) -> set[str]:
    return set(post.deliveries.values_list("state", flat=True))


def _all(d: SimpleNamespace, **more: Any) -> Hold:
    return hold.place(scope="all", reason="Shots fired downtown", by=d.smo, now=SOON, **more)


def test_a_hold_stops_what_is_due_and_release_sends_nothing(department: SimpleNamespace) -> None:
    d = department
    post = _scheduled(d)
    placed = _all(d)
    assert _states(post) == {DeliveryState.HELD}
    assert tick(DUE) == 0
    hold.release(hold=placed, by=d.smo, now=DUE)
    assert tick(DUE + timedelta(minutes=1)) == 0
    assert _states(post) == {DeliveryState.HELD}


def test_every_held_row_waits_for_keep_retime_or_drop(department: SimpleNamespace) -> None:
    d = department
    kept, moved, dropped = (_scheduled(d, title=title) for title in ("Kept", "Moved", "Dropped"))
    placed = _all(d)
    with pytest.raises(WrongMoment, match="on hold for every account"):
        hold.keep(deliveries=list(kept.deliveries.all()), by=d.supervisor, now=SOON)
    hold.retime(deliveries=list(moved.deliveries.all()), due_at=DUE + timedelta(hours=1), by=d.supervisor, now=SOON)
    assert _states(moved) == {DeliveryState.HELD}
    for row in dropped.deliveries.all():
        decide.drop(delivery=row, by=d.supervisor, now=SOON)
    hold.release(hold=placed, by=d.smo, now=SOON)
    hold.keep(deliveries=list(kept.deliveries.all()), by=d.supervisor, now=SOON)
    hold.keep(deliveries=list(moved.deliveries.all()), by=d.supervisor, now=SOON)
    tick(DUE)
    assert (_states(kept), _states(moved)) == ({DeliveryState.DELIVERED}, {DeliveryState.QUEUED})
    tick(DUE + timedelta(hours=1))
    assert _states(moved) == {DeliveryState.DELIVERED}
    assert _states(dropped) == {DeliveryState.CANCELLED}


def test_what_is_past_its_grace_cannot_be_kept(department: SimpleNamespace) -> None:
    d = department
    post = _scheduled(d)
    hold.release(hold=_all(d), by=d.smo, now=DUE + timedelta(hours=3))
    with pytest.raises(WrongMoment, match="too late"):
        hold.keep(deliveries=list(post.deliveries.all()), by=d.supervisor, now=DUE + timedelta(hours=3))


def test_what_a_worker_has_claimed_does_not_begin(department: SimpleNamespace) -> None:
    d = department
    post = approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website])
    ((lane, rows),) = deliver.claim(now=SOON, worker="one").items()
    _all(d)
    deliver.run_lane(lane, rows, worker="one", clock=lambda: SOON)
    assert _states(post) == {DeliveryState.HELD}
    assert not Attempt.objects.exists()


def test_a_call_under_way_ends_and_nothing_of_it_goes_on(department: SimpleNamespace, network: SandboxNetwork) -> None:
    """Facebook publishes in three steps: a hold after the first lets no second one begin, and a failure is held."""
    d = department
    post = approved(d.northeast, d.officer, d.supervisor, channels=[d.facebook_northeast])
    ((lane, (pk,)),) = deliver.claim(now=SOON, worker="one").items()
    call = deliver.begin(pk=pk, lane=lane, worker="one", now=SOON)
    assert call is not None
    _all(d)
    assert post.deliveries.get().state == DeliveryState.IN_FLIGHT
    more = deliver.settle(call=call, answer=deliver.make_call(call), worker="one", now=SOON)
    assert more, "the step that had begun is settled"
    assert deliver.begin(pk=pk, lane=lane, worker="one", now=SOON) is None
    row = post.deliveries.get()
    assert (row.state, row.step_index) == (DeliveryState.HELD, 1)
    assert network.shown(d.facebook_northeast) == []


def test_what_is_approved_during_a_hold_is_born_held(department: SimpleNamespace) -> None:
    d = department
    _all(d)
    assert _states(_scheduled(d)) == {DeliveryState.HELD}


def test_safety_alerts_and_listed_posts_go_all_the_same(department: SimpleNamespace) -> None:
    d = department
    listed, other = _scheduled(d, title="Listed"), _scheduled(d, title="Other")
    _all(d, exempt=[listed])
    alert = _scheduled(d, title="Stay inside", kind="safety_alert", facts={"do_now": "Stay inside"})
    tick(DUE)
    assert _states(listed) == {DeliveryState.DELIVERED}
    assert _states(alert) == {DeliveryState.DELIVERED}
    assert _states(other) == {DeliveryState.HELD}


SCOPES: dict[str, dict[str, Any]] = {
    "its division": {"scope": "division", "division": "northeast"},
    "the tree above it": {"scope": "division", "division": "headquarters", "with_tree": True},
    "its kind": {"scope": "kind", "kind": "update"},
    "its channel": {"scope": "channel", "channel": "northeast_website"},
}
OTHERS: dict[str, dict[str, Any]] = {
    "another division": {"scope": "division", "division": "central"},
    "headquarters alone": {"scope": "division", "division": "headquarters"},
    "another kind": {"scope": "kind", "kind": "event"},
    "another channel": {"scope": "channel", "channel": "facebook_central"},
}


def _named(d: SimpleNamespace, scope: dict[str, Any]) -> dict[str, Any]:
    return {k: getattr(d, v) if k in ("division", "channel") else v for k, v in scope.items()}


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
def test_a_scope_covers(department: SimpleNamespace, scope: dict[str, Any]) -> None:
    d = department
    post = _scheduled(d, channels=[d.northeast_website])
    hold.place(reason="Because", by=d.smo, now=SOON, **_named(d, scope))
    assert _states(post) == {DeliveryState.HELD}


@pytest.mark.parametrize("scope", OTHERS.values(), ids=OTHERS)
def test_a_scope_leaves_everything_else_alone(department: SimpleNamespace, scope: dict[str, Any]) -> None:
    d = department
    post = _scheduled(d, channels=[d.northeast_website])
    hold.place(reason="Because", by=d.smo, now=SOON, **_named(d, scope))
    assert _states(post) == {DeliveryState.QUEUED}


def test_a_drill_stops_nothing_and_touches_no_other_row(department: SimpleNamespace) -> None:
    d = department
    post = _scheduled(d)
    before = list(Delivery.objects.values())
    drill = _all(d, drill=True)
    assert list(Delivery.objects.values()) == before
    tick(DUE)
    assert _states(post) == {DeliveryState.DELIVERED}
    hold.release(hold=drill, by=d.smo, now=DUE)


def test_who_may_hold_what(department: SimpleNamespace) -> None:
    d = department
    hold.place(scope="division", division=d.northeast, reason="Because", by=d.supervisor, now=SOON)
    for refused in (
        {"scope": "all"},
        {"scope": "kind", "kind": "update"},
        {"scope": "division", "division": d.northeast, "with_tree": True},
    ):
        with pytest.raises(NotAllowed):
            hold.place(reason="Because", by=d.supervisor, now=SOON, **refused)
    with pytest.raises(NotVisible):
        hold.place(scope="division", division=d.central, reason="Because", by=d.supervisor, now=SOON)
    with pytest.raises(NotAllowed):
        hold.place(scope="division", division=d.northeast, reason="Because", by=d.officer, now=SOON)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 301}, "reason"),
        ({"scope": "division"}, "scope"),
        ({"scope": "?"}, "scope"),
    ],
)
def test_a_hold_without_scope_or_reason_is_refused(
    department: SimpleNamespace, given: dict[str, str], field: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        hold.place(**{"scope": "all", "reason": "Because", **given}, by=department.smo, now=SOON)
    assert refusal.value.field == next(iter(given))


def test_an_uncertain_row_is_not_sent_again_under_a_hold(department: SimpleNamespace, network: SandboxNetwork) -> None:
    d = department
    post = approved(d.headquarters, d.smo, d.boss, channels=[d.x_department], text="Oak Street is closed.")
    network.misbehave(d.x_department, "500")
    tick(SOON)
    row = post.deliveries.get()
    assert row.state == DeliveryState.UNCERTAIN
    _all(d)
    with pytest.raises(WrongMoment, match="on hold"):
        decide.send_again(delivery=row, by=d.boss, looked=True, now=SOON)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trial", range(2))
def test_no_call_begins_after_the_hold_commits(trial: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight workers, many due posts, a hold at some moment: no call starts after its commit. A race, run for real."""
    monkeypatch.setattr(hold_lock, "PATIENCE_MS", 60_000)  # on a busy machine a slow thread is no frozen one
    d = stock()
    now = timezone.now()
    for n in range(8):
        approved(d.northeast, d.officer, d.supervisor, title=f"No {n}", channels=[d.facebook_northeast], now=now)
        approved(d.central, d.stranger, d.smo, title=f"No {n}", channels=[d.facebook_central], now=now)
    due, committed = timezone.now() + timedelta(minutes=5), threading.Event()
    begun: list[deliver.Call] = []

    def run(call: deliver.Call) -> Done:
        if committed.is_set():
            begun.append(call)
        return Done(Receipt(remote_id=call.delivery.key, url="https://x.example/"))

    def work(name: str) -> None:
        try:
            for lane, rows in deliver.claim(now=due, worker=name).items():
                deliver.run_lane(lane, rows, worker=name, clock=lambda: due, run=run)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(8)]
    for worker in workers:
        worker.start()
    with transaction.atomic():
        hold.place(scope="all", reason="Because", by=d.smo)
        transaction.on_commit(committed.set)
    for worker in workers:
        worker.join(120)
    assert begun == []
    states = set(Delivery.objects.values_list("state", flat=True))
    assert states <= {DeliveryState.HELD, DeliveryState.DELIVERED}
