"""How many posts a second our worker delivers, beside the floor and beside one Celery task a post.

Real Celery worker, PostgreSQL with fsync, HTTP over loopback to `_platform`. Run: `python -m benchmarks.delivery`.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence

from benchmarks._ground import say, whole
from benchmarks._place import CALLS_AT_ONCE, Place, cpu_s, place
from config.embedded import children

NAME = "delivery"
POSTS = whole("POSTS", 4000)
ROUNDS = whole("ROUNDS", 3)
CHANNELS = 400
SHARE_OF_FLOOR, TIMES_ONE_TASK = 0.6, 5.0
SMALL = (
    "SELECT count(*), extract(epoch FROM max(settled_at) - min(settled_at)) FROM bench_floor WHERE state = 'delivered'"
)


def main() -> None:
    """Floor and ours in turns, so that both have the same weather; then one task a post."""
    with place() as ground:
        ground.load(POSTS, channels=CHANNELS)
        with ground.worker() as pids:
            rounds = [_round(ground, pids) for _ in range(ROUNDS)]
        ours = _say_share(rounds)
        small = _one_task(ground, min(POSTS, 2000))
        times = ours / small
        say(NAME, "one_small_task_a_post_per_s", round(small))
        say(NAME, "times_one_small_task", round(times, 2), target=TIMES_ONE_TASK, ok=times >= TIMES_ONE_TASK)


def _say_share(rounds: Sequence[tuple[float, float, float, float]]) -> float:
    """Print the medians; returns how many posts a second ours are."""
    floor, ours, floor_cpu, ours_cpu = (statistics.median(column) for column in zip(*rounds, strict=True))
    shares = [round(of_ours / of_floor, 2) for of_floor, of_ours, *_ in rounds]
    share = statistics.median(shares)
    say(NAME, "floor_per_s", round(floor), rounds=[round(r[0]) for r in rounds])
    say(NAME, "ours_per_s", round(ours), rounds=[round(r[1]) for r in rounds])
    say(NAME, "share_of_floor", share, target=SHARE_OF_FLOOR, ok=share >= SHARE_OF_FLOOR, rounds=shares)
    say(NAME, "floor_cpu_ms_a_post", round(floor_cpu, 2))
    say(NAME, "ours_cpu_ms_a_post", round(ours_cpu, 2))
    return ours


def _round(ground: Place, pids: Sequence[int]) -> tuple[float, float, float, float]:
    """Posts a second and CPU a post in milliseconds: the floor's, ours."""
    floor, floor_cpu = ground.floor(POSTS)
    before = sum(map(cpu_s, pids))
    ground.due("x")
    ground.wait_delivered()
    burnt, ours = sum(map(cpu_s, pids)) - before, ground.ours()
    ground.again()
    return floor.per_s, ours.per_s, floor_cpu, 1000 * burnt / POSTS


def _one_task(ground: Place, posts: int) -> float:
    """Posts a second of a Celery worker whose queue holds one task for each."""
    ground.run("_one_task", "--posts", str(posts))
    command = [sys.executable, "-m", "celery", "-A", "benchmarks._one_task", "worker", "--loglevel", "WARNING"]
    options = ["--pool", "threads", "--concurrency", str(CALLS_AT_ONCE), "--without-gossip", "--without-mingle"]
    ground.start("one_task", [*command, *options])
    try:
        if not children.wait_until(lambda: ground.query(SMALL)[0][0] == posts, 120, every_s=0.2):
            raise RuntimeError(children.tail(ground.folder / "one_task.log"))
        count, span_s = ground.query(SMALL)[0]
        return float(count) / float(span_s)
    finally:
        ground.stop_senders()


if __name__ == "__main__":
    main()
