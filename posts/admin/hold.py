"""Holds and incidents in Django admin, for looking: placed and released on the desk, by who has the right (P4)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from posts.admin.post import INSIDE
from posts.models import Hold, Incident, IncidentLog
from records.admin import MomentFilter, ReadOnlyAdmin, ReadOnlyInline


class HoldsInline(ReadOnlyInline):
    """The holds of an incident."""

    model = Hold
    fields = ("scope", "reason", "placed_by", "placed_at", "released_by", "released_at")

    def get_queryset(self, request: Any) -> Any:
        """With names."""
        return super().get_queryset(request).select_related("division", "channel", "placed_by", "released_by")


class LogInline(ReadOnlyInline):
    """The log of an incident."""

    model = IncidentLog
    fields = ("at", "by", "kind", "text", "post")

    def get_queryset(self, request: Any) -> Any:
        """With names."""
        return super().get_queryset(request).select_related("by", "post")


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    """Major incidents with their holds."""

    sees: ClassVar = INSIDE
    inlines = (HoldsInline, LogInline)
    list_display = ("name", "division", "opened_at", "opened_by", "next_update_at", "closed_at")
    list_filter = (("opened_at", MomentFilter),)
    list_select_related = ("opened_by", "division")
    search_fields = ("name",)


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """What was stopped, by whom, why, and until when."""

    sees: ClassVar = INSIDE
    list_display = ("name", "state", "reason", "placed_by", "placed_at", "released_by", "released_at", "drill")
    list_display_links = ("name",)
    list_filter = (
        ("scope", ChoicesDropdownFilter),
        ("division", AutocompleteSelectFilter),
        ("placed_at", MomentFilter),
        "drill",
    )
    list_select_related = ("division", "channel", "placed_by", "released_by")
    search_fields = ("reason", "division__name", "channel__name", "incident__name")
    exclude = ("exempt_posts",)

    @admin.display(description="covers")
    def name(self, hold: Hold) -> str:
        """What it covers, in words."""
        return str(hold)

    @display(description="state", label={"In force": "danger", "Released": "default"})
    def state(self, hold: Hold) -> str:
        """In force or released."""
        return "Released" if hold.released_at else "In force"
