"""Whose turn it is to be read: one account at a time, by a lease, behind what is to be sent there.

What is read belongs to `watching` (drift) and `reading` (comments).
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet

from connectors.errors import Temporary
from divisions.models import Channel
from moderation.models.watch import Watch
from moderation.states import LOOK_AGAIN
from posts.models import ChannelLane

LEASE = timedelta(minutes=5)
W = TypeVar("W", bound=Watch)


@transaction.atomic
def claim(rows: QuerySet[W], now: datetime) -> W | None:
    """Take the first of some watches that nobody is at; others pass it over, also while this runs."""
    free = rows.filter(Q(lease_until=None) | Q(lease_until__lt=now))
    watch = free.select_for_update(of=("self",), skip_locked=True).select_related("channel__division").first()
    if watch is None:
        return None
    watch.lease, watch.lease_until = uuid.uuid4().hex, now + LEASE
    watch.save(update_fields=["lease", "lease_until"])
    return watch


def leave_room(channel: Channel, now: datetime) -> None:
    """Raise Temporary where the platform told us to wait: what is to be sent goes first."""
    soon = now + timedelta(seconds=30)
    waits = ChannelLane.objects.filter(channel=channel, next_call_at__gt=soon).order_by("-next_call_at").first()
    if waits is not None and waits.next_call_at is not None:
        left = (waits.next_call_at - now).total_seconds()
        raise Temporary("it asked us to wait", retry_after=left, rate_limited=True)


def held_up(row: Watch, error: Exception, now: datetime) -> None:
    """Note on a watch why it could not look and since when, and when to try again. Saves nothing."""
    wait = timedelta(seconds=getattr(error, "retry_after", None) or 0)
    row.problem = problem_of(row.channel, error)
    row.problem_since = row.problem_since or now
    row.next_at = now + max(LOOK_AGAIN, wait)


def problem_of(channel: Channel, error: Exception) -> str:
    """The sentence for a look that did not succeed."""
    return f"{channel.get_platform_display()} could not be read: {error}"[:300].replace("\x00", "")
