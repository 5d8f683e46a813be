"""Stages of a post, states of a delivery, and the moves that are allowed. The move tables check themselves on load."""

from __future__ import annotations

from django.db import models

from divisions.errors import WrongMoment


class Stage(models.TextChoices):
    """The editorial stage, the only state a post stores; live or withdrawn is derived from its deliveries."""

    DRAFT = "draft", "Draft"
    IN_REVIEW = "in_review", "In review"
    CHANGES_REQUESTED = "changes_requested", "Changes asked"
    APPROVED = "approved", "Approved"
    SCHEDULED = "scheduled", "Scheduled"
    EXPIRED = "expired", "Expired"
    CANCELLED = "cancelled", "Cancelled"


STAGE_MOVES: dict[str, frozenset[str]] = {
    Stage.DRAFT: frozenset({Stage.IN_REVIEW, Stage.CANCELLED}),
    Stage.IN_REVIEW: frozenset(
        {
            Stage.DRAFT,
            Stage.CHANGES_REQUESTED,
            Stage.APPROVED,
            Stage.SCHEDULED,
            Stage.EXPIRED,
            Stage.CANCELLED,
        }
    ),
    Stage.CHANGES_REQUESTED: frozenset({Stage.IN_REVIEW, Stage.CANCELLED}),
    Stage.APPROVED: frozenset({Stage.SCHEDULED, Stage.DRAFT, Stage.CANCELLED}),
    Stage.SCHEDULED: frozenset({Stage.DRAFT, Stage.CANCELLED}),
    Stage.EXPIRED: frozenset({Stage.DRAFT, Stage.CANCELLED}),
    Stage.CANCELLED: frozenset(),
}

EDITABLE_STAGES = (Stage.DRAFT, Stage.CHANGES_REQUESTED)


class DeliveryState(models.TextChoices):
    """Where one act on one channel stands."""

    QUEUED = "queued", "Queued"
    IN_FLIGHT = "in_flight", "In flight"
    DELIVERED = "delivered", "Delivered"
    AWAITING_RETRY = "awaiting_retry", "Retrying"
    AWAITING_PROOF = "awaiting_proof", "Awaiting proof"
    FAILED = "failed", "Failed"
    UNCERTAIN = "uncertain", "Uncertain"
    HELD = "held", "Held"
    MISSED = "missed", "Missed"
    CANCELLED = "cancelled", "Cancelled"
    WITHDRAWN = "withdrawn", "Withdrawn"


_S = DeliveryState
DELIVERY_MOVES: dict[str, frozenset[str]] = {
    _S.QUEUED: frozenset({_S.IN_FLIGHT, _S.HELD, _S.CANCELLED, _S.MISSED}),
    _S.AWAITING_RETRY: frozenset({_S.IN_FLIGHT, _S.HELD, _S.CANCELLED, _S.MISSED}),
    # The last three only while no call is open: before the first, or between steps.
    _S.IN_FLIGHT: frozenset(
        {
            _S.DELIVERED,
            _S.AWAITING_RETRY,
            _S.FAILED,
            _S.UNCERTAIN,
            _S.AWAITING_PROOF,
            _S.QUEUED,
            _S.HELD,
            _S.CANCELLED,
        }
    ),
    _S.UNCERTAIN: frozenset({_S.DELIVERED, _S.AWAITING_RETRY, _S.HELD, _S.FAILED}),
    _S.AWAITING_PROOF: frozenset({_S.DELIVERED, _S.HELD, _S.CANCELLED, _S.MISSED}),
    _S.HELD: frozenset({_S.QUEUED, _S.DELIVERED, _S.CANCELLED}),
    _S.MISSED: frozenset({_S.QUEUED, _S.DELIVERED, _S.CANCELLED}),
    _S.FAILED: frozenset({_S.QUEUED, _S.CANCELLED}),
    _S.DELIVERED: frozenset({_S.WITHDRAWN}),
    _S.CANCELLED: frozenset(),
    _S.WITHDRAWN: frozenset(),
}

CLAIMABLE = (_S.QUEUED, _S.AWAITING_RETRY)
UNFINISHED = (_S.QUEUED, _S.AWAITING_RETRY, _S.IN_FLIGHT, _S.UNCERTAIN, _S.AWAITING_PROOF, _S.HELD)
NEEDS_A_PERSON = (_S.FAILED, _S.UNCERTAIN, _S.MISSED, _S.AWAITING_PROOF)


class Act(models.TextChoices):
    """What a delivery does on its channel."""

    PUBLISH = "publish", "Publish"
    EDIT = "edit", "Edit"
    REPLY = "reply", "Reply"
    WITHDRAW = "withdraw", "Withdraw"
    HIDE = "hide", "Hide"
    RESTORE = "restore", "Restore"


class Basis(models.TextChoices):
    """On what an approval rests."""

    REVIEW = "review", "Review by a person"
    DIRECT = "direct", "Trusted kind, sampled after"
    PATTERN = "pattern", "Recurring, approved as a pattern"
    BREAK_GLASS = "break_glass", "Emergency"
    STANDING = "standing", "What an earlier approval promised"


class Ground(models.TextChoices):
    """On what ground something of ours is taken down. The first three are a judgement and ask for a second person."""

    ILLEGAL = "illegal", "It breaks a law or a court order"
    OFFENSIVE = "offensive", "It is offensive or harmful"
    PREJUDICIAL = "prejudicial", "It prejudices a case or a person"
    RESOLVED = "resolved", "The appeal is resolved"
    EXPIRED = "expired", "Its time is over"
    CONSENT = "consent", "Consent was withdrawn"
    BOOKING = "booking", "A booking photo after 14 days"


JUDGEMENTS = (Ground.ILLEGAL, Ground.OFFENSIVE, Ground.PREJUDICIAL)


class Outcome(models.TextChoices):
    """How one attempt (one wire call) ended; empty while it is open."""

    DONE = "done", "Done"
    NEXT = "next", "Step done"
    WAIT = "wait", "Platform still working"
    TEMPORARY = "temporary", "Refused for now"
    REFUSED = "refused", "Refused"
    NOT_AUTHORISED = "not_authorised", "Not authorised"
    DUPLICATE = "duplicate", "Duplicate"
    UNCERTAIN = "uncertain", "No answer"
    MISCONFIGURED = "misconfigured", "Our setting is wrong"
    NOT_SUPPORTED = "not_supported", "Not possible on this platform"


def check_stage_move(before: str, after: str) -> None:
    """Raise WrongMoment unless a post may go from `before` to `after`."""
    if after not in STAGE_MOVES[before]:
        raise WrongMoment(f"A post that is “{Stage(before).label}” cannot become “{Stage(after).label}”.")


def check_delivery_move(before: str, after: str) -> None:
    """Raise WrongMoment unless a delivery may go from `before` to `after`."""
    if after not in DELIVERY_MOVES[before]:
        raise WrongMoment(
            f"A delivery that is “{DeliveryState(before).label}” cannot become “{DeliveryState(after).label}”."
        )


for _table, _states in ((STAGE_MOVES, Stage), (DELIVERY_MOVES, DeliveryState)):
    if set(_table) != set(_states.values):
        raise RuntimeError(f"the move table of {_states.__name__} does not name every state exactly once")
