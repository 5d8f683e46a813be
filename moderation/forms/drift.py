"""What is typed about a difference: what to make of it, who did it, and why."""

from __future__ import annotations

from typing import Any

from django import forms

from moderation.services.drift import MAX_REASON, MAX_WHO
from moderation.states import DriftDecision

CHOICES = (
    (DriftDecision.CLAIM, "Claim it", "You know who did it and why. It stays as it is."),
    (DriftDecision.ADOPT, "Adopt it", "It stays as it is and is kept as record, by an unknown author."),
    (
        DriftDecision.COMPROMISE,
        "Treat it as a takeover",
        "Holds and pauses the account, forgets our sign-in, tells its people and opens a checklist.",
    ),
)


class DecisionForm(forms.Form):
    """One of three decisions; `who` counts for a claim alone. Lengths are checked by the service: it says the cure."""

    decision = forms.ChoiceField(
        choices=[(value, label) for value, label, _ in CHOICES],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what it is."},
    )
    who = forms.CharField(label="Who did it", max_length=MAX_WHO, required=False)
    reason = forms.CharField(
        label="Why, in one sentence", max_length=MAX_REASON, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.choices = CHOICES
