"""Who is away today and who stands in for them; whose emergency training counts. Reads only."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from divisions.access import Rights
from divisions.models import Absence, Division, Training
from divisions.permissions import Right


def away(on: date) -> QuerySet[Absence]:
    """The absences of a day (in the department's zone), with both people."""
    rows = Absence.objects.filter(revoked_at__isnull=True, starts_on__lte=on, ends_on__gte=on)
    return rows.select_related("user", "deputy")


def stands_in_for(user_id: int | None, on: date) -> list[Absence]:
    """The absences in which somebody is the deputy on a day. One query."""
    return list(away(on).filter(deputy=user_id))


def visible_absences(mine: Rights) -> QuerySet[Absence]:
    """One's own absences, those one stands in for, and those of the people one manages; newest first."""
    managed = mine.division_ids(Right.MANAGE_PEOPLE)
    rows = Absence.objects.filter(revoked_at__isnull=True).select_related("user", "deputy", "made_by")
    own = rows.filter(user=mine.user_id) | rows.filter(deputy=mine.user_id)
    return (own | rows.filter(user__memberships__division__in=managed)).distinct()


def is_trained(user_id: int, division: Division, on: date) -> bool:
    """Whether somebody's emergency training counts in a division (it covers all below its own) on a day. One query."""
    above = [int(pk) for pk in division.path.strip("/").split("/") if pk]
    return Training.objects.filter(
        user=user_id, division__in=above, revoked_at__isnull=True, trained_on__lte=on, ends_on__gte=on
    ).exists()
