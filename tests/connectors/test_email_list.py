"""One mail as bytes, and the line it goes over: what no database is needed for."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from typing import Any

import pytest

from connectors import http
from connectors.contract import Account, Act, Done, Media, Outgoing, Policy, Remote, Target
from connectors.errors import Misconfigured, NotSupported, Temporary
from connectors.mail_line import Relay, dotted, opened
from connectors.mailing_message import build, sender_of
from connectors.mailing_port import Fate, Left, Recipient
from connectors.registry import get

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
LIST = get("email")
SENDER = {
    "name": "Northeast by e-mail",
    "address": "Desk <desk@pd.example.org>",
    "department": "Test Police Department",
    "host": "pd.example.org",
    "list_id": "northeast.pd.example.org",
}
READER = Recipient(
    copy_id=1,
    number=7,
    address="reader@home.example",
    manage_url="https://pd.example.org/subscribe/m/",
    leave_url="https://pd.example.org/subscribe/leave/l/",
)


def outgoing(act: Act = Act.PUBLISH, **more: Any) -> Outgoing:
    given: dict[str, Any] = {"title": "Road closed", "text": "Use Elm Street.", "key": "k1", "kind": "update", **more}
    return Outgoing(act=act, planned_at=NOW, link="https://pd.example.org/news/7/", **given)


def mail(said: Outgoing) -> EmailMessage:
    (step,) = LIST.plan(said)
    found = message_from_bytes(build(step.payload, READER, sender_of({"sender": SENDER})), policy=modern)
    assert isinstance(found, EmailMessage)
    return found


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


class Keeper:
    """A list of its own, in memory."""

    def __init__(self, *people: Recipient) -> None:
        self.waiting, self.ended = list(people), {}  # type: ignore[var-annotated]

    def take(self, limit: int) -> Sequence[Recipient]:
        return self.waiting[:limit]

    def begin(self, recipient: Recipient) -> bool:
        return True

    def end(self, recipient: Recipient, fate: Fate, *, status: int | None, words: str, hard: bool, lost: bool) -> None:
        self.ended[recipient.address] = (fate, hard, lost)
        if fate is not Fate.LATER:
            self.waiting.remove(recipient)

    def left(self) -> Left:
        counts: dict[str, int] = {}
        for fate, _, _ in self.ended.values():
            counts[fate.value] = counts.get(fate.value, 0) + 1
        return Left(next_at=NOW if self.waiting else None, counts=counts)

    def counts(self, remote_ids: Sequence[str]) -> dict[str, dict[str, int]]:
        return {"k1": {"sent": 2}}


def account(relay: dict[str, Any], *people: Recipient, mode: str = "sandbox", **more: Any) -> Account:
    settings = {"relay": relay, "sender": SENDER}
    return Account(platform="email", handle="", mode=mode, settings=settings, mailing=Keeper(*people), **more)


# ---- the message


def test_plan_is_pure_and_refuses_what_cannot_be_done_to_mails() -> None:
    assert LIST.plan(outgoing()) == LIST.plan(outgoing())
    assert LIST.ambiguous_policy is Policy.FIND_THEN_ASK
    for act in (Act.EDIT, Act.WITHDRAW, Act.HIDE, Act.RESTORE):
        with pytest.raises(NotSupported):
            LIST.plan(outgoing(act, target=Target(remote_id="k0")))
    with pytest.raises(Misconfigured, match="target"):
        LIST.plan(outgoing(Act.REPLY))


def test_the_same_mail_is_the_same_bytes() -> None:
    (step,) = LIST.plan(outgoing())
    sender = sender_of({"sender": SENDER})
    assert build(step.payload, READER, sender) == build(step.payload, READER, sender)
    assert mail(outgoing())["Message-ID"] == "<k1.7@pd.example.org>"
    assert mail(outgoing())["Date"] == "Tue, 24 Nov 2026 14:00:00 +0000"


def test_every_line_is_short_and_of_seven_bits() -> None:
    long = "Straße № 7 – «cerrada» 🚓 " * 40
    (step,) = LIST.plan(outgoing(title="Ünïcode " * 18, text=f"{long}\n.\n..dots\nFrom here"))
    whole = build(step.payload, READER, sender_of({"sender": SENDER}))
    lines = whole.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert whole.isascii()
    assert b"\n" not in whole.replace(b"\r\n", b"")
    message = message_from_bytes(whole, policy=modern)
    assert isinstance(message, EmailMessage)
    assert str(message["Subject"]) == ("Ünïcode " * 18).strip()
    assert long.strip() in body(message, "plain")


def test_dots_are_doubled_and_nothing_ends_a_mail_early() -> None:
    assert dotted(b"a\r\n.\r\n..b\r\nc.d") == b"a\r\n..\r\n...b\r\nc.d\r\n"
    assert b"\r\n.\r\n" not in dotted(b"\r\n.\r\n.\r\n")


@pytest.mark.parametrize("name", ["Desk\r\nBcc: all@home.example", 'De"sk, <x@y>', "Ünï — desk"])
def test_no_name_and_no_title_becomes_a_header(name: str) -> None:
    (step,) = LIST.plan(outgoing(title=name))
    message = message_from_bytes(
        build(step.payload, READER, sender_of({"sender": {**SENDER, "name": name}})), policy=modern
    )
    assert message["Bcc"] is None
    assert [a.addr_spec for a in message["From"].addresses] == ["desk@pd.example.org"]
    assert [a.addr_spec for a in message["To"].addresses] == ["reader@home.example"]


def test_an_alert_is_not_called_bulk_and_a_correction_answers_the_first_mail() -> None:
    assert mail(outgoing())["Precedence"] == "bulk"
    assert mail(outgoing(kind="safety_alert"))["Precedence"] is None
    message = mail(outgoing(Act.REPLY, key="k2", target=Target(remote_id="k1")))
    assert message["In-Reply-To"] == message["References"] == "<k1.7@pd.example.org>"
    assert message["Message-ID"] == "<k2.7@pd.example.org>"
    assert message["Subject"] == "Correction: Road closed"


def test_pictures_are_links_with_their_words_and_what_is_said_is_escaped() -> None:
    shown = Media(sha256="a", mime="image/jpeg", alt='A "map"', credit="<PD>", url="https://pd.example.org/media/a.jpg")
    film = replace(shown, mime="video/mp4", url="https://pd.example.org/media/a.mp4")
    nowhere = replace(shown, url="")
    message = mail(outgoing(text="<script>x</script>", media=(shown, film, nowhere)))
    page, text = body(message, "html"), body(message, "plain")
    assert "<script>" not in page
    assert page.count("<img ") == 1
    assert 'alt="A &quot;map&quot;"' in page
    assert '<a href="https://pd.example.org/media/a.mp4">' in page
    assert "https://pd.example.org/media/a.jpg" in text
    assert "<!-" not in page
    assert READER.manage_url in text
    assert READER.manage_url in page


def test_a_spanish_post_says_the_rest_in_spanish() -> None:
    message = mail(outgoing(language="es"))
    assert "Darse de baja" in body(message, "plain")
    assert '<html lang="es">' in body(message, "html")


def test_an_address_never_shows_in_a_repr() -> None:
    assert "reader@" not in repr(READER)
    assert "reader@" not in repr(account({}, READER))


# ---- the line


def test_without_a_mail_server_nothing_is_sent_and_the_setting_is_named() -> None:
    with pytest.raises(Misconfigured, match="EMAIL_URL"):
        LIST.run(account({}, READER), LIST.plan(outgoing())[0], {})


def test_live_mails_are_not_written_to_a_folder_and_called_sent(tmp_path: Any) -> None:
    with pytest.raises(Misconfigured, match="folder"):
        LIST.run(account({"folder": str(tmp_path)}, READER, mode="live"), LIST.plan(outgoing())[0], {})
    done = LIST.run(account({"folder": str(tmp_path)}, READER), LIST.plan(outgoing())[0], {})
    assert isinstance(done, Done)
    assert done.receipt.raw["words"] == "1 sent"
    assert [path.name for path in tmp_path.iterdir()] == ["k1.7-pd.example.org.eml"]


def test_a_password_never_goes_out_in_the_clear() -> None:
    relay = Relay(host="mail.example.gov", port=25, user="desk")
    with (
        pytest.raises(Misconfigured, match="in the clear") as caught,
        opened(relay, "a-secret-of-the-tests", inside=False),
    ):
        pass
    assert "a-secret" not in str(caught.value)


def test_a_call_that_was_frozen_before_it_spoke_says_nothing() -> None:
    heard: list[bytes] = []
    with listening(b"", heard) as port, http.begun(time.monotonic() - 10), pytest.raises(Temporary, match="too late"):
        LIST.run(account({"host": "127.0.0.1", "port": port}, READER), LIST.plan(outgoing())[0], {})
    assert heard == []


def test_the_hold_s_lock_is_let_go_before_the_first_word() -> None:
    order: list[str] = []
    (step,) = LIST.plan(outgoing())
    speaking = http.begun(on_first_byte=lambda: order.append("released"))
    with listening(b"554 no service\r\n", []) as port, speaking, pytest.raises(Temporary):
        LIST.run(account({"host": "127.0.0.1", "port": port}, READER), step, {})
    assert order == ["released"]


def test_a_server_that_greets_with_a_refusal_or_nonsense_is_tried_again() -> None:
    (step,) = LIST.plan(outgoing())
    for greeting in (b"421 busy\r\n", b"554 no service\r\n", b"nonsense\r\n", b""):
        with listening(greeting, []) as port, pytest.raises(Temporary):
            LIST.run(account({"host": "127.0.0.1", "port": port}, READER), step, {})


def test_nobody_is_watched_while_reading_and_counts_are_counted_mails() -> None:
    remote = Remote(remote_id="k1", url="", text="", created_at=NOW, ours=True)
    counts = LIST.metrics(account({}), [remote])
    assert (counts["k1"].views, counts["k1"].raw) == (None, {"sent": 2})


def test_an_empty_list_is_done_without_a_call() -> None:
    done = LIST.run(account({}), LIST.plan(outgoing())[0], {})
    assert isinstance(done, Done)
    assert done.receipt.raw["words"] == "nobody is on this list"


def test_no_address_and_no_password_is_logged(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    LIST.run(account({"folder": str(tmp_path)}, READER), LIST.plan(outgoing())[0], {})
    assert "reader@" not in caplog.text


class listening:
    """A door that says one thing to whoever comes, and keeps what it hears."""

    def __init__(self, greeting: bytes, heard: list[bytes]) -> None:
        self.greeting, self.heard = greeting, heard

    def __enter__(self) -> int:
        self.door = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return int(self.door.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self.door.shutdown(socket.SHUT_RDWR)  # a mere close would leave one accept waiting
        self.door.close()
        self.thread.join(5)

    def _serve(self) -> None:
        try:
            while True:
                guest, _ = self.door.accept()
                with guest:
                    guest.sendall(self.greeting)
        except OSError:
            return
