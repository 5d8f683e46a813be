"""A reviewer's decision as posted."""

from __future__ import annotations

from typing import Any

from django import forms

ASKS = {"changes": "What should the author change?", "reject": "Why can it not go out?"}


COMMENTS = 3


class DecisionForm(forms.Form):
    """The verdict, the revision it is about (the one that was shown), the reason for a no, and comments on words."""

    verdict = forms.ChoiceField(choices=[("approve", "Approve"), *ASKS.items()], widget=forms.HiddenInput)
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    note = forms.CharField(
        label="Reason",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="The author reads it, and it stays in the history.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n in range(1, COMMENTS + 1):
            self.fields[f"quote-{n}"] = forms.CharField(label="These words", max_length=500, required=False)
            self.fields[f"comment-{n}"] = forms.CharField(label="What about them", max_length=1000, required=False)

    def pairs(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The fields of the comments, in order."""
        return [(self[f"quote-{n}"], self[f"comment-{n}"]) for n in range(1, COMMENTS + 1)]

    def comments(self) -> list[tuple[str, str]]:
        """What was typed about words: (quote, comment), the empty ones too, so that a refusal finds its field."""
        typed = self.cleaned_data
        return [(typed[f"quote-{n}"], typed[f"comment-{n}"]) for n in range(1, COMMENTS + 1)]
