"""What a webhook's endpoint answered last. Reads only."""

from __future__ import annotations

from divisions.models import Channel
from posts.models import Attempt

SHOWN = 20


def last_answers(channel: Channel) -> list[Attempt]:
    """The newest calls to the endpoint with their posts; one query."""
    rows = Attempt.objects.filter(delivery__channel=channel).select_related("delivery__post")
    return list(rows.order_by("-started_at", "-pk")[:SHOWN])
