"""Appends entries to the ledger, inside the caller's transaction: if the entry fails, the act did not happen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.db import connection, transaction
from django.utils import timezone

from records.models import LedgerEntry

SYSTEM_LABEL = "Substation"

# One statement without instances: the deliverer writes an entry for every call, the rest of us few.
_APPEND = """
INSERT INTO records_ledgerentry (occurred_at, recorded_at, actor_id, actor_label, division_id, division_path, type,
    subject_type, subject_id, data)
SELECT * FROM json_to_recordset(%s::json) AS v(occurred_at timestamptz, recorded_at timestamptz, actor_id bigint,
    actor_label text, division_id bigint, division_path text, type text, subject_type text, subject_id text, data jsonb)
RETURNING seq
"""


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
    return LedgerEntry.from_db(connection.alias, ["seq"], append_many([entry]))  # the rest is read when asked for


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


def append_many(entries: Sequence[Entry]) -> list[int]:
    """Write several entries with one INSERT; returns their `seq`. Raises TransactionManagementError outside one."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a ledger entry belongs to the transaction of its act")
    written = timezone.now().isoformat()
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, [json.dumps([_row(entry, written) for entry in entries])])
        return [seq for (seq,) in cursor.fetchall()]


def _row(entry: Entry, written: str) -> dict[str, Any]:
    return {
        "type": entry.type,
        "subject_type": entry.subject_type,
        "subject_id": str(entry.subject_id),
        "occurred_at": entry.occurred_at.isoformat(),
        "recorded_at": written,
        "actor_id": entry.by.pk if entry.by else None,
        "actor_label": entry.by.label if entry.by else SYSTEM_LABEL,
        "division_id": entry.division.pk if entry.division else None,
        "division_path": entry.division.slug_path if entry.division else "",
        "data": dict(entry.data),
    }
