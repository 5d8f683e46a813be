"""Forgets old notices: what somebody has read stays for 90 days, anything else for a year.

What happened stands in the ledger and where it happened; a notice only pointed there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from divisions.models import Notice

READ_KEPT = timedelta(days=90)
KEPT = timedelta(days=365)
BATCH = 1000
MOST = 50  # batches a run: a backlog of years takes some days and no long transaction


def forget(*, now: datetime) -> int:
    """Delete what is old, a batch at a time and at most 50,000 a run; returns how many went."""
    old = Q(seen_at__lt=now - READ_KEPT, created_at__lt=now - READ_KEPT) | Q(created_at__lt=now - KEPT)
    gone = 0
    for _ in range(MOST):
        ids = list(Notice.objects.filter(old).order_by("pk").values_list("pk", flat=True)[:BATCH])
        gone += Notice.objects.filter(pk__in=ids).delete()[0]
        if len(ids) < BATCH:
            break
    return gone
