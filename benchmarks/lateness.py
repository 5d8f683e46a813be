"""How late posts are that are all due in the same second, on a thousand channels, beside the floor's own lateness.

From the moment they are due to the receipt in the database. Run: `python -m benchmarks.lateness`.
"""

from __future__ import annotations

from benchmarks._ground import say, whole
from benchmarks._place import place

NAME = "lateness"
POSTS, CHANNELS = whole("LATE_POSTS", 10_000), 1000
SLEEPS_S = (0.0, 0.05)
TARGET = 1.5


def main() -> None:
    """For each speed of the platform: the floor, ours, the ratio of their p99."""
    with place() as ground:
        ground.load(POSTS, channels=CHANNELS)
        with ground.worker():
            for sleep_s in SLEEPS_S:
                ground.sleeps({"x": sleep_s})
                floor, _ = ground.floor(POSTS)
                ground.due("x")
                ground.wait_delivered()
                ours = ground.ours()
                ground.again()
                facts = {"platform_ms": round(sleep_s * 1000), "posts": POSTS, "channels": CHANNELS}
                say(NAME, "floor_p99_s", round(floor.p99_s, 2), half_s=round(floor.half_s, 2), **facts)
                say(NAME, "ours_p99_s", round(ours.p99_s, 2), half_s=round(ours.half_s, 2), **facts)
                ratio = ours.p99_s / floor.p99_s
                say(NAME, "p99_ratio", round(ratio, 2), target=TARGET, ok=ratio <= TARGET, **facts)


if __name__ == "__main__":
    main()
