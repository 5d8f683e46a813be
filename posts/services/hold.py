"""Stops posting at once and lets go of it item by item (P4). Release sends nothing by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, NotAllowed, WrongMoment
from divisions.models import Channel, Division, User
from divisions.permissions import Right
from posts.models import Attempt, Delivery, Hold, Incident, Post
from posts.models.hold import Scope
from posts.selectors import holds
from posts.services import hold_lock, news, schedule
from posts.services.memory import about_delivery
from posts.states import CLAIMABLE, DeliveryState, check_delivery_move
from records.services import ledger

MAX_REASON = 300
MAX_AT_ONCE = 200


@transaction.atomic
def place(
    *,
    scope: str,
    reason: str,
    by: User,
    division: Division | None = None,
    with_tree: bool = False,
    kind: str = "",
    channel: Channel | None = None,
    incident: Incident | None = None,
    exempt: Sequence[Post] = (),
    drill: bool = False,
    now: datetime | None = None,
) -> Hold:
    """Hold everything in scope: nothing of it begins after this commits, also nothing a worker already picked up.

    Posts of its `incident` are exempt by listing.

    Raises NotAllowed without the right over the whole scope, BadInput (field `scope` or `reason`).
    """
    moment = now or timezone.now()
    _check(scope, reason, division, kind, channel)
    _require(by, scope, division, with_tree, channel)
    ended = [] if drill else hold_lock.take_for_transaction()
    hold = Hold.objects.create(
        scope=scope,
        division=division,
        with_tree=with_tree and scope == Scope.DIVISION,
        kind=kind,
        channel=channel,
        reason=reason.strip(),
        incident=incident,
        drill=drill,
        placed_by=by,
        placed_at=moment,
    )
    ours = Post.objects.filter(pk__in=incident.log.values("post")) if incident else Post.objects.none()
    hold.exempt_posts.set([*exempt, *ours])
    held = 0 if drill else _stamp(hold, by, moment)
    _remember("placed", hold, by, moment, reason=hold.reason, held=held, drill=drill, ended_sessions=len(ended))
    news.held(hold, by=by, now=moment)
    return hold


@transaction.atomic
def release(*, hold: Hold, by: User, now: datetime | None = None) -> Hold:
    """Lift a hold. Everything it stopped stays HELD until a person keeps, re-times or drops it."""
    moment = now or timezone.now()
    if not hold.drill:
        hold_lock.take_for_transaction()
    row = Hold.objects.select_for_update(of=("self",)).select_related("division", "channel__division").get(pk=hold.pk)
    _require(by, row.scope, row.division, row.with_tree, row.channel)
    if row.released_at is not None:
        raise WrongMoment("This hold was released already.")
    held = 0 if row.drill else _stamp(row, by, moment)
    row.released_at, row.released_by = moment, by
    row.save(update_fields=["released_at", "released_by"])
    _remember("released", row, by, moment, held=held, drill=row.drill)
    news.held(row, by=by, now=moment)
    return row


@transaction.atomic
def keep(*, deliveries: Sequence[Delivery], by: User, now: datetime | None = None) -> list[Delivery]:
    """Let held deliveries go at their time (or now, inside their grace). All of them or none.

    Raises WrongMoment while a hold still covers one, or when the grace of one has passed.
    """
    moment = now or timezone.now()
    hold_lock.share_for_transaction()
    rows = _held(deliveries, by)
    for row in rows:
        hold_lock.refuse_covered(row)
        if moment > row.grace_until:
            raise WrongMoment(f"“{row.post}” is too late to go now.", cure="Re-time or drop it.")
        row.ready_at = max(row.due_at, row.ready_at)
    return _open(rows, by, moment, "kept")


@transaction.atomic
def retime(
    *, deliveries: Sequence[Delivery], due_at: datetime, by: User, now: datetime | None = None
) -> list[Delivery]:
    """Move held deliveries to another moment of their approved range; under a hold they stay held, re-timed."""
    moment = now or timezone.now()
    hold_lock.share_for_transaction()
    rows = _held(deliveries, by)
    for row in rows:
        if row.revision is None:
            raise WrongMoment("This delivery carries no approved revision.")
        schedule.check_range(row.revision, due_at, moment)
        row.due_at = row.ready_at = due_at
        row.grace_until = schedule.grace_until(row.revision, due_at)
    covered = [row for row in rows if holds.covering(row) is not None]
    Delivery.objects.bulk_update(covered, ["due_at", "ready_at", "grace_until"])
    ledger.append_many([about_delivery("retimed", r, by=by, now=moment, due_at=due_at.isoformat()) for r in covered])
    _open([row for row in rows if row not in covered], by, moment, "retimed")
    return rows


def _stamp(hold: Hold, by: User, now: datetime) -> int:
    """Mark every unfinished row in scope, and move to HELD those of which no call is open. Rows locked in id order."""
    rows = list(
        holds.rows_in_scope(hold)
        .filter(hold__isnull=True)
        .select_for_update(of=("self",))
        .select_related("channel", "post__division")
        .order_by("pk")
    )
    open_calls = set(
        Attempt.objects.filter(delivery__in=rows, ended_at__isnull=True).values_list("delivery_id", flat=True)
    )
    movable = (*CLAIMABLE, DeliveryState.AWAITING_PROOF, DeliveryState.IN_FLIGHT)
    moved = [row for row in rows if row.state in movable and row.pk not in open_calls]
    for row in rows:
        row.hold = hold
    for row in moved:
        check_delivery_move(row.state, DeliveryState.HELD)
        row.state, row.state_at, row.claimed_by, row.lease_until = DeliveryState.HELD, now, "", None
    Delivery.objects.bulk_update(rows, ["hold", "state", "state_at", "claimed_by", "lease_until"], batch_size=500)
    ledger.append_many([about_delivery("held", row, by=by, now=now, hold=hold.pk) for row in moved])
    return len(moved)


def _held(deliveries: Sequence[Delivery], by: User) -> list[Delivery]:
    if not 0 < len(deliveries) <= MAX_AT_ONCE:
        raise BadInput("deliveries", f"Choose between 1 and {MAX_AT_ONCE}.")
    rows = list(
        Delivery.objects.select_for_update(of=("self",))
        .select_related("channel", "post__division", "revision__post")
        .filter(pk__in=[d.pk for d in deliveries])
        .order_by("pk")
    )
    mine = access.rights(by)
    for row in rows:
        access.require(by, Right.DECIDE_DELIVERY, row.post.division, has=mine)
        if row.state != DeliveryState.HELD:
            raise WrongMoment(f"“{row.post}” on {row.channel} is “{row.get_state_display()}”, not held.")
    return rows


def _open(rows: list[Delivery], by: User, now: datetime, act: str) -> list[Delivery]:
    for row in rows:
        check_delivery_move(row.state, DeliveryState.QUEUED)
        row.state, row.state_at, row.hold = DeliveryState.QUEUED, now, None
    fields = ["state", "state_at", "hold", "due_at", "ready_at", "grace_until"]
    Delivery.objects.bulk_update(rows, fields)
    ledger.append_many([about_delivery(act, row, by=by, now=now, due_at=row.due_at.isoformat()) for row in rows])
    return rows


def _check(scope: str, reason: str, division: Division | None, kind: str, channel: Channel | None) -> None:
    wanted = {Scope.ALL: True, Scope.DIVISION: division, Scope.KIND: kind, Scope.CHANNEL: channel}
    if scope not in wanted or not wanted[Scope(scope)]:
        raise BadInput("scope", "Say what to hold.", cure="Everything, a division, a kind of post or one account.")
    if not reason.strip():
        raise BadInput("reason", "Say why, in one sentence. It stands in the banner.", cure="Write the reason.")
    if len(reason.strip()) > MAX_REASON:
        raise BadInput("reason", f"{len(reason.strip())} of {MAX_REASON} characters.", cure="Shorten it.")


def _require(by: User, scope: str, division: Division | None, with_tree: bool, channel: Channel | None) -> None:
    """`hold_all` reaches everything below the division of the membership; `hold_division` that division alone."""
    mine = access.rights(by)
    place = division or (channel.division if channel else None)
    if place is None:
        if not mine.anywhere(Right.HOLD_ALL):
            raise NotAllowed(Right.HOLD_ALL.label, where="the department", who=access.who_can(Right.HOLD_ALL))
        return
    if mine.can(Right.HOLD_ALL, place.pk):
        return
    right = Right.HOLD_ALL if with_tree else Right.HOLD_DIVISION
    access.require(by, right, place, channel=channel, has=mine)


def _remember(act: str, hold: Hold, by: User, now: datetime, **data: Any) -> None:
    place = hold.division or (hold.channel.division if hold.channel else None)
    facts = {"covers": hold.covers(), **data}
    ledger.remember(f"posts.hold.{act}", ("hold", hold.pk), by=by, now=now, data=facts, division=place)
