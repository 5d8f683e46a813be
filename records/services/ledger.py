"""Appends entries to the ledger, inside the caller's transaction: if the entry fails, the act did not happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.db import transaction
from django.utils import timezone

from records.models import LedgerEntry

SYSTEM_LABEL = "Substation"


class Actor(Protocol):
    """Whoever acts: a user of the upper rooms, which this room cannot import."""

    @property
    def pk(self) -> Any: ...

    @property
    def label(self) -> str: ...


class Place(Protocol):
    """The division an act belongs to."""

    @property
    def pk(self) -> Any: ...

    @property
    def slug_path(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act to be remembered; `by=None` means the system itself acted."""

    type: str
    subject_type: str
    subject_id: int | str
    occurred_at: datetime
    by: Actor | None = None
    division: Place | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def append(entry: Entry) -> LedgerEntry:
    """Write one entry. Must run inside the transaction of the act it describes."""
    return append_many([entry])[0]


def remember(
    type_: str,
    subject: tuple[str, int | str],
    *,
    by: Actor | None,
    now: datetime | None,
    data: Mapping[str, Any],
    division: Place | None = None,
) -> LedgerEntry:
    """Write one entry about `subject` (its type and id); `now=None` means this moment. See `append`."""
    return append(
        Entry(
            type=type_,
            subject_type=subject[0],
            subject_id=subject[1],
            occurred_at=now or timezone.now(),
            by=by,
            division=division,
            data=data,
        )
    )


def append_many(entries: Sequence[Entry]) -> list[LedgerEntry]:
    """Write several entries with one INSERT. Raises TransactionManagementError outside a transaction."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a ledger entry belongs to the transaction of its act")
    return LedgerEntry.objects.bulk_create([_row(entry) for entry in entries])


def _row(entry: Entry) -> LedgerEntry:
    return LedgerEntry(
        type=entry.type,
        subject_type=entry.subject_type,
        subject_id=str(entry.subject_id),
        occurred_at=entry.occurred_at,
        actor_id=entry.by.pk if entry.by else None,
        actor_label=entry.by.label if entry.by else SYSTEM_LABEL,
        division_id=entry.division.pk if entry.division else None,
        division_path=entry.division.slug_path if entry.division else "",
        data=dict(entry.data),
    )
