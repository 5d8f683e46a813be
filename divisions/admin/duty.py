"""Emergency training in Django admin: given and ended through its service. Absences, for looking."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display
from unfold.widgets import UnfoldBooleanSwitchWidget

from divisions.admin.doors import ServiceAdmin, ServiceForm, person
from divisions.errors import BadInput
from divisions.models import Absence, Training
from divisions.permissions import Right
from divisions.services import training
from records.admin import ReadOnlyAdmin

_SAID = ("user", "division", "trained_on", "ends_on")


class TrainingForm(ServiceForm):
    """Who, for which division, from when until when."""

    class Meta:
        model = Training
        fields: ClassVar = _SAID


class EndTrainingForm(ServiceForm):
    """The end of it."""

    end_now = forms.BooleanField(required=False, label="End it now", widget=UnfoldBooleanSwitchWidget)

    class Meta:
        model = Training
        fields: ClassVar = ()


@admin.register(Training)
class TrainingAdmin(ServiceAdmin):
    """Who may publish a safety alert without waiting for review, since which training, until when."""

    sees: ClassVar = (Right.MANAGE_PEOPLE, Right.VIEW_ALL)
    acts: ClassVar = Right.MANAGE_PEOPLE
    where: ClassVar = "division"
    list_display = ("user", "division", "trained_on", "ends_on", "given_by", "state")
    list_filter = (("division", AutocompleteSelectFilter), ("user", AutocompleteSelectFilter))
    list_select_related = ("user", "division", "given_by")
    search_fields = ("user__name", "user__email", "division__name")
    autocomplete_fields = ("user", "division")

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """To add: the training. Afterwards: its end."""
        form = EndTrainingForm if obj else TrainingForm
        return super().get_form(request, obj, change=change, form=form, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """What it says, and the switch while it counts."""
        if obj is None:
            return _SAID
        end = ("end_now",) if self.has_change_permission(request, obj) else ()
        return (*_SAID, "given_by", "created_at", "revoked_at", *end)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """All of it, once it exists."""
        return (*_SAID, "given_by", "created_at", "revoked_at") if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What has ended has ended."""
        ended = isinstance(obj, Training) and obj.revoked_at is not None
        return not ended and super().has_change_permission(request, obj)

    def save_by_service(self, request: HttpRequest, obj: Training | None, form: forms.ModelForm) -> Training:
        """Give it, or end it."""
        typed = form.cleaned_data
        if obj is None:
            return training.give(by=person(request), **{name: typed[name] for name in _SAID})
        if not typed["end_now"]:
            raise BadInput("end_now", "Nothing to save: switch this on to end it.")
        return training.end(training=obj, by=person(request))

    @display(description="state", label={"Counts": "success", "Ended": "default"})
    def state(self, row: Training) -> str:
        """Ended or not; whether its days are over stands beside it."""
        return "Ended" if row.revoked_at else "Counts"


@admin.register(Absence)
class AbsenceAdmin(ReadOnlyAdmin):
    """Who was away when, and who stood in; entered on the desk."""

    sees: ClassVar = (Right.MANAGE_PEOPLE, Right.VIEW_ALL)
    list_display = ("user", "starts_on", "ends_on", "deputy", "made_by", "revoked_at")
    list_filter = (("user", AutocompleteSelectFilter), ("deputy", AutocompleteSelectFilter))
    list_select_related = ("user", "deputy", "made_by")
    search_fields = ("user__name", "deputy__name")
