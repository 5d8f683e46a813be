"""The department and its divisions in Django admin. A division comes with its own page, feed and staff feed."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from divisions.admin.doors import ServiceAdmin, changed, given, person
from divisions.admin.exports import DivisionResource, Exports
from divisions.admin.memberships import DivisionsMembershipInline
from divisions.models import Channel, Department, Division
from divisions.permissions import Right
from divisions.services import department as department_service
from divisions.services import divisions as division_service
from divisions.states import NOT_ACCOUNTS, ChannelState
from records.admin import ReadOnlyInline


@admin.register(Department)
class DepartmentAdmin(ServiceAdmin):
    """The one row of the department: name, zone, telephone, the notice on public pages."""

    sees: ClassVar = (Right.MANAGE_CHANNEL, Right.VIEW_ALL)
    acts: ClassVar = Right.MANAGE_CHANNEL
    list_display = ("name", "short_name", "zone", "declared_accounts", "phone")
    autocomplete_fields = ("chief",)
    fieldsets = (
        (None, {"fields": ("name", "short_name", "crest_letters", "zone", "chief")}),
        ("On public pages", {"fields": ("phone", "notice", "declared_accounts")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one department; it comes with its file."""
        return False

    def save_by_service(self, request: HttpRequest, obj: Department | None, form: forms.ModelForm) -> Department:
        """Change what was changed."""
        row = Department.objects.get(pk=cast(Department, obj).pk)
        facts = changed(form, department_service.EDITABLE)
        department_service.change_department(department=row, by=person(request), **facts)
        row.refresh_from_db()
        return row


class ChannelInline(ReadOnlyInline):
    """A division's channels; each opens on its own page."""

    model = Channel
    fields = ("name", "platform", "handle", "audience", "mode", "state", "duty_officer")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        """With the duty officer's name."""
        return cast(QuerySet[Channel], super().get_queryset(request).select_related("division", "duty_officer"))


@admin.register(Division)
class DivisionAdmin(Exports, ServiceAdmin):
    """The tree of divisions; made and changed through `divisions.services.divisions`."""

    sees: ClassVar = (Right.MANAGE_CHANNEL, Right.MANAGE_PEOPLE, Right.VIEW_ALL)
    acts: ClassVar = Right.MANAGE_CHANNEL
    where: ClassVar = "pk"
    resource_classes = (DivisionResource,)
    inlines = (DivisionsMembershipInline, ChannelInline)
    list_display = ("name", "short_name", "parent", "phone_desk", "hours", "accounts", "members")
    list_filter = (("parent", AutocompleteSelectFilter),)
    list_select_related = ("parent",)
    search_fields = ("name", "short_name", "slug")
    ordering = ("position", "name")
    autocomplete_fields = ("parent",)
    fieldsets = (
        (None, {"fields": ("name", "short_name", "slug", "parent", "position", "zone")}),
        ("On its public page", {"fields": ("intro", "address", "phone_desk", "phone_tips", "hours")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Division]:
        """With how many accounts and members it has."""
        accounts = ~Q(channels__platform__in=NOT_ACCOUNTS) & ~Q(channels__state=ChannelState.RETIRED)
        rows: QuerySet[Division] = super().get_queryset(request)
        return rows.annotate(
            account_count=Count("channels", filter=accounts, distinct=True),
            member_count=Count("memberships__user", filter=Q(memberships__revoked_at__isnull=True), distinct=True),
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Offered to whoever looks after people, which is what the service asks for."""
        return self.may(request, Right.MANAGE_PEOPLE)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Addresses and the tree stay as they are: links and records rest on them."""
        return ("slug", "parent") if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Model | None = None) -> dict[str, Any]:
        """The slug follows the short name while a division is being made."""
        return {} if obj else {"slug": ("short_name",)}

    def save_by_service(self, request: HttpRequest, obj: Division | None, form: forms.ModelForm) -> Division:
        """Make the division with its own channels, or change what was changed."""
        if obj is None:
            facts = given(form, division_service.EDITABLE | {"slug", "parent"})
            return division_service.create_division(by=person(request), **facts)
        row = Division.objects.get(pk=obj.pk)
        facts = changed(form, division_service.EDITABLE)
        division_service.change_division(division=row, by=person(request), **facts)
        row.refresh_from_db()
        return row

    @admin.display(description="accounts", ordering="account_count")
    def accounts(self, division: Any) -> int:
        """Accounts of platforms in use."""
        return int(division.account_count)

    @admin.display(description="people", ordering="member_count")
    def members(self, division: Any) -> int:
        """People with a membership that has not been revoked."""
        return int(division.member_count)
