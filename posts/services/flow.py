"""Many calls at once for one platform: one thread begins and settles in batches, the others only call.

So a call costs the database a part of two commits, lanes go on side by side, each in its order, and a platform that is
slow or broken holds up nobody but itself. Works under the same locks and fences as `deliver`.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from threading import Event

from django.db import connection

from divisions.states import OWN_PLATFORMS
from posts.services import claim, deliver, hold_lock
from posts.services.begin import Call, begin_many
from posts.services.deliver import AWAY, MAX_STEPS, Clock, Runner
from posts.services.settle import Answer

log = logging.getLogger(__name__)

CALLS_AT_ONCE = 64  # of one platform in one process
WAIT_S = 0.03  # how long the hold's lock may be kept beyond the last first byte of a batch
GATHER_S = 0.01  # how long an answer waits for others to be settled with
AWAY_S = 1.0  # how long nothing new is claimed after the database went away
CLAIM_EVERY_S = 0.25  # while calls are open and the last claim found nothing
ROOM = 8  # places that are worth a claim; for fewer it waits …
ROOM_S = 0.1  # … so long: a claim reads every free lane, whatever it takes


class Flow:
    """Delivers everything of one platform that is due, then ends. One thread runs it."""

    def __init__(
        self,
        platform: str,
        *,
        worker: str,
        clock: Clock,
        run: Runner = deliver.make_call,
        stopping: Callable[[], bool] = lambda: False,
        calls: int = CALLS_AT_ONCE,
    ) -> None:
        self._platform, self._worker, self._clock = platform, worker, clock
        self._run, self._stopping, self._calls = run, stopping, calls
        self._own = platform in OWN_PLATFORMS
        self._rows: dict[int, deque[int]] = {}  # lane -> its rows, the one under way first
        self._idle: list[int] = []  # lanes without an open call
        self._open: dict[Future[Answer], int] = {}
        self._steps: dict[int, int] = {}
        self._lock = hold_lock.SharedLock()
        self._unsaid: list[Event] = []  # calls begun under the lock: set when the first byte is out, or never will be
        self._claim_at = self._room_at = 0.0
        self.total = 0

    def run(self) -> int:
        """Claim, begin and settle until nothing is due; returns how many rows were claimed.

        Raises what the database says when it is away: leases lapse then, and the sweep takes the rows back.
        """
        with ThreadPoolExecutor(self._calls, thread_name_prefix=f"call-{self._platform}") as threads:
            while self._goes_on(threads):
                pass
        return self.total

    def _goes_on(self, threads: ThreadPoolExecutor) -> bool:
        """One round; False when everything is done. A database that is away ends it, but for calls under way."""
        try:
            if not (self._claim() or self._open or self._idle):
                return False
            self._begin(threads)
            self._settle()
        except AWAY:
            if not connection.is_usable():
                connection.close()
            if not self._open:
                self._unlock(at_once=True)
                raise
            self._claim_at = time.monotonic() + AWAY_S
        return True

    def _claim(self) -> bool:
        """Fill free places with lanes that have something due; True when there were some."""
        if self._stopping():
            self._give_back()
            return False
        room = self._calls - len(self._rows)
        now = time.monotonic()
        if room <= 0 or (self._rows and (now < self._claim_at or (room < ROOM and now < self._room_at))):
            return False
        self._room_at = now + ROOM_S
        taken = claim.claim(now=self._clock(), worker=self._worker, lanes=room, platform=self._platform)
        self._claim_at = 0.0 if taken else time.monotonic() + CLAIM_EVERY_S
        for lane, rows in taken.items():
            self._rows[lane] = deque(rows)
            self._idle.append(lane)
            self.total += len(rows)
        return bool(taken)

    def _begin(self, threads: ThreadPoolExecutor) -> None:
        """Begin the next row of every idle lane, once the batch before has said its first bytes."""
        if not self._idle or not self._unlock():
            return
        lanes, self._idle = self._idle, []
        with self._lost_when_away(lanes):
            self._lock.acquire()
            calls = self._begun([self._rows[lane][0] for lane in lanes], lanes)
            self._start(lanes, calls, threads)
        self._unlock()

    def _start(self, lanes: Sequence[int], calls: Mapping[int, Call], threads: ThreadPoolExecutor) -> None:
        if self._own:  # the settle commit is the publication, so it comes while the lock is held
            self._through(lanes, self._settled([deliver.answered(c, self._run, _nothing) for c in calls.values()]))
        else:
            speaking = [lane for lane in lanes if self._rows[lane][0] in calls]
            for lane in speaking:
                said = Event()
                self._unsaid.append(said)
                self._open[threads.submit(self._call, calls[self._rows[lane][0]], said)] = lane
            self._through([lane for lane in lanes if lane not in speaking], set())

    @contextmanager
    def _lost_when_away(self, lanes: Sequence[int]) -> Iterator[None]:
        """Forget lanes whose rows we know nothing of any more; their leases lapse, and the sweep decides."""
        try:
            yield
        except AWAY:
            for lane in lanes:
                if lane not in self._open.values():
                    self._rows.pop(lane, None)
            self._idle = [lane for lane in self._idle if lane in self._rows]
            raise

    def _begun(self, rows: list[int], lanes: list[int]) -> dict[int, Call]:
        """Begin together; where one row cannot be handled, one by one without it."""
        try:
            calls = begin_many(rows=rows, lanes=lanes, worker=self._worker, now=self._clock())
            return {call.delivery.pk: call for call in calls}
        except AWAY:
            raise
        except Exception:
            if len(rows) > 1:
                return {
                    pk: call
                    for row, lane in zip(rows, lanes, strict=True)
                    for pk, call in self._begun([row], [lane]).items()
                }
            log.exception("delivery %s could not be handled", rows[0])
            return {}

    def _call(self, call: Call, said: Event) -> Answer:
        try:
            return deliver.answered(call, self._run, said.set)
        finally:
            said.set()
            connection.close()

    def _settle(self) -> None:
        """Settle what was answered, a few at a time; waits a moment for the first answer."""
        if not self._open:
            return
        done, left = wait(self._open, timeout=WAIT_S, return_when=FIRST_COMPLETED)
        if done and left:
            done, _ = wait(self._open, timeout=GATHER_S)
        if done:
            lanes = [self._open.pop(future) for future in done]
            with self._lost_when_away(lanes):
                self._through(lanes, self._settled([future.result() for future in done]))

    def _settled(self, answers: Sequence[Answer]) -> set[int]:
        if not answers:
            return set()
        try:
            return deliver.settle_surely(answers, worker=self._worker, clock=self._clock)
        except AWAY:
            raise
        except Exception:
            log.exception("answers could not be settled; their leases lapse")
            return set()

    def _through(self, lanes: Sequence[int], more: set[int]) -> None:
        """Go on with the next step, else with the lane's next row; free the lanes that have none."""
        finished = []
        for lane in lanes:
            pk = self._rows[lane][0]
            self._steps[pk] = self._steps.get(pk, 0) + 1
            if pk not in more or self._steps[pk] >= MAX_STEPS:
                self._rows[lane].popleft()
                self._steps.pop(pk, None)
            if self._rows[lane]:
                self._idle.append(lane)
            else:
                del self._rows[lane]
                finished.append(lane)
        if finished:
            deliver.free(finished, worker=self._worker, now=self._clock())

    def _give_back(self) -> None:
        """The process stops: rows that have not begun go back to the queue at once."""
        for lane in self._idle:
            rows = list(self._rows.pop(lane))
            claim.give_back(rows, worker=self._worker, now=self._clock())
        for lane in self._rows:
            rest = self._rows[lane]
            claim.give_back(list(rest)[1:], worker=self._worker, now=self._clock())
            self._rows[lane] = deque(list(rest)[:1])
        deliver.free(self._idle, worker=self._worker, now=self._clock())
        self._idle = []

    def _unlock(self, *, at_once: bool = False) -> bool:
        """Let go of the hold's lock when every call begun under it has said its first byte; True when it is free."""
        if not at_once and not all(said.is_set() for said in self._unsaid):
            return False
        self._unsaid = []
        with suppress(*AWAY):  # a connection that is gone has taken its locks with it
            self._lock.release()
        return True


def _nothing() -> None:
    """Our own channels say nothing over any wire."""
