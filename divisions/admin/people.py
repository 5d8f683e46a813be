"""People in Django admin: who may sign in, and where they belong. Nobody's password is set or seen here.

Somebody who could set another person's password could approve in that person's name (P2), so a link to set one is
sent to the person instead.
"""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.forms import ResetPasswordForm
from django import forms
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display
from unfold.widgets import UnfoldBooleanSwitchWidget

from divisions import access
from divisions.admin.doors import ServiceAdmin, ServiceForm, changed, person
from divisions.admin.exports import Exports, PersonResource
from divisions.admin.memberships import PersonsMembershipInline, place_words
from divisions.models import User
from divisions.permissions import Right
from divisions.services import people
from records.admin import MomentFilter


class PersonForm(ServiceForm):
    """Who it is, and whether to send the link with which they set their own password."""

    send_link = forms.BooleanField(
        required=False,
        label="Send a link to set a password",
        widget=UnfoldBooleanSwitchWidget,
        help_text="By e-mail, when you save. Nobody else ever knows the password.",
    )

    class Meta:
        model = User
        fields: ClassVar = ("email", "name", "badge", "is_active", "is_staff", "is_superuser")
        labels: ClassVar = {
            "is_active": "May sign in",
            "is_staff": "May open this administration",
            "is_superuser": "Sees all of it (superuser)",
        }
        help_texts: ClassVar = {
            "name": "As everybody reads it, for example Officer, Northeast.",
            "is_active": "Switch off to lock the person out at once. Nobody is deleted: the record names them.",
            "is_staff": "To look at what their memberships let them see, and to change what the services let them.",
            "is_superuser": "Gives no right to write, approve or change channels: those come from memberships.",
        }

    def clean_email(self) -> str:
        """As it is stored, so that an address that is taken is found at its field."""
        return str(self.cleaned_data["email"]).strip().lower()


@admin.register(User)
class PersonAdmin(Exports, ServiceAdmin):
    """People, found by name, e-mail or badge; added and changed through `divisions.services.people`."""

    sees: ClassVar = (Right.MANAGE_PEOPLE, Right.VIEW_ALL)
    acts: ClassVar = Right.MANAGE_PEOPLE
    form = PersonForm
    resource_classes = (PersonResource,)
    inlines = (PersonsMembershipInline,)
    list_display = ("name", "email", "badge", "belongs", "may_sign_in", "administration", "last_login")
    list_filter = (
        "is_active",
        "is_staff",
        "is_superuser",
        ("memberships__division", AutocompleteSelectFilter),
        ("memberships__role", AutocompleteSelectFilter),
        ("last_login", MomentFilter),
    )
    search_fields = ("name", "email", "badge")
    ordering = ("name", "pk")
    readonly_fields = ("date_joined", "last_login")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With their memberships in force."""
        now = access.active_memberships().select_related("role", "division")
        return super().get_queryset(request).prefetch_related(Prefetch("memberships", queryset=now, to_attr="places"))

    def get_fieldsets(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """Who, then how they come in; Django admin itself is opened by superusers alone."""
        doors: tuple[str, ...] = ("is_active", "is_staff", "is_superuser") if obj else ()
        doors = (*doors, "send_link") if self._may_write(request, obj) else doors
        fields = [(None, {"fields": ("name", "email", "badge")}), ("Coming in", {"fields": doors})]
        return [*fields, ("Seen", {"fields": ("date_joined", "last_login")})] if obj else fields

    def _may_write(self, request: HttpRequest, obj: Any | None) -> bool:
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> tuple[str, ...]:
        """Only a superuser opens Django admin to somebody."""
        closed = () if request.user.is_superuser else ("is_staff", "is_superuser")
        return (*self.readonly_fields, *closed)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new person gets the link unless it is switched off."""
        return {"send_link": True, **super().get_changeform_initial_data(request)}

    def save_by_service(self, request: HttpRequest, obj: User | None, form: forms.ModelForm) -> User:
        """Make the person, or change what was changed; then send the link if asked for."""
        facts = changed(form, people.EDITABLE)
        if obj is None:
            typed = {name: form.cleaned_data[name] for name in ("email", "name", "badge")}
            user = people.create_person(by=person(request), **typed)
        else:
            user = User.objects.get(pk=obj.pk)
            people.change_person(person=user, by=person(request), **facts)
            user.refresh_from_db()
        if form.cleaned_data.get("send_link"):
            self._send_link(request, user)
        return user

    def _send_link(self, request: HttpRequest, user: User) -> None:
        mail = ResetPasswordForm(data={"email": user.email})
        if mail.is_valid():
            mail.save(request)
            self.message_user(request, f"A link to set a password was sent to {user.email}.")

    @admin.display(description="belongs to")
    def belongs(self, user: User) -> str:
        """Roles and divisions in force."""
        return place_words(user)

    @display(description="may sign in", label={"Yes": "default", "No": "danger"})
    def may_sign_in(self, user: User) -> str:
        """Whether the person is active."""
        return "Yes" if user.is_active else "No"

    @admin.display(description="administration", ordering="is_staff")
    def administration(self, user: User) -> str:
        """Whether this administration opens for them."""
        if not user.is_staff:
            return ""
        return "Sees all" if user.is_superuser else "May open"
