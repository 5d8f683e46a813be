"""Many calls at once for one platform: one thread begins them in batches, one settles them, the others only call.

So a call costs the database a part of two commits, lanes go on side by side, each in its order, and a platform that is
slow or broken holds up nobody but itself. Works under the same locks and fences as `deliver`.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from queue import Empty
from threading import Event

from django.db import connection

from connectors import http
from divisions.states import OWN_PLATFORMS
from posts.services import claim, deliver, hold_lock
from posts.services.begin import Call, begin_many
from posts.services.deliver import AWAY, MAX_STEPS, Clock, Runner
from posts.services.settle import Answer
from posts.services.settler import News, Settler, settled

log = logging.getLogger(__name__)

CALLS_AT_ONCE = http.CONNECTIONS  # of one platform in one process
WAIT_S = 0.03  # how long the hold's lock may be kept beyond the last first byte of a batch
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
        self._idle: list[int] = []  # lanes that wait for a place
        self._open: dict[int, int] = {}  # rows called and not settled yet -> their lanes
        self._free = deque[None]([None] * calls)  # places: a calling thread gives its own back
        self._steps: dict[int, int] = {}
        self._lock = hold_lock.SharedLock()
        self._unsaid: list[Event] = []  # calls begun under the lock: set when the first byte is out, or never will be
        self._settler = Settler(worker=worker, clock=clock, at_once=calls)
        self._claim_at = self._room_at = 0.0
        self.total = 0

    def run(self) -> int:
        """Claim, begin and settle until nothing is due; returns how many rows were claimed.

        Raises what the database says when it is away: leases lapse then, and the sweep takes the rows back.
        """
        self._settler.start()
        try:
            with ThreadPoolExecutor(self._calls, thread_name_prefix=f"call-{self._platform}") as threads:
                while self._goes_on(threads):
                    pass
        finally:
            self._settler.stop()  # every call has ended by now
            self._unlock(at_once=True)
        return self.total

    def _goes_on(self, threads: ThreadPoolExecutor) -> bool:
        """One round; False when everything is done. A database that is away ends it, but for calls under way."""
        try:
            if not (self._claim() or self._open or self._idle):
                return False
            self._begin(threads)
            self._hear()
        except AWAY:
            if not connection.is_usable():
                connection.close()
            if not self._open:
                raise
            self._claim_at = time.monotonic() + AWAY_S
        return True

    def _claim(self) -> bool:
        """Fill free places with lanes that have something due; True when there were some."""
        if self._stopping():
            self._give_back()
            return False
        room = len(self._free) - len(self._idle)
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
        """Begin the next row of lanes that wait, once the batch before has said its first bytes."""
        if not self._idle or not self._free or not self._unlock(wait_s=WAIT_S):
            return
        lanes, self._idle = self._idle[: len(self._free)], self._idle[len(self._free) :]
        with self._lost_when_away(lanes):
            self._lock.acquire()
            calls = self._begun([self._rows[lane][0] for lane in lanes], lanes)
            self._start(lanes, calls, threads)

    def _start(self, lanes: Sequence[int], calls: Mapping[int, Call], threads: ThreadPoolExecutor) -> None:
        if self._own:  # the settle commit is the publication, so it comes while the lock is held
            answers = [deliver.answered(call, self._run, _nothing) for call in calls.values()]
            self._through(lanes, settled(answers, worker=self._worker, clock=self._clock))
            return
        for lane in lanes:
            call = calls.get(self._rows[lane][0])
            if call is not None:
                self._free.pop()
                self._open[call.delivery.pk] = lane
                self._unsaid.append(said := Event())
                threads.submit(self._call, call, said)
        self._through([lane for lane in lanes if self._rows[lane][0] not in self._open], frozenset())

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

    def _call(self, call: Call, said: Event) -> None:
        """In a thread of its own: make the call, free the place, pass the answer on."""
        try:
            answer: Answer | Exception = deliver.answered(call, self._run, said.set)
        except Exception as error:  # told to the settler, which knows what a database that is away means
            answer = error
        finally:
            said.set()
            connection.close()
        self._free.append(None)
        self._settler.take(call.delivery.pk, answer)

    def _hear(self) -> None:
        """Take what was settled meanwhile; waits a moment for it when nothing else can begin."""
        ready = self._unlock(wait_s=WAIT_S) and self._idle and self._free
        with suppress(Empty):
            wait_s = 0.0 if ready or not self._open else WAIT_S
            while True:
                self._take(self._settler.news.get(timeout=wait_s))
                wait_s = 0.0

    def _take(self, news: News) -> None:
        lanes = [self._open.pop(pk) for pk in news.rows]
        with self._lost_when_away(lanes):
            if news.away is not None:
                raise news.away
            self._through(lanes, news.more)

    def _through(self, lanes: Sequence[int], more: Collection[int]) -> None:
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

    def _unlock(self, *, wait_s: float = 0.0, at_once: bool = False) -> bool:
        """Let go of the hold's lock when every call begun under it has said its first byte; True when it is free."""
        until = time.monotonic() + wait_s
        for said in () if at_once else self._unsaid:
            if not (said.is_set() or said.wait(max(0.0, until - time.monotonic()))):
                return False
        self._unsaid = []
        with suppress(*AWAY):  # a connection that is gone has taken its locks with it
            self._lock.release()
        return True


def _nothing() -> None:
    """Our own channels say nothing over any wire."""
