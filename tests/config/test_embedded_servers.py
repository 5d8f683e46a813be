"""PostgreSQL and Redis together: joined when they run, started when not, gone when their user is."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config import local
from config.embedded import attach, children, postgres
from config.embedded.redis import Redis

HOLD = """
import json, os, sys
from pathlib import Path
from config.embedded import attach, postgres
var = Path(sys.argv[1])
with attach.servers(var) as ours:
    print(json.dumps({"pids": [server.child.pid for server in ours], "uid": os.geteuid(),
                      "url": os.environ["DATABASE_URL"]}), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `var/` of its own, and an environment that names no servers."""
    for name in local.environment(tmp_path / "var"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "var"


@pytest.fixture
def holder(var: Path) -> Iterator[subprocess.Popen[str]]:
    """Another command that uses the servers until its stdin closes."""
    process = hold(var, [sys.executable])
    yield process
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        assert pipe
        pipe.close()


def hold(var: Path, python: list[str]) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if name not in local.environment(var)}
    clean["PYTHONPATH"] = os.pathsep.join([str(local.BASE_DIR), *filter(None, sys.path)])
    return subprocess.Popen(
        [*python, "-c", HOLD, str(var)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clean
    )


def facts(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout
    return json.loads(process.stdout.readline())


def test_a_command_joins_the_servers_that_run(var: Path, holder: subprocess.Popen[str]):
    theirs = facts(holder)
    with attach.servers(var) as ours:
        assert ours == []
        assert os.environ["DATABASE_URL"] == theirs["url"]
        with psycopg.connect(os.environ["DATABASE_URL"]) as link:
            assert link.execute("SELECT 1").fetchone() == (1,)


def test_who_started_the_servers_waits_for_who_joined(var: Path, holder: subprocess.Popen[str]):
    facts(holder)
    with attach.servers(var):
        assert holder.stdin
        holder.stdin.close()
        with pytest.raises(subprocess.TimeoutExpired):
            holder.wait(0.3)
        assert attach.database_of(var).is_ours()
    assert holder.wait(20) == 0
    assert postgres.running_pid(var / "postgres") is None
    holder.stdin = open(os.devnull, "w")  # noqa: SIM115 (the fixture closes it)


def test_a_killed_command_leaves_no_server(holder: subprocess.Popen[str]):
    pids = facts(holder)["pids"]
    assert isinstance(pids, list)
    assert len(pids) == 2
    holder.kill()
    assert children.wait_until(lambda: not any(map(children.is_alive, pids)), 10)


def test_the_next_command_finds_data_and_port_again(var: Path):
    with attach.servers(var):
        url = os.environ.pop("DATABASE_URL")
        os.environ.pop("REDIS_URL")
        with psycopg.connect(url) as link:
            link.execute("CREATE TABLE kept (it int)")
    with attach.servers(var), psycopg.connect(os.environ["DATABASE_URL"]) as link:
        assert os.environ["DATABASE_URL"] == url
        assert link.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_an_address_that_is_given_starts_nothing(var: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://a@127.0.0.1:1/b")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    with attach.servers(var) as ours:
        assert ours == []
        assert os.environ["DATABASE_URL"] == "postgresql://a@127.0.0.1:1/b"


def test_redis_leaves_a_port_in_use_to_its_owner_and_wants_its_password(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        taken = mute.getsockname()[1]
        server = Redis(tmp_path / "redis", "of-the-tests", taken, tmp_path / "log")
        server.start()
        try:
            assert server.port != taken
            assert server.child
            assert server.pid() == server.child.pid
            assert Redis(tmp_path / "redis", "guess", server.port, tmp_path / "log").pid() is None
        finally:
            server.stop()
    assert sorted(path.name for path in (tmp_path / "redis").iterdir()) == ["redis.conf"]


@pytest.mark.skipif(os.geteuid() != 0, reason="already a normal user: every other test here shows it")
def test_a_normal_user_needs_no_trick(tmp_path: Path):
    python = _python_for_anybody()
    # A folder outside pytest's own, which other users cannot enter.
    var = Path("/tmp") / f"substation-nobody-{os.getpid()}"
    var.mkdir(mode=0o700)
    os.chown(var, 65534, 65534)
    process = hold(var, python)
    try:
        assert facts(process)["uid"] == 65534
        assert (var / "postgres").stat().st_uid == 65534
        assert process.stdin
        process.stdin.close()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()
        shutil.rmtree(var)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_root_leaves_another_users_folder_alone(var: Path):
    var.mkdir(exist_ok=True)
    os.chown(var, 12345, 12345)
    with pytest.raises(local.LocalError, match=r"belongs to user 12345, .*\nCure: run as user 12345"):
        attach.check_owner(var)


def test_a_folder_that_may_not_be_written_names_the_cure(var: Path, monkeypatch: pytest.MonkeyPatch):
    var.mkdir(exist_ok=True)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(local.LocalError, match=r"belongs to user .*\nCure: .*chown"):
        attach.check_owner(var)


def _python_for_anybody() -> list[str]:
    """Return a Python that user 65534 may run and that reads this environment's packages, else skip."""
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    paths = os.pathsep.join([str(local.BASE_DIR), *filter(None, sys.path)])
    for python in (sys.executable, "/usr/bin/python3"):
        asked = [*drop, python, "-c", "import config.local, psycopg, redis"]
        try:
            done = subprocess.run(
                asked, env={"PYTHONPATH": paths, "PATH": "/usr/bin"}, capture_output=True, check=False
            )
        except OSError:
            continue
        if done.returncode == 0:
            return [*drop, python]
    pytest.skip("no Python here that another user may run")


def test_waiting_gives_up_after_its_time():
    before = time.monotonic()
    assert not children.wait_until(lambda: False, 0.05)
    assert time.monotonic() - before < 5


def test_a_child_that_ignores_term_is_killed(tmp_path: Path):
    stubborn = "import signal, sys, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    child = children.start([sys.executable, "-c", stubborn], log=tmp_path / "log")
    assert children.wait_until(lambda: (tmp_path / "log").read_text() == "1\n", 10)
    assert children.end(child, (signal.SIGTERM, 0.1)) == -signal.SIGKILL
