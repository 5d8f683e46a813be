"""What a tick costs that finds nothing due, with few and with many deliveries to come and some behind it.

A tick runs every second for years, so its cost must not grow with what waits or with history. The look for due posts
is one query on a partial index. Run: `python -m benchmarks.due_scan` (BENCH_ROWS=200000 for a shorter one).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from benchmarks._ground import database, least_ms, queries, say, whole

NAME = "due_scan"
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
FEW, MANY = 10_000, whole("ROWS", 1_000_000)  # that wait
AT_ONCE = 100_000
TARGET = 1.5  # for the look; below a tenth of a millisecond more is weather

# One of eleven went out long ago; the others wait for a time that has not come. All else is copied from the first row.
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
    SELECT n, CASE WHEN n %% 11 = 0 THEN 'delivered' ELSE 'queued' END AS state,
        %(now)s + n * interval '1 minute' * (CASE WHEN n %% 11 = 0 THEN -1 ELSE 1 END) AS at
    FROM generate_series(%(from)s::int, %(to)s::int) AS n) AS row
WHERE first.key = 'bench-1'
"""


def main() -> None:
    """Fill up to 10,000 rows that wait, measure, fill up to 1,000,000, measure again, print the ratios."""
    with database():
        few = _measured(1, FEW * 11 // 10)
        many = _measured(FEW * 11 // 10 + 1, MANY * 11 // 10)
        for figure, value in many.items():
            ratio = value / few[figure]
            judged = figure in ("look_ms", "idle_tick_ms")
            verdict = {"target": TARGET, "ok": ratio <= TARGET or value - few[figure] < 0.1} if judged else {}
            say(NAME, f"{figure}_ratio", round(ratio, 2), waiting=[FEW, MANY], **verdict)
        _say_queries()


def _say_queries() -> None:
    """How many queries a tick makes that finds nothing, and what the planner does for the look."""
    from posts.services import agenda

    looks = queries(lambda: agenda.read(now=NOW))
    say(NAME, "idle_tick_queries", looks, target=1, ok=looks == 1)
    plan = _plan()
    say(NAME, "partial_index", int("delivery_ready" in plan), target=1, ok="delivery_ready" in plan, plan=plan)


def _plan() -> str:
    """EXPLAIN ANALYZE of the look as it is made: the lines that name what is read."""
    from django.db import connection

    from posts.services import agenda

    seen: list[str] = []

    def explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        with context["connection"].cursor() as cursor:
            cursor.cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) {sql}", params)
            seen.extend(line for (line,) in cursor.cursor.fetchall())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        agenda.read(now=NOW)
    return " | ".join(line.strip() for line in seen if "Scan" in line)


def _measured(first: int, last: int) -> dict[str, float]:
    from posts.services import agenda, claim, deliver, sweep

    _fill(first, last)
    found = {
        "look_ms": least_ms(lambda: claim.due_platforms(now=NOW), 100),
        "claim_ms": least_ms(lambda: deliver.claim(now=NOW, worker="bench"), 100),
        "lapsed_ms": least_ms(lambda: sweep.lapsed(now=NOW), 30),
        "missed_ms": least_ms(lambda: sweep.missed(now=NOW), 30),
        "look_up_ms": least_ms(lambda: sweep.look_up(now=NOW), 30),
        "idle_tick_ms": least_ms(lambda: agenda.read(now=NOW), 100),
    }
    for figure, value in found.items():
        say(NAME, figure, value, waiting=last * 10 // 11)
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
        for start in range(max(first, 2), last + 1, AT_ONCE):
            cursor.execute(fill, {"now": NOW, "from": start, "to": min(start + AT_ONCE - 1, last)})
        cursor.execute("VACUUM ANALYZE posts_delivery")  # as autovacuum would have by then


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
