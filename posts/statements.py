"""Holding statements: first words for the first hour of an incident, with blanks to be filled. Data, no behaviour.

A blank stands between ‹ and ›; a check stops every post that still has one. Rules they follow: say what is known and
who does what, never who did it; say when the next update comes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

BLANK = re.compile(r"‹([^‹›]{1,80})›")


@dataclass(frozen=True, slots=True)
class Statement:
    """One prepared text. `code` is stable; `title` and `text` are the draft's."""

    code: str
    name: str
    title: str
    text: str


STATEMENTS: tuple[Statement, ...] = (
    Statement(
        "aware",
        "We know and are there",
        "We are at ‹place›",
        "Officers are at ‹place, the block›. We are finding out what happened. Please stay away so that help gets "
        "through.\n\nWe post what we know here. Next update at ‹time›.",
    ),
    Statement(
        "avoid",
        "Keep away from an area",
        "Please avoid ‹area›",
        "Please avoid ‹area, with its streets› because of ‹reason, without details of people›. Use ‹other way›. If you "
        "are inside the area, ‹what to do now›.\n\nNext update at ‹time›.",
    ),
    Statement(
        "officer",
        "Officer involved",
        "What we can say about ‹place›",
        "An officer was involved in ‹what is confirmed› at ‹place, the block› at about ‹time›. No name of anybody "
        "is released before families know. ‹Investigating body› investigates.\n\nNext update at ‹time›.",
    ),
    Statement(
        "no-more",
        "No danger any more",
        "No further danger at ‹place›",
        "There is no further danger to the public at ‹place›. ‹Streets› are open again at ‹time›. Officers stay for "
        "‹reason›. If you saw something, call ‹number›.\n\nThis is our last update today unless something changes.",
    ),
    Statement(
        "wrong",
        "A rumor is wrong",
        "What is not true about ‹event›",
        "You may have read that ‹rumor, in few words›. That is not what we know. What we know: ‹facts›.\n\nOfficial "
        "news is only on this page and on the accounts it lists. Next update at ‹time›.",
    ),
)


def find(code: str) -> Statement | None:
    """The statement of that code."""
    return next((statement for statement in STATEMENTS if statement.code == code), None)


def blanks(text: str) -> list[str]:
    """The names of the blanks that are still open in a text."""
    return BLANK.findall(text)
