"""The register and the signed list in Django admin, for looking; the desk keeps them (divisions.views.register)."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from divisions.models import AccountHolder, AccountRecord, OfficialKey, OfficialList
from divisions.permissions import Right
from records.admin import ReadOnlyAdmin


@admin.register(AccountRecord)
class AccountRecordAdmin(ReadOnlyAdmin):
    """What the register knows of an account that the platform does not tell."""

    sees: ClassVar = (Right.MANAGE_CHANNEL, Right.VIEW_ALL)
    where: ClassVar = "channel__division"
    list_display = ("channel", "owner", "opened_on", "links_back", "changed_by", "changed_at")
    list_filter = (("channel__division", AutocompleteSelectFilter),)
    list_select_related = ("channel", "owner", "changed_by")
    search_fields = ("channel__name", "channel__handle", "owner__name")


@admin.register(AccountHolder)
class AccountHolderAdmin(ReadOnlyAdmin):
    """Who can sign in to an account as its administrator, and who could."""

    sees: ClassVar = (Right.MANAGE_CHANNEL, Right.VIEW_ALL)
    where: ClassVar = "channel__division"
    list_display = ("user", "channel", "second_factor", "added_by", "added_at", "removed_at")
    list_filter = (("channel__division", AutocompleteSelectFilter), ("user", AutocompleteSelectFilter))
    list_select_related = ("user", "channel", "added_by")
    search_fields = ("user__name", "user__email", "channel__name", "channel__handle")


@admin.register(OfficialKey)
class OfficialKeyAdmin(ReadOnlyAdmin):
    """The public halves of the keys that sign the list of official accounts."""

    sees: ClassVar = (Right.MANAGE_CHANNEL, Right.VIEW_ALL)
    list_display = ("fingerprint", "made_by", "made_at", "retired_at")
    list_select_related = ("made_by",)
    search_fields = ("fingerprint",)


@admin.register(OfficialList)
class OfficialListAdmin(ReadOnlyAdmin):
    """Every list as it was handed out."""

    sees: ClassVar = (Right.MANAGE_CHANNEL, Right.VIEW_ALL)
    list_display = ("made_at", "valid_until", "key")
    list_select_related = ("key",)
    search_fields = ("key__fingerprint",)
