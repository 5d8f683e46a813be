"""What each platform would say to the text that would go out there, as its own connector counts it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    yield from _left_out(candidate)
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


def _left_out(candidate: Candidate) -> Iterator[Finding]:
    """What goes out without something its platform does not take: said, so that nobody is surprised by the copy.

    Once for all channels that leave out the same and whose link leads to it or not.
    """
    alike: dict[tuple[str, str, bool], list[VariantCandidate]] = {}
    for variant in candidate.variants:
        if variant.left_out:
            alike.setdefault((*_what(variant.left_out), bool(variant.link)), []).append(variant)
    for (what, kind, linked), variants in alike.items():
        names = "; ".join(variant.label for variant in variants)
        yield Finding(
            code="MEDIA_LEFT_OUT",
            severity=Severity.NOTE if linked else Severity.WARNING,
            message=f"Without the {what}, as no {kind} are taken there: {names}.",
            cure="The link leads to the page that shows it."
            if linked
            else "Tick the public page, so that a link leads there; or leave the channel out.",
            field="channels",
            platform=variants[0].platform if len(variants) == 1 else None,
            channel=variants[0].channel if len(variants) == 1 else None,
        )


def _what(left_out: Sequence[bool]) -> tuple[str, str]:
    videos = sum(left_out)
    return (_counted(videos, "video"), "videos") if videos else (_counted(len(left_out), "picture"), "pictures")


def _counted(number: int, noun: str) -> str:
    return noun if number == 1 else f"{number} {noun}s"
