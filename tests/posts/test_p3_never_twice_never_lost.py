"""P3, line by line: what becomes of a delivery when a worker dies, an answer is lost, or a row cannot be handled.

tests/faults tries the same with real processes; here every case stands alone, with the clock given.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from connectors.contract import Done, Receipt, Result
from connectors.errors import ConnectorError, Uncertain
from divisions.errors import WrongMoment
from divisions.models import Channel
from divisions.services import channels
from divisions.states import ChannelState
from posts.models import Attempt, ChannelLane, Delivery, Post
from posts.services import decide, deliver, outcome, sweep
from posts.states import DeliveryState
from records.models import LedgerEntry
from tests.network import SandboxNetwork
from tests.stories import NOW, approved, tick

LEASE = timedelta(seconds=61)


@pytest.fixture
def now() -> datetime:
    """The real time: the network stamps its posts with it, and a look compares."""
    return timezone.now()


def _on_x(d: SimpleNamespace, now: datetime, text: str = "Oak Street is closed.") -> Delivery:
    post = approved(d.headquarters, d.smo, d.boss, channels=[d.x_department], text=text, now=now)
    return post.deliveries.select_related("channel").get()


def _fresh(row: Delivery) -> Delivery:
    return Delivery.objects.select_related("channel").get(pk=row.pk)


def _claimed(row: Delivery, now: datetime, worker: str = "dies") -> int:
    taken = deliver.claim(now=now, worker=worker)
    ((lane, pks),) = taken.items()
    assert pks == [row.pk]
    return lane


# ---- a worker dies


def test_killed_after_the_claim_nothing_was_said_and_it_goes_out(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime
) -> None:
    row = _on_x(department, now)
    due = now + timedelta(minutes=1)
    _claimed(row, due)
    tick(due + LEASE)
    assert _fresh(row).state == DeliveryState.DELIVERED
    assert network.texts(department.x_department) == ["Oak Street is closed."]


def test_killed_after_the_attempt_was_committed_it_is_looked_up_before_anything_is_said_again(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime
) -> None:
    row, due = _on_x(department, now), now + timedelta(minutes=1)
    deliver.begin(pk=row.pk, lane=_claimed(row, due), worker="dies", now=due)
    silent = due + LEASE
    tick(silent)
    assert _fresh(row).state == DeliveryState.UNCERTAIN
    assert network.texts(department.x_department) == []
    tick(silent + timedelta(seconds=31))
    assert _fresh(row).state == DeliveryState.UNCERTAIN, "one look is not enough"
    tick(silent + timedelta(seconds=301))
    tick(silent + timedelta(seconds=302))
    assert _fresh(row).state == DeliveryState.DELIVERED
    assert network.texts(department.x_department) == ["Oak Street is closed."]


def test_killed_after_the_call_it_is_found_and_not_said_again(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime
) -> None:
    row, due = _on_x(department, now), now + timedelta(minutes=1)
    call = deliver.begin(pk=row.pk, lane=_claimed(row, due), worker="dies", now=due)
    assert call is not None
    assert isinstance(deliver.make_call(call), Done)
    tick(due + LEASE)
    tick(due + LEASE + timedelta(seconds=31))
    found = _fresh(row)
    assert found.state == DeliveryState.DELIVERED
    assert [post.id for post in network.shown(department.x_department)] == [found.remote_id]


def test_killed_between_two_steps_it_goes_on_from_the_stored_step(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime
) -> None:
    d, due = department, now + timedelta(minutes=1)
    post = approved(d.northeast, d.officer, d.supervisor, channels=[d.facebook_northeast], now=now)
    row = post.deliveries.get()
    lane = _claimed(row, due)
    call = deliver.begin(pk=row.pk, lane=lane, worker="dies", now=due)
    assert call is not None
    assert deliver.settle(call=call, answer=deliver.make_call(call), worker="dies", now=due)
    tick(due + LEASE)
    assert _fresh(row).state == DeliveryState.DELIVERED
    assert list(row.attempts.values_list("step", flat=True)) == ["draft", "address", "publish"]
    assert len(network.shown(d.facebook_northeast)) == 1


def test_a_dead_workers_lane_is_free_again_when_its_lease_lapses(department: SimpleNamespace, now: datetime) -> None:
    row, due = _on_x(department, now), now + timedelta(minutes=1)
    lane = _claimed(row, due)
    assert deliver.claim(now=due + timedelta(seconds=30), worker="other") == {}
    sweep.lapsed(now=due + LEASE)
    assert deliver.claim(now=due + LEASE, worker="other") == {lane: [row.pk]}


# ---- an answer is lost


def test_what_is_surely_absent_twice_goes_out_once_more_with_the_same_key_and_only_once(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime
) -> None:
    row, due = _on_x(department, now), now + timedelta(minutes=1)
    network.misbehave(department.x_department, "500", count=1)
    tick(due)
    assert _fresh(row).state == DeliveryState.UNCERTAIN
    sweep.look_up(now=due + timedelta(seconds=31))
    network.misbehave(department.x_department, "500", count=1)  # the second look learns nothing
    sweep.look_up(now=due + timedelta(seconds=301))
    assert (_fresh(row).looks, _fresh(row).looks_absent) == (2, 1)
    sweep.look_up(now=due + timedelta(seconds=302))
    assert _fresh(row).state == DeliveryState.UNCERTAIN, "not before its time"
    sweep.look_up(now=due + timedelta(seconds=901))
    again = _fresh(row)
    assert again.state == DeliveryState.AWAITING_RETRY
    assert again.key == row.key
    network.misbehave(department.x_department, "500", count=1)
    repeated = due + timedelta(seconds=902)
    tick(repeated)
    assert _fresh(row).state == DeliveryState.UNCERTAIN
    for wait_s in (31, 301, 901, 5000):
        tick(repeated + timedelta(seconds=wait_s))
    assert _fresh(row).state == DeliveryState.UNCERTAIN, "the second silence is a person's to decide"
    assert Attempt.objects.filter(delivery=row, step="post").count() == 2
    assert LedgerEntry.objects.filter(type="posts.delivery.repeated").count() == 1


def test_uncertain_rows_that_wait_for_a_person_do_not_keep_others_from_being_looked_up(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "LOOKS_A_TICK", 1)
    d, due = department, now + timedelta(minutes=1)
    old = _on_x(d, now, "Oak Street is closed.")
    network.misbehave(d.x_department, "500", count=1)
    tick(due)
    Delivery.objects.filter(pk=old.pk).update(look_at=None, looks=3)
    new = _on_x(d, now, "Elm Street is closed.")
    network.misbehave(d.x_department, "drop_after_accept", count=1)
    tick(due + timedelta(seconds=1))
    tick(due + timedelta(seconds=40))
    assert _fresh(new).state == DeliveryState.DELIVERED
    assert _fresh(old).state == DeliveryState.UNCERTAIN


def test_an_answer_that_comes_late_settles_what_was_uncertain(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime
) -> None:
    row, due = _on_x(department, now), now + timedelta(minutes=1)
    call = deliver.begin(pk=row.pk, lane=_claimed(row, due), worker="slow", now=due) or None
    assert call is None, "another worker's claim"
    row.refresh_from_db()
    call = deliver.begin(pk=row.pk, lane=0, worker="dies", now=due)
    assert call is not None
    answer = deliver.make_call(call)
    sweep.lapsed(now=due + LEASE)
    assert _fresh(row).state == DeliveryState.UNCERTAIN
    deliver.settle(call=call, answer=answer, worker="dies", now=due + LEASE)
    assert _fresh(row).state == DeliveryState.DELIVERED
    assert LedgerEntry.objects.filter(type="posts.delivery.delivered", data__how="the answer came late").exists()


def test_a_platform_that_answers_with_another_posts_id_proves_nothing(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime
) -> None:
    first, second = _on_x(department, now, "Oak Street is closed."), _on_x(department, now, "Elm Street is closed.")
    _run(lambda call: Done(Receipt(remote_id="7", url="https://x.example/7")), now + timedelta(minutes=1))
    assert _fresh(first).state == DeliveryState.DELIVERED
    assert _fresh(second).state == DeliveryState.UNCERTAIN


def test_a_duplicate_is_looked_up_outside_any_transaction(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connection

    row = _on_x(department, now)
    network.misbehave(department.x_department, "duplicate", count=1)
    depths: list[int] = []
    find = outcome.find

    def watched(delivery: Delivery) -> Any:
        depths.append(len(connection.savepoint_ids))
        return find(delivery)

    monkeypatch.setattr(outcome, "find", watched)
    outside = len(connection.savepoint_ids)
    tick(now + timedelta(minutes=1))
    assert depths == [outside]
    assert _fresh(row).state == DeliveryState.FAILED


@pytest.mark.django_db(transaction=True)
def test_the_database_may_be_away_for_a_moment_when_an_answer_comes(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = _on_x(department, now)
    settle, tries = deliver.settle_many, []

    def away_once(answers: Any, **kwargs: Any) -> set[int]:
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError("the server restarts")
        return settle(answers, **kwargs)

    monkeypatch.setattr(deliver, "settle_many", away_once)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    tick(now + timedelta(minutes=1))
    assert len(tries) == 2
    assert _fresh(row).state == DeliveryState.DELIVERED


def test_what_is_too_late_but_may_be_out_is_looked_for_before_anybody_can_drop_it(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime
) -> None:
    d, due = department, now + timedelta(minutes=1)
    row = approved(d.northeast, d.officer, d.supervisor, channels=[d.facebook_northeast], now=now).deliveries.get()
    lane = _claimed(row, due)
    for _ in range(2):  # draft, address
        call = deliver.begin(pk=row.pk, lane=lane, worker="dies", now=due)
        assert call is not None
        deliver.settle(call=call, answer=deliver.make_call(call), worker="dies", now=due)
    call = deliver.begin(pk=row.pk, lane=lane, worker="dies", now=due)
    assert call is not None
    deliver.make_call(call)  # it shows, and the worker dies
    sweep.lapsed(now=due + LEASE)
    late = _fresh(row).grace_until + timedelta(minutes=1)
    sweep.missed(now=late)
    assert _fresh(row).state == DeliveryState.MISSED
    with pytest.raises(WrongMoment, match="may be out"):
        decide.drop(delivery=_fresh(row), by=d.supervisor, now=late)
    sweep.look_up(now=late)
    found = _fresh(row)
    assert (found.state, found.remote_id) == (DeliveryState.DELIVERED, network.shown(d.facebook_northeast)[0].id)


# ---- nobody waits for a neighbour


def _run(answer: Callable[[deliver.Call], Result | ConnectorError], due: datetime) -> None:
    for lane, rows in deliver.claim(now=due, worker="one").items():
        deliver.run_lane(lane, rows, worker="one", clock=lambda: due, run=answer)


def test_a_row_that_cannot_be_handled_does_not_stop_those_behind_it(
    department: SimpleNamespace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = _on_x(department, now, "Oak Street is closed."), _on_x(department, now, "Elm Street is closed.")
    begin = deliver.begin_many

    def broken(**kwargs: Any) -> list[deliver.Call]:
        if bad.pk in kwargs["rows"]:
            raise ValueError("a row nobody foresaw")
        return begin(**kwargs)

    monkeypatch.setattr(deliver, "begin_many", broken)
    _run(lambda call: Done(Receipt(remote_id="8", url="")), now + timedelta(minutes=1))
    assert _fresh(good).state == DeliveryState.DELIVERED
    assert _fresh(bad).state == DeliveryState.IN_FLIGHT, "until its lease lapses"


def test_a_sweep_that_breaks_does_not_keep_due_posts_from_going_out(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = _on_x(department, now)

    def broken(*, now: datetime) -> int:
        raise ValueError("a row nobody foresaw")

    broken.__name__ = "missed"
    monkeypatch.setattr(sweep, "missed", broken)
    tick(now + timedelta(minutes=1))
    assert _fresh(row).state == DeliveryState.DELIVERED


def test_a_channel_with_a_long_backlog_does_not_keep_the_others_from_being_claimed(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = department
    for number in range(4):
        approved(d.headquarters, d.smo, d.boss, channels=[d.x_department], text=f"Street {number} is closed.")
    later = approved(d.northeast, d.officer, d.supervisor, channels=[d.facebook_northeast])
    monkeypatch.setattr("posts.services.claim.ROWS_A_LANE", 2)
    taken = deliver.claim(now=NOW + timedelta(hours=1), worker="one")
    assert sorted(len(rows) for rows in taken.values()) == [1, 2]
    assert later.deliveries.get().pk in [pk for rows in taken.values() for pk in rows]


def test_lanes_that_were_served_longest_ago_come_first(department: SimpleNamespace) -> None:
    d, due = department, NOW + timedelta(minutes=5)
    posts = {
        channel: approved(d.northeast, d.officer, d.supervisor, channels=[channel])
        for channel in (d.facebook_northeast, d.x_department)
    }
    lanes = {c: ChannelLane.objects.get(channel=c, urgent=False) for c in posts}
    ChannelLane.objects.filter(pk=lanes[d.facebook_northeast].pk).update(busy_until=due - timedelta(seconds=1))
    assert list(deliver.claim(now=due, worker="one", lanes=1)) == [lanes[d.x_department].pk]
    assert list(deliver.claim(now=due, worker="two", lanes=1)) == [lanes[d.facebook_northeast].pk]


def test_a_rate_limited_or_paused_channel_is_not_claimed_and_the_others_are(department: SimpleNamespace) -> None:
    d, due = department, NOW + timedelta(minutes=5)
    limited = approved(d.northeast, d.officer, d.supervisor, channels=[d.facebook_northeast])
    paused = approved(d.central, d.stranger, d.smo, channels=[d.facebook_central])
    free = approved(d.headquarters, d.smo, d.boss, channels=[d.x_department])
    ChannelLane.objects.filter(channel=d.facebook_northeast).update(next_call_at=due + timedelta(minutes=1))
    channels.move_channel(channel=d.facebook_central, to=ChannelState.PAUSED, by=None)
    taken = [pk for rows in deliver.claim(now=due, worker="one").values() for pk in rows]
    assert taken == [free.deliveries.get().pk]
    assert Channel.objects.get(pk=d.facebook_central.pk).state == ChannelState.PAUSED
    assert {Post.objects.get(pk=p.pk).deliveries.get().state for p in (limited, paused)} == {DeliveryState.QUEUED}


def test_a_worker_that_was_frozen_after_begin_says_nothing_late(
    department: SimpleNamespace, network: SandboxNetwork, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, due = _on_x(department, now), now + timedelta(minutes=1)
    begin = deliver.begin_many
    monkeypatch.setattr(
        deliver, "begin_many", lambda **kwargs: [replace(c, begun_at=c.begun_at - 3.0) for c in begin(**kwargs)]
    )
    tick(due)
    waiting = _fresh(row)
    assert waiting.state == DeliveryState.AWAITING_RETRY
    assert "too late" in waiting.problem["words"]
    assert network.texts(department.x_department) == []


def test_an_unknown_answer_of_our_own_code_is_never_repeated_blindly(
    department: SimpleNamespace, now: datetime
) -> None:
    row = _on_x(department, now)
    _run(lambda call: Uncertain("nobody knows"), now + timedelta(minutes=1))
    assert _fresh(row).state == DeliveryState.UNCERTAIN
    assert deliver.claim(now=now + timedelta(minutes=2), worker="two") == {}
