"""The line to the mail server: the only file of the connectors that speaks SMTP. It knows one mail, no list.

The relay is named by whoever runs this machine (EMAIL_URL), never on a screen, and usually stands inside: so the guard
against private addresses does not apply to it. A password goes only over TLS or to this very machine.

What counts is on which side of DATA's last dot a silence falls: before it nothing was sent, after it nobody knows.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Protocol

from connectors import http
from connectors.errors import Misconfigured, NotAuthorised, Refused, Temporary
from connectors.mailing_port import Fate

TIMEOUT_S = 10.0
_ENDS = b".\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one mail: the last code and words; `hard` = the address was refused, `lost` = the line broke."""

    fate: Fate
    status: int | None = None
    words: str = ""
    hard: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Where mails are handed over; `folder` set = they are written there as files instead (training, a local demo)."""

    host: str = ""
    port: int = 25
    user: str = ""
    starttls: bool = False
    tls: bool = False
    folder: str = ""
    name: str = "localhost"


class Line(Protocol):
    """An open way to hand over mails, one after another."""

    def send(self, message: bytes, *, sender: str, to: str, name: str) -> Answer:
        """Hand over one mail; raises NotAuthorised or Refused when none of the list can be sent like this."""
        ...


def relay_of(settings: Mapping[str, Any]) -> Relay:
    """Read the relay out of an account's settings; raises Misconfigured when there is none."""
    found = settings.get("relay") or {}
    relay = Relay(
        host=str(found.get("host") or ""),
        port=int(found.get("port") or 25),
        user=str(found.get("user") or ""),
        starttls=bool(found.get("starttls")),
        tls=bool(found.get("tls")),
        folder=str(found.get("folder") or ""),
        name=str(found.get("name") or "localhost"),
    )
    if not relay.host and not relay.folder:
        raise Misconfigured("no mail server is set: EMAIL_URL names none that a list can use")
    return relay


@contextlib.contextmanager
def opened(relay: Relay, password: str, *, inside: bool) -> Iterator[Line]:
    """An open line, hung up in the end. `inside` (training) = only to this machine or into a folder.

    Raises Temporary (not reached, TLS, asked to wait), NotAuthorised, Misconfigured. Nothing of a mail is said before.
    """
    if relay.folder:
        if not inside:
            raise Misconfigured("EMAIL_URL only writes mails to a folder: set a mail server, or the account to sandbox")
        yield Folder(Path(relay.folder))
        return
    if inside and not is_here(relay.host):
        raise Misconfigured(f"this account is in training: mails do not leave for {relay.host}")
    if relay.user and not (relay.tls or relay.starttls or is_here(relay.host)):
        raise Misconfigured(f"a password would go to {relay.host} in the clear: use smtp+tls:// or smtps://")
    http.about_to_speak()
    smtp = _connected(relay, password)
    try:
        yield Smtp(smtp)
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        smtp.close()


class Folder:
    """Mails as files, for a machine that sends none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: bytes, *, sender: str, to: str, name: str) -> Answer:
        """Write one file, named after the mail, so that a repeat replaces it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / f"{re.sub(r'[^A-Za-z0-9.-]', '-', name.strip('<>'))}.eml").write_bytes(message)
        except OSError as error:
            raise Temporary(f"the folder for mails cannot be written ({type(error).__name__})") from error
        return Answer(fate=Fate.SENT, status=250, words="written to a file")


