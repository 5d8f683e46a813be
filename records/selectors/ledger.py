"""Reads of the ledger. Who may read is decided by the room above that knows rights; these only narrow by subject."""

from __future__ import annotations

from django.db.models import QuerySet

from records.models import LedgerEntry


def about(subject_type: str, subject_id: int | str) -> QuerySet[LedgerEntry]:
    """Every entry about one subject, newest first. The caller has already proved that the reader may see it."""
    return LedgerEntry.objects.filter(subject_type=subject_type, subject_id=str(subject_id)).order_by("-seq")
