"""What a tick finds to do, and that it looked: one statement, so that an idle second costs one query.

Each answer is the first row of a partial index, whatever waits or is history. Does nothing of it itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from posts.services import claim, sweep
from posts.states import CLAIMABLE, DeliveryState, Stage


def _names(*states: str) -> str:
    return ", ".join(f"'{state}'" for state in states)


# min, not EXISTS: that one was planned as a walk over all rows that wait (see `claim`).
_READ = f"""
WITH looked AS (
    INSERT INTO posts_heartbeat (name, beat_at) VALUES ('tick', %(now)s)
    ON CONFLICT (name) DO UPDATE SET beat_at = EXCLUDED.beat_at
)
SELECT (SELECT min(approve_by) FROM posts_post WHERE stage = '{Stage.IN_REVIEW}') < %(now)s,
    (SELECT min(lease_until) FROM posts_delivery WHERE state = '{DeliveryState.IN_FLIGHT}') < %(now)s,
    (SELECT min(grace_until) FROM posts_delivery WHERE state IN ({_names(*CLAIMABLE)})) < %(now)s
        OR (SELECT min(grace_until) FROM posts_delivery WHERE state = '{DeliveryState.AWAITING_PROOF}') < %(proof_by)s,
    (SELECT min(look_at) FROM posts_delivery
        WHERE look_at IS NOT NULL AND state IN ({_names(*sweep.IN_DOUBT)})) <= %(now)s,
    ARRAY(SELECT DISTINCT c.platform {claim.FREE} ORDER BY 1)
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Agenda:
    """Reviews nobody decided in time, lapsed leases, rows past their grace, calls to look up, platforms with work."""

    overdue: bool
    lapsed: bool
    late: bool
    unanswered: bool
    platforms: tuple[str, ...]


def read(*, now: datetime) -> Agenda:
    """Write the heartbeat `tick` and read what is to be done as of `now`."""
    values = {**claim.values(now), "proof_by": now - timedelta(days=1)}
    with connection.cursor() as cursor:
        cursor.execute(_READ, values)
        *found, platforms = cursor.fetchone()
    overdue, lapsed, late, unanswered = map(bool, found)
    return Agenda(overdue=overdue, lapsed=lapsed, late=late, unanswered=unanswered, platforms=tuple(platforms))
