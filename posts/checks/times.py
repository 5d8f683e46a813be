"""When it goes out, and when it comes down by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from posts.checks.finding import Candidate, Finding, Severity
from posts.kinds import SPECS

MAX_AHEAD = timedelta(days=366)


def check(candidate: Candidate) -> Iterator[Finding]:
    """Stops for a time that has passed and for an appeal without an end."""
    goes_out = candidate.due_at or candidate.now
    if candidate.due_at is not None and candidate.due_at <= candidate.now:
        yield _stop("TIME_PAST", "wall_time", "The time to go out has passed.", "Pick a later time.")
    if goes_out > candidate.now + MAX_AHEAD:
        yield _stop("TIME_FAR", "wall_time", "The time to go out is more than a year ahead.", "Pick an earlier time.")
    if SPECS[candidate.kind].needs_expiry and candidate.expires_at is None:
        yield _stop(
            "APPEAL_NO_EXPIRY",
            "expires_on",
            "An appeal must say when it comes down by itself.",
            "Pick a day; it can be extended while the appeal is open.",
        )
    if candidate.expires_at is not None and candidate.expires_at <= goes_out:
        yield _stop("EXPIRY_PAST", "expires_on", "It would come down before it goes out.", "Pick a later day.")


def _stop(code: str, field: str, message: str, cure: str) -> Finding:
    return Finding(code=code, severity=Severity.STOP, message=message, cure=cure, field=field)
