"""What the wall costs with 13 and with 5,000 accounts: queries, and milliseconds. Run: `python -m benchmarks.wall`.

The target is the page's: `rows`, which judges every account a person oversees, is the part of it that grows with them,
so its ratio is said without one.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import Any

from django.utils import timezone

from benchmarks._ground import database, median_ms, page, queries, say, whole

NAME = "wall"
FEW, MANY = 13, whole("WALL_ACCOUNTS", 5000)
POSTS_EACH = 4
TARGET = 3.0


def main() -> None:
    """Measure, fill up, measure again; queries must be the same, time within three times."""
    with database():
        few, many = _measured(FEW), _measured(MANY)
    for part in ("rows", "page"):
        before, after = few[f"{part}_queries"], many[f"{part}_queries"]
        say(NAME, f"{part}_more_queries", after - before, target=0, ok=after == before, accounts=[FEW, MANY])
        ratio = many[f"{part}_ms"] / few[f"{part}_ms"]
        aim = {"target": TARGET, "ok": ratio <= TARGET} if part == "page" else {}
        say(NAME, f"{part}_ratio", round(ratio, 1), **aim, accounts=[FEW, MANY])


def _measured(accounts: int) -> dict[str, float]:
    from django.core.cache import cache

    from divisions import access
    from divisions.models import User
    from moderation.selectors import wall

    _fill(accounts)
    mine = access.rights(User.objects.get())
    now = timezone.now()

    def judge() -> None:
        if len(wall.rows(mine, now=now)) < accounts:
            raise RuntimeError("the wall does not show every account")

    get = page("/desk/wall/")

    def fresh_page() -> None:
        cache.clear()  # its numbers are kept for a quarter of a minute
        get()

    found: dict[str, float] = {}
    for part, act in (("rows", judge), ("page", fresh_page)):
        fresh_page()
        found[f"{part}_queries"] = queries(act)
        found[f"{part}_ms"] = median_ms(act, 7)
    for figure, value in found.items():
        say(NAME, figure, value, accounts=accounts)
    return found


def _fill(accounts: int) -> None:
    """Accounts made like the first one, each with a few posts that are out."""
    from django.db import connection

    from benchmarks._rows import department
    from divisions.models import Channel
    from divisions.services import load_department

    now = timezone.now()
    load_department.load(department(FEW), now=now)
    there = Channel.objects.filter(platform="facebook").count()
    first = Channel.objects.get(slug="facebook-1")
    made = [_copy(first, number) for number in range(there + 1, accounts + 1)]
    Channel.objects.bulk_create(made, batch_size=1000)
    fresh = Channel.objects.filter(platform="facebook", deliveries__isnull=True).select_related("division")
    waiting = iter(list(fresh.order_by("pk")))
    while several := list(islice(waiting, 500)):
        _posts(several, now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _copy(channel: Any, number: int) -> Any:
    from divisions.models import Channel

    values = {field.attname: getattr(channel, field.attname) for field in channel._meta.concrete_fields}
    return Channel(**{**values, "id": None, "slug": f"facebook-{number}", "handle": f"Bench{number}"})


def _posts(channels: Any, now: Any) -> None:
    from posts.models import Delivery, Post

    moments = [(channel, now - timedelta(hours=7 * n + 1)) for channel in channels for n in range(POSTS_EACH)]
    author = channels[0].duty_officer
    posts = Post.objects.bulk_create(
        Post(
            division=c.division, kind="update", author=author, stage="scheduled", title="Post", created_at=at, due_at=at
        )
        for c, at in moments
    )
    times = ("due_at", "ready_at", "grace_until", "state_at", "settled_at")
    Delivery.objects.bulk_create(
        Delivery(
            post=post,
            channel=c,
            payload={},
            key=f"bench-{post.pk}",
            state="delivered",
            remote_id=str(post.pk),
            **dict.fromkeys(times, at),
        )
        for (c, at), post in zip(moments, posts, strict=True)
    )


if __name__ == "__main__":
    main()
