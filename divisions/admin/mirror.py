"""guardian's tables in Django admin: a mirror of memberships, shown for checking, never written by hand."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from divisions.models import ChannelUserPermission, DivisionUserPermission
from divisions.permissions import Right
from records.admin import ReadOnlyAdmin


class MirrorAdmin(ReadOnlyAdmin):
    """Person, right, thing."""

    sees: ClassVar = (Right.MANAGE_PEOPLE, Right.VIEW_ALL)
    list_display = ("user", "permission", "content_object")
    list_filter = (("user", AutocompleteSelectFilter), ("content_object", AutocompleteSelectFilter))
    list_select_related = ("user", "permission__content_type", "content_object")
    search_fields = ("user__name", "user__email", "permission__codename", "content_object__name")
    ordering = ("user", "content_object", "permission")


@admin.register(DivisionUserPermission)
class DivisionUserPermissionAdmin(MirrorAdmin):
    """Rights in divisions."""

    where: ClassVar = "content_object"


@admin.register(ChannelUserPermission)
class ChannelUserPermissionAdmin(MirrorAdmin):
    """Rights on single channels, from narrowed memberships."""

    where: ClassVar = "content_object__division"
