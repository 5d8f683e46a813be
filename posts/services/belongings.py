"""What a person looks after of this room, as a mover: unfinished posts and patterns that rest on them.

Only the owner changes. The author stays the author, and so do the editors: who may not approve a post (P2) is the
same before and after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from divisions import belongings
from divisions.access import Rights
from divisions.belongings import Case, Line, Passing
from divisions.models import Channel, Handover, User
from divisions.permissions import Right
from divisions.services.movers import counted
from posts.models import Delivery, Draft, Pattern, Post
from posts.selectors.posts import looked_after_by
from posts.states import DeliveryState, Stage

_OVER = (DeliveryState.DELIVERED, DeliveryState.CANCELLED, DeliveryState.WITHDRAWN)
_TO_WRITE = (Stage.DRAFT, Stage.CHANGES_REQUESTED, Stage.EXPIRED)
_KINDS: tuple[tuple[tuple[Stage, ...], tuple[str, str]], ...] = (
    (_TO_WRITE, ("draft", "drafts")),
    ((Stage.IN_REVIEW,), ("post in review", "posts in review")),
    ((Stage.APPROVED, Stage.SCHEDULED), ("scheduled post", "scheduled posts")),
)


class Posts:
    """Posts that are not finished: to write, to be decided, or with something still to go out or to be decided."""

    name = "posts"

    def lines(self, case: Case) -> Sequence[Line]:
        """How many of each kind, by division."""
        posts = unfinished(case)
        return [line for stages, words in _KINDS for line in counted(posts.filter(stage__in=stages), "division", words)]

    def cannot_take(self, case: Case, division_id: int, taker: Rights) -> str:
        """Whoever takes posts writes for the division, on every account of its own that the posts are for."""
        posts = unfinished(case).filter(division=division_id)
        if not posts.exists():
            return ""
        if not taker.can(Right.DRAFT_POST, division_id):
            return "may not write there"
        meant = Channel.objects.filter(division=division_id, pk__in=_meant(posts))
        closed = [str(channel) for channel in meant if not taker.can(Right.DRAFT_POST, division_id, channel)]
        return f"may not write for {', '.join(closed)}" if closed else ""

    def move(self, passing: Passing) -> Mapping[str, Any]:
        """Name the owner of each; every post is locked first, like for any other act on it."""
        rows = list(unfinished(passing).select_for_update(of=("self",)).order_by("pk"))
        versions = _versions(rows)
        moved = []
        for post in rows:
            before, post.owner = post.owner_id, passing.takers[post.division_id]
            moved.append([post.pk, before, post.owner.pk, versions.get(post.pk, 0), post.stage])
        Post.objects.bulk_update(rows, ["owner"], batch_size=500)
        return {"rows": moved}

    def undo(self, moved: Mapping[str, Any], handover: Handover, *, by: User | None, now: datetime) -> Sequence[str]:
        """Give back those that nobody changed, decided or gave to somebody else since."""
        before = {pk: (taker, version, stage) for pk, _, taker, version, stage in moved["rows"]}
        owners = {pk: owner for pk, owner, *_ in moved["rows"]}
        rows = list(Post.objects.filter(pk__in=before).select_for_update(of=("self",)).order_by("pk"))
        versions = _versions(rows)
        same = [p for p in rows if (p.owner_id, versions.get(p.pk, 0), p.stage) == before[p.pk]]
        for post in same:
            post.owner_id = owners[post.pk]
        Post.objects.bulk_update(same, ["owner"], batch_size=500)
        kept = {post.pk for post in same}
        return [f"“{post}” was changed or decided since." for post in rows if post.pk not in kept]


class Patterns:
    """Posts that repeat because the person submitted them: from now on they rest on the rights of whoever takes them.

    The first post of a pattern has long gone out, so it is none of the unfinished ones.
    """

    name = "posts.patterns"

    def lines(self, case: Case) -> Sequence[Line]:
        """How many, by division."""
        words = ("post that repeats", "posts that repeat")
        return counted(_patterns(case), "revision__post__division", words)

    def cannot_take(self, case: Case, division_id: int, taker: Rights) -> str:
        """Whoever takes a pattern submits for the division and its accounts, or nothing would be made any more."""
        rows = _patterns(case).filter(revision__post__division=division_id)
        if not rows.exists():
            return ""
        meant = Channel.objects.filter(division=division_id, pk__in=rows.values("revision__variants__channel"))
        if taker.can(Right.SUBMIT_POST, division_id) and all(
            taker.can(Right.SUBMIT_POST, division_id, channel) for channel in meant
        ):
            return ""
        return "may not submit what repeats there"

    def move(self, passing: Passing) -> Mapping[str, Any]:
        """Name the owner of the first post; occurrences that are made later have the same."""
        posts = Post.objects.filter(pk__in=_patterns(passing).values("revision__post"))
        rows = list(posts.select_for_update(of=("self",)).order_by("pk"))
        moved = []
        for post in rows:
            before, post.owner = post.owner_id, passing.takers[post.division_id]
            moved.append([post.pk, before, post.owner.pk])
        Post.objects.bulk_update(rows, ["owner"])
        return {"rows": moved}

    def undo(self, moved: Mapping[str, Any], handover: Handover, *, by: User | None, now: datetime) -> Sequence[str]:
        """Give back those that still belong to the taker and repeat."""
        before = {pk: (owner, taker) for pk, owner, taker in moved["rows"]}
        rows = list(Post.objects.filter(pk__in=before).select_for_update(of=("self",)).order_by("pk"))
        same = [post for post in rows if post.owner_id == before[post.pk][1]]
        for post in same:
            post.owner_id = before[post.pk][0]
        Post.objects.bulk_update(same, ["owner"])
        return [f"“{post}”: somebody else looks after it since." for post in rows if post not in same]


def unfinished(case: Case) -> QuerySet[Post]:
    """Posts that the person looks after and somebody still has to do something about."""
    rows = Post.objects.filter(looked_after_by(case.person.pk)).exclude(division__in=case.stays)
    going = Exists(Delivery.objects.filter(post=OuterRef("pk")).exclude(state__in=_OVER))
    early = Q(stage__in=(*_TO_WRITE, Stage.IN_REVIEW))
    return rows.filter(early | Q(going, stage__in=(Stage.APPROVED, Stage.SCHEDULED)))


def _patterns(case: Case) -> QuerySet[Pattern]:
    """Running ones that rest on the person: on the owner's rights where there is one, else on the submitter's."""
    theirs = Q(revision__post__owner=case.person) | Q(
        revision__post__owner__isnull=True, revision__submitted_by=case.person
    )
    return Pattern.objects.filter(theirs, ended_at__isnull=True).exclude(revision__post__division__in=case.stays)


def _meant(posts: QuerySet[Post]) -> set[int]:
    """Channels for which posts are written, in their draft or as they were submitted."""
    drafted = posts.values_list("draft__variants__channel", flat=True)
    frozen = posts.values_list("revision__variants__channel", flat=True)
    return {pk for pk in (*drafted, *frozen) if pk is not None}


def _versions(posts: Iterable[Post]) -> dict[int, int]:
    found = Draft.objects.filter(post__in=[post.pk for post in posts])
    return dict(found.values_list("post", "version"))


def register() -> None:
    """Hand in this room's movers."""
    belongings.register(Posts())
    belongings.register(Patterns())
