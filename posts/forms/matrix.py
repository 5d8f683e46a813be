"""What is typed about the matrix: what a rule is about, where it holds, what it asks for."""

from __future__ import annotations

from typing import Any

from django import forms

from divisions.access import Rights
from divisions.models import Channel, Division
from divisions.permissions import Right
from posts.kinds import Flag, Kind
from posts.models.approving import Asks

WHAT = [
    ("Kind of post", [(f"kind:{kind.value}", kind.label) for kind in Kind]),
    ("What it touches", [(f"flag:{flag.value}", flag.label) for flag in Flag]),
]


class MatrixForm(forms.Form):
    """One rule. The places on offer are those in which the person may publish policy."""

    what = forms.ChoiceField(label="What", choices=[("", "Choose a kind, or what it touches"), *WHAT])
    division = forms.ModelChoiceField(Division.objects.none(), required=False, empty_label="Every division")
    channel = forms.ModelChoiceField(Channel.objects.none(), required=False, empty_label="Every channel")
    asks = forms.ChoiceField(label="Who approves", choices=Asks.choices, widget=forms.RadioSelect, initial=Asks.ONE)

    def __init__(self, mine: Rights, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        reach = mine.division_ids(Right.PUBLISH_POLICY)
        self.fields["division"].queryset = Division.objects.filter(pk__in=reach)  # type: ignore[attr-defined]
        channels = Channel.objects.filter(division__in=reach).select_related("division").order_by("name", "pk")
        self.fields["channel"].queryset = channels  # type: ignore[attr-defined]

    def asked(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        about, _, key = data["what"].partition(":")
        return {about: key, "division": data["division"], "channel": data["channel"], "asks": data["asks"]}

    def refused(self, field: str, words: str) -> None:
        """Show what the service refused at its field."""
        name = "what" if field in ("kind", "flag") else field
        self.add_error(name if name in self.fields else None, words)
