"""What channels have sent, for the room below, which shows channels and cannot know posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.urls import reverse

from divisions.access import Rights
from divisions.models import Channel
from divisions.selectors.activity import Activity, Sent
from posts.models import Delivery
from posts.selectors.desk import with_moments
from posts.states import Act, DeliveryState


class Reader:
    """Handed in by `posts.apps` at start."""

    def activity(self, channels: Sequence[Channel]) -> Mapping[int, Activity]:
        """The activity of each channel by its id. One query."""
        rows: Any = with_moments(Channel.objects.filter(pk__in=[channel.pk for channel in channels]))
        return {
            row.pk: Activity(last_at=row.last_at, next_at=row.next_at, broken=row.broken, doubts=row.doubts)
            for row in rows
        }

    def recent(self, channel: Channel, mine: Rights, limit: int) -> Sequence[Sent]:
        """The newest deliveries: every delivered one (anybody can see it there), others of visible posts only."""
        seen = mine.visible_division_ids()
        rows = (
            Delivery.objects.filter(Q(post__division__in=seen) | Q(state=DeliveryState.DELIVERED))
            .filter(channel=channel, act=Act.PUBLISH)
            .select_related("post__division")
            .order_by("-due_at", "-pk")[:limit]
        )
        return [_sent(row, row.post.division_id in seen) for row in rows]


def _sent(row: Delivery, visible: bool) -> Sent:
    return Sent(
        title=str(row.payload.get("title") or row.post),
        division=row.post.division.short_name,
        state=row.state,
        at=row.settled_at or row.due_at,
        desk_url=reverse("posts:detail", args=[row.post_id]) if visible else "",
        remote_url=row.remote_url,
    )
