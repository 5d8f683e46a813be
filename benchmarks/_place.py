"""Real processes to measure: PostgreSQL as in production (fsync on), Redis, the cheap platform, our worker, and rows.

What is compared stands in `_floor` and `_one_task`; what is said about it in the benchmarks themselves.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from benchmarks._ground import whole
from config import local
from config.embedded import children
from config.embedded.postgres import Postgres
from config.embedded.redis import Redis
from tests.faults.ground import Ground

CALLS_AT_ONCE = 128  # as posts.services.flow has it; the floor gets as many
PATIENCE_S = 300.0
PROCESSES = whole("PROCESSES", os.cpu_count() or 1)  # workers, one a core as operations.md says; the floor gets as many

# A moment that has not come; loaded rows wait there until the measurement sets them.
_PARK = "UPDATE posts_delivery SET ready_at = now() + interval '6 hours' WHERE state = 'queued'"
_AGAIN = """
UPDATE posts_delivery SET state = 'queued', steps = '[]', step_index = 0, step_state = '{}', failures = 0,
    remote_id = '', remote_url = '', settled_at = NULL, first_attempt_at = NULL, problem = '{}',
    ready_at = now() + interval '6 hours', claimed_by = '', lease_until = NULL, look_at = NULL
"""
_FREE_LANES = "UPDATE posts_channellane SET busy_until = NULL, claimed_by = '', next_call_at = NULL"
_DUE = """
UPDATE posts_delivery d SET due_at = %(at)s, ready_at = %(at)s, grace_until = %(at)s + interval '2 hours'
FROM divisions_channel c WHERE c.id = d.channel_id AND c.platform = ANY(%(platforms)s) AND d.state = 'queued'
"""
_LEFT = """
SELECT count(*) FROM posts_delivery d JOIN divisions_channel c ON c.id = d.channel_id
WHERE c.platform = 'PLATFORM' AND d.state <> 'delivered'
"""
_OURS = """
SELECT count(*), extract(epoch FROM max(settled_at) - min(first_attempt_at)),
    percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM settled_at - due_at))
