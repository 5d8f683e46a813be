"""What each platform would say to the text that would go out there, as its own connector counts it."""

from __future__ import annotations

from collections.abc import Iterator

from posts.checks.finding import Candidate, Finding, Severity, VariantCandidate

# The candidate itself is checked for these once; no need to hear it again from every channel.
_SAID_ONCE = frozenset({"TEXT_EMPTY", "TITLE_EMPTY"})


def check(candidate: Candidate) -> Iterator[Finding]:
    """A stop without any channel, every problem the connectors name, and what a channel cannot show."""
    if not candidate.variants:
        yield Finding(
            code="NO_CHANNEL",
            severity=Severity.STOP,
            message="No channel is chosen.",
            cure="Tick at least one.",
            field="channels",
        )
    for variant in candidate.variants:
        yield from _left_out(variant)
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


def _left_out(variant: VariantCandidate) -> Iterator[Finding]:
    """It goes out without what its platform does not take: said, so that nobody is surprised by the copy."""
    if not variant.left_out:
        return
    videos = sum(variant.left_out)
    what = _counted(videos, "video") if videos else _counted(len(variant.left_out), "picture")
    yield Finding(
        code="MEDIA_LEFT_OUT",
        severity=Severity.NOTE if variant.link else Severity.WARNING,
        message=f"{variant.label} goes out without the {what}: it does not take {'videos' if videos else 'pictures'}.",
        cure="Its link leads to the page that shows it."
        if variant.link
        else "Tick the public page, so that its link leads there; or leave this channel out.",
        field="channels",
        platform=variant.platform,
        channel=variant.channel,
    )


def _counted(number: int, noun: str) -> str:
    return noun if number == 1 else f"{number} {noun}s"
