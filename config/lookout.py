"""A worker looks by itself: one thread that ticks whenever nobody else did for a second.

So a dead beat, an emptied or absent Redis, or a worker that no longer hears its broker costs one poll interval and no
post. The thread is a second caller of the same tick as the beat's; what a tick does stands in posts.tasks.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Q
from django.utils import timezone

from posts.models import Heartbeat
from posts.services.senders import SENDERS
from posts.tasks import beat, run_tick

log = logging.getLogger(__name__)

POLL_S = 1.0
ALIVE_EVERY = timedelta(seconds=15)
GONE_AFTER = timedelta(hours=1)  # so long a worker that died without a word is still listed
AHEAD = timedelta(seconds=5)  # a beat further in the future comes from a clock that is wrong, and counts for nothing


def watch(
    *,
    wait: Callable[[float], bool],
    look: Callable[[], object],
    clock: Callable[[], datetime] = timezone.now,
    alive: Callable[[datetime], object] = lambda now: None,
) -> None:
    """Look whenever no tick came for a second, until `wait(seconds)` says to stop; each time say who is `alive`.

    Goes on whatever goes wrong: a database that is away is said once, everything else with its trace.
    """
    away = False
    while not wait(POLL_S):
        try:
            now = clock()
            if _nobody_looked(now):
                look()
            alive(now)
            away = False
        except (OperationalError, InterfaceError) as error:
            if not away:
                log.warning("the database is away, looking again every second: %s", error)
            away = True
        except Exception:
            log.exception("a look went wrong; the next one comes in a second")
        finally:
            connection.close()


def _nobody_looked(now: datetime) -> bool:
    last = Heartbeat.objects.filter(name="tick").values_list("beat_at", flat=True).first()
    return last is None or not now - timedelta(seconds=POLL_S) < last < now + AHEAD


class Alive:
    """A worker's own heartbeat, `worker:<host>:<pid>`: a tick says that somebody sends, this says who could."""

    def __init__(self, host: str, pid: int) -> None:
        self.name = f"worker:{host[:32]}:{pid}"
        self._said_at: datetime | None = None

    def __call__(self, now: datetime) -> None:
        """Say it every ALIVE_EVERY, and drop the rows of workers long gone, so that there are never many."""
        if self._said_at is not None and timedelta(0) <= now - self._said_at < ALIVE_EVERY:
            return
        beat(self.name, now)
        self._said_at = now
        long_gone = Q(beat_at__lt=now - GONE_AFTER) | Q(beat_at__gt=now + GONE_AFTER)
        Heartbeat.objects.filter(long_gone, name__startswith="worker:").delete()

    def goodbye(self) -> None:
        """A worker that is stopped in order is not missed. A database that is away is left to the sweep."""
        try:
            Heartbeat.objects.filter(name=self.name).delete()
        except (OperationalError, InterfaceError) as error:
            log.warning("the row %s stays for an hour: %s", self.name, error)
        finally:
            connection.close()


class Lookout:
    """The thread, from a worker's start to its stop."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look; a second start changes nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="lookout", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Look no more; calls under way end, what has not begun goes back to the queue."""
        self._stop.set()
        SENDERS.stop()

    def _run(self) -> None:
        name, alive = f"{socket.gethostname()}:{os.getpid()}:lookout", Alive(socket.gethostname(), os.getpid())
        watch(wait=self._stop.wait, look=lambda: run_tick(worker=name, wait=False), alive=alive)
        alive.goodbye()


LOOKOUT = Lookout()
