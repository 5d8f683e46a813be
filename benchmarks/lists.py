"""What the wall and the list of posts cost with 13 and with 500 accounts: milliseconds, and queries.

Queries must not grow with accounts or posts. Run: `python -m benchmarks.lists`.
"""

from __future__ import annotations

from django.utils import timezone

from benchmarks._ground import database, median_ms, page, queries, say

NAME = "lists"
FEW, MANY = 13, 500
POSTS_EACH = 6
PAGES = {"wall": "/desk/wall/", "posts": "/desk/posts/", "news": "/news/"}


def main() -> None:
    """Load 13 accounts, measure, load up to 500, measure again, print the ratios."""
    with database():
        few = _measured(FEW)
        many = _measured(MANY)
        for figure, value in many.items():
            say(NAME, f"{figure}_ratio", round(value / few[figure], 2), accounts=[FEW, MANY])


def _measured(accounts: int) -> dict[str, float]:
    _fill(accounts)
    found: dict[str, float] = {}
    for name, path in PAGES.items():
        get = page(path)
        found[f"{name}_queries"] = queries(get)
        found[f"{name}_ms"] = median_ms(get, 10)
    for figure, value in found.items():
        say(NAME, figure, value, accounts=accounts, posts=accounts * POSTS_EACH)
    return found


def _fill(accounts: int) -> None:
    from django.db import connection

    from benchmarks._rows import department, posts_of
    from divisions.models import Channel, User
    from divisions.services import load_department
    from posts.models import Delivery

    now = timezone.now()
    load_department.load(department(accounts), now=now)
    done = set(Delivery.objects.values_list("channel_id", flat=True))
    author = User.objects.get()
    for channel in Channel.objects.filter(platform="facebook").select_related("division"):
        if channel.pk not in done:
            posts_of(channel, author, count=POSTS_EACH, now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    main()
