"""What belongs to a person, room by room: each room hands in movers at start, so that a handover leaves nothing.

A mover says what there is, moves it, and puts it back. Who may hand over, and the memberships, stand in
`divisions.services.handover`; no query stands here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from divisions.access import Rights
from divisions.models import Handover, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """So many things of a person in a division.

    `ends` = it stops with the person and needs nobody to take it; `opens` = it comes with the move, they have none now.
    """

    division_id: int
    count: int
    one: str
    many: str
    ends: bool = False
    opens: bool = False

    @property
    def words(self) -> str:
        """40 drafts."""
        return f"{self.count} {self.one if self.count == 1 else self.many}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Who goes, and the divisions in which they go on working: what is theirs there stays theirs."""

    person: User
    leaver: bool
    stays: frozenset[int] = frozenset()
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing(Case):
    """A handover that happens: who takes what, by division, and the row under which it is kept."""

    takers: Mapping[int, User] = field(default_factory=dict)
    handover: Handover
    by: User | None


class Mover(Protocol):
    """What a room hands in. Everything is called inside the handover's transaction."""

    @property
    def name(self) -> str:
        """Under which what it moved is kept; never changes."""

    def lines(self, case: Case) -> Sequence[Line]:
        """What there is to move or to end."""

    def cannot_take(self, case: Case, division_id: int, taker: Rights) -> str:
        """Why somebody cannot take what is in a division ("may not write there"); empty when they can."""

    def move(self, passing: Passing) -> Mapping[str, Any]:
        """Move it; returns as plain JSON what it takes to put it back."""

    def undo(self, moved: Mapping[str, Any], handover: Handover, *, by: User | None, now: datetime) -> Sequence[str]:
        """Put it back where nothing else touched it since; returns a sentence for each thing that was left."""


_movers: dict[str, Mover] = {}


def register(mover: Mover) -> None:
    """Take the mover of a room. Called once, when the application starts."""
    _movers[mover.name] = mover


def movers() -> tuple[Mover, ...]:
    """Every room's mover, in the order in which the rooms start."""
    return tuple(_movers.values())


def lines(case: Case) -> list[Line]:
    """Everything of a person that a handover moves or ends, of all rooms."""
    return [line for mover in movers() for line in mover.lines(case) if line.count]


def only_ends(mover: Mover, case: Case) -> bool:
    """Whether a mover has something of the person that stops with them, and nothing that somebody takes."""
    found = [line for line in mover.lines(case) if line.count]
    return bool(found) and all(line.ends for line in found)
