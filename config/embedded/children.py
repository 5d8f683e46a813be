"""Starting and ending child processes so that none outlives its parent, and finding ports for them."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
HOST = "127.0.0.1"
MAX_LOG_BYTES = 5_000_000


def die_with_parent(sign: signal.Signals) -> Callable[[], None] | None:
    """Return what a child runs before exec so that the kernel ends it with its parent (Linux only).

    The signal comes when the *thread* that started the child ends: start children from the main thread.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def before_exec() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(sign), 0, 0, 0)
        if os.getppid() != parent:  # it died before the call above
            os._exit(1)

    return before_exec


def follow_parent(sign: signal.Signals) -> None:
    """Send ourselves ``sign`` when make, which started us, ends or is interrupted (Linux only).

    GNU make answers INT by waiting for its children, which never saw that signal when it was sent to make
    alone: what tells is that make then no longer catches it.
    """
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(sign), 0, 0, 0)
        parent = os.getppid()
        if catches(parent, signal.SIGINT):
            threading.Thread(target=_tell_of_interrupt, args=(parent, sign), daemon=True).start()


def catches(pid: int, sign: signal.Signals) -> bool:
    """Say whether a process has a handler for a signal (Linux)."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("SigCgt:"):
                return bool(int(line.split()[1], 16) >> (sign - 1) & 1)
    return False


def _tell_of_interrupt(parent: int, sign: signal.Signals) -> None:
    while catches(parent, signal.SIGINT):
        time.sleep(0.2)
    os.kill(os.getpid(), sign)


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    on_parent_death: signal.Signals = signal.SIGKILL,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    fds: Collection[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child whose output goes to ``log``, in its own session so that Ctrl-C reaches us alone.

    It inherits ``fds`` under their own numbers.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    too_long = log.exists() and log.stat().st_size > MAX_LOG_BYTES
    with log.open("wb" if too_long else "ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            start_new_session=True,
            pass_fds=fds,
            preexec_fn=die_with_parent(on_parent_death),
        )


def end(child: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> int:
    """Send each signal in turn, wait its seconds, and kill at last; returns the exit code."""
    for sign, wait_s in steps:
        if child.poll() is not None:
            break
        child.send_signal(sign)
        with suppress(subprocess.TimeoutExpired):
            return child.wait(wait_s)
    if child.poll() is None:
        child.kill()
    return child.wait()


def end_stranger(pid: int, *steps: tuple[signal.Signals, float]) -> None:
    """The same for a process that is not our child: an earlier run left it."""
    for sign, wait_s in (*steps, (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):
            os.kill(pid, sign)
        if wait_until(lambda: not is_alive(pid), wait_s):
            return


def wait_until(ready: Callable[[], bool], wait_s: float, every_s: float = 0.03) -> bool:
    """Ask again and again until true or ``wait_s`` are over; says whether it became true."""
    deadline = time.monotonic() + wait_s
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_s)
    return True


def is_alive(pid: int) -> bool:
    """Say whether a process with this number runs (one of another user counts, a zombie does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def command_of(pid: int) -> list[str]:
    """Return the command line of a running process, empty when it is gone or hidden."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    except OSError:
        asked = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
        return asked.stdout.split()


def is_free(port: int) -> bool:
    """Say whether a server could listen here; a port whose server stopped a second ago counts as free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(preferred: int = 0) -> int:
    """Return the preferred port, or another free one."""
    if preferred and is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def listener(preferred: int = 0) -> socket.socket:
    """Listen on the preferred port, or on one that the system chooses; a child serves it by its number.

    Nobody can take the port between the choice and the child's start, nor while the child is started again.
    """
    for port in (preferred, 0):
        found = socket.socket()
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, port))
            found.listen(128)
        except OSError:
            found.close()
        else:
            return found
    raise OSError(f"no port on {HOST} is free")


def tail(log: Path, lines: int = 12) -> str:
    """Return the end of a log, for an error message."""
    with suppress(OSError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    return "(no log)"
