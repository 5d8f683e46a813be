"""What is typed in a check round: an answer, a line, an owner and a day for each question; a picture; a rhythm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField

from divisions.models import User
from moderation.models import CheckItem, CheckRound
from moderation.services.plan import LONGEST
from moderation.services.rounds import MAX_NOTE, Typed
from moderation.states import Answer, AskedOf

ANSWERS = [(Answer.YES.value, "Yes"), (Answer.NO.value, "No"), (Answer.NA.value, "N/A")]


@dataclass(frozen=True, slots=True)
class Line:
    """One question on the page with its fields; the system's have no `answer`."""

    item: CheckItem
    answer: BoundField | None
    note: BoundField
    owner: BoundField
    due: BoundField

    @property
    def chosen(self) -> str:
        """The answer as it stands on the page."""
        return str(self.answer.value() or "") if self.answer is not None else self.item.answer

    @property
    def errors(self) -> list[str]:
        """What is wrong with anything typed for it."""
        fields = [self.answer, self.note, self.owner, self.due]
        return [str(error) for field in fields if field is not None for error in field.errors]


class AnswersForm(forms.Form):
    """Every question of a round. Names are `answer-<code>` and so on, as the service names them in its refusals."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    screenshot = forms.FileField(
        label="Picture of the screen",
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/*"}),
        help_text="Proof for this round: at most 5, 10 MB each. Location and device are removed.",
    )

    def __init__(
        self,
        row: CheckRound,
        items: Sequence[CheckItem],
        people: Sequence[User],
        usual_day: date,
        data: Mapping[str, Any] | None = None,
        files: Any = None,
    ) -> None:
        super().__init__(data, files, label_suffix="", initial={"version": row.version})
        self.items, self.people = items, {str(user.pk): user for user in people}
        for item in items:
            self._add(item, usual_day)

    def _add(self, item: CheckItem, usual_day: date) -> None:
        owners = [("", "Anybody in the division"), *((key, user.name) for key, user in self.people.items())]
        if item.asked_of == AskedOf.PERSON:
            self.fields[f"answer-{item.code}"] = forms.ChoiceField(
                label=item.words, choices=[("", ""), *ANSWERS], required=False, initial=item.answer
            )
        self.fields[f"note-{item.code}"] = forms.CharField(
            label="What is wrong, in one line" if item.asked_of == AskedOf.PERSON else "What to do",
            required=False,
            max_length=MAX_NOTE,
            initial=item.note,
            widget=forms.TextInput(attrs={"class": "input"}),
        )
        self.fields[f"owner-{item.code}"] = forms.ChoiceField(
            label="Task for", choices=owners, required=False, initial=str(item.owner_id or "")
        )
        self.fields[f"due-{item.code}"] = forms.DateField(
            label="Due",
            required=False,
            initial=item.due_on or usual_day,
            widget=forms.DateInput(attrs={"type": "date", "class": "input"}, format="%Y-%m-%d"),
        )

    def lines(self, asked_of: str) -> Iterator[Line]:
        """The questions for a person or for the system, in their order."""
        for item in self.items:
            if item.asked_of == asked_of:
                answer = self[f"answer-{item.code}"] if asked_of == AskedOf.PERSON else None
                yield Line(item, answer, *(self[f"{what}-{item.code}"] for what in ("note", "owner", "due")))

    def typed(self) -> dict[str, Typed]:
        """What was typed, by question."""
        read = self.cleaned_data
        return {
            item.code: Typed(
                answer=read.get(f"answer-{item.code}", ""),
                note=read[f"note-{item.code}"],
                owner=self.people.get(read[f"owner-{item.code}"]),
                due_on=self._day(item),
            )
            for item in self.items
        }

    def _day(self, item: CheckItem) -> date | None:
        """The day, unless it is only the usual one that stood there."""
        day: date | None = self.cleaned_data[f"due-{item.code}"]
        return None if item.due_on is None and day == self.fields[f"due-{item.code}"].initial else day


class RhythmForm(forms.Form):
    """How often the account is checked."""

    every_days = forms.IntegerField(
        label="Check every (days)",
        min_value=1,
        max_value=LONGEST,
        widget=forms.NumberInput(attrs={"class": "input input--auto", "min": 1, "max": LONGEST}),
    )


class DoneForm(forms.Form):
    """What was done about a task."""

    note = forms.CharField(
        label="What was done",
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"class": "input"}),
        help_text="One line. It stands in the ledger with your name.",
    )
