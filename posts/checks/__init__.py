"""What is looked at before anything goes out: pure functions from a Candidate to Findings.

Three strengths: a note informs, a warning asks for a second look, a stop keeps the post from being submitted. Stops
only for harm to people, for the law, for what some people cannot read, for what a platform would refuse; and for one
question that its author has to answer first: whether it touches what asks for a second approver.
"""

from __future__ import annotations

from posts.checks import channels, facts, media, style, times, touches
from posts.checks.finding import Candidate, Finding, Picture, Severity, VariantCandidate, Window

__all__ = ["Candidate", "Finding", "Picture", "Severity", "VariantCandidate", "Window", "run"]

_CHECKS = (facts.check, channels.check, media.check, times.check, touches.check, style.check)
_ORDER = {Severity.STOP: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def run(candidate: Candidate) -> list[Finding]:
    """Every finding about a candidate, stops first. Pure: the same candidate gives the same findings."""
    found = [finding for check in _CHECKS for finding in check(candidate)]
    return sorted(found, key=lambda finding: _ORDER[finding.severity])
