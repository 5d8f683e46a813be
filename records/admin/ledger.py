"""The ledger in Django admin: a list to search and a page to read. Append-only, whoever you are (P11)."""

from __future__ import annotations

import json
from typing import ClassVar

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import FieldTextFilter
from unfold.paginator import InfinitePaginator

from records.admin.filters import MomentFilter
from records.admin.reading import ReadOnlyAdmin
from records.models import LedgerEntry


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    """Every act that happened. Found by type, person, division, subject or time; never counted in full."""

    sees: ClassVar = ("read_ledger",)
    where: ClassVar = "division_id"
    list_display = ("seq", "occurred_at", "type", "actor_label", "division_path", "subject")
    list_display_links = ("seq", "type")
    list_filter = (
        ("type", FieldTextFilter),
        ("actor_label", FieldTextFilter),
        ("division_path", FieldTextFilter),
        ("subject_type", FieldTextFilter),
        ("occurred_at", MomentFilter),
    )
    search_fields = ("type__startswith", "actor_label", "=subject_id", "division_path__startswith")
    search_help_text = "A type (posts.revision), a person, the number of a post, or a division's path"
    paginator = InfinitePaginator
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("seq", "type", "occurred_at", "recorded_at")}),
        ("Who and where", {"fields": ("actor_label", "actor_id", "division_path", "division_id")}),
        ("About what", {"fields": ("subject_type", "subject_id", "facts")}),
    )

    @admin.display(description="about")
    def subject(self, entry: LedgerEntry) -> str:
        """The subject in one word."""
        return f"{entry.subject_type} {entry.subject_id}"

    @admin.display(description="facts")
    def facts(self, entry: LedgerEntry) -> SafeString:
        """The entry's data, to be read by a person."""
        words = json.dumps(entry.data, indent=2, ensure_ascii=False, sort_keys=True)
        return format_html('<pre class="admin-facts">{}</pre>', words)
