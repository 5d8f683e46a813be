"""What is typed about posts that missed their time: which of them, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from posts.forms.retime import RetimeForm

SEND, RETIME, DROP = "send", "retime", "drop"


class MissedForm(RetimeForm):
    """The decision about some missed deliveries; day and clock count only for re-timing."""

    act = forms.ChoiceField(choices=[(SEND, "Send now"), (RETIME, "Re-time"), (DROP, "Leave unsent")])
    deliveries = forms.TypedMultipleChoiceField(
        coerce=int,
        error_messages={
            "required": "Tick what it is about.",
            "invalid_choice": "One of those you ticked does not wait for you any more. Tick again.",
        },
    )

    def __init__(self, choices: Iterable[int], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["deliveries"].choices = [(pk, str(pk)) for pk in choices]  # type: ignore[attr-defined]
        if self.data.get("act") != RETIME:
            self.fields["day"].required = self.fields["clock"].required = False

    @property
    def ticked(self) -> set[str]:
        """What was ticked before a refusal."""
        return set(self.data.getlist("deliveries"))  # type: ignore[attr-defined]
