"""The deliverer: claims due rows lane by lane, begins and settles each wire call in a commit of its own (P3).

Claim (lease) and begin (an attempt row, committed before the call) are two commits; the call happens outside any
transaction; settle is fenced by the attempt number. Only this module sends, and only what the gate lets through.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from connectors import http
from connectors.contract import Act, Connector, Done, Media, Next, Outgoing, Result, Step, Wait
from connectors.errors import ConnectorError, Duplicate, Misconfigured, NotSupported, Uncertain
from divisions.errors import BadInput
from divisions.states import ChannelState, Mode
from posts.models import Attempt, ChannelLane, Delivery
from posts.selectors import holds
from posts.services import gate, hold_lock, outcome
from posts.services.accounts import account_of, connector_of
from posts.services.claim import claim as claim
from posts.states import DeliveryState, check_delivery_move

log = logging.getLogger(__name__)

MAX_STEPS = 50  # of one delivery in one claim; a platform that never says done is a Wait, not a loop
SETTLE_PAUSES_S = (0.1, 0.3, 1.0, 2.0)  # a database that restarts is back within seconds; the answer is kept so long

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A begun call: what to run and for which attempt. Its attempt row is committed.

    `begun_at` is `time.monotonic()` just before that commit: a worker that was frozen since says nothing late.
    """

    delivery: Delivery
    step: Step
    attempt: int
    begun_at: float


Runner = Callable[[Call], Result | ConnectorError]


def run_due(*, clock: Clock, worker: str, executor: Executor | None = None, rounds: int = 20) -> int:
    """Claim and deliver until nothing is due (or `rounds` claims were made); returns how many rows were claimed.

    With an `executor`, lanes run side by side and each thread gives its connection back; without, in this thread.
    """
    total = 0
    for _ in range(rounds):
        lanes = claim(now=clock(), worker=worker)
        if not lanes:
            break
        total += sum(len(rows) for rows in lanes.values())
        if executor is None:
            for lane, rows in lanes.items():
                run_lane(lane, rows, worker=worker, clock=clock)
        else:
            waiting = [executor.submit(_run_lane_in_thread, lane, rows, worker, clock) for lane, rows in lanes.items()]
            for future in waiting:
                future.result()
    return total


def _run_lane_in_thread(lane: int, rows: list[int], worker: str, clock: Clock) -> None:
    try:
        run_lane(lane, rows, worker=worker, clock=clock, between_calls=connection.close)
    finally:
        connection.close()


def run_lane(
    lane: int,
    rows: list[int],
    *,
    worker: str,
    clock: Clock,
    between_calls: Callable[[], None] = lambda: None,
    run: Runner | None = None,
) -> None:
    """Send a lane's claimed rows one after another, then free the lane.

    `between_calls` gives the connection back before each wire call; `run` makes the call (the demo's history answers
    from a mirror instead of the wire).
    """
    try:
        for pk in rows:
            try:
                _deliver(pk, lane, worker, clock, between_calls, run or make_call)
            except (OperationalError, InterfaceError):
                raise  # the database is away: the leases of this lane lapse, and the sweep takes its rows back
            except Exception:
                # One row that cannot be handled must not stop those behind it; its lease lapses and it is seen again.
                log.exception("delivery %s could not be handled", pk)
    finally:
        ChannelLane.objects.filter(pk=lane, claimed_by=worker).update(busy_until=clock(), claimed_by="")


def _deliver(pk: int, lane: int, worker: str, clock: Clock, between_calls: Callable[[], None], run: Runner) -> None:
    for _ in range(MAX_STEPS):
        # Shared from before the gate until the first byte is out (our own channels: until settled), so that nothing
        # begins after a hold commits. The connection keeps the lock, so it is given back only after letting go.
        with hold_lock.shared() as lock:
            call = begin(pk=pk, lane=lane, worker=worker, now=clock())
            if call is None:
                return
            with http.begun(call.begun_at, on_first_byte=_let_go(lock, between_calls)):
                answer = run(call)
            seen = outcome.look_for_twin(call.delivery) if isinstance(answer, Duplicate) else None
            if call.delivery.channel.is_own:
                more = settle(call=call, answer=answer, worker=worker, now=clock())
            else:
                more = _settle_surely(call, answer, worker, clock, seen)
        if not more:
            return


def _settle_surely(
    call: Call, answer: Result | ConnectorError, worker: str, clock: Clock, seen: outcome.Twins | None
) -> bool:
    """Settle, again after a moment while the database is away: what a platform answered is not thrown away lightly."""
    for pause_s in SETTLE_PAUSES_S:
        try:
            return settle(call=call, answer=answer, worker=worker, now=clock(), seen=seen)
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(pause_s)
        except IntegrityError:
            # Its id is that of another delivery: whatever the platform means, nothing is proven about this one.
            odd = Uncertain("the platform answered with the id of another post")
            return settle(call=call, answer=odd, worker=worker, now=clock())
    return settle(call=call, answer=answer, worker=worker, now=clock(), seen=seen)


def _let_go(lock: hold_lock.SharedLock, between_calls: Callable[[], None]) -> Callable[[], None]:
    def at_first_byte() -> None:
        lock.release()
        between_calls()

    return at_first_byte


