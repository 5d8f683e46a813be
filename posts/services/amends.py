"""What withdrawals and corrections have in common: a second person decides, once, with what they want to add."""

from __future__ import annotations

from datetime import datetime

from divisions.errors import BadInput
from divisions.models import User
from posts.models import Correction, Withdrawal
from posts.models.amends import AmendVerdict

MAX_REASON = 2000


def decide(row: Correction | Withdrawal, verdict: AmendVerdict, *, by: User, note: str, now: datetime) -> None:
    """Write what was decided about a locked, open request. Raises BadInput (field `note`) for too many words."""
    if len(note) > MAX_REASON:
        raise BadInput("note", f"{len(note)} of {MAX_REASON} characters.", cure="Shorten it.")
    row.verdict, row.decided_by, row.decided_at, row.note = verdict, by, now, note.strip()
    row.save(update_fields=["verdict", "decided_by", "decided_at", "note"])
