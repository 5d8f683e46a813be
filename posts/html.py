"""Plain text to the HTML of our own pages and feeds: paragraphs, line breaks, links. Nothing typed becomes markup."""

from __future__ import annotations

import nh3
from django.utils.html import linebreaks, urlize

_TAGS = {"p", "br", "a"}
_ATTRIBUTES = {"a": {"href"}}


def to_html(text: str) -> str:
    """Paragraphs and links from plain text; everything else is escaped, then sanitised once more."""
    normal = text.replace("\r\n", "\n").strip()
    return nh3.clean(
        urlize(linebreaks(normal, autoescape=True)),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow",
    )
