"""The one door into the media library: looks at a file's first bytes and hands it to pictures or to videos."""

from __future__ import annotations

from datetime import datetime
from typing import IO

from divisions.models import Division, User
from posts.models import MediaAsset
from posts.services import media, videos

_STILLS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")  # pictures in the same box
_OLD_MOV = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


def take(
    *,
    division: Division,
    name: str,
    file: IO[bytes],
    size_bytes: int,
    by: User | None,
    alt_text: str = "",
    credit: str = "",
    now: datetime | None = None,
) -> MediaAsset:
    """Take one picture or video into the division's library. Raises what `media.add` and `videos.add` raise."""
    words = {"alt_text": alt_text, "credit": credit}
    if is_video(file):
        return videos.add(division=division, name=name, file=file, size_bytes=size_bytes, by=by, now=now, **words)
    return media.add(division=division, name=name, file=file, by=by, now=now, **words)


def is_video(file: IO[bytes]) -> bool:
    """Whether its head is that of an MP4 or MOV file, whatever its name says. The file stands at its start again."""
    file.seek(0)
    head = file.read(12)
    file.seek(0)
    if head[4:8] == b"ftyp":
        return head[8:12] not in _STILLS
    return head[4:8] in _OLD_MOV
