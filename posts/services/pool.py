"""How many connections a process that sends may open. Decides nothing else about the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from psycopg_pool import ConnectionPool

# Every platform's flow keeps one while it sends and its settler takes a second one; ticks and look-ups have theirs, and
# calls read tokens. With fewer than there are platforms due at once, all flows hold one and no settler gets any: the
# answers are lost after the pool's five seconds, and each has to be looked up on its platform.
SENDING = 72


def widen(at_least: int = SENDING, *, pool: ConnectionPool[Any] | None = None) -> None:
    """Let this process open as many connections as sending needs, whatever DATABASE_POOL says; opened when needed.

    Nothing to do where there is no pool (DATABASE_POOL=0) or a larger one. `pool`: the process's own, unless given.
    """
    found = pool or getattr(connection, "pool", None)
    if found is not None and found.max_size < at_least:
        found.resize(found.min_size, at_least)
