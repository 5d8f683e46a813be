"""What oversight does by the clock: accounts and their comments are read, check rounds are opened, digests made."""

from __future__ import annotations

from celery import shared_task

from moderation.services import digests, look, reading, rounds, watching


@shared_task(ignore_result=True)
def watch_accounts() -> int:
    """Read back the accounts whose time has come; returns how many were looked at."""
    return watching.look_at_due()


@shared_task(ignore_result=True)
def read_comments() -> int:
    """Read the comments of the accounts whose time has come; returns how many accounts were read."""
    return reading.read_due()


@shared_task(ignore_result=True)
def open_rounds() -> int:
    """Open the check rounds whose day has come and ask the network what they need; returns how many were opened."""
    opened = rounds.open_due()
    look.look_at_new()
    return len(opened)


@shared_task(ignore_result=True)
def make_digests() -> int:
    """Make the digests whose time has come, and mail those that were not mailed; returns how many were made."""
    made = digests.make_due()
    digests.mail_due()
    return made
