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
from django.utils import timezone

from posts.models import Heartbeat
from posts.services.senders import SENDERS
from posts.tasks import run_tick

log = logging.getLogger(__name__)

POLL_S = 1.0
AHEAD = timedelta(seconds=5)  # a beat further in the future comes from a clock that is wrong, and counts for nothing


def watch(
    *,
    wait: Callable[[float], bool],
    look: Callable[[], object],
    clock: Callable[[], datetime] = timezone.now,
) -> None:
    """Look whenever no tick came for a second, until `wait(seconds)` says to stop.

    Goes on whatever goes wrong: a database that is away is said once, everything else with its trace.
    """
    away = False
    while not wait(POLL_S):
        try:
            if _nobody_looked(clock()):
                look()
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
        name = f"{socket.gethostname()}:{os.getpid()}:lookout"
        watch(wait=self._stop.wait, look=lambda: run_tick(worker=name, wait=False))


LOOKOUT = Lookout()
