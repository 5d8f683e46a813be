"""Saves what the composer posted: words, then picture texts, all or nothing; and says at the field why it could not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http import QueryDict

from divisions.errors import BadInput, Refusal, SomebodyElseSaved
from divisions.models import User
from posts.forms.compose import ComposeForm
from posts.kinds import Flag
from posts.models import Draft
from posts.models.post import When
from posts.services import compose, media
from posts.views.writing import Writing

_HOUSE = re.compile(r"^(\d+) (.+)$")


@dataclass(slots=True)
class Saved:
    """How a save went: the form as it stands now, what is wrong (links to fields), and the draft when all is well."""

    form: ComposeForm
    draft: Draft | None = None
    status: int = 200
    refusal: Refusal | None = None
    problems: list[dict[str, str]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether it is in the database."""
        return self.draft is not None


def save(writing: Writing, data: QueryDict, by: User, *, again: bool = False) -> Saved:
    """Save a posted form. Everything typed stays in `Saved.form`, whatever happened."""
    form = writing.form(data)
    if not form.is_valid():
        return Saved(form, status=422, problems=problems_of(form))
    try:
        with transaction.atomic():
            draft = compose.save(post=writing.post, version=form.cleaned_data["version"], data=form.to_input(), by=by)
            _describe(form, by)
    except SomebodyElseSaved as refusal:
        return _stale(writing, form, data, refusal, by, again)
    except BadInput as refusal:
        form.add_error(_field_of(form, refusal.field), str(refusal))
        return Saved(form, status=422, problems=problems_of(form))
    except Refusal as refusal:
        return Saved(form, status=409, refusal=refusal)
    return Saved(form, draft)


def problems_of(form: ComposeForm) -> list[dict[str, str]]:
    """Every error of a form as a line with a link to its field."""
    lines = []
    for name, errors in form.errors.items():
        label = form.fields[name].label or name.capitalize() if name in form.fields else ""
        for error in errors:
            lines.append({"url": anchor_of(form, name), "text": f"{label}: {error}" if label else str(error)})
    return lines


def anchor_of(form: ComposeForm, name: str) -> str:
    """Where a field stands on the page."""
    groups = {"channels": "#channels", "media": "#pictures", "flags": "#touches", "when": "#when", "file": "#id_file"}
    if name in groups:
        return groups[name]
    return f"#id_{name}" if name in form.fields else ""


def show_at_field(form: ComposeForm, anchor: str, message: str) -> None:
    """Say a stop at the field that its line leads to, where that is a field of the form."""
    name = anchor.removeprefix("#id_").removeprefix("#")
    if name in form.fields:
        form.add_error(name, message)


def with_change(data: QueryDict) -> tuple[QueryDict, str]:
    """Apply the one small button that was pressed (a cure, a picture's place); returns also where to go on the page."""
    changed = data.copy()
    cure, _, words = data.get("cure", "").partition("|")
    if cure == "block" and words:
        changed["text"] = data.get("text", "").replace(words, _block(words))
        return changed, "#id_text"
    if cure == "time" and words:
        changed["when"], (changed["wall_day"], _, changed["wall_clock"]) = When.AT, words.partition("T")
        return changed, "#when"
    if cure == "flag" and words in Flag.values:
        changed.appendlist("flags", words)
        return changed, "#touches"
    media_ids = data.getlist("media")
    if (gone := data.get("remove")) in media_ids:
        changed.setlist("media", [pk for pk in media_ids if pk != gone])
        return changed, "#pictures"
    if (first := data.get("first")) in media_ids:
        changed.setlist("media", [first, *(pk for pk in media_ids if pk != first)])
        return changed, "#pictures"
    return changed, ""


def fresh_form(writing: Writing, data: QueryDict, version: int) -> ComposeForm:
    """The same typed words under another version, so that saving again is possible."""
    return writing.form(_with_version(data, version))


def _block(words: str) -> str:
    """“4218 Lakemont Drive” -> “the 4200 block of Lakemont Drive”."""
    match = _HOUSE.match(words)
    if match is None:
        return words
    return f"the {int(match[1]) // 100 * 100} block of {match[2]}"


def _describe(form: ComposeForm, by: User) -> None:
    """Save picture texts and credits that changed; what is approved already keeps its own copy."""
    saved = {asset.pk: asset for asset in form.pictures}
    for typed in form.chosen_pictures():
        before = saved[typed.pk]
        if (before.alt_text, before.credit) != (typed.alt_text, typed.credit):
            media.describe(asset=before, alt_text=typed.alt_text, credit=typed.credit, by=by)


def _stale(
    writing: Writing, form: ComposeForm, data: QueryDict, refusal: SomebodyElseSaved, by: User, again: bool
) -> Saved:
    """Somebody saved in between. The same words saved already (an autosave that answered late) are no conflict."""
    theirs = Draft.objects.select_related("saved_by").get(post=writing.post)
    theirs.post = writing.post
    before, writing.draft = writing.draft, theirs
    saved = writing.form()
    if not again and saved.to_input() == form.to_input():
        if _picture_words(saved) == _picture_words(form):
            return Saved(form, theirs)
        return save(writing, _with_version(data, theirs.version), by, again=True)
    writing.draft = before
    return Saved(fresh_form(writing, data, theirs.version), status=409, refusal=refusal)


def _picture_words(form: ComposeForm) -> list[tuple[str, str]]:
    return [(asset.alt_text, asset.credit) for asset in form.chosen_pictures()]


def _with_version(data: QueryDict, version: int) -> QueryDict:
    again = data.copy()
    again["version"] = str(version)
    return again


def _field_of(form: ComposeForm, name: str) -> str | None:
    """The form's name for a field that a service names."""
    candidates: tuple[Any, ...] = (name, f"fact-{name}", name.replace("text-", "words-"))
    return next((c for c in candidates if c in form.fields), None)
