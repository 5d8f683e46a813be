"""Daily work about people and accounts: the guardian mirror follows the calendar, every account is looked at."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from celery import shared_task
from django.db import connection, transaction

from divisions import access
from divisions.models import Channel, User
from divisions.services import tokens

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
    """Look at every account: is its sign-in good, until when; returns how many were looked at."""
    rows = tokens.due_for_a_check()
    with ThreadPoolExecutor(LOOKS_AT_ONCE, thread_name_prefix="check") as executor:
        list(executor.map(_check_in_thread, rows))
    return len(rows)


def _check_in_thread(channel: Channel) -> None:
    try:
        tokens.check(channel=channel, by=None)
    finally:
        connection.close()
