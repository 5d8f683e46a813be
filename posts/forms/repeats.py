"""How a post repeats, as plain choices; and the reason for which it stops.

The day of the month, the second Tuesday, and with no day ticked the day of the week follow from the first day: so
nothing can contradict it. What is stored is the rule as text (`posts.selectors.recurrence`).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from posts.models import Draft
from posts.selectors import rrules
from posts.selectors.rrules import DAY_NAMES, DAYS, MAX_INTERVAL, MAX_TIMES, Every
from posts.services.repeat import MAX_REASON

CHOICES = [
    ("", "Does not repeat"),
    (Every.DAY.value, "Every day"),
    (Every.WEEKDAY.value, "Every weekday"),
    (Every.WEEK.value, "Every week"),
    (Every.MONTH_DAY.value, "Every month, on that day of the month"),
    (Every.MONTH_WEEKDAY.value, "Every month, on that weekday"),
]
_TIMES = f"A number from 2 to {MAX_TIMES}."
_INTERVAL = f"A number from 1 to {MAX_INTERVAL}."


class RepeatFields(forms.Form):
    """The part of the composer's form that says how a post repeats."""

    repeat = forms.ChoiceField(
        label="Repeats",
        choices=CHOICES,
        required=False,
        error_messages={"invalid_choice": "“%(value)s” is not one of the choices. Pick one of them."},
    )
    repeat_interval = forms.IntegerField(
        label="Every how many",
        required=False,
        min_value=1,
        max_value=MAX_INTERVAL,
        error_messages={"min_value": _INTERVAL, "max_value": _INTERVAL, "invalid": _INTERVAL},
    )
    repeat_days = forms.MultipleChoiceField(
        label="On",
        choices=list(zip(DAYS, (name[:3] for name in DAY_NAMES), strict=True)),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "“%(value)s” is not a day of the week. Untick it."},
    )
    repeat_until = forms.DateField(
        label="Last day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    repeat_count = forms.IntegerField(
        label="Number of times",
        required=False,
        min_value=2,
        max_value=MAX_TIMES,
        error_messages={"min_value": _TIMES, "max_value": _TIMES, "invalid": _TIMES},
    )


def initial(draft: Draft) -> dict[str, Any]:
    """What the choices stand at for a saved draft."""
    picked = rrules.picked(draft.repeats)
    return {
        "repeat": picked.get("every", ""),
        "repeat_interval": picked.get("interval", 1),
        "repeat_days": picked.get("days", ()),
        "repeat_until": picked.get("until"),
        "repeat_count": picked.get("count"),
    }


def rule(every: Any, first_day: str, *, interval: Any, days: Any, until: Any, count: Any) -> str:
    """The rule of what is picked, as far as it could be read."""
    return rrules.compose(
        str(every or ""),
        first_day,
        days=tuple(str(day) for day in days or ()),
        until=until if isinstance(until, date) else None,
        count=count if isinstance(count, int) else None,
        interval=interval if isinstance(interval, int) else 1,
    )


class StopForm(forms.Form):
    """Why it stops repeating."""

    reason = forms.CharField(
        label="Why does it stop?",
        max_length=MAX_REASON,
        error_messages={"required": "Say why it stops, in one sentence."},
        widget=forms.TextInput(attrs={"class": "input"}),
        help_text="It stays in the record.",
    )
