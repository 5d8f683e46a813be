"""Moves, rosters, takeovers and access reviews in Django admin, for looking: they are made on the desk."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from divisions.models import AccessReview, AccessReviewItem, DutyShift, Handover, Takeover, TakeoverStep
from divisions.permissions import Right
from records.admin import MomentFilter, ReadOnlyAdmin, ReadOnlyInline

_WHO: tuple[str, ...] = (Right.MANAGE_PEOPLE, Right.VIEW_ALL)


@admin.register(Handover)
class HandoverAdmin(ReadOnlyAdmin):
    """Who went where, who took over, and everything that was moved. A person belongs to more than one division."""

    sees: ClassVar = _WHO
    list_display = ("person", "kind", "division", "successor", "made_by", "made_at", "undone_at")
    list_filter = (("person", AutocompleteSelectFilter), ("made_at", MomentFilter), "kind")
    list_select_related = ("person", "division", "successor", "made_by")
    search_fields = ("person__name", "person__email", "successor__name")


@admin.register(DutyShift)
class DutyShiftAdmin(ReadOnlyAdmin):
    """Who was on duty for which account and when."""

    sees: ClassVar = (Right.MANAGE_CHANNEL, Right.VIEW_ALL)
    where: ClassVar = "channel__division"
    list_display = ("user", "channel", "starts_at", "ends_at", "made_by", "revoked_at")
    list_filter = (
        ("channel", AutocompleteSelectFilter),
        ("user", AutocompleteSelectFilter),
        ("starts_at", MomentFilter),
    )
    list_select_related = ("user", "channel", "made_by")
    search_fields = ("user__name", "channel__name", "channel__slug")


class StepInline(ReadOnlyInline):
    """What was ticked, by whom."""

    model = TakeoverStep
    fields = ("code", "note", "done_by", "done_at")
    readonly_fields = fields


@admin.register(Takeover)
class TakeoverAdmin(ReadOnlyAdmin):
    """The lists by which accounts passed from one person to another."""

    sees: ClassVar = (Right.MANAGE_CHANNEL, Right.VIEW_ALL)
    where: ClassVar = "channel__division"
    list_display = ("channel", "from_user", "to_user", "opened_at", "closed_at", "closed_by")
    list_filter = (("channel", AutocompleteSelectFilter), ("to_user", AutocompleteSelectFilter))
    list_select_related = ("channel", "from_user", "to_user", "closed_by")
    search_fields = ("channel__name", "channel__slug", "to_user__name")
    inlines = (StepInline,)


class ItemInline(ReadOnlyInline):
    """What was decided of each membership."""

    model = AccessReviewItem
    fields = ("membership", "decision", "note", "decided_by", "decided_at")
    readonly_fields = fields


@admin.register(AccessReview)
class AccessReviewAdmin(ReadOnlyAdmin):
    """The yearly looks at who still needs their rights."""

    sees: ClassVar = _WHO
    where: ClassVar = "division"
    list_display = ("division", "opened_at", "due_on", "signed_by", "signed_at")
    list_filter = (("division", AutocompleteSelectFilter), ("opened_at", MomentFilter))
    list_select_related = ("division", "signed_by")
    search_fields = ("division__name",)
    inlines = (ItemInline,)
