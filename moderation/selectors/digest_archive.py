"""Digests as they were made: who may read which, and the rows behind their numbers as they stand now. Reads only."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from divisions.access import Rights
from divisions.errors import NotVisible
from divisions.models import Department
from divisions.permissions import Right
from moderation.models import Digest
from moderation.selectors.digest_scope import Scope

Kind = Digest.Kind


def visible_to(mine: Rights) -> QuerySet[Digest]:
    """One's own; whoever oversees accounts also reads everybody's weekly and monthly ones, never a daily one."""
    rows = Digest.objects.filter(recipient=mine.user_id)
    if _oversees(mine):
        rows = Digest.objects.filter(Q(recipient=mine.user_id) | Q(kind__in=(Kind.WEEKLY, Kind.MONTHLY)))
    return rows.select_related("recipient").order_by("-starts_on", "-pk")


def get_visible(mine: Rights, pk: int) -> Digest:
    """One digest. Raises NotVisible: also for one about divisions that the reader does not see."""
    found = visible_to(mine).filter(pk=pk).first() if mine.user_id else None
    if found is None:
        raise NotVisible
    if found.recipient_id != mine.user_id and not set(found.numbers["divisions"]) <= mine.visible_division_ids():
        raise NotVisible
    return found


def scope_of(row: Digest, mine: Rights) -> Scope:
    """What a digest was about, as far as its reader sees it now."""
    return Scope(
        kind=row.kind,
        person_id=row.recipient_id,
        division_ids=frozenset(row.numbers["divisions"]) & mine.visible_division_ids(),
        first=row.starts_on,
        last=row.ends_on,
        zone=zone(),
    )


def zone() -> str:
    """The department's zone."""
    return Department.objects.values_list("zone", flat=True).first() or "UTC"


def _oversees(mine: Rights) -> bool:
    return mine.anywhere(Right.VIEW_WALL) or mine.anywhere(Right.VIEW_ALL)
