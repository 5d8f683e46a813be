"""Drift in Django admin, for looking: cases are decided on the desk only, and never change afterwards."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from divisions.permissions import Right
from moderation.models import ChannelWatch, DriftCase, DriftStep
from records.admin import MomentFilter, ReadOnlyAdmin, ReadOnlyInline

INSIDE = (Right.VIEW_DIVISION, Right.VIEW_ALL)


class StepsInline(ReadOnlyInline):
    """The checklist after a takeover."""

    model = DriftStep
    fields = ("words", "done_by", "done_at")
    show_change_link = False


@admin.register(DriftCase)
class DriftCaseAdmin(ReadOnlyAdmin):
    """Every difference that was found, and what was made of it."""

    sees: ClassVar = INSIDE
    where: ClassVar = "channel__division"
    inlines = (StepsInline,)
    list_display = ("channel", "kind", "found_at", "state", "decided_by", "closed_at")
    list_filter = (("channel", AutocompleteSelectFilter), ("found_at", MomentFilter))
    list_select_related = ("channel", "decided_by")
    search_fields = ("channel__name", "channel__handle", "remote_id", "reason")

    @display(description="state", label={"Open": "danger", "Takeover": "danger", "Closed": "success"})
    def state(self, row: DriftCase) -> str:
        """Open, a takeover whose checklist is open, or closed."""
        if row.closed_at:
            return "Closed"
        return "Takeover" if row.decision else "Open"


@admin.register(ChannelWatch)
class ChannelWatchAdmin(ReadOnlyAdmin):
    """When each account was read back, and why the newest look did not succeed."""

    sees: ClassVar = INSIDE
    where: ClassVar = "channel__division"
    fields = ("channel", "looked_at", "far_at", "next_at", "problem", "problem_since", "profile")
    list_display = ("channel", "looked_at", "next_at", "problem_since", "problem")
    list_select_related = ("channel",)
    search_fields = ("channel__name", "channel__handle")
