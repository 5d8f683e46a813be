"""The fault trial: `python -m tests.faults.trial --count 500`. Nothing is sent twice and nothing is lost (P3).

Real workers are killed -9 or frozen at random moments, Redis is emptied, PostgreSQL crashes, two beats tick, the
network drops answers and fails, and somebody holds everything, lets go and decides about what was held. At the end
every delivery must say what the network shows, and nothing may have begun under a hold or by its release (P4).
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from config.embedded import children
from tests.faults.ground import Ground, ground
from tests.faults.holding import Holding
from tests.faults.verdict import Row, Verdict, judge

CHANNELS = 13
FROZEN_S = 8.0  # longer than a lease: others take over, and the frozen one must notice
HELD_S = 3.0
UNTOUCHED_S = 2.0  # from a release until somebody decides: nothing may go by itself
STATES = """
SELECT d.id, c.platform || '/' || c.handle, d.payload->>'text', d.state, d.remote_id
FROM posts_delivery d JOIN divisions_channel c ON c.id = d.channel_id ORDER BY d.id
"""
# Still moving: open rows, and uncertain ones that will be looked up again. And those that a hold left to a person.
MOVING = """
SELECT count(*), count(*) FILTER (WHERE state = 'held') FROM posts_delivery
WHERE state IN ('queued', 'in_flight', 'awaiting_retry', 'held')
    OR (state = 'uncertain' AND state_at > now() - interval '8 seconds')
"""
FIGURES = """
SELECT (SELECT count(*) FROM posts_attempt), (SELECT count(*) FROM posts_attempt WHERE outcome = 'duplicate'),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY late), percentile_cont(0.99) WITHIN GROUP (ORDER BY late)
FROM (SELECT extract(epoch FROM settled_at - due_at) AS late FROM posts_delivery WHERE state = 'delivered') AS d
"""
WRONG_LEDGER = """
SELECT d.id, count(l.seq) FROM posts_delivery d LEFT JOIN records_ledgerentry l
    ON l.type = 'posts.delivery.delivered' AND (l.data->>'delivery')::bigint = d.id
