"""The composer again when a save was refused: everything typed, what is wrong, what somebody else saved meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from posts.forms.compose import ComposeForm
from posts.kinds import SPECS, Kind
from posts.models import Draft
from posts.models.post import When
from posts.selectors.word_diff import Piece, pieces
from posts.views.saving import Saved
from posts.views.writing import Page, Writing


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: theirs as plain words, and the way from theirs to what stands in the form."""

    label: str
    theirs: str
    parts: list[Piece]


def refused(request: HttpRequest, writing: Writing, saved: Saved) -> HttpResponse:
    """Answer 422 with the fields to fix, or 409 with their words beside the typed ones."""
    more: dict[str, Any] = {"problems": saved.problems, "refusal": saved.refusal, "unsaved": "Not saved"}
    if saved.status == 409:
        theirs = Draft.objects.select_related("saved_by").get(post=writing.post)
        theirs.post = writing.post
        writing.draft = theirs
        more |= {"theirs": theirs, "differences": differences(writing, saved.form)}
    context = Page(writing, saved.form).context() | more
    return render(request, "posts/compose.html", context, status=saved.status)


def differences(writing: Writing, mine: ComposeForm) -> list[Difference]:
    """Compare the draft that is saved now (`writing.draft`) with the form, field by field."""
    theirs = _told(writing, writing.form())
    typed = _told(writing, mine)
    labels = list(dict.fromkeys([*theirs, *typed]))
    return [
        Difference(label, theirs.get(label, ""), pieces(theirs.get(label, ""), typed.get(label, "")))
        for label in labels
        if theirs.get(label, "") != typed.get(label, "")
    ]


def _told(writing: Writing, form: ComposeForm) -> dict[str, str]:
    data = form.to_input()
    told: dict[str, Any] = {"Kind": Kind(data.kind).label, "Title": data.title.strip(), "Text": data.text}
    told |= {fact.label: data.facts.get(fact.name, "") for fact in SPECS[data.kind].facts}
    boxes = [t for t in writing.targets if form.ticked(t)]
    told["Channels"] = ", ".join(t.label for t in boxes)
    for box in boxes:
        words = data.channels.get(box.key)
        if words is not None:
            told[f"Text for {box.label}"] = words
    told["Pictures"] = "\n".join(str(asset) for asset in form.chosen_pictures())
    told["When"] = data.wall_time.replace("T", " ") if data.when == When.AT else "as soon as approved"
    told["Comes down by itself"] = str(data.expires_on or "")
    told["It touches"] = ", ".join(data.flags)
    told["It does not touch"] = ", ".join(f"{flag}: {said['why']}" for flag, said in data.not_touched.items())
    return {label: str(value) for label, value in told.items()}
