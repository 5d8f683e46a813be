"""The e-mail lists as they stand: which are open, who is on one, how the mails of a delivery went. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from divisions import access
from divisions.access import Rights
from divisions.errors import NotVisible
from divisions.models import Channel, User
from divisions.permissions import Right
from divisions.selectors import channels
from divisions.states import ChannelState, Mode, Platform
from posts.models import Delivery, MailCopy, Subscriber, Subscription
from posts.models.mailing import CopyState

ORDER = (CopyState.SENT, CopyState.PENDING, CopyState.SENDING, CopyState.REFUSED, CopyState.UNCERTAIN, CopyState.LEFT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """How many are on a list, and what became of those who are not or cannot be written to."""

    on: int
    suspended: int
    imported: int
    left: int
    removed: int


def open_lists() -> QuerySet[Channel]:
    """The lists that anybody may join: in use, and sent to by us."""
    rows = Channel.objects.filter(platform=Platform.EMAIL, state=ChannelState.CONNECTED).exclude(mode=Mode.HAND_OFF)
    return rows.select_related("division").order_by("division__position", "division__name", "name", "pk")


def lists_of(subscriber: Subscriber) -> set[int]:
    """The ids of the lists somebody is on."""
    return set(subscriber.subscriptions.filter(ended_at__isnull=True).values_list("channel_id", flat=True))


def list_of_link(subscriber_id: int, channel_id: int) -> Channel | None:
    """The list that a signed link is about; None when that person never was on it."""
    rows = Subscription.objects.filter(subscriber=subscriber_id, channel=channel_id)
    found = rows.select_related("channel__division").first()
    return found.channel if found else None


def managed(by: User, mine: Rights, slug: str, platform: str) -> Channel:
    """A list or webhook that somebody manages. Raises NotVisible (P5), NotAllowed without `manage_channel`."""
    found = channels.visible_to(mine).filter(slug=slug, platform=platform).first()
    if found is None:
        raise NotVisible
    access.require(by, Right.MANAGE_CHANNEL, found.division, channel=found, has=mine)
    return found


def numbers(channel: Channel) -> Numbers:
    """Counts of one list; one query."""
    active = Q(ended_at__isnull=True)
    found = Subscription.objects.filter(channel=channel).aggregate(
        on=Count("pk", filter=active & Q(subscriber__suspended_at__isnull=True)),
        suspended=Count("pk", filter=active & Q(subscriber__suspended_at__isnull=False)),
        imported=Count("pk", filter=active & Q(source="import")),
        left=Count("pk", filter=Q(ended_why="person")),
        removed=Count("pk", filter=Q(ended_why="removed")),
    )
    return Numbers(**found)


def of_list(channel: Channel, *, asked: str = "") -> QuerySet[Subscription]:
    """Who is on a list, newest first; `asked` = part of an address."""
    rows = Subscription.objects.filter(channel=channel, ended_at__isnull=True).select_related("subscriber")
    words = asked.replace("\x00", "").strip().lower()
    return rows.filter(subscriber__folded__contains=words) if words else rows


def mails_of(delivery: Delivery) -> list[tuple[str, int]]:
    """How many mails of a delivery stand where, in words; empty for what is no mail. One query."""
    rows = MailCopy.objects.filter(delivery=delivery).order_by().values_list("state").annotate(many=Count("pk"))
    found = dict(rows)
    return [(CopyState(state).label, found[state]) for state in ORDER if state in found]
