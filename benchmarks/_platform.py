"""A platform that costs next to nothing: it answers what X and Facebook must, after a wait that can be set.

The sandbox network does far more per call (it keeps, checks and shows posts) and would be what is measured. Here a
call costs one process about 50 µs. `python -m benchmarks._platform --fd N` (the number of a listening socket).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
from itertools import count

SLEEPS_S: dict[str, float] = {}  # first part of the path -> how long its answers take
NUMBERS = count(1)


class Answers(asyncio.Protocol):
    """One kept-alive connection; requests come one after another, as our clients send them."""

    def __init__(self) -> None:
        self._taken = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer when the whole request is there."""
        self._taken += data
        head, found, rest = self._taken.partition(b"\r\n\r\n")
        if not found or len(rest) < _length(head):
            return
        self._taken = b""
        method, target = head.split(b" ", 2)[:2]
        path = target.decode().lstrip("/")
        sleep_s = SLEEPS_S.get(path.partition("/")[0], 0.0)
        status, body = _answer(method.decode(), path, rest)
        if sleep_s:
            asyncio.get_running_loop().call_later(sleep_s, self._write, status, body)
        else:
            self._write(status, body)

    def _write(self, status: int, body: str) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write((head + body).encode())


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _answer(method: str, path: str, body: bytes) -> tuple[int, str]:
    """X: a post with its id. Facebook: a draft's id, its address, success. `_sleeps`: set the waits."""
    if path == "_sleeps":
        SLEEPS_S.clear()
        SLEEPS_S.update(json.loads(body))
        return 200, "{}"
    number = next(NUMBERS)
    if path.startswith("x/"):
        return 201, json.dumps({"data": {"id": str(number), "text": ""}})
    if path.startswith("facebook/"):
        if method == "GET":
            return 200, json.dumps({"permalink_url": f"https://facebook.example/{number}", "id": str(number)})
        return 200, json.dumps({"id": f"7_{number}", "success": True})
    return 404, "{}"


async def _serve(number: int) -> None:
    server = await asyncio.get_running_loop().create_server(Answers, sock=socket.socket(fileno=number), backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int, required=True)
    asyncio.run(_serve(parser.parse_args().fd))
