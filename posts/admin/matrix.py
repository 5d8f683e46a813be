"""The approval matrix in Django admin: read by all inside, changed through its service; removed on the desk."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from divisions.admin import ServiceAdmin, ServiceForm, person
from divisions.permissions import Right
from posts.admin.post import INSIDE
from posts.models import BreakGlass, MatrixRow, Reminder
from posts.models.approving import Asks
from posts.selectors import approving
from posts.services import matrix
from records.admin import MomentFilter, ReadOnlyAdmin

TONES = {Asks.DIRECT.label: "warning", Asks.ONE.label: "info", Asks.TWO.label: "success"}


class NewRuleForm(ServiceForm):
    """A rule for a kind or a flag, somewhere or everywhere."""

    class Meta:
        model = MatrixRow
        fields: ClassVar = ("kind", "flag", "division", "channel", "asks")


class RuleForm(ServiceForm):
    """What it asks for; what it is about and where stays as it is."""

    class Meta:
        model = MatrixRow
        fields: ClassVar = ("asks",)


@admin.register(MatrixRow)
class MatrixRowAdmin(ServiceAdmin):
    """What a kind or a flag asks for, where it differs from the rule that holds everywhere."""

    sees: ClassVar = INSIDE
    acts: ClassVar = Right.PUBLISH_POLICY
    list_display = ("what", "where_it_holds", "asks_word", "changed_by", "changed_at")
    list_display_links = ("what",)
    list_filter = (
        ("division", AutocompleteSelectFilter),
        ("asks", ChoicesDropdownFilter),
        ("changed_at", MomentFilter),
    )
    list_select_related = ("division", "channel__division", "changed_by")
    search_fields = ("kind", "flag", "division__name", "channel__name")
    autocomplete_fields = ("division", "channel")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Rules that hold everywhere, and those of the person's divisions."""
        if getattr(request.user, "is_superuser", False):
            return super().get_queryset(request)
        return approving.visible_rules(request.rights)  # type: ignore[attr-defined]

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """To add: what, where and who. Afterwards: who."""
        return super().get_form(request, obj, change=change, form=RuleForm if obj else NewRuleForm, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """What is shown."""
        said = ("kind", "flag", "division", "channel", "asks")
        return (*said, "changed_by", "changed_at") if obj else said

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """What it is about, once it exists."""
        return ("kind", "flag", "division", "channel", "changed_by", "changed_at") if obj else ()

    def save_by_service(self, request: HttpRequest, obj: MatrixRow | None, form: forms.ModelForm) -> MatrixRow:
        """Change it."""
        typed = form.cleaned_data
        row = obj or form.instance
        return matrix.change(
            kind=row.kind,
            flag=row.flag,
            division=row.division,
            channel=row.channel,
            asks=typed["asks"],
            by=person(request),
        )

    @admin.display(description="where")
    def where_it_holds(self, row: MatrixRow) -> str:
        """The place in words."""
        return row.where

    @display(description="who approves", label=TONES)
    def asks_word(self, row: MatrixRow) -> str:
        """What it asks for, as a word."""
        return row.get_asks_display()


@admin.register(BreakGlass)
class BreakGlassAdmin(ReadOnlyAdmin):
    """Safety alerts that went out without waiting for review, and who signed them afterwards."""

    sees: ClassVar = INSIDE
    where: ClassVar = "approval__revision__post__division"
    list_display = ("approval", "by", "at", "review_due_at", "signed_by", "state")
    list_filter = (("by", AutocompleteSelectFilter), ("at", MomentFilter))
    list_select_related = ("approval__revision", "by", "signed_by")
    search_fields = ("reason", "by__name", "approval__revision__title")

    @display(description="state", label={"Signed": "success", "To sign": "danger"})
    def state(self, glass: BreakGlass) -> str:
        """Signed or to sign."""
        return "Signed" if glass.signed_at else "To sign"


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin):
    """Who was reminded of what waits for approval."""

    sees: ClassVar = INSIDE
    where: ClassVar = "revision__post__division"
    list_display = ("revision", "rung", "at")
    list_filter = (("rung", ChoicesDropdownFilter), ("at", MomentFilter))
    list_select_related = ("revision",)
    search_fields = ("revision__title",)
