"""What repeats, in Django admin, for looking: it begins with an approval and is stopped on the desk."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from posts.admin.post import INSIDE
from posts.models import Pattern
from posts.selectors import rrules
from records.admin import MomentFilter, ReadOnlyAdmin


@admin.register(Pattern)
class PatternAdmin(ReadOnlyAdmin):
    """Posts that go out again by themselves: how often, how far ahead they are made, when and why they ended."""

    sees: ClassVar = INSIDE
    where: ClassVar = "revision__post__division"
    list_display = ("title", "how_often", "state", "made_until", "ended_at", "ended_by", "end_reason")
    list_display_links = ("title",)
    list_filter = (("revision__post__division", AutocompleteSelectFilter), ("ended_at", MomentFilter))
    list_select_related = ("revision__post__division", "ended_by")
    search_fields = ("revision__title", "end_reason", "=revision__post__id")

    @admin.display(description="title", ordering="revision__title")
    def title(self, pattern: Pattern) -> str:
        """The title that was approved."""
        return pattern.revision.title

    @admin.display(description="how often")
    def how_often(self, pattern: Pattern) -> str:
        """The rule in words."""
        rule = rrules.read(pattern.revision.repeats)
        return f"{rule.words}, {rule.end_words}"

    @display(description="state", label={"Repeats": "success", "Ended": "default"})
    def state(self, pattern: Pattern) -> str:
        """Whether it still repeats."""
        return "Ended" if pattern.ended_at else "Repeats"
