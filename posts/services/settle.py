"""Settling calls: what came of many of them, in one commit, each fenced by its attempt number (P3)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from connectors.contract import Done, Next, Result, Wait
from connectors.errors import ConnectorError
from posts.models import Delivery
from posts.services import outcome, step_state
from posts.services.begin import Call
from posts.states import DeliveryState

_LOCK = """
SELECT id, state, claimed_by, attempt FROM posts_delivery WHERE id = ANY(%s) ORDER BY id FOR UPDATE
"""
_NEXT = """
UPDATE posts_delivery d SET step_index = d.step_index + 1, step_state = v.state
FROM (SELECT unnest(%(ids)s::bigint[]) AS id, unnest(%(states)s::jsonb[]) AS state) AS v WHERE d.id = v.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one call brought back. `seen` is what the platform shows, when it answered Duplicate."""

    call: Call
    answer: Result | ConnectorError
    seen: outcome.Twins | None = None


@transaction.atomic
def settle_many(answers: Sequence[Answer], *, worker: str, now: datetime) -> set[int]:
    """Write what came of calls; returns the ids of the deliveries whose next step follows at once.

    An answer that comes after its lease lapsed changes nothing but its attempt row; only a receipt of the very call
    that left a row uncertain is proof. Raises IntegrityError when a platform gives two deliveries the same id.
    """
    rows = _locked(answers)
    outcome.close_attempts([(a.call.delivery.pk, a.call.attempt, a.answer) for a in answers], now=now)
    mine = [(rows[a.call.delivery.pk], a) for a in answers if _is_mine(rows[a.call.delivery.pk], a.call, worker)]
    others = [(rows[a.call.delivery.pk], a) for a in answers if not _is_mine(rows[a.call.delivery.pk], a.call, worker)]
    outcome.deliver_many([(row, a.answer.receipt) for row, a in mine if isinstance(a.answer, Done)], now=now)
    late = [(row, a.answer.receipt) for row, a in others if isinstance(a.answer, Done) and _left_it_open(row, a.call)]
    outcome.deliver_many(late, now=now, how="the answer came late")
    for row, a in mine:
        if isinstance(a.answer, Wait):
            row.step_state = step_state.sealed(a.answer.state)
            outcome.retry_at(row, a.answer.not_before, now=now)
        elif isinstance(a.answer, ConnectorError):
            outcome.settle_error(row, a.call.step, a.answer, now=now, seen=a.seen)
    return _advance([(row, a.answer) for row, a in mine if isinstance(a.answer, Next)])


def _locked(answers: Sequence[Answer]) -> dict[int, Delivery]:
    """The deliveries by id, locked. Of what went well the call has read all that is needed but how the row stands now.

    The copies that acts are done to are locked with them, in one order: a receipt is carried over to them (`follow`).
    """
    ids = [a.call.delivery.pk for a in answers]
    copies = [a.call.delivery.publication_id for a in answers if a.call.delivery.publication_id]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [ids + copies])
        stands = {pk: now for pk, *now in cursor.fetchall()}
    well = [a.call.delivery for a in answers if isinstance(a.answer, Done | Next)]
    for row in well:
        row.state, row.claimed_by, row.attempt = stands[row.pk]
    rows = {row.pk: row for row in well}
    if others := [pk for pk in ids if pk not in rows]:
        read = Delivery.objects.select_related("channel", "post__division").filter(pk__in=others)
        rows |= {row.pk: row for row in read}
    return rows


def _is_mine(row: Delivery, call: Call, worker: str) -> bool:
    return row.state == DeliveryState.IN_FLIGHT and row.claimed_by == worker and row.attempt == call.attempt


def _left_it_open(row: Delivery, call: Call) -> bool:
    return row.state == DeliveryState.UNCERTAIN and row.attempt == call.attempt


def _advance(through: Sequence[tuple[Delivery, Next]]) -> set[int]:
    if through:
        values: dict[str, Any] = {
            "ids": [row.pk for row, _ in through],
            "states": [json.dumps(step_state.sealed(a.state)) for _, a in through],
        }
        with connection.cursor() as cursor:
            cursor.execute(_NEXT, values)
    return {row.pk for row, _ in through}
