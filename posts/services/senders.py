"""One flow a platform in this process: ticks wake them and go on, so that no tick waits for a platform.

Threads live in the process that made them; nothing here is remembered anywhere else.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterable

from django.db import connection

from posts.services.deliver import AWAY, Clock
from posts.services.flow import Flow

log = logging.getLogger(__name__)


class Senders:
    """The flows of one process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._running: dict[str, threading.Thread] = {}
        self._stop = threading.Event()
        self._total = 0

    def wake(self, platforms: Iterable[str], *, worker: str, clock: Clock) -> None:
        """Start a flow for each of these platforms that has none here."""
        for platform in platforms:
            self.aside(platform, lambda platform=platform: self._flow(platform, worker, clock))  # type: ignore[misc]

    def aside(self, name: str, work: Callable[[], None]) -> None:
        """Run something in a thread of its own, unless it still runs here."""
        with self._guard:
            if name in self._running or self._stop.is_set():
                return
            thread = threading.Thread(target=self._alone, args=(name, work), name=f"send-{name}")
            self._running[name] = thread
            thread.start()

    def wait(self) -> int:
        """Wait until everything that runs has ended; returns how many rows were claimed since the last wait."""
        while threads := list(self._running.values()):
            for thread in threads:
                thread.join()
        total, self._total = self._total, 0
        return total

    def stop(self) -> None:
        """Claim no more; calls under way end, what has not begun goes back to the queue."""
        self._stop.set()

    def _flow(self, platform: str, worker: str, clock: Clock) -> None:
        name = f"{worker[:80]}:{uuid.uuid4().hex[:12]}"
        flow = Flow(platform, worker=name, clock=clock, stopping=self._stop.is_set)
        try:
            flow.run()
        finally:
            with self._guard:
                self._total += flow.total

    def _alone(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except AWAY as error:
            log.warning("the database went away while %s was at work: %s", name, error)
        except Exception:
            log.exception("%s went wrong; the next tick starts it again", name)
        finally:
            connection.close()
            with self._guard:
                self._running.pop(name, None)


SENDERS = Senders()
