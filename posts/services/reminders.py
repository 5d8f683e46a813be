"""Reminds of what waits for approval, each rung of the ladder once: a mail, and the line on the desk says so.

Run by the beat with the clock passed in. It approves nothing and moves nothing.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from divisions.services import notices
from posts.models import Post, Reminder, Revision
from posts.models.approving import Rung
from posts.selectors import ladder
from posts.services import review
from posts.services.memory import remember
from posts.states import Stage


def climb(*, now: datetime, limit: int = 500) -> int:
    """Go up the rungs that were reached since; returns how many were. Two at once are harmless.

    Two queries while nothing is reached, however many posts wait.
    """
    rows = Post.objects.filter(stage=Stage.IN_REVIEW, approve_by__gte=now, revision__isnull=False)
    waiting = list(rows.select_related("revision").order_by("approve_by", "pk")[:limit])
    done = set(Reminder.objects.filter(revision__in=[p.revision_id for p in waiting]).values_list("revision", "rung"))
    return sum(_climb(post, now) for post in waiting if _new(post, done, now))


def _new(post: Post, done: set[tuple[int, str]], now: datetime) -> list[Rung]:
    revision = post.revision
    assert revision is not None
    return [rung for rung in ladder.reached(revision, now=now) if (revision.pk, rung.value) not in done]


@transaction.atomic
def _climb(seen: Post, now: datetime) -> int:
    """One post under its lock; another worker has it: nothing to do."""
    rows = Post.objects.select_for_update(of=("self",), skip_locked=True).select_related("division", "revision")
    post = rows.filter(pk=seen.pk, stage=Stage.IN_REVIEW, revision=seen.revision_id).first()
    if post is None or post.revision is None:
        return 0
    post.revision.post = post
    new = _new(post, set(post.revision.reminders.values_list("revision", "rung")), now)
    for rung in new:
        _remind(post, post.revision, rung, now)
    return len(new)


def _remind(post: Post, revision: Revision, rung: Rung, now: datetime) -> None:
    places, editors = review.deciding_ids(revision), review.editors(revision)
    told = ladder.people(revision, rung, division_ids=places, editors=editors, now=now)
    if rung is Rung.DEPUTIES:
        before = set(revision.reminders.values_list("told", flat=True))
        told = [person for person in told if person.pk not in before]
    reminder = Reminder.objects.create(revision=revision, rung=rung, at=now)
    if not told:
        return
    reminder.told.set(told)
    names = [person.name for person in told]
    remember("post.reminded", post, by=None, now=now, rung=rung.value, people=", ".join(names))
    left = _left(revision, now)
    notices.tell(
        told,
        f"{left} left to approve: {post}",
        f"“{post}” of {post.division} waits for approval. If nobody approves it within {left}, it does not go out.",
        reverse("posts:decide", args=[post.pk]),
        kind="review_waiting",
        now=now,
    )


def _left(revision: Revision, now: datetime) -> str:
    minutes = int((revision.approve_by - now).total_seconds() // 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
