"""Which tone a stage or a state has in Django admin, where the desk's chips are not at hand."""

from __future__ import annotations

from posts.states import DeliveryState, Outcome, Stage

STAGE_TONES: dict[str, str] = {
    Stage.DRAFT.label: "default",
    Stage.IN_REVIEW.label: "primary",
    Stage.CHANGES_REQUESTED.label: "warning",
    Stage.APPROVED.label: "success",
    Stage.SCHEDULED.label: "info",
    Stage.EXPIRED.label: "danger",
    Stage.CANCELLED.label: "default",
}
STATE_TONES: dict[str, str] = {
    DeliveryState.QUEUED.label: "default",
    DeliveryState.IN_FLIGHT.label: "info",
    DeliveryState.DELIVERED.label: "success",
    DeliveryState.AWAITING_RETRY.label: "warning",
    DeliveryState.AWAITING_PROOF.label: "primary",
    DeliveryState.FAILED.label: "danger",
    DeliveryState.UNCERTAIN.label: "warning",
    DeliveryState.HELD.label: "default",
    DeliveryState.MISSED.label: "danger",
    DeliveryState.CANCELLED.label: "default",
    DeliveryState.WITHDRAWN.label: "default",
}
BAD = (Outcome.REFUSED, Outcome.NOT_AUTHORISED, Outcome.DUPLICATE, Outcome.MISCONFIGURED, Outcome.NOT_SUPPORTED)
OUTCOME_TONES: dict[str, str] = {
    "Open": "info",
    **{outcome.label: "danger" if outcome in BAD else "warning" for outcome in Outcome},
    Outcome.DONE.label: "success",
    Outcome.NEXT.label: "success",
    Outcome.WAIT.label: "info",
}
