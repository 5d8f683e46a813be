"""What changed between two texts, word by word. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_TOKENS = re.compile(r"https?://\S+|\s+|\w+|[^\w\s]")  # an address is one word


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text: `same`, `old` (struck out) or `new`."""

    how: str
    text: str


def pieces(old: str, new: str) -> list[Piece]:
    """The new text with what was taken out kept in its place: same, old and new runs in reading order."""
    before, after = _TOKENS.findall(old), _TOKENS.findall(new)
    matcher = SequenceMatcher(str.isspace, before, after, autojunk=len(before) > 4000)
    out: list[Piece] = []
    for how, i1, i2, j1, j2 in matcher.get_opcodes():
        if how == "equal":
            out.append(Piece("same", "".join(after[j1:j2])))
            continue
        if i2 > i1:
            out.append(Piece("old", "".join(before[i1:i2])))
        if j2 > j1:
            out.append(Piece("new", "".join(after[j1:j2])))
    return out


def count(parts: list[Piece]) -> int:
    """How many places differ: an old run and the new one in its place are one."""
    changes, open_change = 0, False
    for part in parts:
        if part.how == "same":
            open_change = False
        elif not open_change:
            changes, open_change = changes + 1, True
    return changes
