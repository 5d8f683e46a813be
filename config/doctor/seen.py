"""The shapes of a doctor's look: what was seen, how grave it is, and how several names are said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MOST_NAMES = 5


class State(StrEnum):
    """`warning`: it works, and somebody should know. `stop`: something promised does not hold until it is cured."""

    OK = "ok"
    WARNING = "warning"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Seen:
    """What one check saw; `cure` is empty only when all is well."""

    state: State
    seen: str
    cure: str = ""


Look = Callable[[datetime], Seen]


@dataclass(frozen=True, slots=True)
class Check:
    """One precondition. `name` is stable: scripts hold on to it."""

    name: str
    look: Look
    needs_database: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """A check with what it saw, as `--json` prints it."""

    name: str
    state: State
    seen: str
    cure: str


def fine(seen: str) -> Seen:
    """All is well."""
    return Seen(State.OK, seen)


def warn(seen: str, cure: str) -> Seen:
    """Somebody should know."""
    return Seen(State.WARNING, seen, cure)


def stop(seen: str, cure: str) -> Seen:
    """Something promised does not hold."""
    return Seen(State.STOP, seen, cure)


def named(names: Sequence[str]) -> str:
    """ "a, b, c" and how many more."""
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