class Smtp:
    """A session with a mail server."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp

    def send(self, message: bytes, *, sender: str, to: str, name: str) -> Answer:
        """Hand over one mail and say on which side of the last dot a silence fell."""
        try:
            self._envelope_from(sender)
            code, words = self._smtp.rcpt(to)
            if code not in (250, 251):
                return self._no(code, words, hard=True)
            code, words = self._smtp.docmd("DATA")
            if code != 354:
                return self._no(code, words)
            self._smtp.send(dotted(message))
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            return Answer(fate=Fate.LATER, words=f"the line broke ({type(error).__name__})", lost=True)
        return self._finished()

    def _envelope_from(self, sender: str) -> None:
        code, words = self._smtp.mail(sender)
        if code == 250:
            return
        said = _said(words)
        if code == 530:
            raise NotAuthorised(f"the mail server wants a sign-in: {said}", status=code)
        if 500 <= code < 600:
            cure = "Set EMAIL_FROM to an address that the mail server lets us use."
            raise Refused(f"the mail server refuses {sender} as sender: {said}", cure=cure, status=code)
        raise Temporary(f"the mail server asks us to wait: {said}", status=code)

    def _finished(self) -> Answer:
        try:
            self._smtp.send(_ENDS)
            code, words = self._smtp.getreply()
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            words = f"the line broke after the mail was handed over ({type(error).__name__})".encode()
            return Answer(fate=Fate.UNCERTAIN, words=_said(words), lost=True)
        if code == 250:
            return Answer(fate=Fate.SENT, status=code, words=_said(words))
        return self._no(code, words)

    def _no(self, code: int, words: bytes, *, hard: bool = False) -> Answer:
        """Refused for good (5xx) or not now; the session goes on unless the server ends it (421).

        Raises NotAuthorised where it wants a sign-in. What it refuses for a policy (x.7.x) says nothing of the address.
        """
        if code == 530:
            raise NotAuthorised(f"the mail server wants a sign-in: {_said(words)}", status=code)
        lost = code in (-1, 421)
        if not lost:
            try:
                self._smtp.rset()
            except (OSError, smtplib.SMTPServerDisconnected):
                lost = True
        good = 500 <= code < 600
        fate = Fate.REFUSED if good else Fate.LATER
        about_us = re.search(r"\b[45]\.7\.\d", _said(words)) is not None
        status = code if code > 0 else None
        return Answer(fate=fate, status=status, words=_said(words), hard=hard and good and not about_us, lost=lost)


def dotted(message: bytes) -> bytes:
    """A message as DATA takes it: ended by CRLF, dots at the beginning of a line doubled (RFC 5321, 4.5.2)."""
    whole = message if message.endswith(b"\r\n") else message + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", whole)


def _connected(relay: Relay, password: str) -> smtplib.SMTP:
    try:
        smtp = _greeted(relay)
    except smtplib.SMTPNotSupportedError as error:
        raise Misconfigured(f"{relay.host} offers no encryption: set EMAIL_URL to smtps:// or smtp://") from error
    except (OSError, smtplib.SMTPException) as error:
        raise Temporary(f"the mail server {relay.host} cannot be reached ({type(error).__name__})") from error
    try:
        if relay.user:
            _sign_in(smtp, relay, password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _greeted(relay: Relay) -> smtplib.SMTP:
    if relay.tls:
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            relay.host, relay.port, local_hostname=relay.name, timeout=TIMEOUT_S, context=ssl.create_default_context()
        )
    else:
        smtp = smtplib.SMTP(relay.host, relay.port, local_hostname=relay.name, timeout=TIMEOUT_S)
    try:
        smtp.ehlo_or_helo_if_needed()
        if relay.starttls:
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
    except BaseException:
        smtp.close()
        raise
    return smtp


def _sign_in(smtp: smtplib.SMTP, relay: Relay, password: str) -> None:
    try:
        smtp.login(relay.user, password)
    except smtplib.SMTPAuthenticationError as error:
        if error.smtp_code < 500:
            raise Temporary("the mail server cannot check our sign-in now", status=error.smtp_code) from error
        raise NotAuthorised("the mail server does not take our sign-in", status=error.smtp_code) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Misconfigured(f"{relay.host} takes no sign-in: leave the user out of EMAIL_URL") from error
    except (OSError, smtplib.SMTPException) as error:
        raise Temporary(f"the mail server {relay.host} went away ({type(error).__name__})") from error


def is_here(host: str) -> bool:
    """Whether a name stands for this very machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _said(words: bytes) -> str:
    return " ".join(words.decode("utf-8", "replace").replace("\x00", "").split())[:300]
