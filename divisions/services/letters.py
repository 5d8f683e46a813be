"""One mail to one person: its two forms, its headers, its signed way out; and what became of sending it.

What it says and to whom is decided elsewhere (`notices`, moderation's digests). Nothing here touches a row.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.urls import reverse

from divisions.models import Department, User
from divisions.notice_kinds import BY_CODE, NoticeKind, Way

log = logging.getLogger(__name__)

_SALT = "divisions.notices.stop"
LONGEST_SUBJECT = 200


class Outcome(Enum):
    """What became of one mail."""

    SENT = "sent"
    LATER = "later"  # the server is away or asks us to wait
    NEVER = "never"  # it will not take this mail
    AWAY = "away"  # the server cannot be reached: the others need not be tried now


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail. `template` names a pair in templates/emails; `key` is the same for the same letter, however often."""

    to: User
    kind: str
    key: str
    subject: str
    template: str
    context: Mapping[str, Any]


class Line:
    """The way to the mail server, open for several letters."""

    def __init__(self) -> None:
        self._backend: Any = get_connection()

    def send(self, letter: Letter) -> Outcome:
        """Hand one letter over. Raises nothing: a server that is down stops nothing, it is said in the log."""
        try:
            self._backend.open()
        except OSError as error:
            log.warning("the mail server cannot be reached: %s", error)
            return Outcome.AWAY
        try:
            message = compose(letter)
            message.connection = self._backend
            message.send()
        except (OSError, ValueError) as error:
            self.close()
            log.warning("no mail %s: %s", letter.key, error)
            return _outcome(error)
        return Outcome.SENT

    def close(self) -> None:
        try:
            self._backend.close()
        except OSError as error:
            log.debug("the line to the mail server was closed already: %s", error)


@contextmanager
def line() -> Iterator[Line]:
    """A line that is hung up in the end."""
    open_line = Line()
    try:
        yield open_line
    finally:
        open_line.close()


def compose(letter: Letter) -> EmailMultiAlternatives:
    """The letter as a message: text and HTML, with the headers a machine's mail ought to have (RFC 3834, RFC 8058)."""
    kind = BY_CODE[letter.kind]
    stop = stop_url(letter.to, kind)
    context = {
        "subject": letter.subject,
        "kind": kind,
        "stop_url": stop,
        "choices_url": settings.BASE_URL + reverse("divisions:notice_choices"),
        "base_url": settings.BASE_URL,
        "department": Department.objects.first(),
        **letter.context,
    }
    headers = {
        "Message-ID": f"<{letter.key}@{urlsplit(settings.BASE_URL).hostname}>",
        "Auto-Submitted": "auto-generated",
    }
    if stop:
        headers |= {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    message = EmailMultiAlternatives(
        subject=" ".join(letter.subject.split())[:LONGEST_SUBJECT],
        body=render_to_string(f"emails/{letter.template}.txt", context),
        to=[letter.to.email],
        headers=headers,
    )
    message.attach_alternative(render_to_string(f"emails/{letter.template}.html", context), "text/html")
    return message


def stop_url(user: User, kind: NoticeKind) -> str:
    """The whole address that ends the mails of this kind to this person; empty where they cannot be ended."""
    if Way.MAIL in kind.kept:
        return ""
    token = signing.dumps([user.pk, kind.code], salt=_SALT)
    return settings.BASE_URL + reverse("divisions:notice_stop", args=[token])


def read_token(token: str) -> tuple[int, NoticeKind] | None:
    """Whose mails of which kind a signed token ends; None when it was not made by us."""
    try:
        user_id, code = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    kind = BY_CODE.get(code) if isinstance(code, str) else None
    return (user_id, kind) if kind is not None and isinstance(user_id, int) else None


def _outcome(error: Exception) -> Outcome:
    """A server says by its code whether to try again (4xx) or not (5xx); silence and lost lines are tried again."""
    codes = [code for code, _ in error.recipients.values()] if isinstance(error, smtplib.SMTPRecipientsRefused) else []
    if isinstance(error, smtplib.SMTPResponseException):
        codes = [error.smtp_code]
    if isinstance(error, ValueError) or (codes and all(code >= 500 for code in codes)):
        return Outcome.NEVER
    return Outcome.LATER
