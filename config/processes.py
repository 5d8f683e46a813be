"""Keeping a set of processes alive together: start, watch, start again, stop in order, leave none.

Knows nothing of the demo; ``config.run_demo`` says which processes there are.
"""

import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config.embedded import children
from config.local import LocalError

MANY_STARTS, WITHIN_S = 5, 60.0


class Stopped(BaseException):
    """Somebody asked us to stop (Ctrl-C, TERM, a closed terminal)."""


@dataclass
class Service:
    """One long-running process. ``stop`` are the signals to send, each with its seconds of patience."""

    name: str
    command: list[str]
    log: Path
    stop: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 8.0),)
    on_parent_death: signal.Signals = signal.SIGKILL
    fds: tuple[int, ...] = ()  # what it inherits: the socket it serves
    child: subprocess.Popen[bytes] | None = field(default=None, init=False)
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=MANY_STARTS), init=False)

    def start(self) -> None:
        """Start it with our environment. Raises LocalError when it was started too often just now."""
        now = time.monotonic()
        if len(self.starts) == MANY_STARTS and now - self.starts[0] < WITHIN_S:
            raise LocalError(f"{self.name} keeps ending:\n{children.tail(self.log)}", f"see {self.log}")
        self.starts.append(now)
        self.child = children.start(self.command, log=self.log, on_parent_death=self.on_parent_death, fds=self.fds)

    def end(self) -> None:
        """Stop it, however long it needs up to its patience."""
        if self.child:
            children.end(self.child, *self.stop)


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Raise Stopped in the block at the first INT, TERM, HUP or QUIT; later ones change nothing.

    Set by hand because a process started in the background has INT ignored and would never see it.
    """
    seen: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        seen.append(number)
        if len(seen) == 1:
            raise Stopped

    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(sign, note)
    yield


def run_to_end(command: list[str], *, log: Path, doing: str) -> None:
    """Run a command that ends by itself. Raises LocalError with the end of its log when it fails."""
    child = children.start(command, log=log)
    try:
        code = child.wait()
    finally:
        children.end(child, (signal.SIGTERM, 5.0))
    if code:
        raise LocalError(f"{doing} failed (exit {code}):\n{children.tail(log)}", f"see {log}")


def watch(services: Iterable[Service], *, also: Callable[[], None], every_s: float = 0.5) -> None:
    """Start again what ended by itself, until Stopped or LocalError. ``also`` runs once a round."""
    while True:
        time.sleep(every_s)
        also()
        for service in services:
            if service.child and service.child.poll() is not None:
                sys.stderr.write(f"{service.name} ended by itself ({service.child.returncode}); again.\n")
                service.start()
