"""What people were told: the notices on their desks, and the mails once the beat has sent what is owed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core import mail

from divisions.models import Notice
from divisions.services import mailing
from tests.stories import NOW


def names(kind: str, **more: Any) -> set[str]:
    """Who was told something of a kind, by the plain names of the stock people."""
    rows = Notice.objects.filter(kind=kind, **more)
    return {email.split("@")[0] for email in rows.values_list("user__email", flat=True)}


def letters(now: datetime = NOW) -> list[Any]:
    """Every mail there is, after those that are owed were sent."""
    mailing.send_due(now=now)
    return list(mail.outbox)
