"""What happened to a copy of ours by another hand. It says so; it never claims that we did it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from divisions.models import User
from posts.models import Delivery
from posts.services.memory import about_delivery
from posts.states import DeliveryState
from records.services import ledger


@transaction.atomic
def gone(*, delivery: Delivery, found_at: datetime, by: User, now: datetime) -> None:
    """Write down that a copy is not there any more though nobody here took it down: it stays DELIVERED, not WITHDRAWN.

    Rights are asked by whoever decides about it. Nothing happens where the copy was taken down meanwhile.
    """
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("channel", "post__division")
    row = rows.get(pk=delivery.pk)
    if row.state != DeliveryState.DELIVERED:
        return
    row.problem = {**row.problem, "gone_outside": found_at.isoformat()}
    row.save(update_fields=["problem"])
    ledger.append(about_delivery("gone_outside", row, by=by, now=now, found_at=found_at.isoformat()))
