"""What oversight does by the clock: accounts are read back."""

from __future__ import annotations

from celery import shared_task

from moderation.services import watching


@shared_task(ignore_result=True)
def watch_accounts() -> int:
    """Read back the accounts whose time has come; returns how many were looked at."""
    return watching.look_at_due()
