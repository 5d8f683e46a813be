"""Beginning calls: the last look at the gate and the attempt rows, many calls in one commit (P1, P3, P4).

The caller holds the shared hold lock. Nothing is sent here; what is returned may be called once its row is committed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import prefetch_related_objects

from connectors.contract import Act, Media, Outgoing, Step, Target
from connectors.errors import Misconfigured, NotSupported
from divisions.states import ChannelState, Mode
from posts.models import Delivery
from posts.selectors import carried, holds
from posts.selectors.published import file_path
from posts.services import claimed, gate, outcome, read_back
from posts.services.accounts import connector_of
from posts.states import DeliveryState, check_delivery_move

_OPEN = """
WITH v AS (
    SELECT * FROM json_to_recordset(%(calls)s::json) AS v(id bigint, steps jsonb, name text)
), opened AS (
    UPDATE posts_delivery d SET steps = v.steps, attempt = d.attempt + 1, lease_until = %(lease)s,
        first_attempt_at = COALESCE(d.first_attempt_at, %(now)s)
    FROM v WHERE d.id = v.id RETURNING d.id, d.attempt, v.name
), busy AS (
    UPDATE posts_channellane SET busy_until = %(lease)s WHERE id = ANY(%(lanes)s::bigint[])
)
INSERT INTO posts_attempt (delivery_id, number, step, started_at, outcome, code, request_id, words)
SELECT id, attempt, name, %(now)s, '', '', '', '' FROM opened
"""
# A row of nothing for each hold that `holds.in_force` means, and the lanes whose platform asked us to wait.
_STOPS = """
SELECT NULL, NULL FROM posts_hold WHERE released_at IS NULL AND NOT drill
UNION ALL SELECT channel_id, urgent FROM posts_channellane WHERE id = ANY(%(lanes)s) AND next_call_at > %(now)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A begun call: what to run and for which attempt. Its attempt row is committed.

    `at` is the moment it began; `begun_at` is `time.monotonic()` just before that commit: a worker that was frozen
    since says nothing late.
    """

    delivery: Delivery
    step: Step
    attempt: int
    at: datetime
    begun_at: float


@transaction.atomic
def begin_many(*, rows: Sequence[int], lanes: Sequence[int], worker: str, now: datetime) -> list[Call]:
    """Re-check the gate and commit the attempt row of one call for each delivery that may go on.

    Fenced: only rows still in flight under this worker's own, unlapsed claim, locked in id order. What may not go
    (held, too late, rate-limited, not approved any more, by hand) is moved to where it belongs and has no call.
    """
    found = _locked(rows, worker, now)
    waiting = _stops(lanes, now) if found else set()
    holding = (None, None) in waiting
    stopped = [row for row in found if _is_stopped(row, holding, now) or (row.channel_id, row.urgent) in waiting]
    for row in stopped:
        release(row, now=now)
    going = [row for row in found if row not in stopped] if stopped else found
    closed = gate.look_many(going, now=now)
    for row in going:
        if why := closed.get(row.pk):
            outcome.fail(row, why.cause, why.who, why.press, now=now)
    return _open_attempts([row for row in going if row.pk not in closed], lanes, now)


def _locked(ids: Sequence[int], worker: str, now: datetime) -> list[Delivery]:
    """The rows with all that the gate reads, locked; copies and withdrawals of those that are about one."""
    found = claimed.lock(ids, worker=worker, now=now)
    prefetch_related_objects([row for row in found if row.publication_id], "publication")
    prefetch_related_objects([row for row in found if row.withdrawal_id], "withdrawal")
    return found


def _stops(lanes: Sequence[int], now: datetime) -> set[tuple[int | None, bool | None]]:
    with connection.cursor() as cursor:
        cursor.execute(_STOPS, {"lanes": list(lanes), "now": now})
        return set(cursor.fetchall())


def release(delivery: Delivery, *, now: datetime) -> None:
    """Give a claimed row back to the queue, or to the hold that covers it; no call of it is open."""
    to = DeliveryState.HELD if delivery.hold else DeliveryState.QUEUED
    check_delivery_move(delivery.state, to)
    delivery.state, delivery.state_at = to, now
    delivery.claimed_by, delivery.lease_until = "", None
    delivery.save(update_fields=["state", "state_at", "claimed_by", "lease_until", "hold"])


def _is_stopped(row: Delivery, holding: bool, now: datetime) -> bool:
    row.hold = row.hold or (holds.covering(row) if holding else None)
    return row.hold is not None or row.channel.state != ChannelState.CONNECTED or now > row.grace_until


def _open_attempts(rows: Sequence[Delivery], lanes: Sequence[int], now: datetime) -> list[Call]:
    ready = [(row, step) for row in rows if (step := _next_step(row, now)) is not None]
    if not ready:
        return []
    lease = now + timedelta(seconds=settings.LEASE_S)
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "calls": json.dumps([{"id": r.pk, "steps": r.steps, "name": step.name[:60]} for r, step in ready]),
            "lanes": list(lanes),
        }
        cursor.execute(_OPEN, {**values, "lease": lease, "now": now})
    begun_at = time.monotonic()
    for row, _ in ready:
        row.attempt += 1
        row.first_attempt_at = row.first_attempt_at or now
    return [Call(delivery=row, step=step, attempt=row.attempt, at=now, begun_at=begun_at) for row, step in ready]


def _next_step(delivery: Delivery, now: datetime) -> Step | None:
    """The stored step that is next; planned once, before the first call, and never again."""
    if delivery.channel.mode == Mode.HAND_OFF and not delivery.channel.is_own:
        outcome.await_proof(delivery, now=now)
        return None
    if not delivery.steps:
        try:
            outgoing, connector = outgoing_of(delivery, planned_at=now), connector_of(delivery.channel)
            steps = (*connector.plan(outgoing), *read_back.steps(connector, outgoing, own=delivery.channel.is_own))
        except NotSupported as error:
            if delivery.act == Act.PUBLISH:
                outcome.settle_error(delivery, None, error, now=now)
            else:
                outcome.by_hand(delivery, now=now)
            return None
        except Misconfigured as error:
            outcome.settle_error(delivery, None, error, now=now)
            return None
        delivery.steps = [step.to_json() for step in steps]
    return Step.from_json(delivery.steps[delivery.step_index])


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
        target=Target(remote_id=delivery.target_remote_id) if delivery.target_remote_id else None,
        url=payload["url"],
        media=tuple(Media(**carried.wire(item), url=_address(item, payload)) for item in payload["media"]),
        kind=delivery.post.kind,
    )


def _address(item: dict[str, Any], payload: dict[str, Any]) -> str:
    """Where the public sees a picture: only beside the page that shows it."""
    return f"{settings.BASE_URL}{file_path(item['sha256'], item['mime'])}" if payload["link"] else ""
