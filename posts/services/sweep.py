"""What every tick looks after besides sending: lapsed leases, late rows, unanswered calls. Sends nothing itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from connectors.contract import Policy, Receipt, Remote, Step
from connectors.errors import ConnectorError, Uncertain
from posts.models import Delivery
from posts.services import deliver, outcome
from posts.services.accounts import connector_of
from posts.services.memory import about_delivery
from posts.states import CLAIMABLE, Act, DeliveryState, Outcome
from records.services import ledger

BATCH = 500
LOOKS_A_TICK = 20
# Where a row may be out without our knowing: a look settles it. Nothing of these goes out by itself meanwhile.
IN_DOUBT = (DeliveryState.UNCERTAIN, DeliveryState.MISSED, DeliveryState.HELD)
ABSENT_BEFORE_REPEAT = 2  # looks at RECONCILE_AFTER_S: 30 s and 5 min after the call


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
            outcome.doubt(row, now=now)
            outcome.retry_at(row, now, now=now)
        else:
            outcome.uncertain(row, silence.message, now=now)
    return count


@transaction.atomic
def missed(*, now: datetime) -> int:
    """A late post is never fired blindly (P12): past its grace it is MISSED and a person decides."""
    late = Delivery.objects.filter(state__in=(*CLAIMABLE, DeliveryState.AWAITING_PROOF), grace_until__lt=now).exclude(
        state=DeliveryState.AWAITING_PROOF, grace_until__gte=now - timedelta(days=1)
    )
    # Found by their own index first: with ORDER BY pk LIMIT the planner walks the whole history for them, every second.
    found = list(late.order_by("grace_until").values_list("pk", flat=True)[:BATCH])
    rows = list(
        late.filter(pk__in=found)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("channel", "post__division")
        .order_by("pk")
    )
    for row in rows:
        row.state, row.state_at, row.settled_at = DeliveryState.MISSED, now, now
        row.problem = outcome.Problem(
            cause="Its time passed before it could go out.",
            who="A supervisor decides.",
            press="Send it now, pick another time, or drop it."
            if row.act == Act.PUBLISH
            else "Try again, or close it.",
            words=row.problem.get("words", ""),
        ).to_json()
    Delivery.objects.bulk_update(rows, ["state", "state_at", "settled_at", "problem"])
    ledger.append_many([about_delivery("missed", row, by=None, now=now) for row in rows])
    return len(rows)


def look_up(*, now: datetime) -> int:
    """Look on the platforms for posts that were sent without an answer; returns how many were found.

    Looks at RECONCILE_AFTER_S after the call; one match that no other delivery holds is proof. What is surely absent
    twice goes out once more where the connector's policy repeats; all else waits for a person. Makes wire calls.
    """
    due = Delivery.objects.filter(state__in=IN_DOUBT, look_at__lte=now)
    return sum(_look_up_one(pk, now) for pk in due.order_by("look_at").values_list("pk", flat=True)[:LOOKS_A_TICK])


def _look_up_one(pk: int, now: datetime) -> int:
    row = Delivery.objects.select_related("channel", "post__division").get(pk=pk)
    waits = settings.RECONCILE_AFTER_S
    last = row.looks + 1 >= len(waits)
    following = None if last else row.state_at + timedelta(seconds=waits[row.looks + 1])
    mine = Delivery.objects.filter(pk=pk, state__in=IN_DOUBT, looks=row.looks, look_at=row.look_at)
    if not mine.update(looks=row.looks + 1, look_at=following):
        return 0  # another worker looks
    try:
        remotes = outcome.find(row)
    except ConnectorError:
        return 0  # nothing was learnt; the next look may say more
    try:
        return _record(row, remotes, now)
    except IntegrityError:
        return 0  # another delivery took that post for its own meanwhile


@transaction.atomic
def _record(looked: Delivery, remotes: tuple[Remote, ...], now: datetime) -> int:
    locked = Delivery.objects.select_for_update(of=("self",)).select_related("channel", "post__division")
    # The copy that an act is done to is changed with it; whoever writes several locks them in id order.
    both = {row.pk: row for row in locked.filter(pk__in=[looked.pk, looked.publication_id or 0]).order_by("pk")}
    row = both[looked.pk]
    if row.state not in IN_DOUBT or row.attempt != looked.attempt:
        return 0
    if len(remotes) == 1:
        outcome.deliver(row, Receipt(remote_id=remotes[0].remote_id, url=remotes[0].url), now=now, how="found")
        return 1
    if not remotes:
        row.looks_absent += 1
        row.save(update_fields=["looks_absent"])
        enough = row.looks_absent >= ABSENT_BEFORE_REPEAT
        if enough and row.state == DeliveryState.UNCERTAIN and _may_repeat(row):
            outcome.repeat(row, now=now)
    return 0


def _may_repeat(row: Delivery) -> bool:
    """Once only: the second silence on the same step goes to a person."""
    if connector_of(row.channel).ambiguous_policy is not Policy.FIND_THEN_REPEAT:
        return False
    step = Step.from_json(row.steps[row.step_index])
    return row.attempts.filter(step=step.name[:60], outcome=Outcome.UNCERTAIN).count() < 2
