"""The supervisor keeps its processes alive, stops them in order, and leaves none behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import local, processes
from config.embedded import children
from config.local import LocalError
from config.processes import Service

# Three services that write their pid and, when told to stop, their name.
SUPERVISOR = """
import sys
from contextlib import ExitStack
from pathlib import Path
from config import processes
folder = Path(sys.argv[1])
CODE = '''
import os, signal, sys, time
name, folder = sys.argv[1], sys.argv[2]
def stop(*_):
    with open(folder + "/order", "a") as order: order.write(name + " ")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
with open(folder + "/pids", "a") as pids: pids.write(f"{os.getpid()} ")
print(name, flush=True)
while True: time.sleep(60)
'''
command = [sys.executable, "-c", CODE]
running = [processes.Service(n, [*command, n, str(folder)], folder / f"{n}.log") for n in "abc"]
try:
    with processes.stop_on_signals(), ExitStack() as stack:
        for service in running:
            stack.callback(service.end)
            service.start()
        print("up", flush=True)
        processes.watch(running, also=lambda: None, every_s=0.05)
except processes.Stopped:
    print("stopped", flush=True)
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path)]
    process = subprocess.Popen(
        command, cwd=local.BASE_DIR, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    assert children.wait_until(lambda: len(pids(tmp_path)) == 3, 60)
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def pids(folder: Path) -> list[int]:
    path = folder / "pids"
    return [int(pid) for pid in path.read_text().split()] if path.exists() else []


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_them_last_first(supervisor: subprocess.Popen[str], tmp_path: Path, sign: signal.Signals):
    supervisor.send_signal(sign)
    assert supervisor.wait(60) == 0
    assert (tmp_path / "order").read_text().split() == ["c", "b", "a"]
    assert not any(map(children.is_alive, pids(tmp_path)))


def test_impatience_does_not_break_the_order(supervisor: subprocess.Popen[str], tmp_path: Path):
    for _ in range(5):
        supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(60) == 0
    assert (tmp_path / "order").read_text().split() == ["c", "b", "a"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's parent-death signal is Linux'")
def test_a_killed_supervisor_leaves_no_process(supervisor: subprocess.Popen[str], tmp_path: Path):
    supervisor.kill()
    assert children.wait_until(lambda: not any(map(children.is_alive, pids(tmp_path))), 60)


def test_a_killed_process_is_started_again(supervisor: subprocess.Popen[str], tmp_path: Path):
    os.kill(pids(tmp_path)[1], signal.SIGKILL)
    assert children.wait_until(lambda: len(pids(tmp_path)) == 4, 60)
    assert children.is_alive(pids(tmp_path)[3])


def test_a_process_that_keeps_ending_is_given_up_with_its_last_words(tmp_path: Path):
    service = Service("web", [sys.executable, "-c", "print('no such port')"], tmp_path / "log")

    def give_it_time() -> None:
        assert service.child
        service.child.wait(20)

    service.start()
    with pytest.raises(LocalError, match=r"web keeps ending:\n(?s:.)*no such port\nCure: see"):
        processes.watch([service], also=give_it_time, every_s=0)


def test_a_step_that_fails_shows_the_end_of_its_log(tmp_path: Path):
    with pytest.raises(LocalError, match=r"migrate failed \(exit 3\):\nwhy"):
        processes.run_to_end(
            [sys.executable, "-c", "print('why'); raise SystemExit(3)"], log=tmp_path / "log", doing="migrate"
        )


# What GNU make does when INT is sent to it alone: it stops catching the signal and waits for its child.
LIKE_MAKE = """
import signal, subprocess, sys
signal.signal(signal.SIGINT, lambda *_: None)
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, text=True)
child.stdout.readline()
signal.signal(signal.SIGINT, signal.SIG_DFL)
print(child.wait(), flush=True)
"""
LIKE_US = """
import signal, time
from config.embedded import children
children.follow_parent(signal.SIGTERM)
print("up", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_an_interrupt_sent_to_make_alone_is_noticed():
    command = [sys.executable, "-c", LIKE_MAKE, LIKE_US]
    done = subprocess.run(command, cwd=local.BASE_DIR, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == f"{-signal.SIGTERM}\n"
