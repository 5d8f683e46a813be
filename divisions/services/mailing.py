"""Sends the mails that notices owe, a batch at a time, by the beat. At least once: a worker that dies sends it again.

A mail's Message-ID is its notice's, so a second copy is the same mail to any mail program.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from divisions.models import Notice
from divisions.services import letters
from divisions.services.letters import Letter, Outcome

log = logging.getLogger(__name__)

BATCH = 50
TAKEN = timedelta(minutes=5)  # how long a batch is ours: longer than a slow server takes for one of its mails
AGAIN = timedelta(minutes=2)
GIVE_UP = timedelta(days=1)  # a mail about yesterday's trouble helps nobody; it still stands on the desk


def send_due(*, now: datetime | None = None) -> int:
    """Send what is owed; returns how many mails went. Two at once send nothing twice. Never raises for the server."""
    sent = 0
    while rows := _take(now or timezone.now()):
        went, away = _send(rows, now or timezone.now())
        sent += went
        if away:
            break
    return sent


@transaction.atomic
def _take(now: datetime) -> list[Notice]:
    """Take a batch for ourselves: nobody else sees it as owed until `TAKEN` is over."""
    owed = Notice.objects.filter(mail_due_at__lte=now).order_by("mail_due_at", "pk")
    rows = list(owed.select_for_update(of=("self",), skip_locked=True).select_related("user")[:BATCH])
    Notice.objects.filter(pk__in=[row.pk for row in rows]).update(mail_due_at=now + TAKEN)
    return rows


def _send(rows: Sequence[Notice], now: datetime) -> tuple[int, bool]:
    """Send a batch over one line; how many went, and whether the server is away."""
    sent = 0
    with letters.line() as line:
        for n, row in enumerate(rows):
            outcome = line.send(_letter(row)) if row.user.is_active else Outcome.NEVER
            if outcome is Outcome.AWAY:
                _later(rows[n:], now)
                return sent, True
            _settle(row, outcome, now)
            sent += outcome is Outcome.SENT
    return sent, False


def _letter(row: Notice) -> Letter:
    return Letter(
        to=row.user,
        kind=row.kind,
        key=f"notice-{row.pk}",
        subject=row.subject,
        template="notice",
        context={"notice": row, "open_url": settings.BASE_URL + reverse("divisions:notice", args=[row.pk])},
    )


def _settle(row: Notice, outcome: Outcome, now: datetime) -> None:
    if outcome is Outcome.LATER:
        _later([row], now)
        return
    sent_at = now if outcome is Outcome.SENT else None
    Notice.objects.filter(pk=row.pk).update(mail_due_at=None, mailed_at=sent_at)


def _later(rows: Sequence[Notice], now: datetime) -> None:
    """Try again in a while; what is a day old is given up, which is said in the log."""
    old = [row.pk for row in rows if row.created_at <= now - GIVE_UP]
    if old:
        log.warning("%d mails could not be sent for a day and are given up; they stand on the desk", len(old))
        Notice.objects.filter(pk__in=old).update(mail_due_at=None)
    Notice.objects.filter(pk__in={row.pk for row in rows} - set(old)).update(mail_due_at=now + AGAIN)
