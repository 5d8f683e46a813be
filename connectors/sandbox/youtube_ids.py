"""Ids as YouTube writes them: eleven letters for a video, a longer one for a comment. Pure."""

from __future__ import annotations

import string

LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
VIDEO_LENGTH = 11


def video_id(number: int) -> str:
    """Return the id of a video; ids of later numbers sort later."""
    found = ""
    while number or len(found) < VIDEO_LENGTH:
        number, rest = divmod(number, len(LETTERS))
        found = LETTERS[rest] + found
    return found


def comment_id(number: int) -> str:
    """Return the id of a comment below a video; that of an answer to it has this in front and a dot."""
    return f"Ug{video_id(number)}AaABAg".ljust(26, "0")
