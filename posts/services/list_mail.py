"""Sends the mails that sign-ups owe, a batch at a time, by the beat. At least once: a worker that dies sends it again.

The mail goes to every address that was typed, whether or not it is on a list: nobody learns which from the outside.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from divisions.models import Channel, Department
from posts.models import Subscriber, SubscribeRequest
from posts.selectors import mail_links, mailing

log = logging.getLogger(__name__)

BATCH = 50
TAKEN = timedelta(minutes=5)
AGAIN = timedelta(minutes=2)
GIVE_UP = timedelta(days=1)


def send_due(*, now: datetime | None = None) -> int:
    """Send what is owed; returns how many went. Never raises for the mail server; two at once send nothing twice."""
    moment, sent = now or timezone.now(), 0
    rows = _take(moment)
    if not rows:
        return 0
    line = get_connection()
    for row in rows:
        try:
            _message(row, line).send()
        except (OSError, ValueError, smtplib.SMTPException) as error:
            _not_sent(row, error, moment)
            continue
        SubscribeRequest.objects.filter(pk=row.pk).update(mail_due_at=None, mailed_at=moment)
        sent += 1
    return sent


@transaction.atomic
def _take(now: datetime) -> list[SubscribeRequest]:
    owed = SubscribeRequest.objects.filter(mail_due_at__lte=now).order_by("mail_due_at", "pk")
    rows = list(owed.select_for_update(skip_locked=True)[:BATCH])
    SubscribeRequest.objects.filter(pk__in=[row.pk for row in rows]).update(mail_due_at=now + TAKEN)
    return rows


def _not_sent(row: SubscribeRequest, error: Exception, now: datetime) -> None:
    """Refused for good, or a day old: given up. The log names the row, never the address."""
    code = getattr(error, "smtp_code", 0)
    over = isinstance(error, ValueError | smtplib.SMTPRecipientsRefused) or code >= 500
    over = over or row.asked_at <= now - GIVE_UP
    log.warning("the mail of sign-up %s was not sent%s: %s", row.pk, ", given up" if over else "", type(error).__name__)
    SubscribeRequest.objects.filter(pk=row.pk).update(mail_due_at=None if over else now + AGAIN)


def _message(row: SubscribeRequest, line: Any) -> EmailMultiAlternatives:
    lists = list(Channel.objects.filter(pk__in=row.channels).select_related("division").order_by("name"))
    reader = Subscriber.objects.filter(folded=row.folded).first()
    known = reader is not None and set(row.channels) <= mailing.lists_of(reader) and reader.suspended_at is None
    department = Department.objects.first()
    name = department.name if department else ""
    subject = f"You are on this list already: {name}" if known else f"Confirm that you want mails of the {name}"
    context = {
        "subject": subject,
        "department": department,
        "lists": lists,
        "known": known,
        "confirm_url": mail_links.confirm(row.pk),
        "manage_url": mail_links.manage(reader.pk) if reader is not None else "",
    }
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split())[:200],
        body=render_to_string("emails/subscribe.txt", context),
        to=[row.address],
        headers={
            "Message-ID": f"<sign-up-{row.pk}@{urlsplit(settings.BASE_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
        },
        connection=line,
    )
    message.attach_alternative(render_to_string("emails/subscribe.html", context), "text/html")
    return message
