"""Tasks that rounds made: whose they are, who may finish them, how many wait. Reads only."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from divisions import access
from divisions.access import Rights
from divisions.errors import NotAllowed, NotVisible
from divisions.models import User
from divisions.permissions import Right
from moderation.models import Task


def visible_to(mine: Rights) -> QuerySet[Task]:
    """Tasks of the divisions whose inside the person may see, and those that are theirs."""
    rows = Task.objects.filter(Q(division__in=mine.visible_division_ids()) | Q(owner=mine.user_id))
    return rows.select_related("channel", "division", "owner", "item", "done_by")


def get_visible(mine: Rights, pk: int) -> Task:
    """One task. Raises NotVisible when it does not exist for the person."""
    found = visible_to(mine).filter(pk=pk).first() if mine.user_id else None
    if found is None:
        raise NotVisible
    return found


def mine_to_do(mine: Rights) -> QuerySet[Task]:
    """Open tasks that wait for this person: their own, and those nobody owns in a division they supervise themselves.

    Who oversees a whole tree sees them on the rounds' page; on their own desk they would drown everything else.
    """
    own_reach = mine.division_ids(Right.REVIEW_POST) - mine.overseen_ids(Right.REVIEW_POST)
    rows = Task.objects.filter(done_at__isnull=True)
    rows = rows.filter(Q(owner=mine.user_id) | Q(owner__isnull=True, division__in=own_reach))
    return rows.select_related("channel", "division").order_by("due_on", "pk")


def may_finish(mine: Rights, task: Task) -> bool:
    """Whether the person may mark it as done."""
    if mine.user_id is not None and task.owner_id == mine.user_id:
        return True
    return any(mine.can(right, task.division_id) for right in (Right.SUBMIT_POST, Right.SIGN_CHECK))


def require_may_finish(by: User, task: Task) -> None:
    """Raise NotVisible or NotAllowed unless `by` may mark it as done."""
    mine = access.rights(by)
    if may_finish(mine, task):
        return
    if task.division_id not in mine.visible_division_ids():
        raise NotVisible
    raise NotAllowed("finish its tasks", where=str(task.division), who=access.who_can(Right.SUBMIT_POST))


def today(zone: str, now: datetime) -> date:
    """The day of a place's clock."""
    return now.astimezone(ZoneInfo(zone)).date()


def is_late(task: Task, today: date) -> bool:
    """Whether its day has passed."""
    return task.done_at is None and task.due_on < today
