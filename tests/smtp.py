"""A real mail server on a free port of this machine: takes what is sent, or answers what the test wants to hear."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.test import override_settings

from config import env


class MailServer:
    """`letters` = what was taken, oldest first. `answers` to DATA by recipient; `drops` = hangs up after DATA."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.letters: list[EmailMessage] = []
        self.to: list[str] = []
        self.answers: dict[str, str] = {}
        self.refuses: dict[str, str] = {}
        self.drops = False

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        """Take a recipient, or refuse it."""
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a letter, answer something else, or hang up."""
        if self.drops:
            assert server.transport is not None
            server.transport.close()
            return "250 never heard"
        for address in envelope.rcpt_tos:
            if address in self.answers:
                return self.answers[address]
        letter = message_from_bytes(envelope.original_content or b"", policy=modern)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.to += envelope.rcpt_tos
        return "250 OK"


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server, and Django's mail going to it by real SMTP as EMAIL_URL would have it."""
    server = MailServer(free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port, ready_timeout=30.0)  # a busy machine
    controller.start()
    with override_settings(**env.email(f"smtp://127.0.0.1:{server.port}")):
        yield server
    controller.stop()


def parts(letter: EmailMessage) -> tuple[str, str]:
    """The text and the HTML of a letter."""
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()
