"""What a person has to do of this room, as movers: tasks of check rounds, and answers that will become tasks."""

from __future__ import annotations

from django.db.models import QuerySet

from divisions import belongings
from divisions.services.movers import Assigned
from moderation.models import CheckItem, Task


def _tasks() -> QuerySet[Task]:
    return Task.objects.filter(done_at__isnull=True)


def _answers() -> QuerySet[CheckItem]:
    """A "No" in a round that is not signed names who will have to do it."""
    return CheckItem.objects.filter(round__signed_at__isnull=True)


def register() -> None:
    """Hand in this room's movers."""
    belongings.register(
        Assigned(
            name="moderation.tasks",
            rows=_tasks,
            holder="owner",
            place="division",
            words=("task of a check round", "tasks of check rounds"),
        )
    )
    belongings.register(
        Assigned(
            name="moderation.answers",
            rows=_answers,
            holder="owner",
            place="round__channel__division",
            words=("task of a round under way", "tasks of a round under way"),
        )
    )
