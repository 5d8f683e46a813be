"""What is typed to move a person: whether they move or leave, where to, from when, and who takes what stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from divisions.access import Rights
from divisions.belongings import Line
from divisions.models import Division, HandoverKind, Role, User
from divisions.permissions import Right
from divisions.selectors import people

MOST_PLACES = 12  # divisions for which somebody else can be named; the rest goes to the one successor


class MoveForm(forms.Form):
    """One form for a transfer and for a leaver. A field `successor_<id>` for each division when there are several.

    `places` = the divisions in which the person is now: what they begin there passes on, too.
    """

    kind = forms.ChoiceField(label="What happens", choices=HandoverKind.choices, widget=forms.RadioSelect)
    division = forms.ModelChoiceField(Division.objects.none(), label="To", required=False, empty_label="Choose")
    role = forms.ChoiceField(label="As", required=False)
    first_day = forms.DateField(
        label="First day there",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "input input--auto"}, format="%Y-%m-%d"),
        help_text="A later day: they go on here until the day before. Today: it all changes at once.",
    )
    successor = forms.ModelChoiceField(
        User.objects.none(), label="Who takes over", required=False, empty_label="Choose a person"
    )
    reason = forms.CharField(
        label="Why", required=False, max_length=300, help_text="For the record, for example the order’s number."
    )

    def __init__(
        self,
        mine: Rights,
        person: User,
        lines: Sequence[Line],
        places: frozenset[int],
        today: date,
        data: Any = None,
    ) -> None:
        super().__init__(data, label_suffix="", initial={"first_day": today, "kind": HandoverKind.TRANSFER})
        ids = places | {line.division_id for line in lines if not line.ends}
        takers = people.takers_for(ids, person)
        self.fields["division"].queryset = Division.objects.filter(  # type: ignore[attr-defined]
            pk__in=mine.division_ids(Right.MANAGE_PEOPLE)
        )
        self.fields["role"].choices = [("", "Choose"), *Role.objects.values_list("code", "name")]  # type: ignore[attr-defined]
        self.fields["successor"].queryset = takers  # type: ignore[attr-defined]
        self.places = list(Division.objects.filter(pk__in=ids)[:MOST_PLACES]) if len(ids) > 1 else []
        for place in self.places:
            field = forms.ModelChoiceField(
                takers, label=f"Somebody else for {place.short_name}", required=False, empty_label="The same person"
            )
            self.fields[f"successor_{place.pk}"] = field

    def asked(self) -> dict[str, Any]:
        """What the service takes."""
        typed = dict(self.cleaned_data)
        named = {place.pk: typed.pop(f"successor_{place.pk}", None) for place in self.places}
        transfer = typed["kind"] == HandoverKind.TRANSFER
        place = {key: typed[key] for key in ("division", "role", "first_day")} if transfer else {}
        return {
            **{key: typed[key] for key in ("kind", "successor")},
            **place,
            "successors": {pk: taker for pk, taker in named.items() if taker is not None},
        }

    def others(self) -> list[forms.BoundField]:
        """The fields of single divisions."""
        return [self[f"successor_{place.pk}"] for place in self.places]
