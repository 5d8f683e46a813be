"""Made-up rows for benchmarks, many at once and past the services: they are measured, never delivered."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

EMPTY = "0" * 64
DIVISIONS = 20  # accounts are spread over so many; what is measured grows with accounts


def department(accounts: int) -> dict[str, Any]:
    """A department file whose accounts have a duty officer and promise a post every five days."""
    numbers = range(1, accounts + 1)
    divisions = range(1, min(accounts, DIVISIONS) + 1)
    return {
        "department": {"name": "Bench Police Department", "zone": "America/Chicago"},
        "divisions": [
            {"slug": "headquarters", "name": "Headquarters"},
            *({"slug": f"d{n}", "name": f"Division {n}", "parent": "headquarters"} for n in divisions),
        ],
        "people": [{"email": "smo@bench.example", "name": "Social media officer"}],
        "memberships": [
            {
                "email": "smo@bench.example",
                "division": "headquarters",
                "role": "central_officer",
                "starts_on": "2026-01-01",
            }
        ],
        "channels": [
            {
                "slug": f"facebook-{n}",
                "division": f"d{(n - 1) % DIVISIONS + 1}",
                "platform": "facebook",
                "handle": f"Bench{n}",
                "mode": "hand_off",
                "cadence_days": 5,
                "duty": "smo@bench.example",
            }
            for n in numbers
        ],
    }


def posts_of(channel: Any, author: Any, *, count: int, now: datetime) -> None:
    """Give a channel `count` posts of the last days, each with a revision and a delivery that is out."""
    from posts.models import Delivery, Post, Revision, Variant

    moments = [now - timedelta(hours=7 * n + 1) for n in range(count)]
    posts = Post.objects.bulk_create(
        Post(
            division=channel.division,
            kind="update",
            audience="public",
            author=author,
            stage="scheduled",
            title=f"Post {n}",
            created_at=at,
            stage_at=at,
            due_at=at,
        )
        for n, at in enumerate(moments)
    )
    revisions = Revision.objects.bulk_create(_revision(p, author, at) for p, at in zip(posts, moments, strict=True))
    variants = Variant.objects.bulk_create(Variant(revision=r, channel=channel, text="Words.") for r in revisions)
    for post, revision in zip(posts, revisions, strict=True):
        post.revision = revision
    Post.objects.bulk_update(posts, ["revision"])
    Delivery.objects.bulk_create(
        Delivery(
            post=post,
            revision=variant.revision,
            variant=variant,
            channel=channel,
            payload={},
            payload_hash=EMPTY,
            key=uuid.uuid4().hex,
            due_at=at,
            ready_at=at,
            grace_until=at,
            state="delivered",
            state_at=at,
            settled_at=at,
            remote_id=uuid.uuid4().hex,
        )
        for post, variant, at in zip(posts, variants, moments, strict=True)
    )


def _revision(post: Any, author: Any, at: datetime) -> Any:
    from posts.models import Revision

    return Revision(
        post=post,
        number=1,
        title=post.title,
        text="Words.",
        html="<p>Words.</p>",
        language="en",
        zone="America/Chicago",
        not_before=at,
        not_after=at + timedelta(hours=24),
        approve_by=at,
        due_at=at,
        content_hash=EMPTY,
        submitted_by=author,
        created_at=at,
        when="at",
        editor_ids=[author.pk],
    )
