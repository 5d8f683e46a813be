"""On what an occurrence of a repeating post rests: which approvals by pattern count, asked by the gate at every call.

An approval by pattern is nobody's signature. It counts only for exactly the words that a person approved with the
pattern, on one of the wall clocks of its rule, while that person's approval stands. Everything is read afresh.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from divisions.errors import BadInput
from posts.models import Approval, Correction, Delivery, Pattern, Post, Revision, Variant, Withdrawal
from posts.models.amends import AmendVerdict
from posts.models.post import When
from posts.selectors import moments, recurrence, rrules
from posts.services import fingerprint
from posts.services.submit import APPROVED_RANGE
from posts.states import JUDGEMENTS, Basis, Ground

TAKEN_BACK = (*JUDGEMENTS, Ground.CONSENT)


def standing(revisions: Iterable[Revision]) -> set[int]:
    """Ids of those revisions that an approval by pattern may open. Needs `post` loaded.

    At most nine queries however many revisions, none where no post is an occurrence.
    """
    asked = {r.pk: r for r in revisions if r.post.pattern_id}
    if not asked:
        return set()
    found = Pattern.objects.filter(pk__in={r.post.pattern_id for r in asked.values()})
    patterns = {p.pk: p for p in found.select_related("revision__post")}
    over = why_over(list(patterns.values()))
    begun = _begun(asked.values())
    said = _said([*asked.values(), *(p.revision for p in patterns.values())])
    return {
        pk
        for pk, revision in asked.items()
        for pattern in [patterns[revision.post.pattern_id or 0]]
        if pattern.pk not in over
        and (pattern.ended_at is None or pk in begun)
        and said[pk] == said[pattern.revision_id]
        and _is_occurrence(revision, pattern.revision)
    }


def to_end() -> QuerySet[Pattern]:
    """Patterns that run on although nothing may rest on them: approval gone, withdrawn or corrected. See `why_over`.

    Whether the stored words are still those that were approved is asked only where something is made or sent.
    """
    live = Approval.objects.filter(
        revision=OuterRef("revision"), basis=Basis.REVIEW, completes=True, voided_at__isnull=True
    )
    family = Q(post=OuterRef("revision__post")) | Q(post__pattern=OuterRef("pk"))
    taken = Q(Exists(_withdrawn().filter(family))) | Q(Exists(_corrected().filter(family)))
    return Pattern.objects.filter(~Exists(live) | taken, ended_at__isnull=True)


def why_over(patterns: Sequence[Pattern]) -> dict[int, str]:
    """Why nothing more may rest on these patterns, by id: no person's approval stands, or the words were taken back.

    Needs `revision__post` loaded. Whether somebody stopped it is another question (`ended_at`).
    """
    revisions = [pattern.revision for pattern in patterns]
    live = Approval.objects.filter(revision__in=revisions, basis=Basis.REVIEW, completes=True, voided_at=None)
    approved = set(live.values_list("revision_id", "content_hash"))
    stored = fingerprint.of_revisions(revisions)
    taken = _taken_back(patterns)
    why = {}
    for pattern in patterns:
        if (pattern.revision_id, stored[pattern.revision_id]) not in approved:
            why[pattern.pk] = "Nobody's approval stands for these words any more."
        elif pattern.revision.post_id in taken or pattern.pk in taken.values():
            why[pattern.pk] = "What it says was withdrawn or corrected."
    return why


def _taken_back(patterns: Sequence[Pattern]) -> Mapping[int, int | None]:
    """Posts of these patterns that were withdrawn by judgement or corrected: post id -> the pattern it is one of."""
    family = Q(post__in=[p.revision.post_id for p in patterns]) | Q(post__pattern__in=patterns)
    found = (_withdrawn().filter(family), _corrected().filter(family))
    return {post: pattern for rows in found for post, pattern in rows.values_list("post", "post__pattern")}


def _withdrawn() -> QuerySet[Withdrawal]:
    return Withdrawal.objects.filter(verdict=AmendVerdict.CONFIRMED, ground__in=TAKEN_BACK)


def _corrected() -> QuerySet[Correction]:
    """Corrections of words that somebody approved to repeat; what was changed by hand has words of its own."""
    same_words = Q(revision__corrects__approvals__basis=Basis.PATTERN) | Q(post__pattern=None)
    return Correction.objects.filter(same_words, verdict=AmendVerdict.CONFIRMED)


def _begun(revisions: Iterable[Revision]) -> set[int]:
    """Those that began to go out before their pattern was ended: they go on to their end."""
    before = Delivery.objects.filter(
        revision__in=list(revisions), first_attempt_at__lt=F("revision__post__pattern__ended_at")
    )
    return set(before.values_list("revision_id", flat=True))


def _said(revisions: Iterable[Revision]) -> dict[int, frozenset[Any]]:
    """What each says on each channel, but for its link, which leads to its own page."""
    found: dict[int, set[Any]] = {revision.pk: set() for revision in revisions}
    for variant in Variant.objects.filter(revision__in=found).prefetch_related("media"):
        pictures = tuple(
            (m.sha256, m.mime, m.alt, m.credit, m.poster_sha256, m.captions_sha256, m.no_speech)
            for m in variant.media.all()
        )
        found[variant.revision_id].add((variant.channel_id, variant.act, variant.text, bool(variant.link), pictures))
    return {pk: frozenset(said) for pk, said in found.items()}


def _is_occurrence(revision: Revision, source: Revision) -> bool:
    """Whether it is the source's words, at one of its later wall clocks, and nothing else."""
    if _words(revision) != _words(source) or _place(revision.post) != _place(source.post):
        return False
    wall, zone = revision.post.occurs_at, source.zone
    try:
        later = recurrence.wall_clocks(rrules.read(source.repeats), source.wall_time)[1:]
        at = moments.moment(wall, zone)
        last = recurrence.last_day(source.expires_at, source.wall_time, wall, zone)
    except BadInput:
        return False
    ends = moments.end_of_day(last, zone) if last else None
    times = (revision.wall_time, revision.when, revision.not_before, revision.not_after, revision.expires_at)
    return wall in later and not revision.repeats and times == (wall, When.AT, at, at + APPROVED_RANGE, ends)


def _words(revision: Revision) -> tuple[Any, ...]:
    said = (revision.title, revision.text, revision.html, revision.language)
    return (*said, revision.facts, sorted(revision.flags), revision.zone)


def _place(post: Post) -> tuple[int, str, str]:
    return post.division_id, post.kind, post.audience
