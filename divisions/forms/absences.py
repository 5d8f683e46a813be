"""What is typed about an absence: who, from when until when, who stands in."""

from __future__ import annotations

from typing import Any

from django import forms

from divisions import access
from divisions.access import Rights
from divisions.models import User
from divisions.permissions import Right

_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AbsenceForm(forms.Form):
    """On offer: oneself and those whose people one manages, as far as they approve; any of them may stand in."""

    user = forms.ModelChoiceField(User.objects.none(), label="Who is away", empty_label="Choose a person")
    starts_on = forms.DateField(label="First day", widget=_DAY)
    ends_on = forms.DateField(label="Last day", widget=_DAY)
    deputy = forms.ModelChoiceField(User.objects.none(), label="Who stands in", empty_label="Choose a person")

    def __init__(self, mine: Rights, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        managed = mine.division_ids(Right.MANAGE_PEOPLE)
        reviewers = access.people_who(Right.REVIEW_POST, mine.division_ids(Right.REVIEW_POST) | managed)
        away = access.people_who(Right.REVIEW_POST, managed) | {mine.user_id or 0}
        people = User.objects.filter(is_active=True).order_by("name", "pk")
        self.fields["deputy"].queryset = people.filter(pk__in=reviewers)  # type: ignore[attr-defined]
        self.fields["user"].queryset = people.filter(pk__in=away)  # type: ignore[attr-defined]
        if not managed:
            self.fields["user"].initial = mine.user_id
