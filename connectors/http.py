"""The one shared HTTP layer: the only file that imports the HTTP library.

It owns time-outs, the first-byte rule, the private-address guard, capped answers, redaction of what it logs
and the
tally of what was sent when. No retries, no redirects. What an answer means is the platform module's business.

Whether a request went out is not told by the exception's type: the moment of its first written byte is
marked in the
layer's own connection class. Before it every failure is Temporary; after it Uncertain, or Temporary where
the caller
says a repeat shows nothing twice.
"""

from __future__ import annotations

import json as json_module
import logging
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from connectors import guard
from connectors.errors import ConnectorError, Misconfigured, Temporary, Uncertain

logger = logging.getLogger("connectors.http")
logging.getLogger("urllib3").setLevel(logging.WARNING)  # its debug lines hold whole addresses

USER_AGENT = "Substation/0.1"
MAX_ANSWER_BYTES = 4 * 1024 * 1024
UPLOAD_BYTES_PER_S = 100_000
CHUNK = 64 * 1024
CONNECTIONS = 128  # kept to one host; a call more opens one of its own, and closes it


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file in a multipart body."""

    filename: str
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case, the body capped and never shown in a repr."""

    status: int
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> dict[str, Any] | None:
        """Return the body as a JSON object, or None when it is not one."""
        try:
            value = json_module.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def text(self) -> str:
        """Return the body as text, whatever it is."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One line of the tally: what left this process when. `status` None = no answer; no query, no header."""

    at: datetime
    method: str
    host: str
    path: str
    status: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    allowed: frozenset[tuple[str, int]] = frozenset()
    read_timeout_s: float = 20.0
    connect_timeout_s: float = 2.0
    first_byte_within_s: float = 2.0
    max_answer_bytes: int = MAX_ANSWER_BYTES


@dataclass(slots=True)
class _Call:
    """One request under way: until when its first byte may leave, and whether it has."""

    first_byte_by: float
    write_timeout_s: float
    on_first_byte: Callable[[], None] | None = None
    written: bool = False

    def before_write(self) -> None:
        """Mark the first byte, or refuse it when it comes too late."""
        if self.written:
            return
        if time.monotonic() > self.first_byte_by:
            raise _TooLate
        self.written = True
        if self.on_first_byte is not None:
            self.on_first_byte()


class _TooLate(Exception):
    """The first byte would leave after its time; nothing was said."""


class _TooMuch(Exception):
    """The answer is bigger or slower than we are willing to take."""


@dataclass(frozen=True, slots=True)
class _Begun:
    at: float
    on_first_byte: Callable[[], None] | None


_settings = _Settings()
_call: ContextVar[_Call] = ContextVar("connectors.http.call")
_begun: ContextVar[_Begun | None] = ContextVar("connectors.http.begun", default=None)
_tally: deque[Sent] = deque(maxlen=1000)
_pools: dict[int, urllib3.PoolManager] = {}
_pools_lock = threading.Lock()


def configure(
    *,
    outbound_allow: Iterable[str] = (),
    read_timeout_s: float = 20.0,
    connect_timeout_s: float = 2.0,
    first_byte_within_s: float = 2.0,
    max_answer_bytes: int = MAX_ANSWER_BYTES,
) -> None:
    """Set the layer up once a process: `outbound_allow` lists the private `host:port` that may be reached.

    Raises Misconfigured for an entry that is no host:port.
    """
    global _settings
    _settings = _Settings(
        allowed=guard.parse_allowed(outbound_allow),
        read_timeout_s=read_timeout_s,
        connect_timeout_s=connect_timeout_s,
        first_byte_within_s=first_byte_within_s,
        max_answer_bytes=max_answer_bytes,
    )
    with _pools_lock:  # what was reachable before may not be now
        for manager in _pools.values():
            manager.clear()


