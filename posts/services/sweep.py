"""What every tick looks after besides sending: lapsed leases, late rows, unanswered calls. Never sends a post."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from connectors.contract import Policy, Receipt, Step
from connectors.errors import ConnectorError, Uncertain
from posts.models import Delivery
from posts.services import deliver, outcome
from posts.services.accounts import connector_of
from posts.services.memory import about_delivery
from posts.states import CLAIMABLE, DeliveryState
from records.services import ledger

BATCH = 500
LOOKS_A_TICK = 20


@transaction.atomic
def lapsed(*, now: datetime) -> int:
    """Take back rows whose worker went silent: no call open -> queue; one open -> by the connector's policy."""
    rows = (
        Delivery.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("channel", "post__division")
        .filter(state=DeliveryState.IN_FLIGHT, lease_until__lt=now)
        .order_by("pk")[:BATCH]
    )
    count = 0
    for row in rows:
        count += 1
        attempt = row.attempts.filter(ended_at__isnull=True).order_by("-number").first()
        if attempt is None:
            deliver.release(row, now=now)
            continue
        silence = Uncertain("the worker stopped before the answer came")
        outcome.close_attempt(row, attempt.number, silence, now=now)
        step = Step.from_json(row.steps[row.step_index])
        if step.repeatable or connector_of(row.channel).ambiguous_policy is Policy.REPEAT:
            outcome.retry_at(row, now, now=now)
        else:
            outcome.uncertain(row, silence.message, now=now)
    return count


@transaction.atomic
def missed(*, now: datetime) -> int:
    """A late post is never fired blindly (P12): past its grace it is MISSED and a person decides."""
    rows = list(
        Delivery.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("channel", "post__division")
        .filter(state__in=(*CLAIMABLE, DeliveryState.AWAITING_PROOF), grace_until__lt=now)
        .exclude(state=DeliveryState.AWAITING_PROOF, grace_until__gte=now - timedelta(days=1))
        .order_by("pk")[:BATCH]
    )
    for row in rows:
        row.state, row.state_at, row.settled_at = DeliveryState.MISSED, now, now
        row.problem = outcome.Problem(
            cause="Its time passed before it could go out.",
            who="A supervisor decides.",
            press="Send it now, pick another time, or drop it.",
            words=row.problem.get("words", ""),
        ).to_json()
    Delivery.objects.bulk_update(rows, ["state", "state_at", "settled_at", "problem"])
    ledger.append_many([about_delivery("missed", row, by=None, now=now) for row in rows])
    return len(rows)


def look_up(*, now: datetime) -> int:
    """Look on the platforms for posts that were sent without an answer; returns how many were found.

    Looks at RECONCILE_AFTER_S after the call; one match that no other delivery holds is proof. Nothing is repeated.
    """
    found = 0
    waits = [timedelta(seconds=s) for s in settings.RECONCILE_AFTER_S]
    rows = Delivery.objects.filter(state=DeliveryState.UNCERTAIN, state_at__gt=now - max(waits) - timedelta(minutes=1))
    for pk in list(rows.order_by("pk").values_list("pk", flat=True)[:LOOKS_A_TICK]):
        found += _look_up_one(pk, waits, now)
    return found


def _look_up_one(pk: int, waits: list[timedelta], now: datetime) -> int:
    row = Delivery.objects.select_related("channel", "post__division").get(pk=pk)
    looks = int(row.problem.get("looks", 0))
    if looks >= len(waits) or now < row.state_at + waits[looks]:
        return 0
    claimed = Delivery.objects.filter(pk=pk, state=DeliveryState.UNCERTAIN, problem=row.problem)
    if not claimed.update(problem={**row.problem, "looks": looks + 1}):
        return 0  # another worker looks
    try:
        remotes = outcome.find(row)
    except ConnectorError:
        return 0
    if len(remotes) != 1:
        return 0
    return _record(pk, Receipt(remote_id=remotes[0].remote_id, url=remotes[0].url), now)


@transaction.atomic
def _record(pk: int, receipt: Receipt, now: datetime) -> int:
    row = Delivery.objects.select_for_update(of=("self",)).select_related("channel", "post__division").get(pk=pk)
    if row.state != DeliveryState.UNCERTAIN:
        return 0
    outcome.deliver(row, receipt, now=now, how="found")
    return 1
