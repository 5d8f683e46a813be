"""Several deliveries that missed their time, after an outage: sent now, re-timed or left unsent, all or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from divisions.errors import BadInput, WrongMoment
from divisions.models import User
from posts.models import Delivery
from posts.selectors import moments
from posts.services import decide, schedule
from posts.states import DeliveryState


@transaction.atomic
def send_now(*, deliveries: Sequence[Delivery], by: User, now: datetime | None = None) -> int:
    """Put all of them in the queue, to go now; returns how many. Raises WrongMoment naming the one that cannot."""
    for row in _missed(deliveries):
        try:
            decide.send_again(delivery=row, by=by, now=now)
        except WrongMoment as refusal:
            raise _named(row, refusal) from refusal
    return len(deliveries)


@transaction.atomic
def retime(*, deliveries: Sequence[Delivery], wall_time: str, by: User, now: datetime | None = None) -> int:
    """Move their posts to one wall-clock time, in each division's own zone; returns how many posts.

    A post moves as a whole: what of it has not begun goes with it. Raises BadInput (field `clock`) outside what was
    approved, WrongMoment naming the post of which something has begun.
    """
    posts = {row.post_id: row for row in _missed(deliveries)}
    for row in posts.values():
        try:
            due_at = moments.moment(wall_time, moments.zone_of(row.post.division), field="clock")
            schedule.retime(post=row.post, due_at=due_at, by=by, now=now)
        except BadInput as error:
            raise BadInput("clock", f"“{row.post}”: {error.message}", cure=error.cure) from error
        except WrongMoment as refusal:
            raise _named(row, refusal) from refusal
    return len(posts)


@transaction.atomic
def drop(*, deliveries: Sequence[Delivery], by: User, now: datetime | None = None) -> int:
    """Leave all of them unsent; returns how many."""
    decide.drop_all(deliveries=_missed(deliveries), by=by, now=now)
    return len(deliveries)


def _missed(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Read in id order; raises WrongMoment when one is something else by now. Each act locks and looks again."""
    rows = list(
        Delivery.objects.select_related("post__division", "channel")
        .filter(pk__in=[row.pk for row in deliveries])
        .order_by("pk")
    )
    for row in rows:
        if row.state != DeliveryState.MISSED:
            raise WrongMoment(f"“{row.post}” on {row.channel} is “{row.get_state_display()}”, not missed.")
    return rows


def _named(row: Delivery, refusal: WrongMoment) -> WrongMoment:
    return WrongMoment(f"“{row.post}” on {row.channel}: {refusal.message}", cure=refusal.cure)
