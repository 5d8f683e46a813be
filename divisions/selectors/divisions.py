"""Which divisions a person sees inside, and which everybody may read about."""

from __future__ import annotations

from django.db.models import QuerySet

from divisions.access import Rights
from divisions.models import Division
from divisions.permissions import Right


def visible_to(mine: Rights) -> QuerySet[Division]:
    """Divisions whose inside the person may see."""
    return Division.objects.filter(pk__in=mine.visible_division_ids())


def with_right(mine: Rights, right: Right) -> QuerySet[Division]:
    """Divisions in which the person has one right."""
    return Division.objects.filter(pk__in=mine.division_ids(right))


def public() -> QuerySet[Division]:
    """Every division: their names and pages are public."""
    return Division.objects.all()
