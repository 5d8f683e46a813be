"""Links, tags and mentions in a Bluesky text, by UTF-8 byte offsets. Pure; resolves nothing.

The server finds none of them by itself, and takes offsets beyond the end as valid. Source: docs.bsky.app on rich text,
lexicon app.bsky.richtext.facet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import regex

MAX_TAG = 64  # graphemes
_LINK = regex.compile(r"https?://[^\s<>\"]+", regex.IGNORECASE)
_TAG = regex.compile(r"(?<![\w#&/])#(\w*[^\W\d]\w*)")
_MENTION = regex.compile(r"(?<![\w@/.])@((?:[a-zA-Z0-9-]+\.)+[a-zA-Z][a-zA-Z0-9-]*)")
_TRAILING = ".,;:!?'’”"


def facets(text: str) -> list[dict[str, Any]]:
    """Return the links and tags of a text, in order, as the record carries them."""
    links = list(_links(text))
    taken = [(start, end) for start, end, _ in links]
    found: list[tuple[int, int, dict[str, Any]]] = [(start, end, _link(uri)) for start, end, uri in links]
    found += [
        (match.start(), match.end(), _tag(match[1]))
        for match in _TAG.finditer(text)
        if _free(match, taken) and len(regex.findall(r"\X", match[1])) <= MAX_TAG
    ]
    return [facet(text, start, end, feature) for start, end, feature in sorted(found, key=lambda item: item[0])]


def mentions(text: str) -> list[tuple[int, int, str]]:
    """Return where handles stand in a text: start, end (in characters) and the handle without its @."""
    taken = [(start, end) for start, end, _ in _links(text)]
    found = [match for match in _MENTION.finditer(text) if _free(match, taken)]
    return [(match.start(), match.end(), match[1].lower()) for match in found]


def facet(text: str, start: int, end: int, feature: dict[str, Any]) -> dict[str, Any]:
    """Return one facet; character positions become byte offsets, the end exclusive."""
    index = {"byteStart": len(text[:start].encode()), "byteEnd": len(text[:end].encode())}
    return {"index": index, "features": [feature]}


def mention(did: str) -> dict[str, Any]:
    """Return the feature of a mention."""
    return {"$type": "app.bsky.richtext.facet#mention", "did": did}


def _link(uri: str) -> dict[str, Any]:
    return {"$type": "app.bsky.richtext.facet#link", "uri": uri}


def _tag(tag: str) -> dict[str, Any]:
    return {"$type": "app.bsky.richtext.facet#tag", "tag": tag}


def _links(text: str) -> Iterator[tuple[int, int, str]]:
    """Web addresses, without the punctuation of the sentence around them."""
    for match in _LINK.finditer(text):
        uri = match[0].rstrip(_TRAILING)
        while uri.endswith(")") and uri.count("(") < uri.count(")"):
            uri = uri[:-1].rstrip(_TRAILING)
        if len(uri) > len("https://"):
            yield match.start(), match.start() + len(uri), uri


def _free(match: Any, taken: list[tuple[int, int]]) -> bool:
    return not any(start <= match.start() < end for start, end in taken)
