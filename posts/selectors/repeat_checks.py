"""What stands against a draft that repeats, or what its author should know of it. Pure but for what it is handed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from divisions.errors import BadInput
from divisions.models import Channel
from divisions.states import Platform
from posts.checks import Finding, Severity
from posts.kinds import SPECS, Flag, Kind
from posts.models import Draft
from posts.models.post import When
from posts.selectors import moments, recurrence, rrules
from posts.selectors.published import NO_CASE

REPEATING_KINDS = [Kind(kind).label for kind, spec in SPECS.items() if spec.may_repeat]


def of(draft: Draft, without_link: Sequence[Channel]) -> tuple[Finding, ...]:
    """Every finding about how a draft repeats; none where it goes out once. `draft.post` may be an unsaved copy.

    `without_link` are its channels whose copies are the same words each time, letter by letter.
    """
    if not draft.repeats:
        return ()
    return (*_what(draft), *_when(draft), *_same_words(without_link))


def _what(draft: Draft) -> Iterator[Finding]:
    """Only what is routine goes out again and again on one approval."""
    if not SPECS[draft.post.kind].may_repeat:
        yield _stop(
            "REPEAT_KIND",
            f"A post of the kind “{Kind(draft.post.kind).label}” does not repeat: it is about one moment or one case.",
            f"Pick “Does not repeat”. These kinds can: {', '.join(REPEATING_KINDS)}.",
        )
    if draft.flags:
        touched = ", ".join(str(Flag(flag).label) for flag in draft.flags if flag in Flag.values)
        yield _stop(
            "REPEAT_SENSITIVE",
            f"It touches {touched}, so somebody has to look at it every time.",
            "Pick “Does not repeat”, and submit it again when it is due again.",
        )
    case = str(draft.facts.get("case_number") or "").strip().lower().rstrip(".")
    if case and case != NO_CASE:
        yield _stop("REPEAT_CASE", "It is about a case, and a case moves on.", "Pick “Does not repeat”.")


def _when(draft: Draft) -> Iterator[Finding]:
    if draft.when != When.AT:
        yield _stop(
            "REPEAT_NO_TIME", "What repeats needs an exact time.", "Choose “On”, the first day and the time.", "when"
        )
        return
    try:
        rule = rrules.read(draft.repeats)
        moments.moment(draft.wall_time, draft.zone)
        recurrence.check_span(rule, draft.wall_time)
    except BadInput as error:
        if error.field == "repeats":  # what is wrong with the time itself is said of the time
            yield _stop("REPEAT_UNCLEAR", f"How it repeats: {error.message}", error.cure)
        return
    noted = [o for o in recurrence.occurrences(rule, draft.wall_time, draft.zone) if o.note]
    yield from (_note(o) for o in noted if o.wall != draft.wall_time)


def _note(occurrence: recurrence.Occurrence) -> Finding:
    day = f"{occurrence.day}:" if occurrence.at else f"{occurrence.day} is left out."
    code = "REPEAT_TWICE" if occurrence.at else "REPEAT_SKIPS"
    severity = Severity.NOTE if occurrence.at else Severity.WARNING
    cure = "" if occurrence.at else "Pick another time of day if it must go out on that day too."
    return Finding(code=code, severity=severity, message=f"{day} {occurrence.note}", cure=cure, field="wall_time")


def _same_words(channels: Sequence[Channel]) -> Iterator[Finding]:
    for channel in channels:
        if channel.platform == Platform.X:
            yield Finding(
                code="REPEAT_SAME_TEXT",
                severity=Severity.WARNING,
                message=f"{channel}: X refuses the same text twice for a while, and this one is the same every time.",
                cure="Tick the public page too: each copy then carries its own link. Or leave X out.",
                field=f"text-{channel.slug}",
                platform=Platform.X,
                channel=channel.slug,
            )


def _stop(code: str, message: str, cure: str, field: str = "repeats") -> Finding:
    return Finding(code=code, severity=Severity.STOP, message=message, cure=cure, field=field)
