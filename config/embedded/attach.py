"""The embedded servers of this checkout for as long as a block runs: join those that run, else start them.

Everybody who uses the servers holds a shared lock on `var/servers.lock`; who started them waits for the
others before stopping them.
"""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

from config import local
from config.embedded import postgres
from config.embedded.postgres import Postgres
from config.embedded.redis import Redis

Server = Postgres | Redis


def database_of(var: Path) -> Postgres:
    """Describe the PostgreSQL of this checkout, running or not."""
    port = postgres.running_port(var / "postgres") or local.port(var, "postgres")
    log = var / "log" / "postgres.log"
    return Postgres(var / "postgres", local.server_password(var), port, log, options=("max_connections=200",))


def redis_of(var: Path) -> Redis:
    """Describe the Redis of this checkout, running or not."""
    password = local.server_password(var)
    return Redis(var / "redis", password, local.port(var, "redis"), var / "log" / "redis.log")


@contextmanager
def servers(var: Path = local.VAR_DIR, *, wait: bool = True) -> Iterator[list[Server]]:
    """Give the block PostgreSQL and Redis and put their addresses into the environment.

    Yields the servers this call started. What DATABASE_URL or REDIS_URL already names is left alone.
    ``wait`` says whether the end waits for others who use them. Raises LocalError.
    """
    check_owner(var)
    with local.locked(var / "servers.lock", fcntl.LOCK_SH) as lock, ExitStack() as stack:
        ours: list[Server] = []
        with local.locked(var / "start.lock"):
            started: Iterator[Server] = chain(_database(var), _redis(var))
            for server in started:
                stack.callback(server.stop)
                ours.append(server)
        if ours and wait:
            stack.callback(_wait_for_others, lock)
        for name, value in local.environment(var).items():
            os.environ[name] = os.environ.get(name) or value
        yield ours


def check_owner(var: Path) -> None:
    """Raise LocalError when an earlier run as somebody else made `var/` or what is in it.

    Root could use it, but would leave files there that its owner cannot read.
    """
    if os.geteuid() == 0 and var.exists() and var.stat().st_uid != 0:
        raise local.LocalError(*local.foreign(var))
    for path in (var, var / "local.json", var / "servers.lock", var / "log"):
        if path.exists() and not os.access(path, os.R_OK | os.W_OK):
            raise local.LocalError(*local.foreign(path))


def _database(var: Path) -> Iterator[Postgres]:
    if os.environ.get("DATABASE_URL"):
        return
    server = database_of(var)
    if postgres.running_pid(server.data) and server.is_ours():
        return
    postgres.stop_orphan(server.data)
    server.start()
    yield server
    local.remember_port(var, "postgres", server.port)
    server.make_database()


def _redis(var: Path) -> Iterator[Redis]:
    if os.environ.get("REDIS_URL"):
        return
    server = redis_of(var)
    if server.pid():
        return
    server.start()
    yield server
    local.remember_port(var, "redis", server.port)


def _wait_for_others(lock: int) -> None:
    """Wait until nobody else uses the servers we are about to stop."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write("Another command uses the database this one started; waiting for it to end.\n")
        fcntl.flock(lock, fcntl.LOCK_EX)
