"""Installs the reference Bluesky server into var/peers/pds, in a bounded time; run by the continuous build.

`python tests/peers/install.py` needs Node 20 or newer with its headers, npm, a C++ compiler and make. Where one is
missing, or time runs out, it says so and ends well: the tests against that server are then skipped with the reason.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(__file__).resolve().parent / "pds"
FOLDER = ROOT / "var" / "peers" / "pds"
STAMP = FOLDER / ".installed"
BOUND_S = 115.0
OLDEST_NODE = 20
NATIVE = "better-sqlite3"  # compiled here: its ready-made file is not in the registry
PLAIN = "-O0 -w"  # a third of the time to compile, and fast enough for tests


def lock() -> str:
    """Return what an installation must have been made from."""
    content = b"".join((SOURCE / name).read_bytes() for name in ("package.json", "package-lock.json"))
    return hashlib.sha256(content).hexdigest()


def missing() -> str:
    """Return why the server cannot be run here; empty when it can."""
    if not shutil.which("node"):
        return "there is no Node.js"
    if not STAMP.exists() or STAMP.read_text() != lock():
        return "it is not installed (python tests/peers/install.py)"
    return ""


def install() -> str:
    """Install what is not yet there; returns why it could not be, or an empty string."""
    if not missing():
        return ""
    why = _needs()
    if why:
        return why
    until = time.monotonic() + BOUND_S
    FOLDER.mkdir(parents=True, exist_ok=True)
    STAMP.unlink(missing_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, FOLDER / name)
    for words in (
        ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        ["npm", "rebuild", NATIVE, "--loglevel=error"],
    ):
        why = _run(words, until - time.monotonic())
        if why:
            return why
    if not list(FOLDER.glob(f"node_modules/{NATIVE}/build/Release/{NATIVE.replace('-', '_')}.node")):
        return f"{NATIVE} was not compiled"
    STAMP.write_text(lock())
    return ""


def _needs() -> str:
    tools = [tool for tool in ("node", "npm", "g++", "make", "python3") if not shutil.which(tool)]
    if tools:
        return f"{', '.join(tools)} not found"
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    if not told.startswith("v") or int(told[1:].split(".")[0]) < OLDEST_NODE:
        return f"Node.js {OLDEST_NODE} or newer is needed, this is {told.strip()}"
    return "" if _headers() else "Node.js has no headers here"


def _headers() -> Path | None:
    """Return the folder above Node's own `include/node`."""
    found = Path(shutil.which("node") or "/").resolve().parents[1]
    return found if (found / "include" / "node" / "node.h").exists() else None


def _run(words: list[str], seconds: float) -> str:
    told = {
        "npm_config_cache": str(ROOT / ".tools" / "cache" / "npm"),
        "npm_config_nodedir": str(_headers()),
        "npm_config_build_from_source": "true",
        "JOBS": str(os.cpu_count() or 1),
        "CFLAGS": PLAIN,
        "CXXFLAGS": PLAIN,
    }
    inherited = {name: value for name, value in os.environ.items() if name not in told}
    log = FOLDER / "install.log"
    with log.open("wb") as out:
        done = subprocess.Popen(
            words, cwd=FOLDER, env={**inherited, **told}, stdout=out, stderr=out, start_new_session=True
        )
        try:
            code = done.wait(max(1.0, seconds))
        except subprocess.TimeoutExpired:
            os.killpg(done.pid, signal.SIGKILL)  # the compilers below it, too
            done.wait()
            return f"{' '.join(words[:2])} took longer than there was time for"
    last = log.read_text("utf-8", "replace").strip().splitlines()[-1:] or [""]
    return "" if code == 0 else f"{' '.join(words[:2])} failed: {last[0][:200]}"


if __name__ == "__main__":
    reason = install()
    said = f"the reference Bluesky server is not there: {reason}" if reason else "the reference Bluesky server is there"
    sys.stdout.write(f"peers: {said}\n")
