"""Channels in Django admin: the accounts, their state, and new credentials, which are written and never shown."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Field, Model
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from divisions.admin.doors import ServiceAdmin, ServiceForm, changed, given, person
from divisions.admin.exports import ChannelResource, Exports
from divisions.models import Channel
from divisions.permissions import Right
from divisions.services import channels
from divisions.states import CHANNEL_MOVES, OWN_PLATFORMS, ChannelState, Platform

TONES = {
    "Connected": "default",
    "Needs attention": "danger",
    "Paused": "warning",
    "Retired": "default",
}
FIXED = ("division", "platform", "audience", "slug")
ACCOUNT = ("handle", "url", "remote_id", "mode", "api_base", "settings", "token_expires_at")


class WrittenOnly(UnfoldAdminTextareaWidget):
    """A text area that never shows what was typed into it, not even beside an error."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Render empty, and keep browsers from remembering it."""
        context: dict[str, Any] = super().get_context(name, None, {**(attrs or {}), "autocomplete": "off", "rows": 4})
        return context


class ChannelForm(ServiceForm):
    """A channel's facts; its state is moved along the table, its credentials are only ever written."""

    new_credentials = forms.CharField(
        required=False,
        widget=WrittenOnly,
        label="New credentials",
        help_text='JSON, for example {"access_token": "…"}. They replace the old ones, are encrypted at once and are '
        "never shown again. Empty = leave them as they are.",
    )

    class Meta:
        model = Channel
        fields: ClassVar = ("name",)  # the rest by the fieldsets below

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "state" in self.fields:
            reachable = {self.instance.state, *CHANNEL_MOVES[self.instance.state]}
            self.fields["state"].choices = [c for c in ChannelState.choices if c[0] in reachable]  # type: ignore[attr-defined]

    def clean_settings(self) -> Any:
        """An empty box means no settings."""
        return self.cleaned_data["settings"] or {}

    def clean_new_credentials(self) -> dict[str, str] | None:
        """A flat JSON object of text, or nothing."""
        typed = self.cleaned_data["new_credentials"].strip()
        if not typed:
            return None
        try:
            secrets = json.loads(typed)
        except ValueError as error:
            raise forms.ValidationError('This is not JSON. Write it like {"access_token": "…"}.') from error
        flat = isinstance(secrets, dict) and all(isinstance(v, str) and v for v in secrets.values())
        if not flat or not secrets:
            raise forms.ValidationError("Give one object whose values are all text and not empty.")
        return dict(secrets)


@admin.register(Channel)
class ChannelAdmin(Exports, ServiceAdmin):
    """Accounts and our own pages; made, changed, moved through `divisions.services.channels`."""

    sees: ClassVar = (Right.MANAGE_CHANNEL, Right.MANAGE_LINK, Right.VIEW_ALL)
    acts: ClassVar = Right.MANAGE_CHANNEL
    where: ClassVar = "division"
    form = ChannelForm
    resource_classes = (ChannelResource,)
    list_display = (
        "name",
        "platform",
        "place",
        "handle",
        "audience",
        "mode",
        "state_word",
        "cadence",
    )
    list_filter = (
        ("division", AutocompleteSelectFilter),
        ("platform", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
        ("mode", ChoicesDropdownFilter),
        ("audience", ChoicesDropdownFilter),
    )
    list_select_related = ("division",)
    search_fields = ("name", "handle", "slug", "division__name", "url")
    autocomplete_fields = ("division", "duty_officer")
    ordering = ("division__position", "division__name", "platform", "name")

    def get_fieldsets(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """What is fixed first; nothing of a platform for our own pages; credentials only where they can be written."""
        head = [(None, {"fields": (*FIXED, "name")})]
        care = ("Who looks after it", {"fields": ("duty_officer", "cadence_days", "best_from", "best_until")})
        state = [("State", {"fields": ("state", "state_reason")})] if obj else []
        if obj is not None and obj.is_own:
            return [*head, *state]
        account = [("Account", {"fields": ACCOUNT})]
        secret = ("new_credentials",) if self._may_write(request, obj) else ()
        sealed = (*(("has_credentials",) if obj else ()), *secret)
        return [*head, care, *account, *([("Credentials", {"fields": sealed})] if sealed else []), *state]

    def _may_write(self, request: HttpRequest, obj: Any | None) -> bool:
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Where it belongs and whom it speaks to are fixed: posts already went there (P6)."""
        return (*FIXED, "has_credentials") if obj else ("has_credentials",)

    def formfield_for_choice_field(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        """Our own pages come with a division and are not on offer."""
        if db_field.name == "platform":
            kwargs["choices"] = [("", "Select value"), *(c for c in Platform.choices if c[0] not in OWN_PLATFORMS)]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_by_service(self, request: HttpRequest, obj: Channel | None, form: forms.ModelForm) -> Channel:
        """Make it or change what was changed; then its credentials; then its state."""
        by, typed = person(request), form.cleaned_data
        if obj is None:
            fixed = {name: typed[name] for name in FIXED}
            row = channels.create_channel(by=by, **fixed, **given(form, channels.EDITABLE))
        else:
            row = Channel.objects.select_related("division").get(pk=obj.pk)
            channels.change_channel(channel=row, by=by, **changed(form, channels.EDITABLE))
        if typed.get("new_credentials"):
            channels.set_credentials(channel=row, secrets=typed["new_credentials"], by=by)
        if {"state", "state_reason"} & set(form.changed_data):
            channels.move_channel(channel=row, to=ChannelState(typed["state"]), reason=typed["state_reason"], by=by)
        row.refresh_from_db()
        return row

    @display(description="state", ordering="state", label=TONES)
    def state_word(self, channel: Channel) -> str:
        """The state as a word."""
        return channel.get_state_display()

    @admin.display(description="division", ordering="division__position")
    def place(self, channel: Channel) -> str:
        """The division's short name."""
        return channel.division.short_name

    @admin.display(description="posts every", ordering="cadence_days")
    def cadence(self, channel: Channel) -> str:
        """The promised cadence."""
        days = channel.cadence_days
        return "" if not days else "day" if days == 1 else f"{days} days"

    @admin.display(description="credentials")
    def has_credentials(self, channel: Channel) -> str:
        """Whether there are any; never which."""
        return "Stored, encrypted" if channel.credentials else "None stored yet"
