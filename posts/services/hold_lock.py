"""The one lock between holds and senders (docs/adr/0027), and what a sender does under a hold.

Holds take it exclusively, senders share it; whoever wants it takes it before locking any delivery row.

A sender shares it at *session* level: a transaction's lock would end with the commit of the attempt row, and calls
would slip out after the hold. A session lock outlives its transaction and would travel with a pooled connection, so it
is let go in `finally`, always.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

from divisions.errors import WrongMoment
from posts.models import Delivery
from posts.selectors import holds
from posts.states import DeliveryState

HOLD = 0x486F6C64  # "Hold"
PATIENCE_MS = 3000


class SharedLock:
    """A sender's share of the lock; `release` may be called more than once."""

    def __init__(self) -> None:
        self._held = False

    def acquire(self) -> None:
        """Wait until no hold is being placed, then share."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock_shared(%s)", [HOLD])
        self._held = True

    def release(self) -> None:
        """Let go, once."""
        if self._held:
            self._held = False
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [HOLD])


@contextmanager
def shared() -> Iterator[SharedLock]:
    """Share the lock for a begin and its call up to the first byte."""
    lock = SharedLock()
    lock.acquire()
    try:
        yield lock
    finally:
        lock.release()


def share_for_transaction() -> None:
    """Share it until this transaction ends: whoever makes, re-opens or re-times rows does so before reading holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [HOLD])


def born_held(rows: Sequence[Delivery]) -> None:
    """Stamp rows that are being made while a hold covers them. Call after `share_for_transaction` and the insert."""
    if not holds.in_force().exists():
        return
    for row in rows:
        cover = holds.covering(row)
        if cover is not None:
            row.hold, row.state = cover, DeliveryState.HELD
            row.save(update_fields=["hold", "state"])


def refuse_covered(row: Delivery) -> None:
    """Raise WrongMoment while a hold covers a delivery that somebody wants to send."""
    cover = holds.covering(row)
    if cover is not None:
        raise WrongMoment(
            f"Posting is on hold for {cover.covers()}.", cure="Release the hold first; re-timing and dropping work now."
        )


def take_for_transaction() -> list[int]:
    """Take it exclusively until the end of this transaction; returns the server processes that had to be ended.

    Holders that do not let go within three seconds are frozen: they are ended, and nothing they had not yet begun to
    send can begin (their connection, and so their attempt, is gone).
    """
    ended: list[int] = []
    for _ in range(3):
        try:
            with transaction.atomic(), connection.cursor() as cursor:  # the time-out aborts only this savepoint
                cursor.execute(f"SET LOCAL lock_timeout = {PATIENCE_MS}")
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [HOLD])
                cursor.execute("SET LOCAL lock_timeout = 0")
            return ended
        except OperationalError:
            ended += _end_frozen_holders()
    raise OperationalError("the hold lock could not be had; see pg_locks for who keeps it")


def _end_frozen_holders() -> list[int]:
    """End only holders that were silent for the whole wait; the healthy ones let go by themselves."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT l.pid, pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.locktype = 'advisory' AND l.classid = 0 AND l.objid = %s AND l.granted AND l.mode = 'ShareLock'
              AND l.pid <> pg_backend_pid() AND a.datname = current_database()
              AND a.state_change < clock_timestamp() - make_interval(secs => %s)
            """,
            [HOLD, PATIENCE_MS / 1000],
        )
        return [row[0] for row in cursor.fetchall()]
