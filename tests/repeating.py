"""Posts that repeat for tests: approved, with what was made of them and what the gate says of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from posts.models import Delivery, Post
from posts.services import gate
from tests.stories import approved

FIRST = "2026-11-24T18:00"  # a Tuesday
WEEKLY = "FREQ=WEEKLY;BYDAY=TU;COUNT=6"
DUE = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)


def repeating(d: SimpleNamespace, rule: str = WEEKLY, due: str = FIRST, **kwargs: Any) -> Post:
    """An approved post that repeats, on our own pages unless `channels` says otherwise."""
    kwargs.setdefault("channels", [d.northeast_website, d.northeast_feed])
    return approved(d.northeast, d.officer, d.supervisor, due=due, repeats=rule, **kwargs)


def occurrences(first: Post) -> list[Post]:
    """What was made of a post that repeats, by wall clock."""
    found = Post.objects.filter(pattern__revision__post=first).select_related("revision", "division")
    return list(found.order_by("occurs_at"))


def gate_says(row: Delivery) -> gate.Closed | None:
    """What the gate says of a delivery at its time."""
    fresh = Delivery.objects.select_related("channel", "post__division", "revision__post", "variant__channel")
    row = fresh.get(pk=row.pk)
    return gate.look(row, now=row.due_at)
