"""Pictures: text for people who cannot see them, and credit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from posts.checks.finding import Candidate, Finding, Picture, Severity

_SOURCE = "Section508.gov, create accessible social media (dom:A3)"
_FILE_NAME = re.compile(r"\.(jpe?g|png|gif|webp|heic)$|^(img|dsc|image|photo|picture|flyer)[\s_\-\d]*$", re.I)
SHORTEST_ALT = 10


def check(candidate: Candidate) -> Iterator[Finding]:
    """ALT_MISSING stops; ALT_QUALITY and ATTRIBUTION warn."""
    for number, picture in enumerate(candidate.pictures, start=1):
        yield from _alt(number, picture, candidate.text)
        if not picture.credit.strip():
            yield _finding(
                "ATTRIBUTION",
                Severity.WARNING,
                f"Picture {number} has no credit.",
                "Say who made it, for example: Dallas PD, own picture.",
                "",
            )


def _alt(number: int, picture: Picture, text: str) -> Iterator[Finding]:
    alt = picture.alt.strip()
    if not alt:
        yield _finding(
            "ALT_MISSING",
            Severity.STOP,
            f"Picture {number} has no picture text.",
            "Say what is seen, in one sentence.",
            picture.name,
        )
    elif len(alt) < SHORTEST_ALT or _FILE_NAME.search(alt):
        yield _finding(
            "ALT_QUALITY",
            Severity.WARNING,
            f"The text of picture {number} does not describe it.",
            "Say what is seen.",
            alt,
        )
    elif alt.rstrip(".!?").lower() in text.lower():
        yield _finding(
            "ALT_QUALITY",
            Severity.WARNING,
            f"The text of picture {number} repeats the post.",
            "Say what is seen: color, place, direction.",
            alt,
        )


def _finding(code: str, severity: Severity, message: str, cure: str, evidence: str) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        message=message,
        cure=cure,
        field="media",
        evidence=evidence,
        source=_SOURCE,
    )
