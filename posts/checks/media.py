"""Pictures and videos: text for people who cannot see them, words for people who cannot hear them, and credit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from posts.checks.finding import Candidate, Finding, Picture, Severity
from posts.kinds import Kind

_SOURCE = "Section508.gov, create accessible social media (dom:A3)"
_CAPTIONS_SOURCE = "Section508.gov, create accessible social media (dom:A4)"
_FILE_NAME = re.compile(
    r"\.(jpe?g|png|gif|webp|heic|mp4|mov)$|^(img|dsc|image|photo|picture|video|vid|flyer)[\s_\-\d]*$", re.I
)
SHORTEST_ALT = 10


def check(candidate: Candidate) -> Iterator[Finding]:
    """ALT_MISSING and MEDIA_NOT_READY stop, CAPTIONS_MISSING where the video is the post; the others warn."""
    for number, picture in enumerate(candidate.pictures, start=1):
        yield from _alt(number, picture, candidate.text)
        if picture.is_video:
            yield from _video(number, picture, candidate.kind)
        if not picture.credit.strip():
            yield _finding(
                "ATTRIBUTION",
                Severity.WARNING,
                f"{picture.noun.capitalize()} {number} has no credit.",
                f"Say who made it, for example: Dallas PD, own {picture.noun}.",
                "",
            )


def _alt(number: int, picture: Picture, text: str) -> Iterator[Finding]:
    alt, noun = picture.alt.strip(), picture.noun
    if not alt:
        yield _finding(
            "ALT_MISSING",
            Severity.STOP,
            f"{noun.capitalize()} {number} has no {noun} text.",
            "Say what is seen, in one sentence.",
            picture.name,
        )
    elif len(alt) < SHORTEST_ALT or _FILE_NAME.search(alt):
        yield _finding(
            "ALT_QUALITY",
            Severity.WARNING,
            f"The text of {noun} {number} does not describe it.",
            "Say what is seen.",
            alt,
        )
    elif alt.rstrip(".!?").lower() in text.lower():
        yield _finding(
            "ALT_QUALITY",
            Severity.WARNING,
            f"The text of {noun} {number} repeats the post.",
            "Say what is seen: color, place, direction.",
            alt,
        )


def _video(number: int, video: Picture, kind: str) -> Iterator[Finding]:
    if video.state == "processing":
        yield _finding(
            "MEDIA_NOT_READY",
            Severity.STOP,
            f"Video {number}, “{video.name}”, is still being made ready.",
            "Wait until it is, or take it out of the post.",
            video.name,
        )
    elif video.state == "failed":
        yield _finding(
            "MEDIA_NOT_READY",
            Severity.STOP,
            f"Video {number}, “{video.name}”, could not be made ready.",
            "Open it in the library and try again, or take it out of the post.",
            video.name,
        )
    if not video.captioned and not video.no_speech:
        yield _finding(
            "CAPTIONS_MISSING",
            Severity.STOP if kind == Kind.MEDIA else Severity.WARNING,
            f"Video {number} has no captions.",
            "Open it in the library and add them, or say there that nobody speaks in it.",
            video.name,
            _CAPTIONS_SOURCE,
        )


def _finding(code: str, severity: Severity, message: str, cure: str, evidence: str, source: str = _SOURCE) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        message=message,
        cure=cure,
        field="media",
        evidence=evidence,
        source=source,
    )
