"""What each platform would say to the text that would go out there, as its own connector counts it."""

from __future__ import annotations

from collections.abc import Iterator

from posts.checks.finding import Candidate, Finding, Severity

# The candidate itself is checked for these once; no need to hear it again from every channel.
_SAID_ONCE = frozenset({"TEXT_EMPTY", "TITLE_EMPTY"})


def check(candidate: Candidate) -> Iterator[Finding]:
    """A stop without any channel, and every problem the connectors name."""
    if not candidate.variants:
        yield Finding(
            code="NO_CHANNEL",
            severity=Severity.STOP,
            message="No channel is chosen.",
            cure="Tick at least one.",
            field="channels",
        )
    for variant in candidate.variants:
        for problem in variant.rendered.problems:
            if problem.code in _SAID_ONCE and not (candidate.title if problem.field == "title" else candidate.text):
                continue
            yield Finding(
                code=problem.code,
                severity=Severity(problem.severity),
                message=f"{variant.label}: {problem.message}",
                cure=problem.cure,
                field=f"text-{variant.channel}" if problem.field == "text" else problem.field,
                platform=variant.platform,
                channel=variant.channel,
            )
