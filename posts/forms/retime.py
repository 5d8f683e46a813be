"""Another time for a scheduled post: a day and a clock, as the wall in the division shows them."""

from __future__ import annotations

from django import forms


class RetimeForm(forms.Form):
    """Two native fields, so that a phone opens its own pickers. The zone is the division's."""

    day = forms.DateField(
        label="Day", widget=forms.DateInput(attrs={"type": "date", "class": "input"}, format="%Y-%m-%d")
    )
    clock = forms.TimeField(
        label="Time", widget=forms.TimeInput(attrs={"type": "time", "class": "input"}, format="%H:%M")
    )

    @property
    def wall_time(self) -> str:
        """What the wall clock will show: "2026-11-24T18:00"."""
        return f"{self.cleaned_data['day']:%Y-%m-%d}T{self.cleaned_data['clock']:%H:%M}"
