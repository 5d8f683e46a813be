"""Whether a worker's memory stays flat over ten thousand deliveries. Run: `python -m benchmarks.memory`."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks._ground import say, whole
from benchmarks._place import Place, place, rss_mb

NAME = "memory"
ROWS, DELIVERIES = whole("MEMORY_ROWS", 1000), 10_000
MOST_GROWTH = 0.05


def main() -> None:
    """One round to warm up (threads, connections, what is imported late), then all; memory before and after."""
    with place() as ground:
        ground.load(ROWS, channels=200)
        with ground.worker() as pids:
            _deliver(ground)
            before = sum(map(rss_mb, pids))
            seen = [_deliver(ground, pids) for _ in range(DELIVERIES // ROWS)]
    growth = seen[-1] / before - 1
    say(NAME, "before_mb", round(before, 1))
    say(NAME, "after_mb", round(seen[-1], 1), deliveries=ROWS * len(seen), rounds=[round(mb, 1) for mb in seen])
    say(NAME, "growth", round(growth, 3), target=MOST_GROWTH, ok=growth <= MOST_GROWTH)


def _deliver(ground: Place, pids: Sequence[int] = ()) -> float:
    ground.due("x", in_s=1.0)
    ground.wait_delivered()
    ground.again()
    return sum(map(rss_mb, pids))


if __name__ == "__main__":
    main()
