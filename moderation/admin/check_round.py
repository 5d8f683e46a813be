"""Check rounds, their rhythm and their tasks in Django admin, for looking: a signed round never changes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from divisions.permissions import Right
from moderation.models import CheckItem, CheckPlan, CheckRound, Screenshot, Task
from records.admin import MomentFilter, ReadOnlyAdmin, ReadOnlyInline

INSIDE = (Right.VIEW_DIVISION, Right.VIEW_ALL)


class ItemsInline(ReadOnlyInline):
    """The questions of a round with their answers."""

    model = CheckItem
    fields = ("words", "asked_of", "answer", "detail", "note", "answered_by")
    show_change_link = False
    per_page = 40

    def get_queryset(self, request: Any) -> Any:
        """With names."""
        return super().get_queryset(request).select_related("answered_by")


class ScreenshotsInline(ReadOnlyInline):
    """The pictures of a round; they are opened on its page."""

    model = Screenshot
    fields = ("name", "added_by", "added_at")
    show_change_link = False

    def get_queryset(self, request: Any) -> Any:
        """With names."""
        return super().get_queryset(request).select_related("added_by")


@admin.register(CheckRound)
class CheckRoundAdmin(ReadOnlyAdmin):
    """Every round: when it was due, who signed it and when."""

    sees: ClassVar = INSIDE
    where: ClassVar = "channel__division"
    inlines = (ItemsInline, ScreenshotsInline)
    list_display = ("channel", "due_at", "state", "signed_name", "signed_at")
    list_filter = (("channel", AutocompleteSelectFilter), ("signed_at", MomentFilter))
    list_select_related = ("channel",)
    search_fields = ("channel__name", "channel__handle", "signed_name")

    @display(description="state", label={"Open": "warning", "Signed": "success"})
    def state(self, row: CheckRound) -> str:
        """Open or signed."""
        return "Signed" if row.signed_at else "Open"


@admin.register(CheckPlan)
class CheckPlanAdmin(ReadOnlyAdmin):
    """Accounts that are checked in another rhythm than once a week."""

    sees: ClassVar = INSIDE
    where: ClassVar = "channel__division"
    list_display = ("channel", "every_days", "set_by", "set_at")
    list_select_related = ("channel", "set_by")
    search_fields = ("channel__name",)


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin):
    """What rounds found wrong, and what was done about it."""

    sees: ClassVar = INSIDE
    where: ClassVar = "division"
    list_display = ("words", "channel", "owner", "due_on", "done_by", "done_at")
    list_filter = (("division", AutocompleteSelectFilter), ("done_at", MomentFilter))
    list_select_related = ("channel", "owner", "done_by")
    search_fields = ("words", "channel__name", "done_note")
