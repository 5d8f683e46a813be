"""Who is away today and who stands in for them; whose emergency training counts. Reads only."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from divisions import access
from divisions.access import Rights
from divisions.models import Absence, Department, Division, Training
from divisions.permissions import Right


def day_of(now: datetime) -> date:
    """The day in the department's zone, which is what absences and trainings are counted in. One query."""
    zone = Department.objects.values_list("zone", flat=True).first()
    return now.astimezone(ZoneInfo(zone or "UTC")).date()


def away(on: date) -> QuerySet[Absence]:
    """The absences of a day (in the department's zone), with both people."""
    rows = Absence.objects.filter(revoked_at__isnull=True, starts_on__lte=on, ends_on__gte=on)
    return rows.select_related("user", "deputy")


def stands_in_for(user_id: int | None, on: date) -> list[Absence]:
    """The absences in which somebody is the deputy on a day. One query."""
    return list(away(on).filter(deputy=user_id))


def looked_after(user_id: int | None, on: date) -> dict[int, Absence]:
    """Divisions in whose reviews somebody stands in on a day -> the absence because of which."""
    rows = stands_in_for(user_id, on)
    return {pk: row for row in rows for pk in access.rights(row.user).division_ids(Right.REVIEW_POST)}


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
