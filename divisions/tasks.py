"""Daily work about people and accounts: the guardian mirror follows the calendar, every account is looked at."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from celery import shared_task
from django.db import connection, transaction
from django.utils import timezone

from connectors.errors import ConnectorError, NotAuthorised
from divisions import access
from divisions.models import Channel, User
from divisions.services import access_review, api_versions, connect, first_days, mailing, old_notices, roster, tokens

log = logging.getLogger(__name__)

LOOKS_AT_ONCE = 4


@shared_task(ignore_result=True)
def resync_mirror() -> int:
    """Rewrite every person's guardian rows; returns how many differed before."""
    with transaction.atomic():
        wrong = access.mirror_differences()
        if wrong:
            access.mirror(User.objects.all())
    return wrong


@shared_task(ignore_result=True)
def check_accounts() -> int:
    """Look at every account: is its sign-in good, until when; returns how many were looked at.

    Says, too, which versions of the platforms' APIs end soon.
    """
    api_versions.warn(now=timezone.now())
    return look_at(tokens.due_for_a_check())


def look_at(rows: list[Channel]) -> int:
    """Look at some accounts, a few at once; returns how many they were."""
    with ThreadPoolExecutor(LOOKS_AT_ONCE, thread_name_prefix="check") as executor:
        list(executor.map(_check_in_thread, rows))
    return len(rows)


@shared_task(ignore_result=True)
def look_after_people() -> int:
    """Say where nobody is on duty, and open the access reviews that are due; returns how many accounts are bare."""
    now = timezone.now()
    access_review.open_due(now=now)
    return roster.warn(now=now)


@shared_task(ignore_result=True)
def settle_moves() -> int:
    """Pass on what people who moved still had on their first day in the new place; returns how many they were."""
    return first_days.settle_due(now=timezone.now())


@shared_task(ignore_result=True)
def renew_sign_ins() -> int:
    """Renew the sign-ins that end within minutes, before a post needs them; returns how many were renewed.

    Forgets the connections, too, that somebody began and did not finish.
    """
    now, renewed = timezone.now(), 0
    connect.forget_old(now=now)
    for channel in tokens.due_for_renewal(now=now):
        try:
            renewed += tokens.keep_fresh(channel, now=now).token_expires_at != channel.token_expires_at
        except NotAuthorised:
            tokens.renewal_refused(channel=channel, now=now)
        except ConnectorError as error:
            log.warning("the sign-in of %s was not renewed: %s", channel.slug, error.__class__.__name__)
    return renewed


@shared_task(ignore_result=True)
def send_mail() -> int:
    """Send the mails that are owed; returns how many went."""
    return mailing.send_due()


@shared_task(ignore_result=True)
def forget_notices() -> int:
    """Delete old notices; returns how many went."""
    return old_notices.forget(now=timezone.now())


def _check_in_thread(channel: Channel) -> None:
    try:
        tokens.check(channel=channel, by=None)
    finally:
        connection.close()
