"""What a platform that takes five seconds a call costs another one. Run: `python -m benchmarks.slow_platform`.

Posts for X alone, then the same while all of Facebook's places wait for slow answers; in turns, by fresh workers.
"""

from __future__ import annotations

import statistics
import time

from benchmarks._ground import say, whole
from benchmarks._place import Place, place

NAME = "slow_platform"
POSTS, CHANNELS = whole("SLOW_POSTS", 2000), 400  # half of each go to X
ROUNDS = 3
SLOW_S = 5.0
TARGET = 0.9


def main() -> None:
    """The ratio of X's throughput beside a slow Facebook to X's alone."""
    with place() as ground:
        ground.load(POSTS, channels=CHANNELS, platforms="x,facebook")
        ground.sleeps({"facebook": SLOW_S})
        pairs = [(_throughput(ground), _throughput(ground, beside=True)) for _ in range(ROUNDS)]
    alone, beside = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    say(NAME, "alone_per_s", round(alone), rounds=[round(a) for a, _ in pairs])
    say(NAME, "beside_a_slow_one_per_s", round(beside), rounds=[round(b) for _, b in pairs], slow_s=SLOW_S)
    say(NAME, "ratio", round(ratio, 2), target=TARGET, ok=ratio >= TARGET)


def _throughput(ground: Place, *, beside: bool = False) -> float:
    ground.again()
    with ground.worker():
        if beside:
            ground.due("facebook", in_s=0.0)
            time.sleep(3)  # its places are taken by then
        ground.due("x", in_s=1.0)
        ground.wait_delivered("x")
        return ground.ours("x").per_s


if __name__ == "__main__":
    main()
