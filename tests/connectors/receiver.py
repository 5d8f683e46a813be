"""A webhook's receiver on loopback: it keeps what it heard and answers as it is told to."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Receiver:
    """`answers` are given one after another, then 204; `heard` holds headers (lower case) and body of every call.

    `check`, where set, looks at body and headers first: what it does not take is answered with 401.
    """

    url: str = ""
    host_port: str = ""
    answers: deque[Answer | None] = field(default_factory=deque)
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    check: Callable[[bytes, dict[str, str]], bool] | None = None

    def will(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        """Answer the next call so."""
        self.answers.append((status, headers or {}, body))

    def will_hang_up(self) -> None:
        """Take the next call and close the line without an answer."""
        self.answers.append(None)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver in a thread of this process, on a free port."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {k.lower(): v for k, v in self.headers.items()}
            receiver.heard.append((headers, body))
            answer: Answer | None = receiver.answers.popleft() if receiver.answers else (204, {}, b"")
            if receiver.check is not None and not receiver.check(body, headers):
                answer = (401, {}, b"")
            if answer is None:
                self.close_connection = True
                return
            status, headers, said = answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(said)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    receiver.host_port = f"127.0.0.1:{server.server_port}"
    receiver.url = f"http://{receiver.host_port}/hooks/news/"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
