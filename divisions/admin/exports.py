"""What may leave Django admin as a file: lists for a spreadsheet. Importing goes through `load_department` alone."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from import_export.admin import ExportActionMixin
from import_export.fields import Field
from import_export.formats import base_formats
from import_export.resources import ModelResource
from unfold.contrib.import_export.forms import ExportForm

from divisions.admin.memberships import place_words
from divisions.models import Channel, Division, User


class Exports(ExportActionMixin):
    """Adds "Export" to a list: CSV or JSON, of the rows the person may see. Listed before ServiceAdmin."""

    export_form_class = ExportForm
    formats = (base_formats.CSV, base_formats.JSON)

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Whoever may see the list may take it away."""
        return bool(self.has_view_permission(request))

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of the list as it is filtered."""
        rows: QuerySet[Any] = super().get_export_queryset(request)
        return rows


class PersonResource(ModelResource):
    """People with their memberships in force; never passwords."""

    memberships = Field(column_name="memberships")

    class Meta:
        model = User
        fields: ClassVar = ("email", "name", "badge", "is_active", "is_staff", "last_login", "memberships")

    def dehydrate_memberships(self, row: User) -> str:
        """Role and division of each, as the list shows it."""
        return place_words(row)


class DivisionResource(ModelResource):
    """Divisions with the slug of their parent, as the department file names it."""

    class Meta:
        model = Division
        fields: ClassVar = (
            "slug", "name", "short_name", "parent__slug", "zone", "intro", "address", "phone_desk", "phone_tips",
            "hours",
        )  # fmt: skip


class ChannelResource(ModelResource):
    """The register of accounts; never credentials, nor settings, which may hold a follower token."""

    class Meta:
        model = Channel
        fields: ClassVar = (
            "slug", "division__slug", "platform", "name", "handle", "url", "audience", "mode", "state", "state_reason",
            "cadence_days", "duty_officer__email", "token_expires_at",
        )  # fmt: skip
