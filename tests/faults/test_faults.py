"""P3 with real processes: a small, seeded fault trial. `make faults` runs the long one."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults import race, trial
from tests.faults.ground import ground
from tests.faults.holding import Window
from tests.faults.holding import judge as judge_holds
from tests.faults.verdict import Row, judge

SMALL = trial.Plan(count=48, kills=4, spread_s=10.0, bound_s=400.0, seed=7, workers=2, freezes=1, holds=1)


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_nothing_is_sent_twice_and_nothing_is_lost_whatever_is_killed(tmp_path: Path) -> None:
    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")

    with ground(tmp_path) as place:
        verdict = trial.run(SMALL, place, say)
    say(verdict.line())
    assert not verdict.doubled
    assert not verdict.lost
    assert not verdict.slipped
    assert verdict.sent > verdict.undecided


@pytest.mark.slow
@pytest.mark.xdist_group("faults")
def test_nothing_begins_after_a_hold_on_eight_workers_and_nothing_by_its_release(tmp_path: Path) -> None:
    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")

    with ground(tmp_path) as place:
        kept = race.run(race.Race(count=90, rounds=2, seed=11, latest_s=0.6, latency_ms=400), place, say)
        out = place.query(race.OUT)[0][0]
    say(kept.line())
    assert kept.broken == ()
    assert kept.held > 0
    assert out == 90


COMMIT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begun_s", "heard_s", "line"),
    [
        (-1, 0.5, "0 calls begun after a commit, 0 by a release, 0 heard too late."),
        (1, 1, "1 calls begun after a commit, 0 by a release, 0 heard too late."),
        (31, 31, "0 calls begun after a commit, 1 by a release, 1 heard too late."),
        (-1, 9, "0 calls begun after a commit, 0 by a release, 1 heard too late."),
        (61, 61, "0 calls begun after a commit, 0 by a release, 0 heard too late."),
    ],
)
def test_what_began_under_a_hold_or_by_its_release_is_counted(begun_s: float, heard_s: float, line: str) -> None:
    window = Window(
        committed_at=COMMIT,
        held=1,
        released_at=COMMIT + timedelta(seconds=30),
        opened_at=COMMIT + timedelta(seconds=60),
    )
    begun, heard = (COMMIT + timedelta(seconds=s) for s in (begun_s, heard_s))
    kept = judge_holds([window], [("delivery 1", begun)], [("post 7", heard)])
    assert kept.line() == f"1 hold stopped 1 deliveries: {line}"


def _row(state: str, remote_id: str = "") -> Row:
    return Row(1, "x/volume1", "v:0", state, remote_id)


def _post(post_id: str, text: str = "v:0", deleted_at: str = "") -> dict[str, str]:
    return {"account": "x/volume1", "text": text, "id": post_id, "deleted_at": deleted_at}


@pytest.mark.parametrize(
    ("row", "posts", "line"),
    [
        (_row("delivered", "7"), [_post("7")], "sent 1, doubled 0, lost 0, undecided 0"),
        (_row("delivered", "7"), [_post("7"), _post("8")], "sent 1, doubled 1, lost 0, undecided 0"),
        (_row("delivered", "7"), [], "sent 1, doubled 0, lost 1, undecided 0"),
        (_row("delivered", "7"), [_post("8")], "sent 1, doubled 0, lost 1, undecided 0"),
        (_row("failed"), [_post("7")], "sent 0, doubled 0, lost 1, undecided 0"),
        (_row("failed"), [], "sent 0, doubled 0, lost 0, undecided 0"),
        (_row("in_flight"), [], "sent 0, doubled 0, lost 1, undecided 0"),
        (_row("uncertain"), [_post("7")], "sent 0, doubled 0, lost 0, undecided 1"),
        (_row("uncertain"), [], "sent 0, doubled 0, lost 0, undecided 1"),
    ],
)
def test_the_verdict_counts_what_was_doubled_and_what_was_lost(
    row: Row, posts: list[dict[str, str]], line: str
) -> None:
    assert judge([row], posts).line() == line
