"""Posts at every stage, made the way people make them: through the services. Times are given, nothing waits."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from PIL import Image

from divisions.access import rights
from divisions.models import Channel, Division, User
from divisions.selectors.channels import offered_in_composer
from posts.models import MediaAsset, Post, Revision
from posts.services import compose, media, review, submit
from posts.services.compose import DraftInput
from posts.tasks import run_tick

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)  # 09:00 in Chicago, before DST questions
WORKER = "test-worker"


def picture(colour: str = "navy", size: tuple[int, int] = (640, 360), fmt: str = "JPEG", **save: Any) -> io.BytesIO:
    """A plain picture file."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, fmt, **save)
    out.seek(0)
    return out


def asset(division: Division, by: User, alt: str = "A plain navy card for the tests", **kwargs: Any) -> MediaAsset:
    """A picture in a division's library."""
    return media.add(
        division=division,
        name="card.jpg",
        file=picture(**kwargs),
        by=by,
        alt_text=alt,
        credit="Test PD, own picture",
        now=NOW,
    )


def draft(
    division: Division,
    by: User,
    *,
    kind: str = "update",
    audience: str = "public",
    title: str = "Oak Street is closed until four",
    text: str = "A water main broke. Use Elm Street. The 41 bus stops at the library.",
    channels: Iterable[Channel] | None = None,
    own_words: dict[int, str] | None = None,
    pictures: Iterable[MediaAsset] = (),
    due: str = "",
    now: datetime = NOW,
    **more: Any,
) -> Post:
    """A saved draft. `channels` None = every channel the composer offers; `due` is a wall-clock time."""
    post = compose.start(division=division, kind=kind, audience=audience, by=by, now=now)
    chosen = offered_in_composer(rights(by), division.pk, audience) if channels is None else channels
    words = own_words or {}
    compose.save(
        post=post,
        version=1,
        data=DraftInput(
            kind=kind,
            title=title,
            text=text,
            channels={c.pk: words.get(c.pk) for c in chosen},
            media=tuple(p.pk for p in pictures),
            when="at" if due else "approved",
            wall_time=due,
            **more,
        ),
        by=by,
        now=now,
    )
    return Post.objects.get(pk=post.pk)


def submitted(division: Division, by: User, *, now: datetime = NOW, **kwargs: Any) -> Revision:
    """A revision in review."""
    post = draft(division, by, now=now, **kwargs)
    return submit.submit(post=post, by=by, now=now)


def approved(division: Division, by: User, reviewer: User, *, now: datetime = NOW, **kwargs: Any) -> Post:
    """A post with its deliveries queued; due at once unless `due` says otherwise."""
    revision = submitted(division, by, now=now, **kwargs)
    review.approve(revision=revision, by=reviewer, now=now + timedelta(minutes=1))
    return Post.objects.select_related("division", "revision").get(pk=revision.post_id)


def live(division: Division, by: User, reviewer: User, *, now: datetime = NOW, **kwargs: Any) -> Post:
    """A post that has gone out on our own channels (the default channels here), by a real tick."""
    if "channels" not in kwargs:
        offered = offered_in_composer(rights(by), division.pk, kwargs.get("audience", "public"))
        kwargs["channels"] = [c for c in offered if c.is_own]
    post = approved(division, by, reviewer, now=now, **kwargs)
    tick(now + timedelta(minutes=1))
    return Post.objects.select_related("division", "revision").get(pk=post.pk)


def tick(now: datetime) -> int:
    """One tick of the deliverer, in this thread, with the clock standing still."""
    return run_tick(worker=WORKER, now=now, side_by_side=False)


def appeal_facts(**more: Any) -> dict[str, Any]:
    """What a valid appeal needs besides its words."""
    return {
        "kind": "appeal",
        "facts": {"appeal_type": "witness", "tips_phone": "214-555-0148", "case_number": "26-118734"},
        "expires_on": date(2026, 12, 24),
        **more,
    }
