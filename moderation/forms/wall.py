"""What is chosen on the wall itself: who looks after an account."""

from __future__ import annotations

from typing import Any

from django import forms

from divisions.models import Channel, User
from divisions.selectors import register


class DutyForm(forms.Form):
    """Who is on duty for an account; only people of its division and of those above it are offered."""

    duty_officer = forms.ModelChoiceField(
        label="On duty",
        queryset=User.objects.none(),
        required=False,
        empty_label="Nobody",
        error_messages={"invalid_choice": "This person does not work for the account's division."},
        widget=forms.Select(attrs={"class": "input input--auto"}),
    )

    def __init__(self, channel: Channel, data: Any = None) -> None:
        super().__init__(data, initial={"duty_officer": channel.duty_officer_id}, label_suffix="")
        field = self.fields["duty_officer"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = register.duty_candidates(channel)
