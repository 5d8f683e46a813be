"""A filter from one moment to another, read in the department's zone like every time on the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateTimeFilter


class MomentFilter(RangeDateTimeFilter):
    """unfold's filter with aware times (its own are naive), for whom a date alone is enough."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow the list; what cannot be read as a date narrows nothing."""
        bounds = {"gte": self._moment("from", "00:00:00"), "lte": self._moment("to", "23:59:59.999999")}
        return queryset.filter(**{f"{self.parameter_name}__{side}": at for side, at in bounds.items() if at})

    def _moment(self, side: str, clock: str) -> datetime | None:
        day = self.used_parameters.get(f"{self.parameter_name}_{side}_0") or ""
        clock = self.used_parameters.get(f"{self.parameter_name}_{side}_1") or clock
        try:
            return timezone.make_aware(datetime.fromisoformat(f"{day} {clock}"))
        except ValueError:
            return None
