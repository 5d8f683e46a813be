"""Who sits where when more than one person has to approve: the first seat is any reviewer's, the second is central."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from divisions.access import Rights
from divisions.errors import WrongMoment
from divisions.models import User
from divisions.permissions import Right
from posts.models import Approval, Review, Revision
from posts.models.review import Verdict
from posts.selectors import approving
from posts.selectors.approving import CENTRAL_SEAT
from posts.states import Basis


@dataclass(frozen=True, slots=True)
class Seat:
    """The seat a person takes, of how many, and whether with it everything asked for is there."""

    number: int
    of: int
    completes: bool


def take(revision: Revision, by: User, mine: Rights, division_ids: set[int]) -> Seat:
    """Find the seat that `by` can take now; `division_ids` are those whose reviewers are asked.

    Raises WrongMoment when the person has approved it already, or when only the other seat is open.
    """
    standing = approving.standing(revision)
    taken = {approval.seat: approval for approval in standing.given}
    if standing.seats == 1:
        return Seat(1, 1, completes=True)
    mine_already = next((a for a in standing.given if a.approved_by_id == by.pk), None)
    if mine_already is not None:
        raise WrongMoment(
            f"You have approved it, as 1 of {standing.seats}.", cure=f"It waits for {standing.waits_for}."
        )
    number = _open(taken.keys(), central=division_ids <= mine.overseen_ids(Right.REVIEW_POST))
    if number is None:
        first = next(iter(standing.given)).approved_by
        raise WrongMoment(
            f"{first} has approved it. The other approval is {approving.CENTRAL}'s.",
            cure="You can still ask for changes, or reject it, until then.",
        )
    return Seat(number, standing.seats, completes=len(taken) + 1 >= standing.seats)


def sign(revision: Revision, seat: Seat, *, by: User, note: str, now: datetime) -> Approval:
    """Take a seat: the approval, bound to exactly this content, and the verdict with what the person added."""
    approval = Approval.objects.create(
        revision=revision,
        content_hash=revision.content_hash,
        basis=Basis.REVIEW,
        seat=seat.number,
        seats=seat.of,
        completes=seat.completes,
        approved_by=by,
        approved_at=now,
    )
    Review.objects.create(revision=revision, by=by, verdict=Verdict.APPROVED, note=note.strip(), at=now)
    return approval


def _open(taken: object, *, central: bool) -> int | None:
    seats = (CENTRAL_SEAT, 1) if central else (1,)
    return next((seat for seat in seats if seat not in taken), None)  # type: ignore[operator]
