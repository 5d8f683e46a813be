"""How many posts a second our worker delivers, beside the floor and beside one Celery task a post.

Real Celery worker, PostgreSQL with fsync, HTTP over loopback to `_platform`. Run: `python -m benchmarks.delivery`.
"""

from __future__ import annotations

import statistics
import sys

from benchmarks._ground import say, whole
from benchmarks._place import CALLS_AT_ONCE, Place, cpu_s, place
from config.embedded import children

NAME = "delivery"
POSTS = whole("POSTS", 4000)
ROUNDS = whole("ROUNDS", 3)
CHANNELS = 400
SHARE_OF_FLOOR, TIMES_ONE_TASK = 0.6, 5.0
_ONE_TASK = (
    "SELECT count(*), extract(epoch FROM max(settled_at) - min(settled_at)) FROM bench_floor WHERE state <> 'queued'"
)


def main() -> None:
    """Floor and ours in turns, so that both have the same weather; then one task a post."""
    with place() as ground:
        ground.load(POSTS, channels=CHANNELS)
        rounds = []
        with ground.worker() as pid:
            for _ in range(ROUNDS):
                rounds.append(_round(ground, pid))
        one_task = _one_task(ground, min(POSTS, 2000))
    floor, ours = (statistics.median(column) for column in ([r[0] for r in rounds], [r[1] for r in rounds]))
    say(NAME, "floor_per_s", round(floor), rounds=[round(r[0]) for r in rounds])
    say(NAME, "ours_per_s", round(ours), rounds=[round(r[1]) for r in rounds])
    say(NAME, "one_task_a_post_per_s", round(one_task))
    shares = [r[1] / r[0] for r in rounds]
    share, times = statistics.median(shares), ours / one_task
    say(
        NAME,
        "share_of_floor",
        round(share, 2),
        target=SHARE_OF_FLOOR,
        ok=share >= SHARE_OF_FLOOR,
        rounds=[round(s, 2) for s in shares],
    )
    say(NAME, "times_one_task_a_post", round(times, 2), target=TIMES_ONE_TASK, ok=times >= TIMES_ONE_TASK)
    say(NAME, "floor_cpu_ms_a_post", round(statistics.median(r[2] for r in rounds), 2))
    say(NAME, "ours_cpu_ms_a_post", round(statistics.median(r[3] for r in rounds), 2))


def _round(ground: Place, pid: int) -> tuple[float, float, float, float]:
    """Posts a second and CPU a post in milliseconds: the floor's, ours."""
    floor, floor_cpu = ground.floor(POSTS)
    before = cpu_s(pid)
    ground.due("x")
    ground.wait_delivered()
    burnt, ours = cpu_s(pid) - before, ground.ours()
    ground.again()
    return floor.per_s, ours.per_s, floor_cpu, 1000 * burnt / POSTS


def _one_task(ground: Place, posts: int) -> float:
    ground.run("_one_task", "--posts", str(posts))
    command = [sys.executable, "-m", "celery", "-A", "benchmarks._one_task", "worker", "--loglevel", "WARNING"]
    options = ["--pool", "threads", "--concurrency", str(CALLS_AT_ONCE), "--without-gossip", "--without-mingle"]
    ground.start("one_task", [*command, *options])
    try:
        if not children.wait_until(lambda: ground.query(_ONE_TASK)[0][0] == posts, 120, every_s=0.2):
            raise RuntimeError(children.tail(ground.folder / "one_task.log"))
        count, span_s = ground.query(_ONE_TASK)[0]
        return float(count) / float(span_s)
    finally:
        ground.stop_senders()


if __name__ == "__main__":
    main()
