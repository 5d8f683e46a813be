"""The deliverer: sends what was claimed, each wire call begun and settled in a commit of its own (P3).

Claim (lease) and begin (an attempt row, committed before the call) are two commits; the call happens outside any
transaction; settle is fenced by the attempt number. Only this module and `flow` send, and only what the gate lets
through. Here: one call after another in this thread, and the call itself; many at once is `flow`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import IntegrityError, InterfaceError, OperationalError, connection

from connectors import http
from connectors.contract import Connector, Result
from connectors.errors import ConnectorError, Duplicate, Misconfigured, NotAuthorised, Temporary, Uncertain
from divisions.errors import BadInput
from divisions.services import tokens
from posts.models import ChannelLane
from posts.services import hold_lock, outcome, read_back, step_state
from posts.services.accounts import account_of, connector_of
from posts.services.begin import Call as Call
from posts.services.begin import begin_many
from posts.services.begin import release as release
from posts.services.claim import claim as claim
from posts.services.mailing import Sending
from posts.services.settle import Answer, settle_many

log = logging.getLogger(__name__)

MAX_STEPS = 50  # of one delivery in one claim; a platform that never says done is a Wait, not a loop
SETTLE_PAUSES_S = (0.1, 0.3, 1.0, 2.0)  # a database that restarts is back within seconds; the answer is kept so long
RENEWED = "the sign-in had ended and was renewed"
AWAY = (OperationalError, InterfaceError)  # the database

Clock = Callable[[], datetime]
Runner = Callable[[Call], Result | ConnectorError]


def run_due(*, clock: Clock, worker: str, rounds: int = 20) -> int:
    """Claim and deliver in this thread until nothing is due (or `rounds` claims were made); returns how many rows."""
    total = 0
    for _ in range(rounds):
        lanes = claim(now=clock(), worker=worker)
        if not lanes:
            break
        total += sum(len(rows) for rows in lanes.values())
        for lane, rows in lanes.items():
            run_lane(lane, rows, worker=worker, clock=clock)
    return total


def run_lane(lane: int, rows: list[int], *, worker: str, clock: Clock, run: Runner | None = None) -> None:
    """Send a lane's claimed rows one after another, then free the lane.

    `run` makes the call (the demo's history answers from a mirror instead of the wire).
    """
    try:
        for pk in rows:
            try:
                _deliver(pk, lane, worker, clock, run or make_call)
            except AWAY:
                raise  # the leases of this lane lapse, and the sweep takes its rows back
            except Exception:
                # One row that cannot be handled must not stop those behind it; its lease lapses and it is seen again.
                log.exception("delivery %s could not be handled", pk)
    finally:
        free([lane], worker=worker, now=clock())


def free(lanes: Sequence[int], *, worker: str, now: datetime) -> None:
    """Let others take lanes that were ours; `busy_until` then says when each was served last."""
    ChannelLane.objects.filter(pk__in=lanes, claimed_by=worker).update(busy_until=now, claimed_by="")


def _deliver(pk: int, lane: int, worker: str, clock: Clock, run: Runner) -> None:
    for _ in range(MAX_STEPS):
        # Shared from before the gate until the first byte is out (our own channels: until settled), so that nothing
        # begins after a hold commits.
        with hold_lock.shared() as lock:
            call = begin(pk=pk, lane=lane, worker=worker, now=clock())
            if call is None:
                return
            answer = answered(call, run, lock.release)
            more = settle_surely([answer], worker=worker, clock=clock)
        if not more:
            return


def begin(*, pk: int, lane: int, worker: str, now: datetime) -> Call | None:
    """Begin one call; None when there is nothing (more) to call (see `begin_many`)."""
    calls = begin_many(rows=[pk], lanes=[lane], worker=worker, now=now)
    return calls[0] if calls else None


def settle(*, call: Call, answer: Result | ConnectorError, worker: str, now: datetime) -> bool:
    """Settle one call; True when the next step of the same delivery follows at once (see `settle_many`)."""
    return bool(settle_many([Answer(call=call, answer=answer)], worker=worker, now=now))


def answered(call: Call, run: Runner, on_first_byte: Callable[[], None]) -> Answer:
    """Make a begun call; `on_first_byte` is called just before anything is said. Looks for the twin of a Duplicate."""
    with http.begun(call.begun_at, on_first_byte=on_first_byte):
        answer = run(call)
    if isinstance(answer, NotAuthorised):
        answer = _renewed(call, answer)
    seen = outcome.look_for_twin(call.delivery) if isinstance(answer, Duplicate) else None
    return Answer(call=call, answer=answer, seen=seen)


def _renewed(call: Call, answer: NotAuthorised) -> ConnectorError:
    """A sign-in that ended early is renewed once, and the call made again; refused anew, it is a person's (see below).

    Nothing took effect: a platform that does not know us does nothing for us.
    """
    if call.delivery.problem.get("words") == RENEWED or not tokens.renew_refused(call.delivery.channel, now=call.at):
        return answer
    return Temporary(RENEWED, retry_after=0.0, status=answer.status or 401)


def make_call(call: Call) -> Result | ConnectorError:
    """Make the one wire call. Whatever comes back, an error included, is an answer to settle."""
    channel = call.delivery.channel
    try:
        connector: Connector = connector_of(channel)
        sending = Sending(delivery=call.delivery, attempt=call.attempt, now=call.at)
        account, state = account_of(channel, sending=sending), step_state.opened(call.delivery.step_state)
        if call.step.name == read_back.NAME:
            return read_back.look(connector, account, call.step, state, now=call.at)
        return read_back.to_be_proven(connector.run(account, call.step, state), call.delivery)
    except ConnectorError as error:
        return error
    except BadInput as error:
        return Misconfigured(str(error))
    except Exception:
        # A fault of our own after the call may have begun: nothing is known, so nothing is repeated blindly.
        log.exception("the connector of %s broke on delivery %s", channel.platform, call.delivery.pk)
        return Uncertain("our own code broke during the call")


def settle_surely(answers: Sequence[Answer], *, worker: str, clock: Clock) -> set[int]:
    """Settle, again after a moment while the database is away: what a platform answered is not thrown away lightly.

    Returns the ids whose next step follows. What cannot be settled together is settled one by one.
    """
    for pause_s in (*SETTLE_PAUSES_S, 0.0):
        try:
            return settle_many(answers, worker=worker, now=clock())
        except AWAY:
            if not pause_s or connection.in_atomic_block or any(a.call.delivery.channel.is_own for a in answers):
                raise  # an own channel's settle is the publication: never after the hold's lock is lost
            connection.close()
            time.sleep(pause_s)
        except Exception as error:
            if len(answers) > 1:
                return {pk for one in answers for pk in settle_surely([one], worker=worker, clock=clock)}
            if not isinstance(error, IntegrityError):
                raise
            # Its id is that of another delivery: whatever the platform means, nothing is proven about this one.
            odd = Uncertain("the platform answered with the id of another post")
            return settle_many([Answer(call=answers[0].call, answer=odd)], worker=worker, now=clock())
    return set()
