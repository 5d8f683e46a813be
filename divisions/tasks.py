"""Nightly work about people: the guardian mirror is rewritten, because memberships begin and end with the day."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction

from divisions import access
from divisions.models import User


@shared_task(ignore_result=True)
def resync_mirror() -> int:
    """Rewrite every person's guardian rows; returns how many differed before."""
    with transaction.atomic():
        wrong = access.mirror_differences()
        if wrong:
            access.mirror(User.objects.all())
    return wrong
