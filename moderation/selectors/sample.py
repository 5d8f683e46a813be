"""Which directly published posts a round looks at: the same sample for the same round, whoever draws it again.

How it is drawn: take every post that went out on the account on the basis `direct` between the last signature and the
opening of the round; give each the number sha256("<round id>:<post id>"); the smallest numbers are the sample. So
nobody chooses, and anybody can draw it again from the round's id.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from moderation.checks import SAMPLED
from posts.models import Approval, Delivery
from posts.states import Act, Basis, DeliveryState

FURTHEST_BACK = timedelta(days=92)  # of an account that was never checked


def draw(round_id: int, post_ids: Iterable[int], size: int = SAMPLED) -> list[int]:
    """The sample of a round out of some posts, smallest number first."""

    def number(post_id: int) -> str:
        return hashlib.sha256(f"{round_id}:{post_id}".encode()).hexdigest()

    return sorted(set(post_ids), key=number)[:size]


def published_directly(since: dict[int, datetime | None], until: datetime) -> dict[int, list[int]]:
    """Posts that went out unreviewed by channel id, from each channel's moment to `until`. One query."""
    windows = Q()
    for channel_id, start in since.items():
        windows |= Q(channel=channel_id, settled_at__gt=start or until - FURTHEST_BACK)
    if not since:
        return {}
    trusted = Approval.objects.filter(basis=Basis.DIRECT)  # voided since or not: it did go out
    rows = Delivery.objects.filter(
        windows,
        act=Act.PUBLISH,
        state__in=(DeliveryState.DELIVERED, DeliveryState.WITHDRAWN),
        settled_at__lte=until,
        revision__in=trusted.values("revision"),
    ).values_list("channel", "post")
    found: dict[int, list[int]] = defaultdict(list)
    for channel_id, post_id in rows:
        found[channel_id].append(post_id)
    return found


def posts_of(sample: Sequence[int], channel_id: int) -> list[Delivery]:
    """The sampled posts as they went out on the account, in the sample's order. One query."""
    rows = Delivery.objects.filter(post__in=sample, channel=channel_id, act=Act.PUBLISH).select_related("post")
    by_post = {row.post_id: row for row in rows}
    return [by_post[post_id] for post_id in sample if post_id in by_post]
