"""What a tick costs that finds nothing due, with few and with many deliveries behind it.

A tick runs every second for years, so its cost must not grow with history. Run: `python -m benchmarks.due_scan`.
"""

from __future__ import annotations

from datetime import UTC, datetime

from benchmarks._ground import database, median_ms, say

NAME = "due_scan"
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
FEW, MANY = 10_000, 200_000

# One in ten waits for a time that has not come; the others went out long ago.
FILL = """
INSERT INTO posts_delivery (act, post_id, channel_id, target_remote_id, payload, payload_hash, key, due_at, ready_at,
    grace_until, urgent, state, state_at, steps, step_index, step_state, attempt, failures, claimed_by, settled_at,
    remote_id, remote_url, problem)
SELECT 'publish', %(post)s, %(channel)s, '', '{}', '', 'bench-' || n, at, at, at + interval '2 hours', false, state,
    least(at, %(now)s), '[]', 0, '{}', 1, 0, '', CASE WHEN state = 'delivered' THEN at END, '', '', '{}'
FROM (SELECT n, CASE WHEN n %% 10 = 0 THEN 'queued' ELSE 'delivered' END AS state,
        %(now)s + n * interval '1 minute' * (CASE WHEN n %% 10 = 0 THEN 1 ELSE -1 END) AS at
      FROM generate_series(%(first)s::int, %(last)s::int) AS n) AS row
"""


def main() -> None:
    """Fill up to 10,000 rows, measure, fill up to 200,000, measure again, print the ratios."""
    with database():
        few = _measured(1, FEW)
        many = _measured(FEW + 1, MANY)
        for figure, value in many.items():
            say(NAME, f"{figure}_ratio", round(value / few[figure], 2), rows=[FEW, MANY])


def _measured(first: int, last: int) -> dict[str, float]:
    from posts.services import deliver, sweep
    from posts.tasks import run_tick

    _fill(first, last)
    found = {
        "claim_ms": median_ms(lambda: deliver.claim(now=NOW, worker="bench"), 100),
        "lapsed_ms": median_ms(lambda: sweep.lapsed(now=NOW), 30),
        "missed_ms": median_ms(lambda: sweep.missed(now=NOW), 30),
        "look_up_ms": median_ms(lambda: sweep.look_up(now=NOW), 30),
        "idle_tick_ms": median_ms(lambda: run_tick(worker="bench", now=NOW, side_by_side=False), 30),
    }
    for figure, value in found.items():
        say(NAME, figure, value, rows=last)
    return found


def _fill(first: int, last: int) -> None:
    from django.db import connection

    post, channel = _place()
    with connection.cursor() as cursor:
        values = {"post": post, "channel": channel, "now": NOW, "first": first, "last": last}
        cursor.execute(FILL, values)
        cursor.execute("ANALYZE posts_delivery")


def _place() -> tuple[int, int]:
    """The one post and channel that all rows name."""
    from benchmarks._rows import department
    from divisions.models import Channel, User
    from divisions.services import load_department
    from posts.models import Post

    if not Post.objects.exists():
        load_department.load(department(1), now=NOW)
        channel = Channel.objects.get(slug="facebook-d1")
        author = User.objects.get()
        Post.objects.create(division=channel.division, kind="update", author=author, stage="scheduled")
    post = Post.objects.get()
    return post.pk, Channel.objects.get(slug="facebook-d1").pk


if __name__ == "__main__":
    main()
