"""Withdrawals and corrections in Django admin, for looking: asked for and decided on the desk, by two people."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from posts.admin.post import INSIDE
from posts.models import Correction, Withdrawal
from records.admin import MomentFilter, ReadOnlyAdmin


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadOnlyAdmin):
    """What was asked to be taken down, on what ground, and who agreed."""

    sees: ClassVar = INSIDE
    where: ClassVar = "post__division"
    list_display = ("post", "ground", "verdict", "asked_by", "asked_at", "decided_by", "decided_at")
    list_filter = (
        ("post__division", AutocompleteSelectFilter),
        ("ground", ChoicesDropdownFilter),
        ("verdict", ChoicesDropdownFilter),
        ("asked_at", MomentFilter),
    )
    list_select_related = ("post__division", "asked_by", "decided_by")
    search_fields = ("post__title", "=post__id", "reason", "asked_by__name", "decided_by__name")


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    """What was put right, why, and who agreed."""

    sees: ClassVar = INSIDE
    where: ClassVar = "post__division"
    list_display = ("post", "was_wrong", "verdict", "asked_by", "asked_at", "decided_by", "decided_at")
    list_filter = (
        ("post__division", AutocompleteSelectFilter),
        ("verdict", ChoicesDropdownFilter),
        ("asked_at", MomentFilter),
    )
    list_select_related = ("post__division", "asked_by", "decided_by")
    search_fields = ("post__title", "=post__id", "was_wrong", "reason", "asked_by__name", "decided_by__name")