@contextmanager
def begun(at: float | None = None, on_first_byte: Callable[[], None] | None = None) -> Iterator[None]:
    """Say when the attempt in this thread began (`time.monotonic()`), and what to do at its first byte.

    The engine wraps `run` in it: `at` is the moment of its begin commit, `on_first_byte` is called once a
    request, just
    before writing (to let go of the hold's lock). Without it a call begins when `request` is called.
    """
    token = _begun.set(_Begun(time.monotonic() if at is None else at, on_first_byte))
    try:
        yield
    finally:
        _begun.reset(token)


def about_to_speak() -> None:
    """For what speaks another language than HTTP: its first byte leaves now. Raises Temporary when that is too late."""
    begin = _begun.get()
    if begin is None:
        return
    if time.monotonic() > begin.at + _settings.first_byte_within_s:
        raise Temporary("the call was dropped unsent, its first byte came too late")
    if begin.on_first_byte is not None:
        begin.on_first_byte()


def is_allowed(host: str, port: int) -> bool:
    """Whether `OUTBOUND_ALLOW` names this host and port."""
    return (host.lower(), port) in _settings.allowed


def allowed() -> frozenset[tuple[str, int]]:
    """Return what OUTBOUND_ALLOW names, for a look at an address before anything is said to it."""
    return _settings.allowed


def tally() -> tuple[Sent, ...]:
    """Return the last thousand calls of this process, oldest first."""
    return tuple(_tally)


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    json: Any = None,
    form: Mapping[str, str] | None = None,
    multipart: Mapping[str, str | FilePart] | None = None,
    body: bytes | None = None,
    timeout_s: float | None = None,
    keep_bytes: int | None = None,
    repeatable: bool,
) -> Answer:
    """Make one call and return whatever was answered, redirects and errors included.

    At most one of `json`, `form`, `multipart`, `body`. `timeout_s` is the wait for the answer (default: the
    configured
    one); uploads get more by their size. `keep_bytes` = no more of the answer's body is read or kept, and that is no
    fault: for calls whose status says all. Raises Temporary (nothing said, or `repeatable`), Uncertain (said,
    not heard),
    Misconfigured (address not allowed).
    """
    host, target = _checked_url(url)
    content, content_type = _encoded(json, form, multipart, body)
    sent_headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **headers}
    if content_type:
        sent_headers.setdefault("Content-Type", content_type)
    read_s = _settings.read_timeout_s if timeout_s is None else timeout_s
    call = _new_call(read_s, len(content or b""))
    token = _call.set(call)
    answer: Answer | None = None
    try:
        answer = _exchange(method, url, content, sent_headers, read_s, keep_bytes)
    except ConnectorError:
        raise
    except Exception as error:
        raise _as_ours(error, call, host, repeatable) from None
    finally:
        _call.reset(token)
        if call.written:
            _note(method, host, target, answer)
    return answer


def _new_call(read_s: float, size: int) -> _Call:
    begin = _begun.get() or _Begun(time.monotonic(), None)
    return _Call(
        first_byte_by=begin.at + _settings.first_byte_within_s,
        write_timeout_s=read_s + size / UPLOAD_BYTES_PER_S,
        on_first_byte=begin.on_first_byte,
    )


def _exchange(
    method: str, url: str, content: bytes | None, headers: Mapping[str, str], read_s: float, keep: int | None
) -> Answer:
    response = _pool().urlopen(
        method,
        url,
        body=content,
        headers=headers,
        retries=False,
        redirect=False,
        preload_content=False,
        decode_content=False,
        timeout=urllib3.Timeout(connect=_settings.connect_timeout_s, read=read_s),
    )
    complete = False
    try:
        taken = _read_capped(response, time.monotonic() + read_s, keep)
        complete = keep is None or len(taken) < keep
    finally:
        if not complete:
            response.close()
        response.release_conn()
    lowered = {name.lower(): value for name, value in response.headers.items()}
    return Answer(status=response.status, headers=lowered, body=taken)


