"""`make demo` for real: it says Ready, ticks, and whatever ends it leaves no process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from config import local, run_demo
from config.embedded import children
from config.probe import status

pytestmark = pytest.mark.slow  # tests/grouping.py keeps these on one worker, in their order

# Everything but the month of made-up posts, which has tests of its own.
RUN = "import sys; from config import run_demo; run_demo.load = lambda: None; sys.exit(run_demo.main(sys.argv[1:]))"


class Demo:
    """One demo with a `var/` of its own."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.port = children.free_port()
        dropped = {*local.environment(var), "SUBSTATION_TESTING", "BASE_URL", "DATABASE_POOL"}
        self.env = {name: value for name, value in os.environ.items() if name not in dropped}
        self.env |= {"SUBSTATION_VAR": str(var), "PORT": str(self.port)}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", RUN, *arguments],
            cwd=local.BASE_DIR,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def pids(self) -> list[int]:
        """Every process of this demo, known by its folder: command line, environment or where it stands."""
        found = [int(path.name) for path in Path("/proc").glob("[0-9]*") if self._is_of(path)]
        return [pid for pid in found if children.is_alive(pid)]

    def _is_of(self, process: Path) -> bool:
        with suppress(OSError):
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            return str(self.var) in told.decode(errors="replace") + os.readlink(process / "cwd")
        return False

    def url(self, page: str) -> str:
        return f"http://127.0.0.1:{self.port}{page}"


def read_until_ready(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if "Stop: Ctrl-C" in line:
            return lines
    raise AssertionError("".join(lines))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One for all tests here, in their order: each start finds what the one before left."""
    demo = Demo(tmp_path_factory.mktemp("demo") / "var")
    yield demo
    for pid in demo.pids():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def running(demo: Demo) -> Iterator[subprocess.Popen[str]]:
    process = demo.start()
    yield process
    process.kill()
    process.wait()
    assert process.stdout
    process.stdout.close()


def refused(demo: Demo) -> str:
    process = demo.start()
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    return said


def test_a_port_that_is_no_port_is_refused(demo: Demo, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(demo.env, "PORT", "http")
    assert "PORT: 'http' is no port.\nCure: make demo PORT=8000" in refused(demo)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")
def test_it_says_ready_ticks_and_stops_without_a_trace(demo: Demo, running: subprocess.Popen[str]):
    told = "".join(read_until_ready(running))
    assert f"Ready: http://127.0.0.1:{demo.port}/\n" in told
    assert all(address in told for address, _ in run_demo.SIGN_INS)
    assert local.DEMO_PASSWORD in told
    assert status(demo.url("/health/")) == 200
    assert children.wait_until(lambda: status(demo.url("/health/tick/")) == 200, 60, every_s=0.2)
    assert len(demo.pids()) >= 8  # itself, two servers, sandbox, web twice, worker, beat
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 0
    assert demo.pids() == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's parent-death signal is Linux'")
def test_a_second_start_keeps_the_data_and_killed_it_leaves_no_process(
    demo: Demo, running: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
):
    keys, made_at = local.secret_key(demo.var), (demo.var / "postgres" / "PG_VERSION").stat().st_mtime
    read_until_ready(running)
    assert local.secret_key(demo.var) == keys
    assert (demo.var / "postgres" / "PG_VERSION").stat().st_mtime == made_at
    assert "in use" in refused(demo)
    monkeypatch.setitem(demo.env, "PORT", str(children.free_port()))
    assert "is running" in refused(demo)
    running.kill()
    assert children.wait_until(lambda: demo.pids() == [], 30, every_s=0.2), demo.pids()


def test_reset_drops_the_data(demo: Demo):
    process = demo.start("reset")
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "gone" in said
    assert not (demo.var / "postgres").exists()
    assert not (demo.var / "local.json").exists()
