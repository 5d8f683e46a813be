"""How it reads. Never a stop: style is advice, and an alert must go out in seconds."""

from __future__ import annotations

import re
from collections.abc import Iterator

import regex

from posts.checks.finding import Candidate, Finding, Severity
from posts.kinds import Kind

_ACRONYM_MAX = 4
_CAPS_SHARE = 0.6  # dom:A10, plainlanguage.gov
_EMOJI = regex.compile(r"\p{Extended_Pictographic}\uFE0F?(?:\u200D\p{Extended_Pictographic}\uFE0F?)*")
_EMOJI_RUN = regex.compile(rf"(?:{_EMOJI.pattern}\s?){{2,}}")
_HASHTAG = re.compile(r"#([a-z0-9]{13,})\b")
_STREET = r"(?:Street|St|Avenue|Ave|Drive|Dr|Road|Rd|Lane|Ln|Boulevard|Blvd|Court|Ct|Way|Place|Pl|Circle)"
_HOUSE = re.compile(rf"\b(?!\d+00 block)\d{{2,5}} (?:[A-Z][a-z]+ ){{1,3}}{_STREET}\b")
_VENUE_KINDS = (Kind.EVENT, Kind.INFORMATION, Kind.FAQ, Kind.FUNDRAISER, Kind.QA_ANNOUNCEMENT)


def check(candidate: Candidate) -> Iterator[Finding]:
    """Warnings for shouting, emoji in a row, hashtags nobody can hear, house numbers; a note for a missing page."""
    text = candidate.text
    words = [w for w in re.findall(r"[A-Za-z]{2,}", text) if len(w) > _ACRONYM_MAX or not w.isupper()]
    loud = [w for w in words if w.isupper()]
    if len(words) > 5 and len(loud) > _CAPS_SHARE * len(words):
        yield _warn("ALL_CAPS", "Most of the text is in capitals.", "Write it in sentence case.", " ".join(loud[:5]))
    if run := _EMOJI_RUN.search(text):
        yield _warn("EMOJI_RUN", "Emoji in a row are read out one by one.", "Keep one.", run.group().strip())
    for tag in _HASHTAG.findall(text):
        yield _warn(
            "HASHTAG_CASE",
            f"#{tag} is hard to read and to hear.",
            "Start each word with a capital.",
            f"#{tag}",
        )
    if candidate.kind not in _VENUE_KINDS and (house := _HOUSE.search(text)):
        yield _warn(
            "VICTIM_ADDRESS",
            f"“{house.group()}” may be somebody's address.",
            "A house number points at people who did nothing. Write the block.",
            house.group(),
        )
    if candidate.kind == Kind.APPEAL and not any(v.platform == "website" for v in candidate.variants):
        yield _warn(
            "APPEAL_NO_CANONICAL",
            "The appeal has no page of its own.",
            "Tick the public page: every copy links to it, and it says when the appeal is over.",
            "",
            field="channels",
        )


def _warn(code: str, message: str, cure: str, evidence: str, field: str = "text") -> Finding:
    return Finding(code=code, severity=Severity.WARNING, message=message, cure=cure, field=field, evidence=evidence)
