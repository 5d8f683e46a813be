"""Runs a server of somebody else's for as long as a block lasts; it ends with us, whatever happens."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

STARTS_WITHIN_S = 60.0
ENDS_WITHIN_S = 10.0


@contextlib.contextmanager
def running(
    words: Sequence[str], *, cwd: Path, env: Mapping[str, str], ready: Callable[[str], str | None]
) -> Iterator[str]:
    """Start a server and give what `ready` reads from the line that says it answers.

    Raises RuntimeError with its last words when it ends or says nothing of the kind within a minute.
    """
    process = subprocess.Popen(
        list(words),
        cwd=cwd,
        env={**os.environ, **env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    lines: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_drain, args=(process.stdout, lines), daemon=True)
    reader.start()
    try:
        yield _told(lines, ready)
    finally:
        process.terminate()
        try:
            process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(ENDS_WITHIN_S)
        process.stdout.close()
        process.stdin.close()


def _drain(output: IO[str], lines: queue.Queue[str | None]) -> None:
    """Read all it says, so that it never waits for us; None = it ended."""
    for line in output:
        lines.put(line)
    lines.put(None)


def _told(lines: queue.Queue[str | None], ready: Callable[[str], str | None]) -> str:
    said: list[str] = []
    while True:
        try:
            line = lines.get(timeout=STARTS_WITHIN_S)
        except queue.Empty:
            raise RuntimeError(f"the server does not answer: {''.join(said)[-500:]}") from None
        if line is None:
            raise RuntimeError(f"the server ended: {''.join(said)[-500:]}")
        said.append(line)
        found = ready(line)
        if found is not None:
            return found
