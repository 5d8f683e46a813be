"""The first step of a post: which division speaks, what kind it is, to whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from divisions.models import Division
from divisions.states import Audience
from posts.kinds import SPECS, Kind


class NewForm(forms.Form):
    """Division, kind and audience; the last is fixed once the post exists. `divisions` are those one may write for."""

    division = forms.TypedChoiceField(label="Division", coerce=int)
    kind = forms.ChoiceField(label="Kind", choices=Kind.choices, widget=forms.RadioSelect)
    audience = forms.ChoiceField(label="Who can read it", choices=Audience.choices, widget=forms.RadioSelect)

    def __init__(self, divisions: Iterable[Division], data: Any = None, *, initial: dict[str, Any]) -> None:
        offered = {division.pk: division for division in divisions}
        self.divisions = offered
        start = {"division": next(iter(offered), ""), "audience": Audience.PUBLIC} | initial
        super().__init__(data, initial=start, label_suffix="")
        field = self.fields["division"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(pk, division.name) for pk, division in offered.items()]
        field.error_messages["invalid_choice"] = "You do not write for that division. Choose one of those shown."

    def clean(self) -> dict[str, Any]:
        """A kind for staff only makes the post staff only: no second question for it."""
        cleaned = super().clean() or {}
        spec = SPECS.get(cleaned.get("kind", ""))
        if spec is not None and spec.internal_only:
            cleaned["audience"] = Audience.INTERNAL
        return cleaned

    def kinds(self) -> list[dict[str, Any]]:
        """The kinds with their icons, for the cards of the page."""
        chosen = str(self["kind"].value() or "")
        return [
            {"value": k.value, "label": k.label, "internal_only": SPECS[k].internal_only, "chosen": k.value == chosen}
            for k in Kind
        ]
