"""Approvals and reviews in Django admin, for looking. Approving is done on the desk; here is no button for it (P2)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from posts.admin.post import INSIDE
from posts.models import Approval, Review, WordComment
from posts.models.review import Verdict
from records.admin import MomentFilter, ReadOnlyAdmin, ReadOnlyInline

VERDICT_TONES = {
    Verdict.APPROVED.label: "success",
    Verdict.CHANGES.label: "warning",
    Verdict.REJECTED.label: "danger",
}


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    """Who allowed which content to go, and whether it still counts."""

    sees: ClassVar = INSIDE
    where: ClassVar = "revision__post__division"
    list_display = ("number", "revision", "division", "approved_by", "approved_at", "basis", "place", "counts")
    list_display_links = ("number",)
    list_filter = (
        ("revision__post__division", AutocompleteSelectFilter),
        ("approved_by", AutocompleteSelectFilter),
        ("basis", ChoicesDropdownFilter),
        ("approved_at", MomentFilter),
    )
    list_select_related = ("revision__post__division", "approved_by")
    search_fields = ("revision__title", "=revision__post__id", "content_hash__startswith", "approved_by__name", "=id")
    ordering = ("-approved_at", "-pk")

    @admin.display(description="division")
    def division(self, approval: Approval) -> Any:
        """Whose post it is."""
        about = approval.revision or approval.delivery
        return about.post.division if about else None

    @admin.display(description="seat")
    def place(self, approval: Approval) -> str:
        """Which seat of how many."""
        return f"{approval.seat} of {approval.seats}"

    @display(description="state", label={"Counts": "success", "Voided": "default"})
    def counts(self, approval: Approval) -> str:
        """Counts or voided."""
        return "Voided" if approval.voided_at else "Counts"


class WordCommentsInline(ReadOnlyInline):
    """What was said about single words."""

    model = WordComment
    fields = ("quote", "comment")


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    """Every verdict with its reason."""

    inlines = (WordCommentsInline,)
    sees: ClassVar = INSIDE
    where: ClassVar = "revision__post__division"
    list_display = ("revision", "by", "verdict_word", "note_start", "at")
    list_filter = (
        ("revision__post__division", AutocompleteSelectFilter),
        ("by", AutocompleteSelectFilter),
        ("verdict", ChoicesDropdownFilter),
        ("at", MomentFilter),
    )
    list_select_related = ("revision", "by")
    search_fields = ("revision__title", "by__name", "note", "=revision__post__id")
    ordering = ("-at", "-pk")

    @display(description="verdict", ordering="verdict", label=VERDICT_TONES)
    def verdict_word(self, review: Review) -> str:
        """The verdict as a word."""
        return review.get_verdict_display()

    @admin.display(description="reason")
    def note_start(self, review: Review) -> str:
        """The first words of the reason."""
        return review.note[:80]
