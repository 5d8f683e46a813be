"""Patterns as people see them: what repeats, when next, on which approval, how the last one went. Reads only (P5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from divisions.access import Rights
from divisions.errors import BadInput, NotVisible
from divisions.permissions import Right
from posts.models import Approval, Pattern, Post, Revision
from posts.selectors import moments, posts, presence, recurrence, rrules
from posts.selectors.presence import Presence
from posts.selectors.recurrence import Occurrence
from posts.selectors.rrules import Rule
from posts.states import Basis, Stage
from records.models import LedgerEntry

AHEAD_SHOWN = 5
NOT_MADE = Q(pattern__isnull=False, revision__isnull=True, stage=Stage.DRAFT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One pattern of the list. `next` None = nothing is to come; `last` = the newest one that is past."""

    pattern: Pattern
    post: Post
    rule: Rule
    zone: str
    next: Post | Occurrence | None
    next_at: datetime | None
    last: Post | None
    outcome: Presence | None
    numbers: str
    waiting: int

    @property
    def is_on(self) -> bool:
        """Whether it still repeats."""
        return self.pattern.ended_at is None


def visible_to(mine: Rights) -> QuerySet[Pattern]:
    """Patterns of the divisions whose inside the person may see, those that still repeat first."""
    return (
        Pattern.objects.filter(revision__post__division__in=mine.visible_division_ids())
        .select_related("revision__post__division", "revision__post__author", "ended_by")
        .order_by(F("ended_at").desc(nulls_first=True), "-pk")
    )


def get_visible(mine: Rights, pk: int) -> Pattern:
    """One pattern; raises NotVisible."""
    found = visible_to(mine).filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def may_stop(post: Post, mine: Rights) -> bool:
    """Whether a person may end the pattern of a post: who re-times posts there, and who looks after it and writes."""
    author = post.keeper_id == mine.user_id and mine.can(Right.DRAFT_POST, post.division_id)
    return author or mine.can(Right.RETIME_POST, post.division_id)


def lines(patterns: Sequence[Pattern], *, now: datetime) -> list[Line]:
    """Everything the list says about some patterns. Five queries, however many."""
    made = Post.objects.filter(pattern__in=patterns).exclude(stage=Stage.CANCELLED).select_related("revision")
    ahead = _first_of(made.filter(due_at__gt=now).order_by("pattern_id", "due_at"))
    past = _first_of(made.filter(due_at__lte=now).order_by("pattern_id", "-due_at"))
    firsts = {p.pk: p.revision.post for p in patterns}
    stands = presence.of_posts([*past.values(), *firsts.values()])
    numbers = _numbers([p.revision for p in patterns])
    waiting = list(Post.objects.filter(NOT_MADE, pattern__in=patterns).values_list("pattern", flat=True))
    return [
        _line(p, ahead.get(p.pk), past.get(p.pk, firsts[p.pk]), stands, numbers, waiting.count(p.pk), now)
        for p in patterns
    ]


def coming(pattern: Pattern, *, now: datetime, limit: int = AHEAD_SHOWN) -> list[Occurrence]:
    """The next wall clocks of its rule, made or not; none once it has ended."""
    source = pattern.revision
    if pattern.ended_at is not None:
        return []
    return preview(source.repeats, source.wall_time, source.zone, after=now, limit=limit)


def preview(
    text: str, first: str, zone: str, *, after: datetime | None = None, limit: int = AHEAD_SHOWN
) -> list[Occurrence]:
    """The first wall clocks of a rule with their moments, those that are left out too; none for what cannot be read."""
    try:
        moments.moment(first, zone)
        rule = rrules.read(text)
        recurrence.check_span(rule, first)
    except BadInput:
        return []
    every = recurrence.occurrences(rule, first, zone)
    return list(islice((o for o in every if after is None or o.place > after), limit))


@dataclass(frozen=True, slots=True)
class Outlook:
    """How something repeats, and its first dates."""

    rule: Rule
    dates: list[Occurrence]


def outlook(text: str, first: str, zone: str) -> Outlook | None:
    """What a person is shown before the rule counts; None where it does not repeat, or cannot be counted out yet."""
    dates = preview(text, first, zone)
    return Outlook(rrules.read(text), dates) if dates else None


