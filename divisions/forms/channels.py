"""What may be changed on a channel's page: its state with a reason, its promise and who is on duty."""

from __future__ import annotations

from typing import Any

from django import forms

from divisions.models import Channel, User
from divisions.selectors import register

MOST_DAYS = 365


class ReasonForm(forms.Form):
    """Why a channel is paused or connected again: people read it beside the channel."""

    reason = forms.CharField(label="Why", max_length=300, widget=forms.TextInput(attrs={"class": "input"}), strip=True)


class PromiseForm(forms.Form):
    """How often it posts at least, when its readers look, and who looks after it."""

    cadence_days = forms.IntegerField(
        label="A post at least every so many days",
        min_value=1,
        max_value=MOST_DAYS,
        required=False,
        help_text="Empty: no promise, and the wall never calls it silent.",
        widget=forms.NumberInput(attrs={"class": "input input--auto"}),
    )
    best_from = forms.TimeField(
        label="Best window, from",
        required=False,
        help_text="When its readers look most, in this division's time zone. The composer offers it and says when a "
        "post lies outside. It may run past midnight: 22:00 to 02:00. Both empty: no best window.",
        widget=forms.TimeInput(attrs={"class": "input input--auto", "type": "time"}, format="%H:%M"),
    )
    best_until = forms.TimeField(
        label="Best window, until",
        required=False,
        widget=forms.TimeInput(attrs={"class": "input input--auto", "type": "time"}, format="%H:%M"),
    )
    duty_officer = forms.ModelChoiceField(
        label="On duty",
        queryset=User.objects.none(),
        required=False,
        empty_label="Nobody",
        widget=forms.Select(attrs={"class": "input"}),
    )

    def __init__(self, channel: Channel, data: Any = None) -> None:
        initial = {
            "cadence_days": channel.cadence_days,
            "best_from": channel.best_from,
            "best_until": channel.best_until,
            "duty_officer": channel.duty_officer_id,
        }
        super().__init__(data, initial=initial, label_suffix="")
        field = self.fields["duty_officer"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = register.duty_candidates(channel)

    @property
    def shown(self) -> dict[str, Any]:
        """What the answer held, by field: a form that did not show a field says nothing about it."""
        return {name: value for name, value in self.cleaned_data.items() if name in self.data}
