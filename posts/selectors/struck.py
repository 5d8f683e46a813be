"""Old words struck through with the new beside them, as HTML for readers. Nothing typed becomes markup.

Small same runs between two changes are taken into them, so that a person hears a phrase and not single letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import nh3
from django.utils.html import format_html, urlize
from django.utils.safestring import SafeString, mark_safe

from posts.selectors.word_diff import Piece, pieces

CLOSE = 12  # characters between two changes that are not worth going back to the unchanged words for
_TAGS = {"p", "br", "a", "ins", "del", "span"}
_ATTRIBUTES = {"a": {"href"}, "span": {"class", "data-nosnippet"}}
_PARAGRAPH = re.compile(r"\n\s*\n")


def html(old: str, new: str) -> SafeString:
    """Paragraphs of the new text with the old words in their places.

    Screen readers hear “old wording” and “new wording”; search engines quote nothing that is struck out.
    """
    paragraphs: list[list[str]] = [[]]
    before = ""
    for piece in phrases(pieces(_plain(old), _plain(new))):
        if (before, piece.how) == ("old", "new"):
            paragraphs[-1].append(" ")
        before = piece.how
        for number, block in enumerate(_PARAGRAPH.split(piece.text)):
            if number:
                paragraphs.append([])
            if block:
                paragraphs[-1].append(_run(piece.how, block))
    body = "".join(f"<p>{''.join(runs)}</p>" for runs in paragraphs if "".join(runs).strip())
    clean = nh3.clean(
        body, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel="nofollow"
    )
    return mark_safe(clean)  # noqa: S308 (every run is escaped below, and sanitised once more here)


def phrases(parts: Sequence[Piece]) -> list[Piece]:
    """The same pieces with neighbouring changes drawn together: what was said before, then what is said now."""
    out: list[Piece] = []
    group: list[Piece] = []
    for piece in parts:
        if piece.how == "same" and not (group and _is_close(piece.text)):
            out += _drawn_together(group)
            out.append(piece)
            group = []
        else:
            group.append(piece)
    return [*out, *_drawn_together(group)]


def _is_close(text: str) -> bool:
    return len(text) <= CLOSE and "\n" not in text


def _drawn_together(group: list[Piece]) -> Iterator[Piece]:
    """A group of changes as one old run and one new one; same words at its end stay unchanged."""
    tail: list[Piece] = []
    while group and group[-1].how == "same":
        tail.insert(0, group.pop())
    if {"old", "new"} <= {p.how for p in group}:
        yield Piece("old", "".join(p.text for p in group if p.how != "new"))
        yield Piece("new", "".join(p.text for p in group if p.how != "old"))
    else:
        yield from group
    yield from tail


def _run(how: str, text: str) -> str:
    said = urlize(text, autoescape=True).replace("\n", "<br>")
    if how == "same" or not text.strip():
        return said
    if how == "new":
        return format_html('<ins><span class="sr-only">new wording: </span>{}</ins>', mark_safe(said))  # noqa: S308
    return format_html(
        '<del><span data-nosnippet=""><span class="sr-only">old wording: </span>{}</span></del>',
        mark_safe(said),  # noqa: S308
    )


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
