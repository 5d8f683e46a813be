"""Writes this room's ledger entries: everything about a post stands under that post."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from divisions.models import User
from posts.models import Delivery, Post
from records.services import ledger


def entry(act: str, post: Post, *, by: User | None, now: datetime, **data: Any) -> ledger.Entry:
    """An entry about a post, not written yet."""
    return ledger.Entry(
        type=f"posts.{act}",
        subject_type="post",
        subject_id=post.pk,
        occurred_at=now,
        by=by,
        division=post.division,
        data=data,
    )


def remember(act: str, post: Post, *, by: User | None, now: datetime, **data: Any) -> None:
    """Write an entry about a post in the caller's transaction."""
    ledger.append(entry(act, post, by=by, now=now, **data))


def about_delivery(act: str, delivery: Delivery, *, by: User | None, now: datetime, **data: Any) -> ledger.Entry:
    """An entry about a delivery, under its post. Needs `post__division` and `channel` loaded."""
    facts = {"delivery": delivery.pk, "channel": delivery.channel.slug, "platform": delivery.channel.platform}
    return entry(f"delivery.{act}", delivery.post, by=by, now=now, **facts, **data)
