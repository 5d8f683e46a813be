"""Notices in Django admin, for looking: a superuser sees why somebody was told, administrators what people chose."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from divisions.models import Notice, NoticeChoice
from divisions.permissions import Right
from records.admin import MomentFilter, ReadOnlyAdmin


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """Everything people were told, with whether its mail went. Letters are private: nobody's memberships open this."""

    sees: ClassVar = ()
    list_display = ("user", "kind", "subject", "created_at", "seen_at", "mail_due_at", "mailed_at")
    list_filter = (("user", AutocompleteSelectFilter), ("created_at", MomentFilter), "kind")
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email", "subject")


@admin.register(NoticeChoice)
class NoticeChoiceAdmin(ReadOnlyAdmin):
    """What people want to be told and how, where that is not the usual."""

    sees: ClassVar = (Right.MANAGE_PEOPLE, Right.VIEW_ALL)
    list_display = ("user", "kind", "on_desk", "by_mail", "changed_at")
    list_filter = (("user", AutocompleteSelectFilter), "kind")
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email", "kind")
