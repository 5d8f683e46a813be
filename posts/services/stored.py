"""The hash that the bytes of a stored file really have, for the gate (P1). Big files are not read for every call.

A video goes to a platform in many calls, and the gate looks before each. A file over `BIG` whose size, times and
place on the disk are as they were when it was read, at most `KEPT_S` ago, is not read again.
"""

from __future__ import annotations

import os
import time
from threading import Lock

from django.core.files.storage import default_storage

from posts.services import media

BIG = 8 * 1024 * 1024
KEPT_S = 600.0
_MOST = 200
_Seen = tuple[int, int, int, int]
_lock = Lock()
_read: dict[str, tuple[_Seen, float, str]] = {}


def hash_of(sha256: str) -> str:
    """The hash of the bytes that lie under this name, 64 hex digits; words when the file is gone."""
    before = _stat(sha256)
    if before is not None and (known := _known(sha256, before)):
        return known
    try:
        found = media.Blobs().hash_of(sha256)
    except OSError:
        return "the file is gone"
    if before is not None and before[0] > BIG and before == _stat(sha256):
        _keep(sha256, before, found)
    return found


def _known(sha256: str, seen: _Seen) -> str:
    kept = _read.get(sha256)
    if kept is None or kept[0] != seen or time.monotonic() - kept[1] > KEPT_S:
        return ""
    return kept[2]


def _keep(sha256: str, seen: _Seen, found: str) -> None:
    with _lock:
        while len(_read) >= _MOST:
            _read.pop(next(iter(_read)))
        _read[sha256] = (seen, time.monotonic(), found)


def _stat(sha256: str) -> _Seen | None:
    """Size, both times and the file's own number; None where the storage is no folder of this machine."""
    try:
        facts = os.stat(default_storage.path(media.path_of(sha256)))
    except (OSError, NotImplementedError):
        return None
    return facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino
