"""What is typed about an incident: its name, a line of its log with the next promise, which statement to start."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms

from divisions.access import Rights
from divisions.models import Division
from divisions.permissions import Right
from posts.models import Hold
from posts.models.hold import LogKind
from posts.selectors import moments
from posts.selectors.incidents import free_holds
from posts.services.incident import MAX_NAME, MAX_TEXT
from posts.statements import STATEMENTS


class OpenForm(forms.Form):
    """A name, and whose incident it is."""

    name = forms.CharField(
        label="What it is called",
        max_length=MAX_NAME,
        widget=forms.TextInput(attrs={"class": "input"}),
        help_text="As it will be spoken of: “Oak Street fire”. No names of people.",
        error_messages={"required": "Name it as it will be spoken of."},
    )
    division = forms.ModelChoiceField(Division.objects.none(), label="Whose", required=False)
    holds = forms.ModelMultipleChoiceField(
        Hold.objects.none(),
        label="Held already, for this",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "One of these holds was released, or is another incident's. Look again."},
    )

    def __init__(self, mine: Rights, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, label_suffix="")
        field = self.fields["division"]
        assert isinstance(field, forms.ModelChoiceField)
        reach = mine.division_ids(Right.HOLD_ALL) | mine.division_ids(Right.HOLD_DIVISION)
        field.queryset = Division.objects.filter(pk__in=reach)
        field.empty_label = "The whole department" if mine.anywhere(Right.HOLD_ALL) else None
        field.required = not mine.anywhere(Right.HOLD_ALL)
        holds = self.fields["holds"]
        assert isinstance(holds, forms.ModelMultipleChoiceField)
        holds.queryset = free_holds(mine).select_related("division", "channel__division")


class LogForm(forms.Form):
    """One line, and when the public hears more: minutes from now are what a person thinks in."""

    kind = forms.ChoiceField(label="What it is", choices=LogKind.choices, initial=LogKind.UPDATE)
    text = forms.CharField(
        label="What was decided or said",
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 2, "class": "input"}),
    )
    next_update_at = forms.CharField(
        label="Next update promised for",
        required=False,
        max_length=19,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "class": "input"}),
        help_text="Empty with an update: nothing more is promised.",
    )

    def promise(self, zone: str) -> datetime | None:
        """The promised moment; raises BadInput (field `next_update_at`) for one that the clock does not show."""
        typed = self.cleaned_data["next_update_at"]
        return moments.moment(typed, zone, field="next_update_at") if typed else None


class StatementForm(forms.Form):
    """Which prepared text, and in whose name."""

    statement = forms.ChoiceField(choices=[(s.code, s.name) for s in STATEMENTS])
    division = forms.ModelChoiceField(Division.objects.none(), label="In the name of", empty_label=None)

    def __init__(self, mine: Rights, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, label_suffix="")
        field = self.fields["division"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Division.objects.filter(pk__in=mine.division_ids(Right.DRAFT_POST))
