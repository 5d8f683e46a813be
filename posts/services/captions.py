"""Captions as a person brings them, WebVTT or SRT, checked and written anew as plain WebVTT. No rows, no storage.

Written anew, so that nothing but times and words is published: no notes, no styles, no names of tools (P7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from divisions.errors import BadInput

MAX_LENGTH = 200_000  # characters; an hour of speech has about 60,000
MAX_LINE = 500
_TIME = re.compile(r"(?:(\d{1,2}):)?([0-5]?\d):([0-5]\d)[.,](\d{3})")
_TIMING = re.compile(rf"^\s*({_TIME.pattern})\s*-->\s*({_TIME.pattern})(?:\s.*)?$")
_TAG = re.compile(r"</?(?:b|i|u|c|v|lang|ruby|rt|font)\b[^<>]*>|<\d[\d:.]*>", re.I)
_BLOCKS = ("NOTE", "STYLE", "REGION")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&lrm;": "", "&rlm;": ""}


@dataclass(frozen=True, slots=True)
class Cue:
    """Words and when they stand below the picture, in milliseconds."""

    starts_ms: int
    ends_ms: int
    text: str


def to_vtt(text: str, *, length_ms: int | None = None) -> str:
    """WebVTT of nothing but times and words, from WebVTT or SRT.

    Raises BadInput (field `captions`) naming the line: no captions at all, a time that cannot be read, an end before
    its start, one before the cue above it, words after the video's end (`length_ms`), more than MAX_LENGTH.
    """
    return "WEBVTT\n\n" + "\n".join(
        f"{_clock(cue.starts_ms)} --> {_clock(cue.ends_ms)}\n{_escaped(cue.text)}\n"
        for cue in cues(text, length_ms=length_ms)
    )


def cues(text: str, *, length_ms: int | None = None) -> list[Cue]:
    """The cues in order. Errors as `to_vtt`."""
    if len(text) > MAX_LENGTH:
        raise _bad(f"{len(text):,} of {MAX_LENGTH:,} characters.", "Is this the right file?")
    if "\x00" in text:
        raise _bad("There is an invisible character that cannot be stored.", "Save the file as UTF-8 text.")
    found: list[Cue] = []
    for number, lines in _blocks(text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")):
        if cue := _cue(number, lines):
            _check(cue, found[-1] if found else None, number, length_ms)
            found.append(cue)
    if not found:
        raise _bad("There are no captions in it.", "Each needs a line such as 00:00:01.000 --> 00:00:04.000.")
    return found


def _blocks(text: str) -> list[tuple[int, list[str]]]:
    """What stands between empty lines, with the number of its first line."""
    found: list[tuple[int, list[str]]] = []
    open_block: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line.strip():
            open_block.append(line)
        elif open_block:
            found.append((number - len(open_block), open_block))
            open_block = []
    return found


def _cue(number: int, lines: list[str]) -> Cue | None:
    """One block as a cue; None for a header or a note. The first line may be the cue's number or name."""
    if lines[0].split()[0] in ("WEBVTT", *_BLOCKS) and not any("-->" in line for line in lines[1:2]):
        return None
    if lines[0].startswith("WEBVTT"):  # a header without its empty line
        number, lines = number + 1, lines[1:]
    at = 0 if "-->" in lines[0] else 1
    timing = lines[at] if at < len(lines) else lines[0]
    match = _TIMING.match(timing)
    if match is None:
        at = min(at, len(lines) - 1)
        raise _bad(
            f"Line {number + at} is no time: “{timing.strip()[:60]}”.",
            "Write it as 00:00:01.000 --> 00:00:04.000.",
        )
    start, end = _ms(match.group(1)), _ms(match.group(6))
    words = "\n".join(kept for line in lines[at + 1 :] if (kept := _plain(line)))
    for offset, line in enumerate(lines[at + 1 :], start=at + 1):
        if "-->" in line:
            raise _bad(f"Line {number + offset} is a second time.", "Put an empty line before it.")
        if len(line) > MAX_LINE:
            raise _bad(f"Line {number + offset} has {len(line)} of {MAX_LINE} characters.", "Cut it in two.")
    if not words:
        raise _bad(f"There are no words after line {number + at}.", "Write them below the time, or take it out.")
    return Cue(start, end, words)


def _check(cue: Cue, before: Cue | None, number: int, length_ms: int | None) -> None:
    if cue.ends_ms <= cue.starts_ms:
        raise _bad(f"The caption at line {number} ends before it starts.", "Put its times right.")
    if before is not None and cue.starts_ms < before.starts_ms:
        raise _bad(f"The caption at line {number} starts before the one above it.", "Put them in order.")
    if length_ms is not None and cue.starts_ms >= length_ms:
        raise _bad(
            f"The caption at line {number} starts at {_clock(cue.starts_ms)}; the video ends at {_clock(length_ms)}.",
            "Is this the captions' file of this video?",
        )


def _plain(line: str) -> str:
    """Words without marks: who speaks in a voice tag is for whoever writes it into the words."""
    text = _TAG.sub("", line)
    for entity, character in _ENTITIES.items():
        text = text.replace(entity, character)
    return " ".join(text.split())


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _ms(clock: str) -> int:
    match = _TIME.fullmatch(clock)
    assert match is not None
    hours, minutes, seconds, thousandths = (int(part or 0) for part in match.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths


def _clock(ms: int) -> str:
    seconds, thousandths = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{thousandths:03}"


def _bad(message: str, cure: str) -> BadInput:
    return BadInput("captions", message, cure=cure)
