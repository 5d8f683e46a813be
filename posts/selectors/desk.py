"""What the desk's home and lists show besides what needs a person: what is due, what came back, channels, who is on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    DateTimeField,
    ExpressionWrapper,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

from divisions import access
from divisions.access import Rights
from divisions.models import Channel, Division, LinkRule, Membership
from divisions.permissions import Reach, Right
from divisions.states import OWN_PLATFORMS, ChannelState
from posts.models import Delivery, Post
from posts.selectors import posts
from posts.states import CLAIMABLE, Act, DeliveryState, Stage

ROWS = 8
DUE_AHEAD = timedelta(days=3)
CAME_BACK = timedelta(days=1)
_NEWS = (
    DeliveryState.DELIVERED,
    DeliveryState.FAILED,
    DeliveryState.MISSED,
    DeliveryState.UNCERTAIN,
    DeliveryState.AWAITING_PROOF,
    DeliveryState.WITHDRAWN,
)
_LONGEST_WAY = timedelta(days=3)  # from due_at to the last change of state that is still news


def due(mine: Rights, *, now: datetime) -> QuerySet[Post]:
    """Posts that go out in the next days, or would if somebody approves them, the earliest first."""
    return (
        posts.visible_to(mine)
        .filter(stage__in=(Stage.SCHEDULED, Stage.IN_REVIEW), due_at__gt=now, due_at__lte=now + DUE_AHEAD)
        .prefetch_related("revision__variants__channel")
        .order_by("due_at", "pk")
    )


def came_back(mine: Rights, *, now: datetime) -> QuerySet[Post]:
    """Posts of which something was heard since yesterday, the newest first; `heard_at` is when."""
    since = now - CAME_BACK
    heard = Delivery.objects.filter(
        post=OuterRef("pk"), state__in=_NEWS, state_at__gte=since, state_at__lte=now, due_at__gte=since - _LONGEST_WAY
    ).order_by("-state_at")
    recent = Delivery.objects.filter(state__in=_NEWS, state_at__gte=since, due_at__gte=since - _LONGEST_WAY)
    return (
        posts.visible_to(mine)
        .filter(pk__in=recent.values("post"))
        .annotate(heard_at=Subquery(heard.values("state_at")[:1]))
        .order_by("-heard_at", "-pk")
    )


def my_channels(mine: Rights, *, accounts_only: bool = False) -> QuerySet[Any]:
    """Channels the person writes for, linked ones too: trouble first. With `last_at`, `next_at`, `doubts`, `broken`.

    The numbers count posts of the person's own divisions only: of a linked channel they see nothing else.
    """
    ids = mine.division_ids(Right.DRAFT_POST) or mine.visible_division_ids()
    linked = LinkRule.objects.filter(source_channel__division__in=ids, revoked_at__isnull=True)
    found = Channel.objects.filter(Q(division__in=ids) | Q(pk__in=linked.values("target_channel"))).annotate(
        is_linked=ExpressionWrapper(~Q(division__in=ids), output_field=BooleanField())
    )
    if accounts_only:
        found = found.exclude(platform__in=OWN_PLATFORMS)
    return with_moments(
        found.exclude(state=ChannelState.RETIRED).exclude(platform="feed").select_related("division"), ids
    ).order_by("-broken", "-doubts", "is_linked", "division__position", "platform", "name")


def with_moments(channels: QuerySet[Channel], division_ids: frozenset[int] | None = None) -> QuerySet[Any]:
    """Add `last_at` (newest delivered post), `next_at`, `doubts` (uncertain) and `broken` (failed or missed)."""
    ours = Delivery.objects.filter(channel=OuterRef("pk"), act=Act.PUBLISH)
    if division_ids is not None:
        ours = ours.filter(post__division__in=division_ids)
    last = ours.filter(state=DeliveryState.DELIVERED).order_by("-settled_at").values("settled_at")[:1]
    coming = ours.filter(state__in=CLAIMABLE).order_by("due_at").values("due_at")[:1]
    return channels.annotate(
        last_at=Subquery(last, output_field=DateTimeField()),
        next_at=Subquery(coming, output_field=DateTimeField()),
        doubts=counted(ours.filter(state=DeliveryState.UNCERTAIN)),
        broken=counted(ours.filter(state__in=(DeliveryState.FAILED, DeliveryState.MISSED))),
    )


def counted(deliveries: QuerySet[Delivery]) -> Coalesce:
    """How many of a channel's deliveries, as a scalar subquery; 0 when none."""
    grouped = deliveries.order_by().values("channel").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(grouped, output_field=IntegerField()), Value(0))


def home_memberships(mine: Rights) -> list[Membership]:
    """The person's memberships in force, with division and role, the widest reach first. One query beside rights."""
    found = access.active_memberships().filter(user=mine.user_id).select_related("division", "role")
    return sorted(found, key=lambda m: (m.role.reach != Reach.TREE, m.division.position, m.role.name))


def approvers(division: Division, *, without: int | None = None) -> list[Membership]:
    """Who can approve a division's posts now: its own reviewers first, then those above it. One query."""
    above = [int(pk) for pk in division.path.strip("/").split("/")]
    found = (
        access.active_memberships()
        .filter(role__role_rights__right=Right.REVIEW_POST, role__role_rights__revoked_at__isnull=True)
        .filter(Q(division=division) | Q(division__in=above, role__reach=Reach.TREE))
        .exclude(user=without)
        .select_related("user", "role", "division")
    )
    return sorted(found, key=lambda m: (m.division_id != division.pk, m.user.name))[:ROWS]
