"""Tasks that rounds made: handed to somebody else, and done, with a note that says what was done."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from divisions.errors import BadInput, NotVisible, WrongMoment
from divisions.models import User
from moderation.models import Task
from moderation.selectors import findings
from records.services import ledger

MAX_NOTE = 500


@transaction.atomic
def done(*, task: Task, note: str, by: User, now: datetime | None = None) -> Task:
    """Mark a task as done. Its owner may, whoever writes for its division, and whoever signs its rounds.

    Raises BadInput (field `note`), WrongMoment when it is done already, NotAllowed.
    """
    rows = Task.objects.select_for_update(of=("self",)).select_related("division", "channel", "done_by")
    row = rows.filter(pk=task.pk).first()
    if row is None:
        raise NotVisible
    findings.require_may_finish(by, row)
    if row.done_by is not None:
        raise WrongMoment(f"{row.done_by.name} has done it already.", cure="Nothing is left to do.")
    text = note.strip()
    if not text:
        raise BadInput("note", "Say in one line what was done.", cure="For example: unpinned, new hours pinned.")
    if len(text) > MAX_NOTE:
        raise BadInput("note", f"{len(text)} of {MAX_NOTE} characters.", cure=f"Shorten by {len(text) - MAX_NOTE}.")
    row.done_by, row.done_at, row.done_note = by, now or timezone.now(), text
    row.save(update_fields=["done_by", "done_at", "done_note"])
    ledger.remember(
        "moderation.task.done",
        ("check_task", row.pk),
        by=by,
        now=row.done_at,
        data={"channel": row.channel.slug, "code": row.code, "words": row.words, "note": text},
        division=row.division,
    )
    return row
