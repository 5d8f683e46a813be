"""Answers to “only these bytes of it” (RFC 9110, section 14): how a browser plays a video without fetching all of it.

One range a request; several are answered with the whole file, as the RFC allows. A piece is `PIECE` at most, so that
one slow reader does not keep a thread for the length of a film: players ask for the next by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

PIECE = 4 * 1024 * 1024
_BLOCK = 64 * 1024
_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes of a file, both ends included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.last - self.first + 1


def asked(request: HttpRequest, size: int, etag: str) -> Span | None:
    """The piece that is asked for; None = all of it. Raises ValueError where nothing of it is in the file."""
    if request.headers.get("If-Range", etag) != etag:
        return None
    match = _ONE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match is None or match.groups() == ("", ""):
        return None
    start, end = match.groups()
    if not start:  # the last so many bytes
        first, last = max(0, size - int(end)), size - 1
    else:
        first, last = int(start), min(int(end) if end else size - 1, size - 1)
        if end and int(end) < first:
            return None
    if first >= size or (not start and int(end) == 0):
        raise ValueError("nothing of it is in the file")
    return Span(first, min(last, first + PIECE - 1))


def piece(file: IO[bytes], span: Span, size: int, mime: str) -> StreamingHttpResponse:
    """206 with these bytes; the file is closed with the answer."""
    answer = StreamingHttpResponse(_Blocks(file, span), status=206, content_type=mime)
    answer["Content-Range"] = f"bytes {span.first}-{span.last}/{size}"
    answer["Content-Length"] = str(span.length)
    return answer


def nothing(size: int) -> HttpResponse:
    """416: the file is shorter."""
    answer = HttpResponse(status=416)
    answer["Content-Range"] = f"bytes */{size}"
    return answer


class _Blocks:
    """The bytes of a span, block by block; Django closes it when the answer is through or the reader has gone."""

    def __init__(self, file: IO[bytes], span: Span) -> None:
        self.file, self.span = file, span

    def __iter__(self) -> Iterator[bytes]:
        self.file.seek(self.span.first)
        left = self.span.length
        while left > 0 and (block := self.file.read(min(_BLOCK, left))):
            left -= len(block)
            yield block

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()
