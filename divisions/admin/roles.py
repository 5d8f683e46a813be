"""Roles in Django admin: what a role may do, as data. A right is given to a role or ended, never edited."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldBooleanSwitchWidget

from divisions.admin.doors import ServiceAdmin, ServiceForm, ServiceInline, person
from divisions.models import Role, RoleRight
from divisions.permissions import Right
from divisions.services import roles


class RightForm(ServiceForm):
    """A right of a role: chosen once; afterwards it can only end."""

    end_now = forms.BooleanField(required=False, label="End it now", widget=UnfoldBooleanSwitchWidget)

    class Meta:
        model = RoleRight
        fields: ClassVar = ("right",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["right"].disabled = True


class RightInline(ServiceInline):
    """The rights in force, each with a switch that ends it; empty rows give new ones."""

    model = RoleRight
    form = RightForm
    fields = ("right", "granted_at", "end_now")
    readonly_fields = ("granted_at",)
    per_page = None
    hide_title = True
    verbose_name = "right"
    verbose_name_plural = "rights in force"

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoleRight]:
        """What has ended is read in the ledger."""
        rows: QuerySet[RoleRight] = super().get_queryset(request)
        return rows.filter(revoked_at__isnull=True)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Offered to whoever looks after people."""
        return request.user.is_superuser or request.rights.anywhere(Right.MANAGE_PEOPLE)  # type: ignore[attr-defined]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The only change is the end."""
        return self.has_add_permission(request, obj)

    def save_row(self, request: HttpRequest, parent: Any, form: forms.ModelForm) -> None:
        """Give the right to the role of the page, or end it."""
        if form.instance.pk is None:
            roles.give_right(role=parent, right=form.cleaned_data["right"], by=person(request))
        elif form.cleaned_data["end_now"]:
            roles.end_right(role_right=form.instance, by=person(request))


@admin.register(Role)
class RoleAdmin(ServiceAdmin):
    """Roles with their one plain sentence. Who has one: see Memberships."""

    sees: ClassVar = (Right.MANAGE_PEOPLE, Right.VIEW_ALL)
    acts: ClassVar = Right.MANAGE_PEOPLE
    inlines = (RightInline,)
    list_display = ("name", "sentence", "reach", "rights_count", "members")
    list_filter = ("reach",)
    search_fields = ("name", "code", "sentence")
    ordering = ("name",)
    fields = ("name", "code", "sentence", "reach")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        """With how many rights and people it has."""
        rows: QuerySet[Role] = super().get_queryset(request)
        return rows.annotate(
            right_count=Count("role_rights", filter=Q(role_rights__revoked_at__isnull=True), distinct=True),
            member_count=Count("memberships__user", filter=Q(memberships__revoked_at__isnull=True), distinct=True),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Code and reach are fixed: another reach is another role."""
        return ("code", "reach") if obj else ()

    def save_by_service(self, request: HttpRequest, obj: Role | None, form: forms.ModelForm) -> Role:
        """Make the role, or change its words."""
        typed = form.cleaned_data
        if obj is None:
            return roles.make_role(
                code=typed["code"],
                name=typed["name"],
                sentence=typed["sentence"],
                reach=typed["reach"],
                by=person(request),
            )
        row = Role.objects.get(pk=obj.pk)
        if form.changed_data:
            roles.change_role(role=row, name=typed["name"], sentence=typed["sentence"], by=person(request))
            row.refresh_from_db()
        return row

    @admin.display(description="rights", ordering="right_count")
    def rights_count(self, role: Any) -> int:
        """Rights in force."""
        return int(role.right_count)

    @admin.display(description="people", ordering="member_count")
    def members(self, role: Any) -> int:
        """People who have it somewhere."""
        return int(role.member_count)
