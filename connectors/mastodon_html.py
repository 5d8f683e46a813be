"""Mastodon's HTML back into the words that were written. Pure; no call is made here.

A status comes back as HTML: paragraphs, `<br>`, links cut in three spans (the whole address is their text), mentions
without their server. What a reader sees of a link is shortened by style sheets only, so the text is whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser

SKIPPED = frozenset({"script", "style", "template"})


def words(html: str, mentions: Mapping[str, str] | None = None) -> tuple[str, tuple[str, ...]]:
    """Return the text of a status and the addresses it leads to.

    `mentions` maps the address of a mentioned profile to its name (`user@host`), put back in its place.
    """
    reader = _Reader(mentions or {})
    reader.feed(html)
    reader.close()
    return "".join(reader.text).strip("\n"), tuple(dict.fromkeys(reader.links))


class _Reader(HTMLParser):
    """Collects text; knows paragraphs, line breaks, links and mentions."""

    def __init__(self, mentions: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.links: list[str] = []
        self._mentions = mentions
        self._named = False  # inside a mention whose name was put in already
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SKIPPED:
            self._skipped += 1
        elif tag == "br":
            self.text.append("\n")
        elif tag in ("p", "blockquote", "li", "pre") and self.text:
            self.text.append("\n" if tag == "li" else "\n\n")
        elif tag == "a":
            self._link(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag in SKIPPED:
            self._skipped = max(0, self._skipped - 1)
        elif tag == "a":
            self._named = False

    def handle_data(self, data: str) -> None:
        if not self._named and not self._skipped:
            self.text.append(data)

    def _link(self, attributes: Mapping[str, str | None]) -> None:
        address, kinds = attributes.get("href") or "", (attributes.get("class") or "").split()
        if address in self._mentions:
            self.text.append(f"@{self._mentions[address]}")
            self._named = True
        elif address and "mention" not in kinds and "hashtag" not in kinds:
            self.links.append(address)
