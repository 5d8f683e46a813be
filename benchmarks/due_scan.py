"""What a tick costs that finds nothing due, with few and with many deliveries behind it.

A tick runs every second for years, so its cost must not grow with history. Run: `python -m benchmarks.due_scan`.
"""

from __future__ import annotations

from datetime import UTC, datetime

from benchmarks._ground import database, median_ms, say

NAME = "due_scan"
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
FEW, MANY = 10_000, 200_000

# One in ten waits for a time that has not come; the others went out long ago. All else is copied from the first row.
VARIES = {
    "key": "'bench-' || n",
    "state": "row.state",
    "due_at": "at",
    "ready_at": "at",
    "grace_until": "at + interval '2 hours'",
    "state_at": "least(at, %(now)s)",
    "settled_at": "CASE WHEN row.state = 'delivered' THEN at END",
}
FILL = """
INSERT INTO posts_delivery ({columns}) SELECT {values} FROM posts_delivery AS first, (
    SELECT n, CASE WHEN n %% 10 = 0 THEN 'queued' ELSE 'delivered' END AS state,
        %(now)s + n * interval '1 minute' * (CASE WHEN n %% 10 = 0 THEN 1 ELSE -1 END) AS at
    FROM generate_series(%(from)s::int, %(to)s::int) AS n) AS row
WHERE first.key = 'bench-1'
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

    from posts.models import Delivery

    if first == 1:
        _first_row()
    columns = [field.column for field in Delivery._meta.concrete_fields if not field.primary_key]
    values = ", ".join(VARIES.get(column, f'first."{column}"') for column in columns)
    fill = FILL.format(columns=", ".join(f'"{column}"' for column in columns), values=values)
    with connection.cursor() as cursor:
        cursor.execute(fill, {"now": NOW, "from": max(first, 2), "to": last})
        cursor.execute("ANALYZE posts_delivery")


def _first_row() -> None:
    """A post with one delivery that went out; without a revision there may be any number like it."""
    from benchmarks._rows import department
    from divisions.models import Channel, User
    from divisions.services import load_department
    from posts.models import Delivery, Post

    load_department.load(department(1), now=NOW)
    channel = Channel.objects.get(slug="facebook-1")
    post = Post.objects.create(
        division=channel.division, kind="update", author=User.objects.get(), stage="scheduled", stage_at=NOW
    )
    times = dict.fromkeys(("due_at", "ready_at", "grace_until", "state_at", "settled_at"), NOW)
    Delivery.objects.create(post=post, channel=channel, payload={}, key="bench-1", state="delivered", **times)


if __name__ == "__main__":
    main()
