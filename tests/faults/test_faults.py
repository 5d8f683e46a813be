"""P3 with real processes: a small, seeded fault trial. `make faults` runs the long one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.faults import trial
from tests.faults.ground import ground
from tests.faults.verdict import Row, judge

SMALL = trial.Plan(count=60, kills=4, spread_s=20.0, bound_s=120.0, seed=7, workers=2, freezes=1)


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
    assert verdict.sent + verdict.undecided == SMALL.count


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
