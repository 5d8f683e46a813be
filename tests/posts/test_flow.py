"""Many calls at once: each lane in its order, nobody waits for a neighbour, and P3 and P4 hold as in one thread.

Real threads and commits; nothing is timed: what must not wait is proved by letting the other one stand still.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from connectors import http
from connectors.contract import Done, Next, Receipt
from divisions.models import Channel, Division, User
from divisions.services import load_department
from posts.models import Attempt, ChannelLane, Delivery
from posts.services import claim, deliver, hold, hold_lock
from posts.services.begin import Call
from posts.services.flow import Flow
from posts.services.senders import Senders
from posts.states import DeliveryState
from tests.people import DEPARTMENT
from tests.stories import approved

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stock() -> SimpleNamespace:
    """The stock department, committed."""
    load_department.load(DEPARTMENT)
    people = {u.email.split("@")[0]: u for u in User.objects.all()}
    places = {d.slug: d for d in Division.objects.all()}
    return SimpleNamespace(**people, **places, **{c.slug.replace("-", "_"): c for c in Channel.objects.all()})


@pytest.fixture
def due() -> datetime:
    """When the posts of a test are due, with an hour to spare."""
    return timezone.now() + timedelta(minutes=5)


def _fill(d: SimpleNamespace, count: int, *channels: Channel) -> None:
    people = {
        "headquarters": (d.headquarters, d.smo, d.boss),
        "northeast": (d.northeast, d.officer, d.supervisor),
        "central": (d.central, d.stranger, d.smo),
    }
    for number in range(count):
        for channel in channels:
            place, by, reviewer = people[channel.division.slug]
            approved(
                place,
                by,
                reviewer,
                title=f"Street {number}",
                text=f"Street {number} is closed.",
                channels=[channel],
                audience=channel.audience,
                now=timezone.now(),
            )


def _flow(platform: str, due: datetime, run: Callable[[Call], Any], **more: Any) -> Flow:
    return Flow(platform, worker=f"test-{platform}", clock=lambda: due, run=run, **more)


def _done(call: Call) -> Done:
    return Done(Receipt(remote_id=call.delivery.key, url="https://x.example/"))


def _states(channel: Channel) -> list[str]:
    return list(Delivery.objects.filter(channel=channel).order_by("pk").values_list("state", flat=True))


def test_lanes_go_side_by_side_and_each_in_its_order(stock: SimpleNamespace, due: datetime) -> None:
    d = stock
    _fill(d, 5, d.facebook_northeast, d.facebook_central)
    said: list[tuple[int, int]] = []
    both = threading.Barrier(2, timeout=60)

    def run(call: Call) -> Done:
        if len(said) < 2:
            both.wait()  # passes only when a call of either lane is open
        said.append((call.delivery.channel_id, call.delivery.pk))
        return _done(call)

    assert _flow("facebook", due, run).run() == 10
    for channel in (d.facebook_northeast, d.facebook_central):
        rows = [pk for where, pk in said if where == channel.pk]
        assert rows == sorted(rows)
        assert _states(channel) == [DeliveryState.DELIVERED] * 5
    assert not ChannelLane.objects.exclude(claimed_by="").exists()


def test_every_step_of_a_delivery_is_a_call_with_an_attempt_of_its_own(stock: SimpleNamespace, due: datetime) -> None:
    d = stock
    _fill(d, 2, d.facebook_northeast)

    def run(call: Call) -> Next | Done:
        return _done(call) if call.step.name == "publish" else Next({"at": call.step.name})

    _flow("facebook", due, run).run()
    for row in Delivery.objects.filter(channel=d.facebook_northeast):
        assert list(row.attempts.values_list("step", "outcome")) == [
            ("draft", "next"),
            ("address", "next"),
            ("publish", "done"),
        ]
        assert row.step_state == {"at": "address"}


def test_a_platform_that_stands_still_does_not_delay_another(stock: SimpleNamespace, due: datetime) -> None:
    d = stock
    _fill(d, 3, d.x_department, d.facebook_northeast)
    goes_on, began = threading.Event(), threading.Event()

    def stuck(call: Call) -> Done:
        began.set()
        assert goes_on.wait(60)
        return _done(call)

    senders = Senders()
    senders.aside("x", lambda: _ended(_flow("x", due, stuck)))
    assert began.wait(60)
    _flow("facebook", due, _done).run()
    assert _states(d.facebook_northeast) == [DeliveryState.DELIVERED] * 3
    assert DeliveryState.DELIVERED not in _states(d.x_department)
    goes_on.set()
    senders.wait()
    assert _states(d.x_department) == [DeliveryState.DELIVERED] * 3


def _ended(flow: Flow) -> None:
    """Run a flow in a thread."""
    try:
        flow.run()
    finally:
        connection.close()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that gets no processor for three seconds is no frozen holder here: nobody is ended for it."""
    monkeypatch.setattr(hold_lock, "PATIENCE_MS", 60_000)


@pytest.mark.usefixtures("patient")
def test_no_call_begins_after_a_hold_commits(stock: SimpleNamespace, due: datetime) -> None:
    d = stock
    _fill(d, 8, d.facebook_northeast, d.facebook_central, d.x_department)
    committed, late = threading.Event(), []

    def run(call: Call) -> Done:
        if committed.is_set():
            late.append(call)
        return _done(call)

    flows = [threading.Thread(target=_ended, args=(_flow(p, due, run),)) for p in ("facebook", "facebook", "x", "x")]
    for flow in flows:
        flow.start()
    with transaction.atomic():
        hold.place(scope="all", reason="Because", by=d.smo)
        transaction.on_commit(committed.set)
    for flow in flows:
        flow.join(60)
    assert late == []
    assert set(Delivery.objects.values_list("state", flat=True)) <= {DeliveryState.HELD, DeliveryState.DELIVERED}


