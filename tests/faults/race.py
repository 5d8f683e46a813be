"""The hold race: `python -m tests.faults.race --count 500`. Nothing begins after a hold's commit, nothing by a release.

Everything is due in the same second and eight workers send; at some moment somebody holds everything, lets go, and
opens all of it again. So it goes round after round, until nothing is left (P4).
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.embedded import children
from tests.faults.ground import Ground, ground
from tests.faults.holding import Holding, Kept

CHANNELS = 13
WORKERS = 8
UNTOUCHED_S = 1.5  # more than a tick: a release that sent something would show
CONNECTED = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
LEFT = "SELECT count(*) FROM posts_delivery WHERE state NOT IN ('delivered', 'cancelled', 'failed', 'missed')"
# The starting gun: nothing is claimed while the accounts are paused, however long loading took.
GATE = "UPDATE divisions_channel SET state = '{}' WHERE state = '{}' RETURNING id"
OUT = "SELECT count(*) FROM posts_delivery WHERE state = 'delivered'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """How many posts, and how many holds at random moments of their way out."""

    count: int
    rounds: int
    seed: int = 1
    latest_s: float = 2.0  # after the start, or after a round was opened
    latency_ms: int = 0  # of every call: so the way out lasts longer than a slow machine needs to place a hold


def run(race: Race, place: Ground, say: Callable[[str], None]) -> Kept:
    """Run one race; returns what the holds let through."""
    dice = random.Random(race.seed)
    say(f"Loading {race.count} posts on {CHANNELS} channels, all due at once …")
    due_at = place.load(race.count, channels=CHANNELS, lead_s=20 + race.count / 25)
    if race.latency_ms:
        place.control(account="*", fault="latency", value=race.latency_ms)
    place.query(GATE.format("paused", "connected"))
    for number in range(WORKERS):
        place.start_deliverer(f"worker{number}")
    children.wait_until(lambda: place.query(CONNECTED)[0][0] >= WORKERS, 120, every_s=0.5)
    place.start_desk()
    holding = Holding(place, race.seed, say, dropping=0.0)
    _wait_for(due_at)
    place.query(GATE.format("connected", "paused"))
    for number in range(race.rounds):
        _wait_for(datetime.now(UTC) + timedelta(seconds=dice.uniform(0.05, race.latest_s)))
        say(f"Round {number + 1}: {place.query(OUT)[0][0]} of {race.count} are out.")
        holding.hold()
        _wait_for(datetime.now(UTC) + timedelta(seconds=UNTOUCHED_S))
        holding.release()
        _wait_for(datetime.now(UTC) + timedelta(seconds=UNTOUCHED_S))
        holding.settle()
    children.wait_until(lambda: _left(place, holding) == 0, 300 + race.count / 5, every_s=0.5)
    kept = holding.judge()
    say(f"{place.query(OUT)[0][0]} of {race.count} are out.")
    return kept


def _left(place: Ground, holding: Holding) -> int:
    left = int(place.query(LEFT)[0][0])
    if left and place.query("SELECT 1 FROM posts_delivery WHERE state = 'held' LIMIT 1"):
        holding.settle()
    return left


def _wait_for(moment: datetime) -> None:
    while (left := (moment - datetime.now(UTC)).total_seconds()) > 0:
        time.sleep(min(left, 0.2))


def main(arguments: list[str]) -> int:
    """Run a race; exit 1 when a hold let something through."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.race", description="The hold race.")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    if not 1 <= given.count <= 100_000:
        sys.stderr.write("--count: from 1 to 100000. Cure: --count 500\n")
        return 2

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    with tempfile.TemporaryDirectory(prefix="substation-race-") as folder, ground(Path(folder)) as place:
        kept = run(Race(count=given.count, rounds=given.rounds, seed=given.seed), place, say)
    for what in kept.broken:
        say(what)
    say(kept.line())
    return 1 if kept.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
