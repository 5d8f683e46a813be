"""What is asked of whoever wants a post taken down, and of whoever decides it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from posts.services.amends import MAX_REASON


class WithdrawForm(forms.Form):
    """Ground and reason. Only grounds that can apply to the post are offered."""

    ground = forms.ChoiceField(
        label="On what ground",
        widget=forms.RadioSelect,
        error_messages={"required": "Say on what ground. Disagreement is not a ground."},
    )
    reason = forms.CharField(
        label="Why, in your words",
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 4, "class": "input"}),
        error_messages={"required": "Say why, in one sentence. It is kept for good."},
    )

    def __init__(self, grounds: list[tuple[str, str]], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, label_suffix="")
        field = self.fields["ground"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = grounds


class DecideForm(forms.Form):
    """Confirm, or leave it up with a reason."""

    act = forms.ChoiceField(choices=[("confirm", "Take it down"), ("refuse", "Leave it up")])
    note = forms.CharField(
        label="What you want to add",
        required=False,
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 2, "class": "input"}),
    )
