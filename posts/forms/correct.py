"""The correction's form: what was wrong, what is right, and the words of each copy. Keeps everything that was typed.

Limits come from the service; what the words do on each copy is counted and checked by the selectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from divisions.errors import BadInput
from divisions.states import Platform
from posts.forms.compose import fact_field
from posts.kinds import SPECS
from posts.models import Post, Revision
from posts.selectors import corrections, moments
from posts.selectors.copies import CopyOf
from posts.selectors.corrections import Typed
from posts.selectors.review import last_day
from posts.services.amends import MAX_REASON
from posts.services.compose import MAX_TEXT, MAX_TITLE, MAX_WHY
from posts.services.correct import MAX_APOLOGY, MAX_WRONG


class CorrectForm(forms.Form):
    """The words as they stand, to be put right. Fields of facts and copies are made for the post."""

    was_wrong = forms.CharField(
        label="What was wrong",
        max_length=MAX_WRONG,
        help_text="One sentence. It is printed beside the correction, and stands in the note on each platform.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what was wrong, in one sentence."},
    )
    apology = forms.CharField(
        label="Apology",
        max_length=MAX_APOLOGY,
        required=False,
        help_text="Printed below it. “We are sorry if you came for nothing.”",
    )
    title = forms.CharField(
        label="Title", max_length=MAX_TITLE, error_messages={"required": "The post needs its title."}
    )
    text = forms.CharField(
        label="The right words",
        max_length=MAX_TEXT,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 9}),
        error_messages={"required": "Write what is right."},
    )
    not_touched = forms.CharField(
        label="Why it does not touch what its new words point at",
        max_length=MAX_WHY,
        required=False,
        help_text="For the second person and the record. Empty: it is approved as what touches it.",
    )
    reason = forms.CharField(
        label="Why it is corrected",
        max_length=MAX_REASON,
        help_text="For the second person and the record. It is not printed.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why, in one sentence. It is kept for good."},
    )

    def __init__(
        self, post: Post, revision: Revision, copies: Sequence[CopyOf], data: Mapping[str, Any] | None = None
    ) -> None:
        self.post, self.revision, self.copies = post, revision, [c for c in copies if not c.is_gone]
        initial = {"title": revision.title, "text": revision.text}
        super().__init__(data, initial=initial, label_suffix="")
        self.facts = SPECS[post.kind].facts
        for fact in self.facts:
            self.fields[f"fact-{fact.name}"] = fact_field(fact)
            self.initial[f"fact-{fact.name}"] = revision.facts.get(fact.name, "")
        if revision.expires_at:
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            self.fields["expires_on"] = forms.DateField(label="Comes down by itself", required=False, widget=widget)
            self.initial["expires_on"] = last_day(revision.expires_at).astimezone(ZoneInfo(revision.zone)).date()
        for copy in self.copies:
            self._add_copy(copy)

    def _add_copy(self, copy: CopyOf) -> None:
        """Own words where the copy had some or is counted; the reply where an edit may come too late."""
        own, pk = corrections.own_words(copy), copy.channel.pk
        if copy.is_retired or copy.channel.platform == Platform.FEED:
            return
        if own or not copy.channel.is_own:
            self._add_words(f"words-{pk}", f"Words for {copy.channel}", own)
        if copy.may_need_reply:
            self._add_words(f"reply-{pk}", f"Reply on {copy.channel}", "")

    def _add_words(self, name: str, label: str, words: str) -> None:
        widget = forms.Textarea(attrs={"rows": 3})
        self.fields[name] = forms.CharField(
            label=label, max_length=MAX_TEXT, required=False, strip=False, widget=widget
        )
        self.initial[name] = words

    @property
    def fact_fields(self) -> list[forms.BoundField]:
        """The facts, and the day it comes down."""
        names = [*(f"fact-{fact.name}" for fact in self.facts), "expires_on"]
        return [self[name] for name in names if name in self.fields]

    @property
    def copy_fields(self) -> list[forms.BoundField]:
        """The words of single copies."""
        return [self[name] for name in self.fields if name.startswith(("words-", "reply-"))]

    def clean(self) -> dict[str, Any]:
        """Facts that are a moment must be one that the clock in the division's zone shows."""
        cleaned = super().clean() or {}
        for fact in self.facts:
            typed = str(cleaned.get(f"fact-{fact.name}") or "")
            if fact.type == "moment" and typed:
                try:
                    moments.moment(typed, self.revision.zone)
                except BadInput as error:
                    self.add_error(f"fact-{fact.name}", str(error))
        return cleaned

    def value(self, name: str) -> Any:
        """What a field holds now: cleaned where it could be, else as typed, else as it stands."""
        if not self.is_bound:
            return self.initial.get(name)
        return self.cleaned_data.get(name) if name in self.cleaned_data else self[name].data

    def typed(self) -> Typed:
        """Everything the form holds, for the service or for a look at what is only typed yet."""
        if self.is_bound:
            self.is_valid()
        day = self.value("expires_on") if "expires_on" in self.fields else None
        return Typed(
            was_wrong=self._text("was_wrong"),
            reason=self._text("reason"),
            apology=self._text("apology"),
            title=self._text("title"),
            text=self._text("text"),
            facts={fact.name: self._text(f"fact-{fact.name}") for fact in self.facts},
            expires_on=None if isinstance(day, str) else day,
            words=self._of_copies("words-"),
            replies=self._of_copies("reply-"),
            not_touched=self._text("not_touched"),
        )

    def refuse(self, error: BadInput) -> None:
        """Show what the service refused at its field."""
        name = error.field if error.field in self.fields else f"fact-{error.field}"
        self.add_error(name if name in self.fields else None, str(error))

    def stop(self, finding: Any) -> None:
        """Show a stop of the checks at the field it is about."""
        slug = finding.field.removeprefix("text-")
        names = {copy.channel.slug: f"words-{copy.channel.pk}" for copy in self.copies}
        names |= {f"{copy.channel.slug}-reply": f"reply-{copy.channel.pk}" for copy in self.copies}
        name = next(
            (n for n in (names.get(slug, ""), finding.field, f"fact-{finding.field}") if n in self.fields), None
        )
        self.add_error(name, f"{finding.message} {finding.cure}")

    def stop_once(self, finding: Any) -> None:
        """The same for a copy's words, unless they are said to be wrong already."""
        if finding.field.startswith("text-") and not any(finding.message in str(e) for e in self.errors.values()):
            self.stop(finding)

    def _of_copies(self, prefix: str) -> dict[int, str]:
        return {int(n.removeprefix(prefix)): self._text(n) for n in self.fields if n.startswith(prefix)}

    def _text(self, name: str) -> str:
        return str(self.value(name) or "").replace("\r\n", "\n")


class DecideForm(forms.Form):
    """Confirm it, or leave the words as they stand with a reason."""

    act = forms.ChoiceField(choices=[("confirm", "Confirm"), ("refuse", "Leave it")])
    note = forms.CharField(
        label="What you want to add",
        required=False,
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
