"""Title, text, and the facts that a kind asks for."""

from __future__ import annotations

from collections.abc import Iterator

from posts.checks.finding import Candidate, Finding, Severity
from posts.kinds import SPECS
from posts.statements import blanks

MAX_TITLE = 150


def check(candidate: Candidate) -> Iterator[Finding]:
    """Stops for what is missing altogether."""
    if not candidate.title.strip():
        yield _stop("TITLE_EMPTY", "title", "The post has no title.", "Write one line that says it all.")
    if not candidate.text.strip():
        yield _stop("TEXT_EMPTY", "text", "The post has no text.", "Write the text.")
    for blank in blanks(f"{candidate.title} {candidate.text}")[:5]:
        yield _stop(
            "BLANK_LEFT", "text", f"“‹{blank}›” is still a blank.", "Put the fact in its place, or take it out."
        )
    for fact in SPECS[candidate.kind].facts:
        if fact.required and not str(candidate.facts.get(fact.name) or "").strip():
            yield _stop("FACT_MISSING", fact.name, f"“{fact.label}” is empty.", "Fill it in.")


def _stop(code: str, field: str, message: str, cure: str) -> Finding:
    return Finding(code=code, severity=Severity.STOP, message=message, cure=cure, field=field)
