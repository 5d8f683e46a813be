"""Installs the servers our connectors are tried against into var/peers, in a bounded time; run by the continuous build.

`python tests/peers/install.py`. The reference Bluesky server needs Node 20 or newer with its headers, npm, a C++
compiler and make; the mock of Mastodon only uv or pip. Where something is missing, or time runs out, it says so and
ends well: the tests against that server are then skipped with the reason.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
BOUND_S = 115.0  # for all of them together
OLDEST_NODE = 20
NATIVE = "better-sqlite3"  # compiled here: its ready-made file is not in the registry
PLAIN = "-O0 -w"  # a third of the time to compile, and fast enough for tests


@dataclass(frozen=True)
class Peer:
    """One server: what it is made from, and where it goes."""

    name: str
    sources: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Return where it is installed."""
        return ROOT / "var" / "peers" / self.name

    @property
    def stamp(self) -> Path:
        """Return the file that says what it was made from."""
        return self.folder / ".installed"

    def lock(self) -> str:
        """Return what an installation must have been made from."""
        return hashlib.sha256(b"".join((HERE / source).read_bytes() for source in self.sources)).hexdigest()

    def missing(self) -> str:
        """Return why it cannot be run here; empty when it can."""
        if self.stamp.exists() and self.stamp.read_text() == self.lock():
            return ""
        return "it is not installed (python tests/peers/install.py)"


BLUESKY = Peer("pds", ("pds/package.json", "pds/package-lock.json"))
MASTODON = Peer("mastodon", ("mastodon/requirements.txt",))


def install(peer: Peer, until: float) -> str:
    """Install what is not yet there by `until` (monotonic seconds); returns why it could not be, or nothing."""
    if not peer.missing():
        return ""
    peer.folder.mkdir(parents=True, exist_ok=True)
    peer.stamp.unlink(missing_ok=True)
    why = _bluesky(until) if peer is BLUESKY else _mastodon(until)
    if not why:
        peer.stamp.write_text(peer.lock())
    return why


def _bluesky(until: float) -> str:
    why = _lacking_for_node()
    if why:
        return why
    for source in BLUESKY.sources:
        shutil.copy(HERE / source, BLUESKY.folder)
    quiet, fetched = ["--loglevel=error"], BLUESKY.folder / ".fetched"
    if not fetched.exists() or fetched.read_text() != BLUESKY.lock():
        fetched.unlink(missing_ok=True)
        fetch = ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", *quiet]
        why = _run(fetch, BLUESKY, until)
        if why:
            return why
        fetched.write_text(BLUESKY.lock())  # a second try goes on from here
    why = _run(["npm", "rebuild", NATIVE, *quiet], BLUESKY, until)
    compiled = BLUESKY.folder / "node_modules" / NATIVE / "build" / "Release" / f"{NATIVE.replace('-', '_')}.node"
    return why or ("" if compiled.exists() else f"{NATIVE} was not compiled")


def _mastodon(until: float) -> str:
    wanted = str(HERE / MASTODON.sources[0])
    uv = ROOT / ".tools" / "bin" / "uv"
    python = str(MASTODON.folder / "bin" / "python")
    if uv.exists():
        make = [str(uv), "venv", "--quiet", "--clear", "--python", sys.executable, str(MASTODON.folder)]
        fill = [str(uv), "pip", "install", "--quiet", "--python", python, "--requirement", wanted]
    else:
        make = [sys.executable, "-m", "venv", "--clear", str(MASTODON.folder)]
        fill = [python, "-m", "pip", "install", "--quiet", "--requirement", wanted]
    return _run(make, MASTODON, until) or _run(fill, MASTODON, until)


def _lacking_for_node() -> str:
    tools = [tool for tool in ("node", "npm", "g++", "make", "python3") if not shutil.which(tool)]
    if tools:
        return f"{', '.join(tools)} not found"
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    if not told.startswith("v") or int(told[1:].split(".")[0]) < OLDEST_NODE:
        return f"Node.js {OLDEST_NODE} or newer is needed, this is {told.strip()}"
    return "" if _headers() else "Node.js has no headers here"


def _headers() -> Path | None:
    """Return the folder above Node's own `include/node`."""
    found = Path(shutil.which("node") or "/bin/node").resolve().parents[1]
    return found if (found / "include" / "node" / "node.h").exists() else None


def _run(words: list[str], peer: Peer, until: float) -> str:
    """Run one command with its output in a file; when its time is up, end it with all that it started."""
    told = {
        "npm_config_cache": str(ROOT / ".tools" / "cache" / "npm"),
        "npm_config_nodedir": str(_headers() or ""),
        "npm_config_build_from_source": "true",
        "JOBS": str(os.cpu_count() or 1),
        "CFLAGS": PLAIN,
        "CXXFLAGS": PLAIN,
        "UV_CACHE_DIR": str(ROOT / ".tools" / "cache" / "uv"),
    }
    log = ROOT / "var" / "peers" / f"{peer.name}.log"
    with log.open("wb") as out:
        done = subprocess.Popen(
            words, cwd=peer.folder, env={**os.environ, **told}, stdout=out, stderr=out, start_new_session=True
        )
        try:
            code = done.wait(max(1.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(done.pid, signal.SIGKILL)  # the compilers below it, too
            done.wait()
            return f"{Path(words[0]).name} {words[1]} took longer than there was time for"
    last = log.read_text("utf-8", "replace").strip().splitlines()[-1:] or [""]
    return "" if code == 0 else f"{Path(words[0]).name} {words[1]} failed: {last[0][:200]}"


if __name__ == "__main__":
    ends = time.monotonic() + BOUND_S
    for one in (MASTODON, BLUESKY):
        reason = install(one, ends)
        sys.stdout.write(f"peers: {one.name} {f'is not there: {reason}' if reason else 'is there'}\n")
