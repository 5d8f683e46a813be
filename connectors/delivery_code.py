"""A short mark that a delivery leaves on platforms without keys of their own, so that a lost answer can be looked up.

Eight letters and digits that say nothing to anybody else, the same for every try of one delivery. The last one is drawn
from the other seven, so that a word which somebody else wrote is seldom taken for ours. Pure.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode

LENGTH = 8
_MARK = re.compile(rf"[A-Z2-7]{{{LENGTH}}}")
_AT_THE_END = re.compile(rf"\[([A-Z2-7]{{{LENGTH}}})\]\s*$")


def of(key: str) -> str:
    """Return the mark of the delivery with this key."""
    head = _letters(key)[: LENGTH - 1]
    return head + _letters(head)[0]


def is_ours(mark: str) -> bool:
    """Return True for a mark as `of` makes them (and for one foreign word of its shape in 32)."""
    return bool(_MARK.fullmatch(mark)) and _letters(mark[:-1])[0] == mark[-1]


def added(title: str, key: str) -> str:
    """Return a title with the delivery's mark at its end."""
    return f"{title} [{of(key)}]".strip()


def at_the_end(title: str) -> str:
    """Return the mark at the end of a title, or nothing."""
    found = _AT_THE_END.search(title)
    return found[1] if found and is_ours(found[1]) else ""


def _letters(text: str) -> str:
    return b32encode(hashlib.sha256(text.encode()).digest()).decode()
