"""Digests in Django admin, for looking. A digest is its recipient's: nobody's memberships open this list."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from moderation.models import Digest
from records.admin import MomentFilter, ReadOnlyAdmin


@admin.register(Digest)
class DigestAdmin(ReadOnlyAdmin):
    """Every digest as it was made, and whether its mail went."""

    sees: ClassVar = ()
    list_display = ("recipient", "kind", "starts_on", "ends_on", "made_at", "mailed_at")
    list_filter = (("recipient", AutocompleteSelectFilter), "kind", ("made_at", MomentFilter))
    list_select_related = ("recipient",)
    search_fields = ("recipient__name", "recipient__email")
