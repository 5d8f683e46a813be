"""The half of a flow that settles: a thread of its own writes what calls brought back, a batch at a time.

So the next calls begin while the answers of the last ones are being written: each half waits for the database alone.
It knows answers and nothing of lanes, locks or claims.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from django.db import connection

from posts.services import deliver
from posts.services.deliver import AWAY, Clock
from posts.services.settle import Answer

log = logging.getLogger(__name__)

GATHER_S = 0.01  # how long an answer waits for others to be settled with


@dataclass(frozen=True, slots=True)
class News:
    """What was settled: the deliveries by id, those of them whose next step follows, and what went wrong for all."""

    rows: Sequence[int]
    more: frozenset[int] = frozenset()
    away: Exception | None = None


class Settler:
    """Takes answers from any thread with `take`, tells what came of them in `news`."""

    def __init__(self, *, worker: str, clock: Clock, at_once: int) -> None:
        self._worker, self._clock, self._at_once = worker, clock, at_once
        self._answers: SimpleQueue[tuple[int, Answer | Exception] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="settle")
        self.news: SimpleQueue[News] = SimpleQueue()

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Settle what was taken, then end."""
        self._answers.put(None)
        self._thread.join()

    def take(self, pk: int, answer: Answer | Exception) -> None:
        """An answer for a delivery, or what broke while the call was looked after."""
        self._answers.put((pk, answer))

    def _run(self) -> None:
        try:
            while (first := self._answers.get()) is not None:
                batch, ends = self._gathered(first)
                self.news.put(self._settled(batch))
                if ends:
                    return
                if self._answers.empty():
                    connection.close()  # back to the pool: a slow platform has nothing to settle for seconds
        finally:
            connection.close()

    def _gathered(self, first: tuple[int, Answer | Exception]) -> tuple[list[tuple[int, Answer | Exception]], bool]:
        """The answers that are there, and those of the next moment; whether the last was the end."""
        batch, until = [first], time.monotonic() + GATHER_S
        while len(batch) < self._at_once:
            try:
                item = self._answers.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                break
            if item is None:
                return batch, True
            batch.append(item)
        return batch, False

    def _settled(self, batch: Sequence[tuple[int, Answer | Exception]]) -> News:
        rows = [pk for pk, _ in batch]
        for pk, answer in batch:
            if isinstance(answer, AWAY):
                return News(rows, away=answer)
            if isinstance(answer, Exception):
                log.error("what delivery %s was answered is lost; its lease lapses", pk, exc_info=answer)
        try:
            answers = [answer for _, answer in batch if isinstance(answer, Answer)]
            return News(rows, frozenset(settled(answers, worker=self._worker, clock=self._clock)))
        except AWAY as error:
            if not connection.is_usable():
                connection.close()
            return News(rows, away=error)


def settled(answers: Sequence[Answer], *, worker: str, clock: Clock) -> set[int]:
    """Settle surely; ids whose next step follows. What cannot be settled is logged, and its lease lapses.

    Raises what the database says when it is away.
    """
    if not answers:
        return set()
    try:
        return deliver.settle_surely(answers, worker=worker, clock=clock)
    except AWAY:
        raise
    except Exception:
        log.exception("answers could not be settled; their leases lapse")
        return set()
