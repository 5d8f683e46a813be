"""The composer's form: everything typed about one draft, for saving, for a look before saving, and for showing again.

Limits come from the services; a draft may be incomplete, so nothing is required here. What stops it from going out is
said by the checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, cast

from django import forms
from django.utils.datastructures import MultiValueDict

from divisions.errors import BadInput
from divisions.models import Channel
from posts.forms import repeats
from posts.forms.repeats import RepeatFields
from posts.kinds import SPECS, Fact, Flag, Kind
from posts.models import Draft, MediaAsset, Post
from posts.models.post import When
from posts.selectors import moments
from posts.selectors.targets import Target
from posts.services.compose import MAX_FACT, MAX_TEXT, MAX_TITLE, MAX_WHY, DraftInput

MAX_ALT, MAX_CREDIT = 1000, 200
_NATIVE = {"date": "date", "moment": "datetime-local", "phone": "tel"}


class ComposeForm(RepeatFields):
    """One draft as typed. Fields of facts, channels and pictures are made for the kind, the boxes and the library."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    kind = forms.ChoiceField()
    title = forms.CharField(max_length=MAX_TITLE, required=False)
    text = forms.CharField(max_length=MAX_TEXT, required=False, strip=False, widget=forms.Textarea(attrs={"rows": 9}))
    flags = forms.MultipleChoiceField(
        label="It touches", choices=Flag.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    when = forms.ChoiceField(choices=When.choices, required=False, widget=forms.RadioSelect)
    wall_day = forms.CharField(
        label="Day", max_length=10, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    wall_clock = forms.CharField(
        label="Time", max_length=8, required=False, widget=forms.TimeInput(attrs={"type": "time"})
    )
    expires_on = forms.DateField(
        label="Comes down by itself",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(
        self,
        draft: Draft,
        targets: Sequence[Target],
        pictures: Sequence[MediaAsset],
        data: MultiValueDict[str, Any] | None = None,
    ) -> None:
        self.draft, self.targets, self.pictures = draft, list(targets), list(pictures)
        self.shown_kind = self._kind_of(data)
        super().__init__(data, initial=self._initial(), label_suffix="")
        self._add_kind()
        self._add_facts()
        self._add_whys()
        self._add_channels()
        self._add_pictures()

    # ---- making the fields

    def _kind_of(self, data: MultiValueDict[str, Any] | None) -> str:
        posted = data.get("kind") if data is not None else None
        return posted if posted in SPECS else self.draft.post.kind

    def _initial(self) -> dict[str, Any]:
        draft = self.draft
        day, _, clock = draft.wall_time.partition("T")
        return {
            "version": draft.version,
            "kind": draft.post.kind,
            "title": draft.title,
            "text": draft.text,
            "flags": draft.flags,
            "when": draft.when,
            "wall_day": day,
            "wall_clock": clock,
            "expires_on": draft.expires_on,
            **repeats.initial(draft),
        }

    def _add_kind(self) -> None:
        internal = self.draft.post.audience == "internal"
        allowed = [(k.value, k.label) for k in Kind if internal or not SPECS[k].internal_only]
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = allowed
        kind.error_messages["invalid_choice"] = "“%(value)s” is not a kind of post. Choose one of those shown."

    def _add_facts(self) -> None:
        for fact in SPECS[self.shown_kind].facts:
            name = f"fact-{fact.name}"
            self.fields[name] = fact_field(fact)
            self.initial[name] = self.draft.facts.get(fact.name, "")

    def _add_whys(self) -> None:
        """Why it does not touch something that its words point at: asked only where they do, kept whatever happens."""
        for flag in Flag:
            name = f"why-{flag.value}"
            self.fields[name] = forms.CharField(
                label=f"Why it does not touch {flag.label}", max_length=MAX_WHY, required=False
            )
            self.initial[name] = self.draft.not_touched.get(flag.value, {}).get("why", "")

    def _add_channels(self) -> None:
        texts = {v.channel_id: v.text for v in self.draft.variants.all()}
        self.fields["channels"] = forms.MultipleChoiceField(
            label="Where it goes",
            required=False,
            choices=[(str(t.key), t.label) for t in self.targets],
            error_messages={"invalid_choice": "One of the chosen channels is not open to you. Untick it."},
        )
        self.initial["channels"] = [str(t.key) for t in self.targets if any(c.pk in texts for c in t.channels)]
        for target in self.targets:
            own = next((texts[c.pk] for c in target.channels if texts.get(c.pk) is not None), None)
            self.fields[f"own-{target.key}"] = forms.BooleanField(label="Own words", required=False)
            self.fields[f"words-{target.key}"] = forms.CharField(
                label=f"Text for {target.label}",
                max_length=MAX_TEXT,
                required=False,
                strip=False,
                widget=forms.Textarea(attrs={"rows": 5}),
            )
            self.initial[f"own-{target.key}"] = own is not None
            self.initial[f"words-{target.key}"] = self.draft.text if own is None else own

    def _add_pictures(self) -> None:
        self.fields["media"] = forms.TypedMultipleChoiceField(
            label="Pictures",
            required=False,
            coerce=int,
            choices=[(str(a.pk), str(a)) for a in self.pictures],
            error_messages={"invalid_choice": "A chosen picture is not in this division's library. Choose it again."},
        )
        self.initial["media"] = [str(a.pk) for a in self.pictures]
        for asset in self.pictures:
            self.fields[f"alt-{asset.pk}"] = forms.CharField(
                label="Picture text, for people who cannot see it",
                max_length=MAX_ALT,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
            self.fields[f"credit-{asset.pk}"] = forms.CharField(label="Credit", max_length=MAX_CREDIT, required=False)
            self.initial[f"alt-{asset.pk}"], self.initial[f"credit-{asset.pk}"] = asset.alt_text, asset.credit

    # ---- reading them

    def clean(self) -> dict[str, Any]:
        """Facts that are a moment must be one that the clock in the division's zone shows."""
        cleaned = super().clean() or {}
        for fact in SPECS[self.shown_kind].facts:
            typed = str(cleaned.get(f"fact-{fact.name}") or "")
            if fact.type == "moment" and typed:
                try:
                    moments.moment(typed, self.draft.zone)
                except BadInput as error:
                    self.add_error(f"fact-{fact.name}", str(error))
        return cleaned

    def value(self, name: str) -> Any:
        """What a field holds now: cleaned where it could be, else as typed, else as saved."""
        if not self.is_bound:
            return self.initial.get(name)
        if self.is_valid() or name in self.cleaned_data:
            return self.cleaned_data.get(name)
        return self[name].data

    def to_input(self) -> DraftInput:
        """Everything the form holds, for `compose.save` or for a look at what is not saved yet."""
        day, clock = self._typed("wall_day"), self._typed("wall_clock")
        return DraftInput(
            kind=self.shown_kind,
            title=self._typed("title"),
            text=self._typed("text").replace("\r\n", "\n"),
            language=self.draft.language,
            facts=self._facts(),
            flags=tuple(self.value("flags") or ()),
            not_touched=self.not_touched(),
            when=self.value("when") or When.APPROVED,
            wall_time=f"{day}T{clock}" if day or clock else "",
            repeats=self.rule(),
            expires_on=self._day("expires_on"),
            channels=self._channels(),
            media=tuple(a.pk for a in self.chosen_pictures()),
        )

    def not_touched(self) -> dict[str, dict[str, Any]]:
        """Why it does not touch something, and of which words that was said: those that stood beside the field."""
        answers = {}
        for flag in Flag:
            if why := self._typed(f"why-{flag.value}").strip():
                answers[flag.value] = {"why": why, "words": sorted(self._said_of(flag))}
        return answers

    def _said_of(self, flag: Flag) -> set[str]:
        if not self.is_bound:
            return set(self.draft.not_touched.get(flag.value, {}).get("words", ()))
        data = cast("MultiValueDict[str, Any]", self.data)
        listed = " | ".join(str(words) for words in data.getlist(f"said-{flag.value}")[:2])
        words = (word.strip().lower().replace("\x00", "") for word in listed.split(" | "))
        return {word[:MAX_WHY] for word in words if word} if len(listed) < MAX_FACT else set()

    def rule(self) -> str:
        """How it repeats, as text; empty for once."""
        picked = {name: self.value(f"repeat_{name}") for name in ("interval", "days", "until", "count")}
        return repeats.rule(self.value("repeat"), self._typed("wall_day"), **picked)

    def words(self) -> list[tuple[Channel, str | None]]:
        """The ticked channels, each with its own words or None."""
        chosen = self._channels()
        return [(c, chosen[c.pk]) for t in self.targets for c in t.channels if c.pk in chosen]

    def ticked(self, target: Target) -> bool:
        """Whether a box is ticked now."""
        return str(target.key) in (self.value("channels") or ())

    def own_words(self, target: Target) -> bool:
        """Whether a box has its own words now."""
        return bool(self.value(f"own-{target.key}"))

    def chosen_pictures(self) -> list[MediaAsset]:
        """The pictures of the draft in order, with picture text and credit as typed (copies, not saved)."""
        order = [str(pk) for pk in dict.fromkeys(self.value("media") or ())]
        by_pk = {str(a.pk): a for a in self.pictures}
        return [self._described(by_pk[pk]) for pk in order if pk in by_pk]

    def unsaved(self) -> Draft:
        """A draft as typed, never written: what the preview renders and the checks look at."""
        data = self.to_input()
        post: Post = copy(self.draft.post)
        post.kind, post.title = data.kind, data.title
        return Draft(
            post=post,
            version=self.draft.version,
            title=data.title,
            text=data.text,
            language=data.language,
            facts=dict(data.facts),
            flags=list(data.flags),
            not_touched=dict(data.not_touched),
            when=data.when,
            wall_time=data.wall_time,
            repeats=data.repeats,
            zone=self.draft.zone,
            expires_on=data.expires_on,
        )

    def carried(self) -> list[tuple[str, str]]:
        """Facts typed for another kind: kept in the form, so that going back to that kind brings them back."""
        if not self.is_bound:
            return []
        data: Mapping[str, Any] = self.data
        names = [n for n in data if n.startswith("fact-") and n not in self.fields][:20]
        return [(n, str(data.get(n) or "")[:MAX_FACT]) for n in names]

    def _described(self, asset: MediaAsset) -> MediaAsset:
        shown = copy(asset)
        shown.alt_text, shown.credit = self._typed(f"alt-{asset.pk}"), self._typed(f"credit-{asset.pk}")
        return shown

    def _channels(self) -> dict[int, str | None]:
        chosen: dict[int, str | None] = {}
        for target in self.targets:
            if self.ticked(target):
                words = self._typed(f"words-{target.key}").replace("\r\n", "\n")
                for channel in target.channels:
                    chosen[channel.pk] = words if self.own_words(target) else None
        return chosen

    def _facts(self) -> dict[str, Any]:
        return {f.name: self._typed(f"fact-{f.name}") for f in SPECS[self.shown_kind].facts}

    def _typed(self, name: str) -> str:
        return str(self.value(name) or "")

    def _day(self, name: str) -> Any:
        day = self.value(name)
        return None if isinstance(day, str) else day


def fact_field(fact: Fact) -> forms.Field:
    """The form field of one fact."""
    if fact.type == "choice":
        return forms.ChoiceField(label=fact.label, required=False, choices=[("", "Choose"), *fact.choices])
    if fact.type == "text":
        return forms.CharField(label=fact.label, required=False, max_length=MAX_FACT, widget=forms.Textarea)
    widget = forms.TextInput(attrs={"type": _NATIVE.get(fact.type, "text")})
    return forms.CharField(label=fact.label, required=False, max_length=MAX_FACT, widget=widget, strip=True)
