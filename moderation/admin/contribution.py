"""What the public wrote, in Django admin, for looking: it is answered on the platform, and settled on the desk."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from divisions.permissions import Right
from moderation.models import CommentWatch, Contribution
from records.admin import MomentFilter, ReadOnlyAdmin

INSIDE = (Right.VIEW_DIVISION, Right.VIEW_ALL)


@admin.register(Contribution)
class ContributionAdmin(ReadOnlyAdmin):
    """Every comment that was read, and what became of it."""

    sees: ClassVar = INSIDE
    where: ClassVar = "channel__division"
    list_display = ("author", "channel", "said_at", "state", "answered_by", "answered_at", "gone_at")
    list_filter = (("channel", AutocompleteSelectFilter), ("said_at", MomentFilter))
    list_select_related = ("channel", "answered_by")
    search_fields = ("author", "text", "remote_id", "channel__name", "channel__handle")

    @display(description="state", label={"Unanswered": "danger", "Answered": "success", "Gone": "info"})
    def state(self, row: Contribution) -> str:
        """Unanswered, answered (or none needed), or not shown there any more."""
        if row.answered_at:
            return "Answered"
        return "Gone" if row.gone_at else "Unanswered"


@admin.register(CommentWatch)
class CommentWatchAdmin(ReadOnlyAdmin):
    """When each account's comments were read, and why the newest look did not succeed."""

    sees: ClassVar = INSIDE
    where: ClassVar = "channel__division"
    fields = ("channel", "looked_at", "far_at", "resume_at", "next_at", "problem", "problem_since")
    list_display = ("channel", "looked_at", "next_at", "problem_since", "problem")
    list_select_related = ("channel",)
    search_fields = ("channel__name", "channel__handle")
