"""What is typed to put somebody on duty: who, from which day to which, at what time where it is not the whole day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from divisions.models import Channel, User
from divisions.selectors import register
from divisions.services import roster

WITHIN = timedelta(days=366)
_AUTO = {"class": "input input--auto"}


class ShiftForm(forms.Form):
    """Both times empty: whole days."""

    user = forms.ModelChoiceField(
        User.objects.none(),
        label="Who",
        empty_label="Choose a person",
        error_messages={"required": "Choose who is on duty."},
    )
    starts_on = forms.DateField(
        label="First day",
        widget=forms.DateInput(attrs={"type": "date", **_AUTO}, format="%Y-%m-%d"),
        error_messages={"required": "Choose the first day."},
    )
    starts_time = forms.TimeField(
        label="From", required=False, widget=forms.TimeInput(attrs={"type": "time", **_AUTO}, format="%H:%M")
    )
    ends_on = forms.DateField(
        label="Last day",
        widget=forms.DateInput(attrs={"type": "date", **_AUTO}, format="%Y-%m-%d"),
        error_messages={"required": "Choose the last day."},
    )
    ends_time = forms.TimeField(
        label="Until", required=False, widget=forms.TimeInput(attrs={"type": "time", **_AUTO}, format="%H:%M")
    )

    def __init__(self, channel: Channel, zone: str, day: date, data: Any = None) -> None:
        super().__init__(data, label_suffix="", initial={"starts_on": day, "ends_on": day})
        self.zone = zone
        self.fields["user"].queryset = register.duty_candidates(channel)  # type: ignore[attr-defined]

    def clean_starts_on(self) -> date:
        """A day that can be counted with."""
        return _near(self.cleaned_data["starts_on"])

    def clean_ends_on(self) -> date:
        """The same: a roster is no standing assignment."""
        return _near(self.cleaned_data["ends_on"])

    def times(self) -> tuple[datetime, datetime]:
        """From when until when. Raises BadInput for a time that the clock skips."""
        typed = self.cleaned_data
        starts = roster.wall_clock(typed["starts_on"], typed["starts_time"] or time.min, self.zone, field="starts_on")
        last: date = typed["ends_on"]
        if typed["ends_time"] is None:
            return starts, roster.wall_clock(last + timedelta(days=1), time.min, self.zone, field="ends_on")
        return starts, roster.wall_clock(last, typed["ends_time"], self.zone, field="ends_on")


def _near(day: date) -> date:
    """Refuse a day that is more than a year away, either way."""
    today = timezone.localdate()
    if not today - WITHIN <= day <= today + WITHIN:
        raise forms.ValidationError("Choose a day within a year from today.")
    return day
