"""The rows that take copies down: one delivery a copy, each with its approval. Rights and moments are asked above."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from posts.models import Approval, Delivery, Withdrawal
from posts.services import fingerprint, schedule
from posts.services.memory import about_delivery
from posts.states import Act, DeliveryState
from records.services import ledger

GRACE = timedelta(hours=24)  # so long it is tried; then a person has it on the list


def of(withdrawal: Withdrawal, copies: Sequence[Delivery], *, now: datetime) -> list[Delivery]:
    """Write the deliveries that take `copies` (DELIVERED publications) down, due at once, in the urgent lane.

    Needs `post__division`, `channel`, `amended_by` loaded; `withdrawal` is confirmed. No hold binds them.
    """
    made = [_delivery(withdrawal, copy, now) for copy in copies]
    Delivery.objects.bulk_create(made)
    Approval.objects.bulk_create(
        Approval(
            delivery=row,
            content_hash=row.payload_hash,
            basis=withdrawal.basis,
            approved_by=withdrawal.decided_by,
            approved_at=withdrawal.decided_at or now,
        )
        for row in made
    )
    schedule.open_lanes([row.channel for row in made])
    ledger.append_many(
        [about_delivery("taking_down", row, by=None, now=now, key=row.key, withdrawal=withdrawal.pk) for row in made]
    )
    return made


def remote_id_of(copy: Delivery) -> str:
    """By what id the platform knows a copy now: an edit may have given it a new one (X)."""
    return copy.amended_by.remote_id if copy.amended_by and copy.amended_by.remote_id else copy.remote_id


def _delivery(withdrawal: Withdrawal, copy: Delivery, now: datetime) -> Delivery:
    payload = _payload(copy)
    return Delivery(
        act=Act.WITHDRAW,
        post=copy.post,
        channel=copy.channel,
        publication=copy,
        withdrawal=withdrawal,
        target_remote_id=remote_id_of(copy),
        payload=payload,
        payload_hash=fingerprint.of_payload(payload),
        key=uuid.uuid4().hex,
        due_at=now,
        ready_at=now,
        grace_until=now + GRACE,
        urgent=True,
        state=DeliveryState.QUEUED,
        state_at=now,
    )


def _payload(copy: Delivery) -> dict[str, Any]:
    """What is taken down, and where it stands; no words are said."""
    return {
        "title": copy.payload["title"],
        "text": "",
        "language": copy.payload["language"],
        "link": None,
        "url": copy.payload["url"],
        "media": [],
        "target": remote_id_of(copy),
    }