GROUP BY d.id, d.state HAVING count(l.seq) <> (d.state = 'delivered')::int
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a trial does to whom. `spread_s`: over how long posts become due and blows fall."""

    count: int
    kills: int
    spread_s: float
    bound_s: float
    seed: int = 1
    workers: int = 3
    flushes: int = 2
    crashes: int = 1
    freezes: int = 3
    holds: int = 2
    chance: float = 0.1

    @classmethod
    def of(cls, count: int, seed: int) -> Plan:
        """A trial of this size."""
        spread_s = min(max(20.0, count / 8), 60 + count / 25)
        kills, holds = max(20, count // 100), 2 + count // 1500
        return cls(count=count, kills=kills, holds=holds, spread_s=spread_s, bound_s=300 + count / 2, seed=seed)


def run(plan: Plan, place: Ground, say: Callable[[str], None]) -> Verdict:
    """Run one trial; returns what came of it."""
    say(f"Loading {plan.count} posts on {CHANNELS} channels …")
    due_at = place.load(plan.count, channels=CHANNELS, lead_s=8 + plan.count / 60, spread_s=plan.spread_s)
    for fault, seed in (("drop_after_accept", 1), ("500", 2)):
        place.control(account="*", fault=fault, p=plan.chance, seed=plan.seed + seed, value="either")
    for number in range(plan.workers):
        place.start_worker(f"worker{number}")
    for number in range(2):
        place.start_beat(f"beat{number}")
    place.start_desk()
    holding = Holding(place, plan.seed, say)
    begun = time.monotonic()
    _blows(plan, place, holding, max((due_at - datetime.now(UTC)).total_seconds(), 4.0), say)
    still = children.wait_until(lambda: _moving(place, holding) == 0, plan.bound_s, every_s=0.5)
    say(f"{'Quiet' if still else 'Not quiet'} after {time.monotonic() - begun:.0f} s.")
    place.stop_senders()
    verdict = judge([Row(*row) for row in place.query(STATES)], place.shown())
    verdict.lost += [f"delivery {pk} has {n} ledger entries “delivered”" for pk, n in place.query(WRONG_LEDGER)]
    kept = holding.judge()
    verdict.slipped += kept.broken
    _say_figures(place, say)
    say(kept.line())
    return verdict


def _blows(plan: Plan, place: Ground, holding: Holding, wait_s: float, say: Callable[[str], None]) -> None:
    """Let the blows fall at their moments, from the first due post on."""
    begun = time.monotonic() + wait_s
    for at_s, blow, name in _schedule(plan, place, holding):
        children.wait_until(
            lambda moment=begun + at_s: time.monotonic() >= moment, wait_s + plan.spread_s + 2 * FROZEN_S
        )
        say(f"{at_s:6.1f} s  {name}")
        blow()


def _schedule(plan: Plan, place: Ground, holding: Holding) -> Iterator[tuple[float, Callable[[], None], str]]:
    """The blows in order, from the seed alone."""
    dice = random.Random(plan.seed)
    blows: list[tuple[float, Callable[[], None], str]] = []
    for _ in range(plan.kills):
        name = f"worker{dice.randrange(plan.workers)}"
        blows.append((_moment(dice, plan), lambda name=name: place.kill_worker(name), f"kill -9 {name}"))
    for _ in range(plan.freezes):
        name, at_s = f"worker{dice.randrange(plan.workers)}", _moment(dice, plan)
        blows.append((at_s, lambda name=name: place.freeze_worker(name), f"freeze {name}"))
        blows.append((at_s + FROZEN_S, lambda name=name: place.thaw_worker(name), f"thaw {name}"))
    blows += [(_moment(dice, plan), place.empty_redis, "FLUSHALL") for _ in range(plan.flushes)]
    blows += [(_moment(dice, plan), place.crash_postgres, "PostgreSQL crashes") for _ in range(plan.crashes)]
    for number in range(plan.holds):  # one after another, each somewhere in its own part of the trial
        part_s = plan.spread_s / plan.holds
        at_s = (number + dice.uniform(0.05, 0.7)) * part_s
        blows.append((at_s, holding.hold, "somebody holds everything"))
        blows.append((at_s + HELD_S, holding.release, "and lets go"))
        blows.append((at_s + HELD_S + UNTOUCHED_S, holding.settle, "and decides about what was held"))
    return iter(sorted(blows, key=lambda blow: blow[0]))


def _moment(dice: random.Random, plan: Plan) -> float:
    return dice.uniform(0.02, 1.0) * plan.spread_s


def _moving(place: Ground, holding: Holding) -> int:
    """How many deliveries may still move; what waits for a person's hand is decided about."""
    try:
        moving, held = place.query(MOVING)[0]
    except psycopg.OperationalError:
        return -1
    if held:
        holding.settle()
    return int(moving)


def _say_figures(place: Ground, say: Callable[[str], None]) -> None:
    calls, refused, middle, late = place.query(FIGURES)[0]
    say(f"{calls} calls, {refused} repeats refused by the network; late by {middle:.1f} s (half), {late:.1f} s (p99).")


@contextmanager
def _folder(keep: bool) -> Iterator[Path]:
    """A folder of the trial's own, gone afterwards unless somebody wants to read the logs."""
    path = Path(tempfile.mkdtemp(prefix="substation-faults-"))
    try:
        yield path
    finally:
        if keep:
            sys.stderr.write(f"logs: {path}\n")
        else:
            shutil.rmtree(path, ignore_errors=True)


def main(arguments: list[str]) -> int:
    """Run the long trial; exit 1 when something was doubled or lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.trial", description="The fault trial.")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs")
    given = parser.parse_args(arguments)
    if not 1 <= given.count <= 100_000:
        sys.stderr.write("--count: from 1 to 100000. Cure: make faults COUNT=500\n")
        return 2

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    with _folder(given.keep) as where, ground(where) as place:
        verdict = run(Plan.of(given.count, given.seed), place, say)
    for what in (*verdict.doubled, *verdict.lost, *verdict.slipped):
        say(what)
    say(verdict.line())
    return 0 if verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