@transaction.atomic
def begin(*, pk: int, lane: int, worker: str, now: datetime) -> Call | None:
    """Re-check the gate and commit the attempt row of one call; None when there is nothing (more) to call.

    Fenced: only a row still in flight under this worker's own, unlapsed claim.
    """
    delivery = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("channel", "post__division", "revision__post", "variant__channel", "hold")
        .filter(pk=pk, state=DeliveryState.IN_FLIGHT, claimed_by=worker, lease_until__gt=now)
        .first()
    )
    if delivery is None:
        return None
    cover = delivery.hold or holds.covering(delivery)
    if cover is not None or delivery.channel.state != ChannelState.CONNECTED or now > delivery.grace_until:
        delivery.hold = cover
        release(delivery, now=now)
        return None
    closed = gate.look(delivery, now=now)
    if closed is not None:
        outcome.fail(delivery, closed.cause, closed.who, closed.press, now=now)
        return None
    if delivery.channel.mode == Mode.HAND_OFF and not delivery.channel.is_own:
        outcome.await_proof(delivery, now=now)
        return None
    step = _next_step(delivery, now)
    if step is None:
        return None
    return _open_attempt(delivery, step, lane, now)


def _next_step(delivery: Delivery, now: datetime) -> Step | None:
    """The stored step that is next; planned once, before the first call, and never again."""
    if not delivery.steps:
        try:
            steps = connector_of(delivery.channel).plan(outgoing_of(delivery, planned_at=now))
        except (NotSupported, Misconfigured) as error:
            outcome.settle_error(delivery, None, error, now=now)
            return None
        delivery.steps = [step.to_json() for step in steps]
    return Step.from_json(delivery.steps[delivery.step_index])


def _open_attempt(delivery: Delivery, step: Step, lane: int, now: datetime) -> Call:
    lease, begun_at = now + timedelta(seconds=settings.LEASE_S), time.monotonic()
    delivery.attempt += 1
    delivery.first_attempt_at = delivery.first_attempt_at or now
    delivery.lease_until = lease
    delivery.save(update_fields=["steps", "attempt", "first_attempt_at", "lease_until"])
    ChannelLane.objects.filter(pk=lane).update(busy_until=lease)
    Attempt.objects.create(delivery=delivery, number=delivery.attempt, step=step.name[:60], started_at=now)
    return Call(delivery=delivery, step=step, attempt=delivery.attempt, begun_at=begun_at)


def outgoing_of(delivery: Delivery, *, planned_at: datetime) -> Outgoing:
    """The frozen payload as the connectors take it."""
    payload = delivery.payload
    return Outgoing(
        act=Act(delivery.act),
        key=delivery.key,
        planned_at=planned_at,
        title=payload["title"],
        text=payload["text"],
        language=payload["language"],
        link=payload["link"],
        url=payload["url"],
        media=tuple(Media(**item) for item in payload["media"]),
    )


def make_call(call: Call) -> Result | ConnectorError:
    """Make the one wire call. Whatever comes back, an error included, is an answer to settle."""
    channel = call.delivery.channel
    try:
        connector: Connector = connector_of(channel)
        return connector.run(account_of(channel), call.step, dict(call.delivery.step_state))
    except ConnectorError as error:
        return error
    except BadInput as error:
        return Misconfigured(str(error))
    except Exception:
        # A fault of our own after the call may have begun: nothing is known, so nothing is repeated blindly.
        log.exception("the connector of %s broke on delivery %s", channel.platform, call.delivery.pk)
        return Uncertain("our own code broke during the call")


@transaction.atomic
def settle(
    *,
    call: Call,
    answer: Result | ConnectorError,
    worker: str,
    now: datetime,
    seen: outcome.Twins | None = None,
) -> bool:
    """Write what came of a call; True when the next step of the same delivery follows at once.

    Fenced by the attempt number. An answer that comes after the lease lapsed changes nothing, but for a receipt of the
    call that left the row uncertain: that one is proof. `seen` is what the platform shows, for a Duplicate.
    """
    delivery = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("channel", "post__division")
        .get(pk=call.delivery.pk)
    )
    mine = (
        delivery.state == DeliveryState.IN_FLIGHT and delivery.claimed_by == worker and delivery.attempt == call.attempt
    )
    outcome.close_attempt(delivery, call.attempt, answer, now=now)
    if not mine:
        same = delivery.state == DeliveryState.UNCERTAIN and delivery.attempt == call.attempt
        if same and isinstance(answer, Done):
            outcome.deliver(delivery, answer.receipt, now=now, how="the answer came late")
        return False
    if isinstance(answer, Next):
        delivery.step_index += 1
        delivery.step_state = answer.state
        delivery.save(update_fields=["step_index", "step_state"])
        return True
    if isinstance(answer, Done):
        outcome.deliver(delivery, answer.receipt, now=now)
    elif isinstance(answer, Wait):
        delivery.step_state = answer.state
        outcome.retry_at(delivery, answer.not_before, now=now)
    else:
        outcome.settle_error(delivery, call.step, answer, now=now, seen=seen)
    return False


def release(delivery: Delivery, *, now: datetime) -> None:
    """Give a claimed row back to the queue, or to the hold that covers it; no call of it is open."""
    to = DeliveryState.HELD if delivery.hold else DeliveryState.QUEUED
    check_delivery_move(delivery.state, to)
    delivery.state, delivery.state_at = to, now
    delivery.claimed_by, delivery.lease_until = "", None
    delivery.save(update_fields=["state", "state_at", "claimed_by", "lease_until", "hold"])
