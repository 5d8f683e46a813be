"""An e-mail list of Northeast with people on it, and a mail server that can be told how to fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from types import SimpleNamespace
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from django.test import override_settings

from config import env
from divisions.models import Channel
from divisions.services import channels
from posts.models import Post, Subscriber, Subscription
from posts.services import subscribing
from tests.smtp import free_port
from tests.stories import NOW, approved

ALERT: dict[str, Any] = {"kind": "safety_alert", "facts": {"do_now": "Stay inside."}}


class Server:
    """`taken` = recipient and message of all that was taken. What an address meets stands in `meets`, by its stage."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.taken: list[tuple[str, EmailMessage]] = []
        self.meets: dict[tuple[str, str], list[str]] = {}
        self.refuses_sender = False

    def meet(self, address: str, stage: str, *answers: str) -> None:
        """Answer an address at RCPT or DATA so, one answer a try; "drop" hangs up, "swallow" takes it and hangs up."""
        self.meets[address, stage] = list(answers)

    @property
    def to(self) -> list[str]:
        return [address for address, _ in self.taken]

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if self.refuses_sender:
            return "553 5.7.1 Not an address of yours"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        answer = self._next(address, "RCPT")
        if answer == "drop":
            return self._drop(server)
        if not answer:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        [address] = envelope.rcpt_tos
        answer = self._next(address, "DATA")
        if answer not in ("", "swallow"):
            return self._drop(server) if answer == "drop" else answer
        message = message_from_bytes(envelope.original_content or b"", policy=modern)
        assert isinstance(message, EmailMessage)
        self.taken.append((address, message))
        return self._drop(server) if answer == "swallow" else "250 OK"

    def _next(self, address: str, stage: str) -> str:
        waiting = self.meets.get((address, stage))
        return waiting.pop(0) if waiting else ""

    def _drop(self, server: SMTP) -> str:
        assert server.transport is not None
        server.transport.close()
        return "250 never heard"


@contextmanager
def serving() -> Iterator[Server]:
    """A real mail server on a free port, and EMAIL_URL naming it."""
    server = Server(free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port, ready_timeout=30.0)
    controller.start()
    try:
        with override_settings(**env.email(f"smtp://127.0.0.1:{server.port}")):
            yield server
    finally:
        controller.stop()


@contextmanager
def serving_with_sign_in() -> Iterator[int]:
    """A mail server that takes nobody's sign-in; its port."""
    port = free_port()

    def nobody(*_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    controller = Controller(
        Server(port), hostname="127.0.0.1", port=port, ready_timeout=30.0, authenticator=nobody, auth_require_tls=False
    )
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def a_list(
    d: SimpleNamespace, people: int = 3, *, slug: str = "northeast-mail", prefix: str = "", **facts: Any
) -> Channel:
    """A list in training mode with so many people on it."""
    given = {"name": "Northeast by e-mail", "mode": "sandbox", **facts}
    channel = channels.create_channel(
        slug=slug, division=d.northeast, platform="email", audience="public", by=d.smo, now=NOW, **given
    )
    readers = Subscriber.objects.bulk_create(
        Subscriber(address=prefix + address(n), folded=prefix + address(n), created_at=NOW)
        for n in range(1, people + 1)
    )
    Subscription.objects.bulk_create(Subscription(subscriber=one, channel=channel, confirmed_at=NOW) for one in readers)
    return channel


def address(n: int) -> str:
    return f"reader{n}@home.example"


def sent_to(d: SimpleNamespace, channel: Channel, **more: Any) -> Post:
    """An approved post for the public page and the list, due at once."""
    given = {"channels": [d.northeast_website, channel], **more}
    return approved(d.northeast, d.officer, d.supervisor, **given)


def sign_up(channel: Channel, typed: str, *, now: datetime = NOW, origin: str = "10.0.0.1") -> None:
    subscribing.ask(address=typed, lists=[channel.pk], origin=origin, now=now)
