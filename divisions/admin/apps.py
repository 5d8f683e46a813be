"""The department's apps at platforms and connections under way, for looking; both are made on the connect pages.

Their secrets and what is sealed are never shown, not even as ciphertext.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin

from divisions.models import PendingConnection, PlatformApp
from divisions.permissions import Right
from records.admin import ReadOnlyAdmin


@admin.register(PlatformApp)
class PlatformAppAdmin(ReadOnlyAdmin):
    """Which app people sign in with, who entered its keys and when; whether a secret is kept, never which."""

    sees: ClassVar = (Right.MANAGE_CHANNEL, Right.VIEW_ALL)
    list_display = ("platform", "api_base", "client_id", "has_secret", "made_by", "made_at")
    list_select_related = ("made_by",)
    fields = ("platform", "api_base", "client_id", "has_secret", "made_by", "made_at")

    @admin.display(description="secret")
    def has_secret(self, row: PlatformApp) -> str:
        """Whether there is one."""
        return "Stored, encrypted" if row.client_secret else "None"


@admin.register(PendingConnection)
class PendingConnectionAdmin(ReadOnlyAdmin):
    """Connections that somebody has begun and not finished; they end by themselves."""

    sees: ClassVar = (Right.MANAGE_CHANNEL, Right.VIEW_ALL)
    list_display = ("platform", "division", "user", "step", "mode", "made_at", "expires_at")
    list_select_related = ("division", "user")
    fields = ("platform", "mode", "division", "channel", "audience", "user", "step", "made_at", "expires_at")
