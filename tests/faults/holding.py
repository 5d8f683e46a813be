"""Holds in the middle of a trial: placed, released and decided about, and what must not begin meanwhile (P4).

From a hold's commit until somebody decides about what it stopped, no call begins: an attempt row is committed before
its call, so the server's own times of both commits tell, however narrow the race; what the network received tells
whether a worker spoke all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.faults.ground import Ground

# A call whose first byte was out before the commit may be heard a little later; a frozen worker wakes far later.
# Counted from when the network has answered what it was asked after the commit: a busy one hears everything late.
ON_ITS_WAY = timedelta(seconds=3)
ATTEMPTS = """
SELECT a.delivery_id, pg_xact_commit_timestamp(c.xmin) AS at FROM trial_commit c JOIN posts_attempt a ON a.id = c.pk
WHERE c.what = 'posts_attempt' ORDER BY at
"""
PLACED = """
SELECT pg_xact_commit_timestamp(c.xmin) FROM trial_commit c WHERE c.what = 'posts_hold' AND c.pk = {}
"""


@dataclass(slots=True, kw_only=True)
class Window:
    """One hold: from its commit to its release, and on to the first decision about what it stopped."""

    committed_at: datetime
    held: int
    listened_at: datetime | None = None
    released_at: datetime | None = None
    opened_at: datetime | None = None

    def span(self) -> tuple[datetime, datetime, datetime]:
        """Commit, release and first decision; what has not come yet lies at the end of time."""
        never = datetime.max.replace(tzinfo=UTC)
        return self.committed_at, self.released_at or never, self.opened_at or never


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What began under holds and what by releases; all of it must be nought."""

    holds: int
    held: int
    under: tuple[str, ...]
    released: tuple[str, ...]
    late: tuple[str, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        """Everything that should not have happened, in words."""
        return (*self.under, *self.released, *self.late)

    def line(self) -> str:
        """The sentence about holds."""
        return (
            f"{self.holds} hold{'s' * (self.holds != 1)} stopped {self.held} deliveries: {len(self.under)} calls begun "
            f"after a commit, {len(self.released)} by a release, {len(self.late)} heard too late."
        )


@dataclass(slots=True)
class Holding:
    """The person who holds: keeps the times of what was done."""

    place: Ground
    seed: int
    say: Callable[[str], None]
    dropping: float = 0.15  # how much of what was held is dropped rather than let go
    windows: list[Window] = field(default_factory=list)

    def hold(self) -> None:
        """Place one hold of everything."""
        answer = self.place.order("place")
        self.place.shown()
        committed_at, now = self.place.query(PLACED.format(int(answer["hold"])))[0][0], datetime.now(UTC)
        self.windows.append(Window(committed_at=committed_at, held=answer["held"], listened_at=now))
        self.say(f"          held {answer['held']}")

    def release(self) -> None:
        """Let go; nothing may go out by that."""
        self.windows[-1].released_at = datetime.now(UTC)
        self.place.order("release")

    def settle(self) -> None:
        """Decide about everything that is held."""
        if self.windows and self.windows[-1].opened_at is None:
            self.windows[-1].opened_at = datetime.now(UTC)
        answer = self.place.order("settle", seed=self.seed + len(self.windows), dropping=self.dropping)
        self.say(f"          kept {answer['kept']}, dropped {answer['dropped']}")

    def judge(self) -> Kept:
        """Hold all calls and everything shown against the windows."""
        begun = [(f"delivery {pk}", at) for pk, at in self.place.query(ATTEMPTS)]
        heard = [(f"post {p['id']}", datetime.fromisoformat(p["arrived_at"])) for p in self.place.shown()]
        return judge(self.windows, begun, heard)


def judge(
    windows: Iterable[Window], begun: Iterable[tuple[str, datetime]], heard: Iterable[tuple[str, datetime]]
) -> Kept:
    """Which calls began under a hold, which after a release that nobody followed up, which were heard too late."""
    found, begun, heard = list(windows), list(begun), list(heard)
    under, released, late = [], [], []
    for window in found:
        committed_at, released_at, opened_at = window.span()
        for what, at in begun:
            if committed_at < at <= opened_at:
                (under if at <= released_at else released).append(f"{what} began at {at}, held since {committed_at}")
        late += [
            f"{what} was heard at {at}, held since {committed_at}"
            for what, at in heard
            if (window.listened_at or committed_at) + ON_ITS_WAY < at <= opened_at
        ]
    return Kept(
        holds=len(found),
        held=sum(window.held for window in found),
        under=tuple(under),
        released=tuple(released),
        late=tuple(late),
    )
