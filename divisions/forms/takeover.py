"""What is typed to have an account taken over: from whom, by whom."""

from __future__ import annotations

from typing import Any

from django import forms

from divisions.models import Channel, User
from divisions.selectors import register


class OpenForm(forms.Form):
    """Whoever had it may have left, so anybody is on offer who was ever a member."""

    from_user = forms.ModelChoiceField(
        User.objects.none(), label="Who had it before", required=False, empty_label="Nobody we know"
    )
    to_user = forms.ModelChoiceField(
        User.objects.none(),
        label="Who takes over",
        empty_label="Choose a person",
        error_messages={"required": "Choose who takes over."},
    )

    def __init__(self, channel: Channel, data: Any = None) -> None:
        super().__init__(data, label_suffix="", initial={"from_user": channel.duty_officer_id})
        above = [int(pk) for pk in channel.division.path.strip("/").split("/")]
        ever = User.objects.filter(memberships__division__in=above).distinct().order_by("name", "pk")
        self.fields["from_user"].queryset = ever  # type: ignore[attr-defined]
        self.fields["to_user"].queryset = register.duty_candidates(channel)  # type: ignore[attr-defined]