def _read_capped(response: urllib3.BaseHTTPResponse, deadline: float, keep: int | None) -> bytes:
    """Read to the end, but neither more than the cap nor past `deadline`, however slowly it drips.

    With `keep` reading ends there, and what was read is the answer.
    """
    taken = bytearray()
    while chunk := response.read1(CHUNK, decode_content=False):
        taken += chunk
        if keep is not None and len(taken) >= keep:
            return bytes(taken[:keep])
        if len(taken) > _settings.max_answer_bytes or time.monotonic() > deadline:
            raise _TooMuch
    return bytes(taken)


def _as_ours(error: Exception, call: _Call, host: str, repeatable: bool) -> ConnectorError:
    if isinstance(error, _TooLate):
        return Temporary(f"{host}: the call was dropped unsent, its first byte came too late")
    if not call.written:
        return Temporary(f"{host} could not be reached ({type(error).__name__})")
    what = f"{host} was called and its answer not heard ({type(error).__name__})"
    return Temporary(what) if repeatable else Uncertain(what)


def _checked_url(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise Misconfigured(f"not an address a connector may call: {parts.scheme}://{parts.hostname or ''}")
    return parts.netloc, parts.path


def _encoded(
    json: Any,
    form: Mapping[str, str] | None,
    multipart: Mapping[str, str | FilePart] | None,
    body: bytes | None,
) -> tuple[bytes | None, str]:
    if json is not None:
        text = json_module.dumps(json, ensure_ascii=False, separators=(",", ":"))
        return text.encode(), "application/json"
    if form is not None:
        return urlencode(form).encode(), "application/x-www-form-urlencoded"
    if multipart is not None:
        fields = [(name, _multipart_value(value)) for name, value in multipart.items()]
        return urllib3.encode_multipart_formdata(fields)
    return body, ""


def _multipart_value(value: str | FilePart) -> str | tuple[str, bytes, str]:
    return value if isinstance(value, str) else (value.filename, value.content, value.mime)


def _note(method: str, host: str, path: str, answer: Answer | None) -> None:
    status = answer.status if answer else None
    _tally.append(Sent(at=datetime.now(UTC), method=method, host=host, path=path, status=status))
    logger.info("%s %s%s -> %s", method, host, path, status or "no answer")


class _Guarded(HTTPConnection):
    """Connects only to checked addresses and marks the first byte."""

    encrypted = False

    def _new_conn(self) -> socket.socket:
        return _connect(self._dns_host, self.port, self.encrypted)

    def send(self, data: Any) -> None:
        """Write, after the mark; connecting comes before it."""
        if self.sock is None:
            self.connect()
        _mark(self.sock)
        super().send(data)


class _GuardedTLS(HTTPSConnection):
    """The same over TLS: the certificate is checked for the name, not for the address."""

    def _new_conn(self) -> socket.socket:
        return _connect(self._dns_host, self.port, True)

    def send(self, data: Any) -> None:
        """Write, after the mark; connecting comes before it."""
        if self.sock is None:
            self.connect()
        _mark(self.sock)
        super().send(data)


def _mark(sock: socket.socket) -> None:
    call = _call.get()
    call.before_write()
    sock.settimeout(call.write_timeout_s)


def _connect(host: str, port: int, encrypted: bool) -> socket.socket:
    last: OSError | None = None
    for address in guard.checked_addresses(host, port, _settings.allowed, encrypted=encrypted):
        try:
            sock = socket.create_connection((address, port), timeout=_settings.connect_timeout_s)
        except OSError as error:
            last = error
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
    raise last or OSError("no address")


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTLS


def _pool() -> urllib3.PoolManager:
    """Return this process' pool; a fork makes its own, since sockets must not be shared."""
    pid = os.getpid()
    if pid not in _pools:
        with _pools_lock:
            if pid not in _pools:
                manager = urllib3.PoolManager(num_pools=64, maxsize=CONNECTIONS, block=False)
                manager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
                _pools[pid] = manager
    return _pools[pid]
