"""Claiming: which lanes and rows a worker takes next, in one statement. Begins nothing and sends nothing.

Lane by lane, so that nobody waits for a neighbour: a backlog, a rate limit or a slow call of one channel holds up that
channel alone. Lanes that were served longest ago come first, urgent ones before all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from divisions.states import ChannelState
from posts.states import CLAIMABLE, DeliveryState

LANES_A_CLAIM = 64
LOOK = 4  # times as many lanes are looked at: others may be taking the first ones at this moment
ROWS_A_LANE = 20

_OPEN = f"""d.state IN ({", ".join(f"'{state}'" for state in CLAIMABLE)})"""

# Something due in lane `l`. Only an index that begins with the account can answer this, whatever the planner's
# statistics say: after a quiet night they say that nothing is due, and through delivery_ready each lane was then read
# by walking everything that is (0.4 s a claim with 4,000 due). So `after_id` and `grace_until` are asked in words that
# no index has.
_DUE = f"""d.channel_id = l.channel_id AND d.urgent = l.urgent AND {_OPEN} AND d.ready_at <= %(now)s
    AND COALESCE(d.after_id, 0) = 0 AND d.hold_id IS NULL AND d.grace_until - %(now)s >= interval '0'"""
_HAS_DUE = f"(SELECT TRUE FROM posts_delivery d WHERE {_DUE} LIMIT 1)"  # noqa: S608
_IS_FREE = "(l.busy_until IS NULL OR l.busy_until <= %(now)s) AND (l.next_call_at IS NULL OR l.next_call_at <= %(now)s)"

# Nothing due anywhere costs one look at the first row of delivery_ready (min: an EXISTS was planned as a walk over all
# rows that wait, 30 ms at 20,000); the lanes are then not read at all.
_LANES = f"""
    FROM posts_channellane l JOIN divisions_channel c ON c.id = l.channel_id
    WHERE (SELECT min(d.ready_at) FROM posts_delivery d WHERE {_OPEN} AND d.after_id IS NULL) <= %(now)s
      AND c.state = %(connected)s AND {_IS_FREE}
"""  # noqa: S608
FREE = f"{_LANES} AND {_HAS_DUE}"

_FIRST = "l.urgent DESC, l.busy_until NULLS FIRST, l.id"
_CLAIM = f"""
WITH free AS MATERIALIZED (
    SELECT l.id, l.channel_id, l.urgent {_LANES} AND (%(platform)s = '' OR c.platform = %(platform)s) ORDER BY {_FIRST}
), wanted AS MATERIALIZED (
    SELECT l.id FROM free l WHERE {_HAS_DUE} LIMIT %(look)s
), lane AS (
    SELECT l.id, l.channel_id, l.urgent FROM posts_channellane l
    WHERE l.id = ANY(ARRAY(SELECT id FROM wanted)) AND {_IS_FREE}
    ORDER BY {_FIRST} LIMIT %(lanes)s FOR UPDATE SKIP LOCKED
), due AS (
    SELECT l.id AS lane, l.urgent, row.id, row.ready_at FROM lane l CROSS JOIN LATERAL (
        SELECT d.id, d.ready_at FROM posts_delivery d WHERE {_DUE}
        ORDER BY d.ready_at, d.id LIMIT %(rows)s FOR UPDATE SKIP LOCKED
    ) AS row
), taken AS (
    UPDATE posts_delivery SET state = %(in_flight)s, state_at = %(now)s, claimed_by = %(worker)s,
        lease_until = %(lease)s WHERE id = ANY(ARRAY(SELECT id FROM due))
), busy AS (
    UPDATE posts_channellane SET busy_until = %(lease)s, claimed_by = %(worker)s
    WHERE id = ANY(ARRAY(SELECT lane FROM due))
)
SELECT lane, id FROM due ORDER BY urgent DESC, lane, ready_at, id
"""  # noqa: S608


_GIVE_BACK = """
UPDATE posts_delivery d SET state = CASE WHEN d.hold_id IS NULL THEN 'queued' ELSE 'held' END, state_at = %(now)s,
    claimed_by = '', lease_until = NULL
WHERE d.id = ANY(%(rows)s::bigint[]) AND d.claimed_by = %(worker)s AND d.state = 'in_flight'
  AND NOT EXISTS (SELECT 1 FROM posts_attempt a WHERE a.delivery_id = d.id AND a.ended_at IS NULL)
"""


def due_platforms(*, now: datetime) -> list[str]:
    """The platforms that have something due in a free lane. One look into the index when nothing is."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT c.platform {FREE} ORDER BY 1", values(now))
        return [platform for (platform,) in cursor.fetchall()]


def give_back(rows: Sequence[int], *, worker: str, now: datetime) -> None:
    """Put claimed rows that have not begun back into the queue, or where a hold wants them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, {"rows": list(rows), "worker": worker, "now": now})


def values(now: datetime) -> dict[str, Any]:
    """What `FREE` asks for."""
    return {"now": now, "connected": ChannelState.CONNECTED.value}


@transaction.atomic
def claim(*, now: datetime, worker: str, lanes: int = LANES_A_CLAIM, platform: str = "") -> dict[int, list[int]]:
    """Take up to `lanes` free lanes that have due rows, and the earliest rows of each, under a lease.

    Only lanes of `platform` when it is named. Returns delivery ids by lane id, urgent lanes first, each in the order in
    which it is to be sent.
    """
    given: dict[str, Any] = {
        **values(now),
        "platform": platform,
        "lease": now + timedelta(seconds=settings.LEASE_S),
        "worker": worker,
        "lanes": lanes,
        "look": lanes * LOOK,
        "rows": ROWS_A_LANE,
        "in_flight": DeliveryState.IN_FLIGHT.value,
    }
    taken: dict[int, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, given)
        for lane, pk in cursor.fetchall():
            taken.setdefault(lane, []).append(pk)
    return taken