FROM posts_delivery d JOIN divisions_channel c ON c.id = d.channel_id
WHERE d.state = 'delivered' AND c.platform = 'PLATFORM'
"""


class Figures(NamedTuple):
    """How fast, and how late in seconds: half of the posts, and all but one in a hundred."""

    per_s: float
    half_s: float
    p99_s: float


class Place(Ground):
    """The ground of one benchmark."""

    def env(self) -> dict[str, str]:
        """As a worker in production: the default pool, which it widens itself, and the default time-outs."""
        trials = ("HTTP_READ_TIMEOUT_S", "LEASE_S", "DATABASE_POOL")
        return {k: v for k, v in super().env().items() if k not in trials} | {"RECONCILE_AFTER_S": "30,300,900"}

    def start_sandbox(self) -> None:
        """The cheap platform stands where the sandbox network would."""
        number = self.listener.fileno()
        self.sandbox = self._start("platform", self.module("_platform", "--fd", str(number)), fds=(number,))

    def module(self, name: str, *arguments: str) -> list[str]:
        """The command that runs one of the benchmarks' own modules."""
        return [sys.executable, "-m", f"benchmarks.{name}", *arguments]

    def sleeps(self, seconds: Mapping[str, float]) -> None:
        """How long each platform takes to answer from now on; 0 for the others."""
        body = json.dumps(dict(seconds)).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.sandbox_url}/_sleeps", data=body), timeout=10).close()

    def load(self, posts: int, *, channels: int, platforms: str = "x") -> None:
        """Approved posts that wait until `due` sets their moment, which must not be before the one approved here."""
        approved = datetime.now(UTC) + timedelta(seconds=20)  # to come, however slowly Python starts today
        self.manage(
            *("load_volume", "--divisions", "10", "--channels", str(channels), "--posts", str(posts)),
            *("--platforms", platforms, "--due-at", approved.isoformat()),
        )
        self.do(_PARK)
        self.do("VACUUM ANALYZE")
        children.wait_until(lambda: datetime.now(UTC) > approved, 30)

    def again(self) -> None:
        """All rows wait once more, as if never sent."""
        self.do(_AGAIN)
        self.do(_FREE_LANES)
        self.do("VACUUM ANALYZE posts_delivery, posts_channellane, posts_attempt")

    def due(self, *platforms: str, in_s: float = 2.0) -> None:
        """Everything of these platforms is due in the same moment."""
        at = self.query(f"SELECT now() + interval '{in_s} seconds'")[0][0]
        self.do(_DUE, {"at": at, "platforms": list(platforms)})

    def wait_delivered(self, platform: str = "x") -> None:
        """Until nothing of a platform is left. Raises RuntimeError when that takes too long."""
        left = _LEFT.replace("PLATFORM", platform)
        if not children.wait_until(lambda: self.query(left)[0][0] == 0, PATIENCE_S, every_s=0.5):
            raise RuntimeError(f"not delivered: {children.tail(self.folder / 'ours.log')}")

    def ours(self, platform: str = "x") -> Figures:
        """What came of the rows that were delivered last."""
        count, span_s, (half_s, p99_s) = self.query(_OURS.replace("PLATFORM", platform))[0]
        return Figures(int(count) / float(span_s), half_s, p99_s)

    def floor(self, posts: int) -> tuple[Figures, float]:
        """The floor for as many posts, and what a post costs its process in milliseconds of CPU."""
        asked = ("--posts", str(posts), "--threads", str(CALLS_AT_ONCE), "--processes", str(PROCESSES))
        found = self.run("_floor", *asked)
        figures = Figures(posts / found["span_s"], found["p50_s"], found["p99_s"])
        return figures, 1000 * found["cpu_s"] / posts

    def do(self, sql: str, values: Any = None) -> None:
        """Run one statement."""
        with psycopg.connect(self.postgres.url(), autocommit=True) as link:
            link.execute(sql, values)  # type: ignore[call-overload]

    @contextmanager
    def worker(self) -> Iterator[list[int]]:
        """Our workers, looking and idle; gives their process ids."""
        names = ["ours", *(f"ours-{n}" for n in range(2, PROCESSES + 1))]
        for name in names:
            self.start_worker(name)
        try:
            if not children.wait_until(self._are_looking, 60):
                raise RuntimeError(children.tail(self.folder / "ours.log"))
            yield [self.workers[name].pid for name in names]
        finally:
            self.stop_senders()

    def stop_senders(self) -> None:
        """End every worker."""
        super().stop_senders()
        self.workers.clear()

    def start(self, name: str, command: list[str]) -> None:
        """Start another worker; `stop_senders` ends it."""
        self.workers[name] = self._start(name, command)

    def _are_looking(self) -> bool:
        fresh = "SELECT count(*) FROM posts_heartbeat WHERE name LIKE 'worker:%' AND beat_at > now() - interval '1 min'"
        ticks = "SELECT count(*) FROM posts_heartbeat WHERE name = 'tick' AND beat_at > now() - interval '2 seconds'"
        return self.query(fresh)[0][0] >= PROCESSES and bool(self.query(ticks)[0][0])

    def run(self, name: str, *arguments: str) -> dict[str, Any]:
        """Run one of our own modules to its end; returns the JSON it prints."""
        command = self.module(name, *arguments)
        done = subprocess.run(command, env=self.env(), cwd=local.BASE_DIR, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.decode()[-2000:])
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def cpu_s(pid: int) -> float:
    """What a process has burnt so far (Linux)."""
    times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    """The memory a process has in RAM (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


@contextmanager
def place() -> Iterator[Place]:
    """Everything but workers, migrated and empty, for the life of the block."""
    folder = Path(tempfile.mkdtemp(prefix=f"substation-bench-{os.getpid()}-"))
    options = ("max_connections=400",)
    postgres = Postgres(folder / "postgres", "bench", children.free_port(), folder / "postgres.log", options=options)
    redis = Redis(folder / "redis", "bench", children.free_port(), folder / "redis.log")
    found = Place(folder, postgres, redis, children.listener())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        postgres.start()
        postgres.make_database()
        redis.start()
        found.start_sandbox()
        found.manage("migrate", "-v", "0")
        yield found
    finally:
        found.stop()
        shutil.rmtree(folder, ignore_errors=True)
