"""The real thing on free ports in a folder of its own: PostgreSQL, Redis, the sandbox network, workers and beats.

Starts, kills and restarts processes. Knows nothing of what is to be proved.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from redis import Redis as Client

from config import local
from config.embedded import children
from config.embedded.postgres import Postgres
from config.embedded.redis import Redis
from tests.servers import FIXED, KEY

MANAGE = [sys.executable, str(local.BASE_DIR / "manage.py")]
CELERY = [sys.executable, "-m", "celery", "-A", "config"]
QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
TIMING = {"HTTP_READ_TIMEOUT_S": "2", "LEASE_S": "6", "RECONCILE_AFTER_S": "1,2,4"}
TOO_LATE = 2  # load_volume: what is asked for lies in the past by now
# What a crash of the server may not lose is kept; what only a crash of the machine could lose is not.
SERVER = ("fsync=off", "full_page_writes=off", "max_connections=400", "track_commit_timestamp=on")
# When the row of an attempt or a hold was committed, to the microsecond: its own times are taken before that, and its
# own transaction is replaced by the next update.
COMMITS = """
CREATE TABLE trial_commit (what text, pk bigint);
CREATE FUNCTION trial_note() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO trial_commit VALUES (TG_TABLE_NAME, NEW.id); RETURN NULL; END $$;
CREATE TRIGGER trial_note AFTER INSERT ON posts_attempt FOR EACH ROW EXECUTE FUNCTION trial_note();
CREATE TRIGGER trial_note AFTER INSERT ON posts_hold FOR EACH ROW EXECUTE FUNCTION trial_note();
"""


@dataclass
class Ground:
    """All processes of one trial. `workers` and `beats` by name."""

    folder: Path
    postgres: Postgres
    redis: Redis
    listener: socket.socket  # the sandbox network's: nobody can take its port before it starts
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    beats: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    sandbox: subprocess.Popen[bytes] | None = None
    desk: subprocess.Popen[str] | None = None

    @property
    def sandbox_url(self) -> str:
        """Where the sandbox network answers."""
        return f"http://{children.HOST}:{self.listener.getsockname()[1]}"

    def env(self) -> dict[str, str]:
        """The environment of every process: none of the tests' own settings, the trial's timing."""
        kept = {name: value for name, value in os.environ.items() if name not in FIXED and "XDIST" not in name}
        return kept | {
            "DATABASE_URL": self.postgres.url(),
            "REDIS_URL": self.redis.url(),
            "DATABASE_POOL": "100",
            "SECRET_KEY": "the trial's own key, public on purpose, fifty characters long",
            "FIELD_KEYS": KEY,
            "SANDBOX": "1",
            "SANDBOX_URL": self.sandbox_url,
            "OUTBOUND_ALLOW": self.sandbox_url.removeprefix("http://"),
            "SUBSTATION_VAR": str(self.folder / "var"),
            "STORAGE": str(self.folder / "media"),
            "LOG_LEVEL": "WARNING",
            **TIMING,
        }

    def manage(self, *arguments: str) -> None:
        """Run one command to its end. Raises CalledProcessError."""
        subprocess.run([*MANAGE, *arguments], env=self.env(), check=True, stdout=subprocess.DEVNULL)

    def load(self, posts: int, *, channels: int, lead_s: float, spread_s: float = 0.0) -> datetime:
        """Load approved posts; returns when the first is due. On a busy machine the lead grows until it is enough."""
        for longer in (1, 4, 16):
            due_at = datetime.now(UTC) + timedelta(seconds=lead_s * longer)
            try:
                self.manage(
                    *("load_volume", "--divisions", "4", "--channels", str(channels), "--platforms", "x,facebook"),
                    *("--posts", str(posts), "--due-at", due_at.isoformat(), "--spread-s", str(spread_s)),
                )
            except subprocess.CalledProcessError as error:
                if error.returncode != TOO_LATE or longer == 16:
                    raise
            else:
                return due_at
        raise AssertionError

    def start_worker(self, name: str) -> None:
        """Start a worker, or start it again."""
        command = [*CELERY, "worker", "--queues", "default,delivery", "--hostname", f"{name}@trial", *QUIET]
        self.workers[name] = self._start(name, command)

    def start_beat(self, name: str) -> None:
        """Start a beat."""
        command = [*CELERY, "beat", "--loglevel", "WARNING", "--pidfile=", "--schedule", str(self.folder / name)]
        self.beats[name] = self._start(name, command)

    def start_deliverer(self, name: str) -> None:
        """Start a worker that needs no broker: one process that looks every second."""
        self.workers[name] = self._start(name, [*MANAGE, "deliver_due"])

    def start_desk(self) -> None:
        """Start the process in which somebody holds, lets go and decides."""
        with (self.folder / "desk.log").open("ab") as log:
            self.desk = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.desk"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self.env(),
                cwd=local.BASE_DIR,
                start_new_session=True,
                preexec_fn=children.die_with_parent(signal.SIGKILL),
            )
        self.order("arrive")

    def order(self, do: str, **given: Any) -> dict[str, Any]:
        """Let the desk do something, and wait for its answer. Raises RuntimeError when the desk is gone."""
        assert self.desk is not None
        assert self.desk.stdin is not None
        assert self.desk.stdout is not None
        self.desk.stdin.write(json.dumps({"do": do, **given}) + "\n")
        self.desk.stdin.flush()
        answer = self.desk.stdout.readline()
        if not answer:
            raise RuntimeError(f"the desk is gone: {children.tail(self.folder / 'desk.log')}")
        return dict(json.loads(answer))

    def kill_worker(self, name: str) -> None:
        """kill -9, then start it again."""
        self.workers[name].kill()
        self.workers[name].wait()
        self.start_worker(name)

    def freeze_worker(self, name: str) -> None:
        """Stop it where it stands; it knows nothing of the time that passes."""
        self.workers[name].send_signal(signal.SIGSTOP)

    def thaw_worker(self, name: str) -> None:
        """Let it go on."""
        self.workers[name].send_signal(signal.SIGCONT)

    def empty_redis(self) -> None:
        """FLUSHALL: every message is gone."""
        client = Client.from_url(self.redis.url(), socket_connect_timeout=30, socket_timeout=30)
        client.flushall()
        client.close()

    def crash_postgres(self) -> None:
        """Stop the server without a farewell and start it again on its port."""
        assert self.postgres.child is not None
        children.end(self.postgres.child, (signal.SIGQUIT, 20.0))
        self.postgres.child = None
        self.postgres.start()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.postgres.url(), connect_timeout=30) as link:
            return link.execute(sql).fetchall()  # type: ignore[call-overload,no-any-return]

    def control(self, **order: Any) -> None:
        """Tell the sandbox network to misbehave."""
        body = json.dumps(order).encode()
        request = urllib.request.Request(f"{self.sandbox_url}/_control", data=body, method="POST")
        urllib.request.urlopen(request, timeout=60).close()

    def shown(self) -> list[dict[str, Any]]:
        """Everything that ever showed on the sandbox network."""
        with urllib.request.urlopen(f"{self.sandbox_url}/_posts", timeout=60) as answer:
            return [json.loads(line) for line in answer.read().decode().splitlines()]

    def stop_senders(self) -> None:
        """End workers and beats."""
        for child in (*self.beats.values(), *self.workers.values()):
            children.end(child, (signal.SIGQUIT, 5.0))

    def stop(self) -> None:
        """End everything."""
        self.stop_senders()
        if self.desk is not None:
            self.desk.kill()
            self.desk.communicate()
        if self.sandbox is not None:
            children.end(self.sandbox, (signal.SIGTERM, 5.0))
        self.listener.close()
        self.redis.stop()
        self.postgres.stop()

    def start_sandbox(self) -> None:
        """Start the sandbox network and wait until it answers."""
        socket_number = self.listener.fileno()
        command = [sys.executable, "-m", "connectors.sandbox", "--fd", str(socket_number)]
        command += ["--state", str(self.folder / "sandbox.sqlite3")]
        self.sandbox = self._start("sandbox", command, fds=(socket_number,))
        if not children.wait_until(self._sandbox_answers, 60):
            raise RuntimeError(f"the sandbox network does not answer: {children.tail(self.folder / 'sandbox.log')}")

    def _sandbox_answers(self) -> bool:
        try:
            return self.shown() == []
        except OSError:
            return False

    def _start(self, name: str, command: list[str], fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
        log = self.folder / f"{name}.log"
        return children.start(command, log=log, env=self.env(), cwd=local.BASE_DIR, fds=fds)


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    """Everything but workers and beats, migrated and empty, for the life of the block."""
    postgres = Postgres(folder / "postgres", "trial", children.free_port(), folder / "postgres.log", options=SERVER)
    redis = Redis(folder / "redis", "trial", children.free_port(), folder / "redis.log")
    place = Ground(folder, postgres, redis, children.listener())
    try:
        postgres.start()
        postgres.make_database()
        redis.start()
        place.start_sandbox()
        place.manage("migrate", "-v", "0")
        with psycopg.connect(postgres.url(), connect_timeout=30) as link:
            link.execute(COMMITS)
        yield place
    finally:
        place.stop()