def of_revision(revision: Revision) -> Outlook | None:
    """The same for what was submitted: what its reviewer says yes to."""
    return outlook(revision.repeats, revision.wall_time, revision.zone)


def approval_numbers(revision: Revision) -> str:
    """ "A-12", or "A-12 and A-13" where two people approved: what the occurrences of a pattern rest on."""
    return _numbers([revision]).get(revision.pk, "")


def occurrences(pattern: Pattern) -> QuerySet[Post]:
    """The posts made of it, the newest first."""
    found = Post.objects.filter(pattern=pattern).select_related("division", "author", "revision")
    return found.order_by("-occurs_at", "-pk")


def with_rule(rows: QuerySet[Post]) -> QuerySet[Post]:
    """Add `rule`: how a post repeats, or the pattern it is one of; for lists ("Repeats weekly")."""
    own = Pattern.objects.filter(revision=OuterRef("revision"), ended_at__isnull=True).values("revision__repeats")[:1]
    return rows.annotate(rule=Coalesce(F("pattern__revision__repeats"), Subquery(own)))


def of_post(post: Post) -> Pattern | None:
    """The pattern that a post is an occurrence of, else the one it carries itself (the newest)."""
    found = Pattern.objects.select_related("revision__post__division", "ended_by")
    if post.pattern_id:
        return found.get(pk=post.pattern_id)
    return found.filter(revision__post=post).order_by("-pk").first()


def not_made(mine: Rights) -> QuerySet[Post]:
    """Occurrences that could not be made by themselves: drafts for whoever looks after them or a supervisor."""
    own = posts.looked_after_by(mine.user_id) | Q(division__in=mine.division_ids(Right.RETIME_POST))
    return posts.visible_to(mine).filter(NOT_MADE, own).select_related("draft").order_by("occurs_at", "pk")


def is_unmade(post: Post) -> bool:
    """Whether it is an occurrence that waits for a person because it could not be made (see `NOT_MADE`)."""
    return post.pattern_id is not None and post.revision_id is None and post.stage == Stage.DRAFT


def why_not_made(rows: Iterable[Post]) -> dict[int, str]:
    """Why these were not made, by post id, as the ledger has it. One query."""
    ids = [str(post.pk) for post in rows]
    found = LedgerEntry.objects.filter(type="posts.post.not_repeated", subject_type="post", subject_id__in=ids)
    return {int(e.subject_id): str(e.data.get("why", "")) for e in found.order_by("seq")}


def _first_of(rows: QuerySet[Post]) -> dict[int, Post]:
    return {post.pattern_id or 0: post for post in rows.distinct("pattern_id")}


def _numbers(revisions: Sequence[Revision]) -> dict[int, str]:
    found: dict[int, list[str]] = {}
    rows = Approval.objects.filter(revision__in=revisions, voided_at=None).exclude(basis=Basis.PATTERN)
    for approval in rows.order_by("approved_at", "pk"):
        found.setdefault(approval.revision_id or 0, []).append(approval.number)
    return {pk: " and ".join(numbers) for pk, numbers in found.items()}


def _line(
    pattern: Pattern,
    ahead: Post | None,
    past: Post,
    stands: dict[int, Presence],
    numbers: dict[int, str],
    waiting: int,
    now: datetime,
) -> Line:
    source = pattern.revision
    first_is_ahead = source.post.due_at is not None and source.post.due_at > now
    upcoming: Post | Occurrence | None = source.post if first_is_ahead else ahead
    at = upcoming.due_at if isinstance(upcoming, Post) else None
    if upcoming is None:
        upcoming = next((o for o in coming(pattern, now=now) if o.at), None)
        at = upcoming.at if upcoming else None
    return Line(
        pattern=pattern,
        post=source.post,
        rule=rrules.read(source.repeats),
        zone=source.zone,
        next=upcoming,
        next_at=at,
        last=None if first_is_ahead else past,
        outcome=None if first_is_ahead else stands[past.pk],
        numbers=numbers.get(source.pk, ""),
        waiting=waiting,
    )
