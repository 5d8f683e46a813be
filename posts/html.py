"""Plain text made safe for where it is shown: the HTML of our pages and feeds, a cell of a spreadsheet.

Nothing typed becomes markup or a formula.
"""

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


def to_cell(text: str) -> str:
    """The text for a CSV file: a spreadsheet takes what begins with these characters for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