@pytest.mark.usefixtures("patient")
def test_a_call_that_lasts_keeps_no_hold_waiting_once_its_first_byte_is_out(
    stock: SimpleNamespace, due: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = stock
    _fill(d, 1, d.x_department)
    goes_on, said, looked = threading.Event(), threading.Event(), threading.Event()
    looks, really = count(1), claim.claim

    def look(**how: Any) -> dict[int, list[int]]:
        if next(looks) == 2:
            looked.set()
        return really(**how)

    monkeypatch.setattr(claim, "claim", look)

    def stuck(call: Call) -> Done:
        assert looked.wait(60)  # the flow has tried to let go of the lock, too early
        begun = http._begun.get()
        assert begun is not None
        assert begun.on_first_byte is not None
        begun.on_first_byte()
        said.set()
        assert goes_on.wait(60)
        return _done(call)

    senders = Senders()
    senders.aside("x", lambda: _ended(_flow("x", due, stuck)))
    assert said.wait(60)
    with transaction.atomic():
        assert hold_lock.take_for_transaction() == []  # nobody had to be ended for it
    goes_on.set()
    senders.wait()
    assert _states(d.x_department) == [DeliveryState.DELIVERED]


def test_the_next_calls_begin_while_answers_are_being_settled(
    stock: SimpleNamespace, due: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = stock
    _fill(d, 1, d.facebook_northeast, d.facebook_central)
    second, really = threading.Event(), deliver.settle_surely

    def run(call: Call) -> Done:
        if call.delivery.channel_id == d.facebook_central.pk:
            second.set()
        return _done(call)

    def settle(answers: Any, **how: Any) -> set[int]:
        assert second.wait(60)  # the first answer is settled only after the second call began
        return really(answers, **how)

    monkeypatch.setattr(deliver, "settle_surely", settle)
    assert _flow("facebook", due, run, calls=1).run() == 2
    assert _states(d.facebook_northeast) == _states(d.facebook_central) == [DeliveryState.DELIVERED]


def test_one_id_given_twice_spoils_no_other_answer_of_its_batch(stock: SimpleNamespace, due: datetime) -> None:
    d = stock
    _fill(d, 2, d.facebook_northeast, d.facebook_central)
    twice = [row.pk for row in Delivery.objects.filter(channel=d.facebook_northeast)]

    def run(call: Call) -> Done:
        return Done(Receipt(remote_id="7", url="")) if call.delivery.pk in twice else _done(call)

    _flow("facebook", due, run).run()
    assert _states(d.facebook_northeast) == [DeliveryState.DELIVERED, DeliveryState.AWAITING_RETRY], "nothing is proven"
    assert _states(d.facebook_central) == [DeliveryState.DELIVERED] * 2


def test_a_row_that_cannot_be_begun_stops_no_other(
    stock: SimpleNamespace, due: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = stock
    _fill(d, 2, d.facebook_northeast, d.facebook_central)
    bad = Delivery.objects.filter(channel=d.facebook_northeast).order_by("pk")[0].pk
    begin = deliver.begin_many

    def broken(**kwargs: Any) -> list[Call]:
        if bad in kwargs["rows"]:
            raise ValueError("a row nobody foresaw")
        return begin(**kwargs)

    monkeypatch.setattr("posts.services.flow.begin_many", broken)
    _flow("facebook", due, _done).run()
    assert _states(d.facebook_northeast) == [DeliveryState.IN_FLIGHT, DeliveryState.DELIVERED]
    assert _states(d.facebook_central) == [DeliveryState.DELIVERED] * 2


def test_a_database_that_stays_away_ends_the_flow_and_says_nothing_twice(
    stock: SimpleNamespace, due: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = stock
    _fill(d, 2, d.x_department)

    def away(*args: Any, **kwargs: Any) -> set[int]:
        raise OperationalError("the server restarts")

    monkeypatch.setattr(deliver, "settle_surely", away)
    with pytest.raises(OperationalError):
        _flow("x", due, _done).run()
    assert _states(d.x_department) == [DeliveryState.IN_FLIGHT] * 2
    assert Attempt.objects.filter(ended_at__isnull=True).count() == 1


def test_a_process_that_stops_gives_back_what_has_not_begun(stock: SimpleNamespace, due: datetime) -> None:
    d = stock
    _fill(d, 3, d.x_department)
    stop = threading.Event()

    def run(call: Call) -> Done:
        stop.set()
        return _done(call)

    _flow("x", due, run, stopping=stop.is_set).run()
    assert _states(d.x_department) == [DeliveryState.DELIVERED, DeliveryState.QUEUED, DeliveryState.QUEUED]
    assert not ChannelLane.objects.exclude(claimed_by="").exists()


def test_own_channels_are_published_by_a_flow_too(stock: SimpleNamespace, due: datetime) -> None:
    d = stock
    _fill(d, 3, d.northeast_website)
    _flow("website", due, deliver.make_call).run()
    assert _states(d.northeast_website) == [DeliveryState.DELIVERED] * 3


def test_a_second_wake_starts_nothing_that_still_runs() -> None:
    senders, goes_on, begun = Senders(), threading.Event(), []

    def work() -> None:
        begun.append(1)
        goes_on.wait(60)

    senders.aside("x", work)
    senders.aside("x", work)
    goes_on.set()
    senders.wait()
    assert begun == [1]
    senders.stop()
    senders.aside("x", work)
    assert senders.wait() == 0
    assert begun == [1]
