"""When it goes out, and when it comes down by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from posts.checks.finding import Candidate, Finding, Severity
from posts.kinds import SPECS

MAX_AHEAD = timedelta(days=366)


def check(candidate: Candidate) -> Iterator[Finding]:
    """Stops for a time that has passed and for an appeal without an end; a note outside a channel's best window."""
    yield from _outside_best_window(candidate)
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


def _outside_best_window(candidate: Candidate) -> Iterator[Finding]:
    """For a routine post with a time: a channel of its whose readers look at another hour. An alert never waits."""
    due_at = candidate.due_at
    if due_at is None or SPECS[candidate.kind].urgent:
        return
    outside = [v for v in candidate.variants if v.window is not None and not v.window.covers(due_at)]
    if not outside:
        return
    said = [f"{v.label} ({v.window.starts:%H:%M} to {v.window.ends:%H:%M})" for v in outside[:3] if v.window]
    more = f" and {len(outside) - 3} more" if len(outside) > 3 else ""
    yield Finding(
        code="BEST_WINDOW",
        severity=Severity.NOTE,
        message=f"It goes out outside the best window of {', '.join(said)}{more}.",
        cure="Pick a time inside it, unless it has to go out then.",
        field="wall_time",
    )


def _stop(code: str, field: str, message: str, cure: str) -> Finding:
    return Finding(code=code, severity=Severity.STOP, message=message, cure=cure, field=field)
