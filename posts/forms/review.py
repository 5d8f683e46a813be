"""A reviewer's decision as posted."""

from __future__ import annotations

from django import forms

ASKS = {"changes": "What should the author change?", "reject": "Why can it not go out?"}


class DecisionForm(forms.Form):
    """The verdict, the revision it is about (the one that was shown), and the reason for a no."""

    verdict = forms.ChoiceField(choices=[("approve", "Approve"), *ASKS.items()], widget=forms.HiddenInput)
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    note = forms.CharField(
        label="Reason",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="The author reads it, and it stays in the history.",
    )
