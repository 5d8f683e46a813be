"""Deliveries as other people's scripts read them (`manage.py deliveries --since T`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from divisions.errors import BadInput
from posts.models import Delivery

_SPAN = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def since(text: str, *, now: datetime) -> datetime:
    """Read an RFC 3339 time with offset, or a span like `2h` before now. Raises BadInput (field `--since`)."""
    if span := _SPAN.fullmatch(text):
        return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadInput("--since", f"“{text}” is no time.", cure="Write 2026-11-24T08:00:00-06:00 or 2h.")
    return moment


def lines(moment: datetime) -> Iterator[dict[str, Any]]:
    """One mapping a delivery due since `moment`, earliest first. Streams; two queries whatever their number."""
    rows = Delivery.objects.filter(due_at__gte=moment).select_related("channel").order_by("due_at", "pk")
    for row in rows.iterator(chunk_size=2000):
        yield {
            "id": row.pk,
            "act": row.act,
            "post": row.post_id,
            "channel": row.channel.slug,
            "platform": row.channel.platform,
            "key": row.key,
            "state": row.state,
            "due_at": row.due_at.isoformat(),
            "first_attempt_at": row.first_attempt_at.isoformat() if row.first_attempt_at else None,
            "settled_at": row.settled_at.isoformat() if row.settled_at else None,
            "attempts": row.attempt,
            "remote_id": row.remote_id or None,
            "remote_url": row.remote_url or None,
        }
