"""Compares what we believe of every delivery with what the network really shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

NOT_OUT = ("failed", "missed", "cancelled", "held")


@dataclass(frozen=True, slots=True)
class Row:
    """One delivery as the database has it; `account` is platform/handle."""

    id: int
    account: str
    text: str
    state: str
    remote_id: str


@dataclass(slots=True)
class Verdict:
    """The counts of the last line, and what is behind those that must be nought."""

    sent: int = 0
    undecided: int = 0
    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    slipped: list[str] = field(default_factory=list)  # what went out although a hold stopped it

    @property
    def holds(self) -> bool:
        """Nothing twice, nothing lost, nothing begun under a hold."""
        return not self.doubled and not self.lost and not self.slipped

    def line(self) -> str:
        """The last line of a trial."""
        return f"sent {self.sent}, doubled {len(self.doubled)}, lost {len(self.lost)}, undecided {self.undecided}"


def judge(rows: Iterable[Row], shown: Iterable[dict[str, Any]]) -> Verdict:
    """Hold every delivery against the posts that followers can see under its account and with its words."""
    there: dict[tuple[str, str], list[str]] = defaultdict(list)
    for post in shown:
        if not post["deleted_at"]:
            there[post["account"], post["text"]].append(str(post["id"]))
    verdict = Verdict()
    for row in rows:
        _judge_one(row, there[row.account, row.text], verdict)
    return verdict


def _judge_one(row: Row, ids: list[str], verdict: Verdict) -> None:
    what = f"delivery {row.id} ({row.account}, {row.text!r}) is {row.state}, remote id {row.remote_id!r}, shown {ids}"
    if len(ids) > 1:
        verdict.doubled.append(what)
    if row.state == "delivered":
        verdict.sent += 1
        if row.remote_id not in ids:
            verdict.lost.append(what)
    elif row.state == "uncertain":
        verdict.undecided += 1
    elif row.state not in NOT_OUT or ids:  # still open, or out although we say that it is not
        verdict.lost.append(what)
