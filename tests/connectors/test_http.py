"""The shared HTTP layer: what counts as said, what is refused, and that nobody else speaks HTTP."""

import contextlib
import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from connectors import http
from connectors.errors import Misconfigured, Temporary, Uncertain

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("config", "connectors", "divisions", "moderation", "posts", "records")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Peer:
    """A server that answers what it is told to, on a free loopback port."""

    def __init__(self, answer: Callable[[socket.socket], None], read_first: bool) -> None:
        self.answer = answer
        self.read_first = read_first
        self.heard: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/thing"

    def close(self) -> None:
        """Stop listening at once; a mere close would leave one accept waiting."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    if self.read_first:
                        self.heard.append(_whole_request(connection))
                    self.answer(connection)
                except OSError:
                    continue


def _whole_request(connection: socket.socket) -> bytes:
    heard = b""
    while b"\r\n\r\n" not in heard:
        more = connection.recv(65536)
        if not more:
            return heard
        heard += more
    length = re.search(rb"content-length: (\d+)", heard.lower())
    body_from = heard.index(b"\r\n\r\n") + 4
    while length and len(heard) - body_from < int(length[1]):
        heard += connection.recv(65536)
    return heard


@contextlib.contextmanager
def peer(
    answer: bytes | Callable[[socket.socket], None] = OK, *, read_first: bool = True, **settings: Any
) -> Iterator[Peer]:
    act = answer if callable(answer) else (lambda connection: connection.sendall(answer))
    found = Peer(act, read_first)
    http.configure(outbound_allow=[f"127.0.0.1:{found.port}"], **{"read_timeout_s": 2, **settings})
    try:
        yield found
    finally:
        found.close()
        http.configure()


def call(url: str, *, repeatable: bool = False, **more: Any) -> http.Answer:
    return http.request("POST", url, headers={"Authorization": "Bearer s3cret-token"}, repeatable=repeatable, **more)


def test_an_answer_comes_back_with_lower_case_headers() -> None:
    with peer(b"HTTP/1.1 418 Odd\r\nX-Rate-Limit-Reset: 5\r\nContent-Length: 7\r\n\r\n[1, 2]\n") as found:
        answer = call(found.url, json={"a": "é"})
    assert (answer.status, answer.headers["x-rate-limit-reset"], answer.json()) == (418, "5", None)
    assert '{"a":"é"}'.encode() in found.heard[0]


def test_a_refused_connection_is_temporary_since_nothing_was_said() -> None:
    with peer() as found:
        found.close()
        with pytest.raises(Temporary, match="could not be reached"):
            call(found.url)


def test_a_name_that_does_not_resolve_is_temporary(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Any, **__: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    with pytest.raises(Temporary, match="does not resolve"):
        call("https://graph.example/")


def test_a_handshake_that_hangs_is_temporary_since_nothing_was_said() -> None:
    hang = threading.Event()
    with peer(lambda _: bool(hang.wait(2)) and None, connect_timeout_s=0.2) as found:
        with pytest.raises(Temporary, match="could not be reached"):
            call(found.url.replace("http:", "https:"))
        hang.set()


def test_a_certificate_nobody_vouches_for_ends_the_call_before_a_word_is_said(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    heard: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as inside:
            heard.append(inside.recv(65536))

    with peer(answer, read_first=False) as found, pytest.raises(Temporary, match="could not be reached"):
        call(found.url.replace("http:", "https:"))
    assert heard in ([], [b""])


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{half",
        b"HTTP/1.1 2",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_an_answer_not_heard_is_uncertain_unless_a_repeat_is_harmless(answer: bytes) -> None:
    with peer(answer) as found:
        with pytest.raises(Uncertain):
            call(found.url)
        with pytest.raises(Temporary):
            call(found.url, repeatable=True)


def test_silence_ends_at_the_read_time_out() -> None:
    hang = threading.Event()
    with peer(lambda _: bool(hang.wait(5)) and None, read_timeout_s=0.2) as found:
        with pytest.raises(Uncertain, match="Timeout"):
            call(found.url)
        hang.set()


def test_an_answer_is_capped() -> None:
    big = b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + b"x" * 3000
    with peer(big, max_answer_bytes=1000) as found, pytest.raises(Uncertain):
        call(found.url)


def test_redirects_are_not_followed() -> None:
    with peer(b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n") as found:
        assert call(found.url).status == 307
    assert len(found.heard) == 1


def test_nothing_is_retried() -> None:
    with peer(b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n") as found:
        assert call(found.url, repeatable=True).status == 503
    assert len(found.heard) == 1


def test_a_call_that_begins_too_late_says_nothing() -> None:
    with peer() as found:
        with http.begun(at=time.monotonic() - 3), pytest.raises(Temporary, match="dropped unsent"):
            call(found.url)
        time_to_accept = call(found.url)
    assert time_to_accept.status == 200
    assert [heard for heard in found.heard if heard] == [found.heard[-1]]


def test_the_first_byte_is_told_once_and_before_the_answer() -> None:
    moments: list[str] = []
    with peer() as found, http.begun(on_first_byte=lambda: moments.append("first byte")):
        call(found.url, json={"a": "b" * 100_000})
        moments.append("answer")
    assert moments == ["first byte", "answer"]


def test_no_first_byte_is_told_when_nothing_was_said() -> None:
    moments: list[str] = []
    with peer() as found:
        found.close()
        with http.begun(on_first_byte=lambda: moments.append("first byte")), pytest.raises(Temporary):
            call(found.url)
    assert moments == []


def test_a_kept_connection_is_used_again() -> None:
    def twice(connection: socket.socket) -> None:
        connection.sendall(OK)
        _whole_request(connection)
        connection.sendall(OK)

    with peer(twice) as found:
        assert [call(found.url).status, call(found.url).status] == [200, 200]
    assert len(found.heard) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.8/",
        "https://10.0.0.8/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://[fe80::1]/",
        "https://0.0.0.0/",
        "https://100.64.0.1/",
        "https://127.1/",
        "https://2130706433/",
    ],
)
def test_private_addresses_in_any_spelling_are_refused(url: str) -> None:
    with pytest.raises((Misconfigured, Temporary)) as caught:
        call(url)
    assert isinstance(caught.value, Misconfigured) or "does not resolve" in str(caught.value)


def test_a_name_that_leads_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, ["93.184.216.34", "10.0.0.8"])
    with pytest.raises(Misconfigured, match=r"private address 10\.0\.0\.8"):
        call("https://graph.example/")


def test_the_checked_address_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with peer() as found:
        http.configure(outbound_allow=[f"sandbox.example:{found.port}"], read_timeout_s=2)
        asked = resolve(monkeypatch, ["127.0.0.1"])
        assert call(f"http://sandbox.example:{found.port}/").status == 200
    assert asked == ["sandbox.example"]
    assert b"Host: sandbox.example" in found.heard[0]


def test_only_the_named_port_of_a_private_host_is_reached() -> None:
    with peer() as found:
        http.configure(outbound_allow=[f"127.0.0.1:{found.port + 1}"])
        with pytest.raises(Misconfigured, match=f"add 127.0.0.1:{found.port} to OUTBOUND_ALLOW"):
            call(found.url)
    assert found.heard == []


def test_a_public_host_is_never_called_without_encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, ["93.184.216.34"])
    with pytest.raises(Misconfigured, match="use https"):
        call("http://graph.example/")


@pytest.mark.parametrize("url", ["ftp://example.org/", "//example.org/", "https://u:p@example.org/", "https:///x", "x"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="not an address"):
        call(url)


@pytest.mark.parametrize("entry", ["127.0.0.1", "127.0.0.1:", ":80", "host:port", ""])
def test_a_bad_allow_entry_is_named(entry: str) -> None:
    with pytest.raises(Misconfigured, match="write host:port"):
        http.configure(outbound_allow=[entry])


def test_log_and_tally_hold_neither_query_nor_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with peer() as found:
        call(f"{found.url}?input_token=s3cret-token")
    assert "s3cret" not in caplog.text + str(http.tally())
    assert http.tally()[-1].path == "/thing"


def test_a_form_and_a_file_are_encoded() -> None:
    with peer() as found:
        call(found.url, form={"message": "a&b é"})
    assert b"message=a%26b+%C3%A9" in found.heard[0]
    with peer() as found:
        call(found.url, multipart={"alt": "é", "source": http.FilePart("a.png", "image/png", b"\x00\xff")})
    assert b'name="source"; filename="a.png"' in found.heard[0]
    assert b"\x00\xff" in found.heard[0]


def test_a_fork_gets_a_pool_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    first = http._pool()
    assert http._pool() is first
    monkeypatch.setattr(http.os, "getpid", lambda: -1)
    assert http._pool() is not first
    http._pools.pop(-1)


def test_only_the_shared_layer_imports_an_http_library() -> None:
    library = re.compile(r"^\s*(?:import|from) (?:urllib3|requests|httpx|http\.client|urllib\.request|aiohttp)\b", re.M)
    users = {
        file.relative_to(ROOT).as_posix()
        for room in ROOMS
        for file in (ROOT / room).rglob("*.py")
        if library.search(file.read_text("utf-8"))
    }
    outside = {user for user in users if not user.startswith(("connectors/sandbox/", "config/"))}
    assert outside == {"connectors/http.py"}


def resolve(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> list[str]:
    """Let every name lead to `addresses`; returns the names that were asked for."""
    asked: list[str] = []

    def answer(host: str, port: int, *_: Any, **__: Any) -> Any:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    plain = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *a, **k: plain(host, *a, **k) if host[0].isdigit() else answer(host, *a, **k),
    )
    return asked


def self_signed(folder: Path) -> Path:
    """Write key and certificate of 127.0.0.1, signed by nobody but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return file
