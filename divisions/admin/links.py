"""Link rules in Django admin: made by whoever manages the target channel, ended, never edited."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldBooleanSwitchWidget

from divisions.admin.doors import ServiceAdmin, ServiceForm, person
from divisions.errors import BadInput
from divisions.models import LinkRule
from divisions.permissions import Right
from divisions.services import channels


class LinkForm(ServiceForm):
    """A new link."""

    renamed: ClassVar = {"target": "target_channel", "source": "source_channel"}

    class Meta:
        model = LinkRule
        fields: ClassVar = ("source_channel", "target_channel", "approver")


class EndLinkForm(ServiceForm):
    """The end of a link."""

    end_now = forms.BooleanField(
        required=False,
        label="End it now",
        widget=UnfoldBooleanSwitchWidget,
        help_text="Posts that are approved already keep what was approved.",
    )

    class Meta:
        model = LinkRule
        fields: ClassVar = ()


class Ended(DropdownFilter):
    """In force or ended."""

    title = "state"
    parameter_name = "ended"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Two."""
        return [("no", "In force"), ("yes", "Ended")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Narrow the list."""
        return queryset.filter(revoked_at__isnull=self.value() == "no") if self.value() else queryset


@admin.register(LinkRule)
class LinkRuleAdmin(ServiceAdmin):
    """Which channel's posts may also go to another one; the rule is itself the right."""

    sees: ClassVar = (Right.MANAGE_LINK, Right.VIEW_ALL)
    acts: ClassVar = Right.MANAGE_LINK
    where: ClassVar = "target_channel__division"
    list_display = ("source_channel", "target_channel", "approver", "state", "made_by", "created_at")
    list_filter = (Ended, ("target_channel", AutocompleteSelectFilter), "approver")
    list_select_related = ("source_channel", "target_channel", "made_by")
    search_fields = ("source_channel__name", "target_channel__name", "source_channel__slug", "target_channel__slug")
    autocomplete_fields = ("source_channel", "target_channel")
    ordering = ("-created_at", "-pk")

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """To add: both ends. Afterwards: its end."""
        return super().get_form(request, obj, change=change, form=EndLinkForm if obj else LinkForm, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """What it says, and the switch while it is in force."""
        said = ("source_channel", "target_channel", "approver")
        if obj is None:
            return said
        end = ("end_now",) if self.has_change_permission(request, obj) else ()
        return (*said, "made_by", "created_at", "revoked_at", *end)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """All of it, once it exists."""
        return ("source_channel", "target_channel", "approver", "made_by", "created_at", "revoked_at") if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What has ended has ended."""
        ended = isinstance(obj, LinkRule) and obj.revoked_at is not None
        return not ended and super().has_change_permission(request, obj)

    def save_by_service(self, request: HttpRequest, obj: LinkRule | None, form: forms.ModelForm) -> LinkRule:
        """Make the link, or end it."""
        typed = form.cleaned_data
        if obj is None:
            return channels.make_link(
                source=typed["source_channel"],
                target=typed["target_channel"],
                approver=typed["approver"],
                by=person(request),
            )
        row = LinkRule.objects.select_related("source_channel", "target_channel__division").get(pk=obj.pk)
        if not typed["end_now"]:
            raise BadInput("end_now", "Nothing to save: switch this on to end the link.")
        channels.revoke_link(link=row, by=person(request))
        row.refresh_from_db()
        return row

    @display(description="state", label={"In force": "success", "Ended": "default"})
    def state(self, link: LinkRule) -> str:
        """In force or ended."""
        return "In force" if link.revoked_at is None else "Ended"
