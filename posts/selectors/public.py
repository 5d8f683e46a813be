"""What the public reads, and what staff read in their own feed. The delivery *is* the publication: no second table.

A post is public when its website delivery is DELIVERED; the words are those of that delivery's revision. Never import
a draft here, and never loosen `_delivered`: every public page, feed and picture stands on it (P6).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from divisions.models import Division
from divisions.states import OWN_PLATFORMS, Audience, Platform
from posts.kinds import Kind
from posts.models import Delivery, RevisionMedia
from posts.selectors.published import GATHERINGS, Copy, Published
from posts.states import Act, DeliveryState

STANDING = (Kind.FAQ, Kind.INFORMATION)  # answers that hold for long: they have lists of their own
WALL = "%Y-%m-%dT%H:%M"
_UNREAD = ("revision__text", "revision__html", "revision__findings", "steps", "step_state", "problem")


@dataclass(frozen=True, slots=True)
class Page:
    """What stands at a post's address: the post itself, or the fact that it was taken down."""

    post: Published
    copies: tuple[Copy, ...]
    withdrawn: bool

    @property
    def url(self) -> str:
        """The right address."""
        return self.post.url


def pages() -> QuerySet[Delivery]:
    """Every public post, newest first, as website deliveries with the name of a thumb."""
    return _listed(_delivered(Platform.WEBSITE))


def page(pk: int) -> Page | None:
    """What stands at the address of post `pk`, in one query; None when there is nothing for the public."""
    rows = list(
        Delivery.objects.filter(
            post=pk,
            act=Act.PUBLISH,
            post__audience=Audience.PUBLIC,
            channel__audience=Audience.PUBLIC,
            revision__isnull=False,
            state__in=[DeliveryState.DELIVERED, DeliveryState.WITHDRAWN],
        )
        .select_related("revision", "post__division", "channel__division")
        .order_by("-settled_at", "-pk")
    )
    website = [row for row in rows if row.channel.platform == Platform.WEBSITE]
    if not website:
        return None
    live = [row for row in website if row.state == DeliveryState.DELIVERED]
    others = tuple(Copy(row) for row in rows if row.channel.platform not in OWN_PLATFORMS)
    return Page(post=Published((live or website)[0]), copies=others, withdrawn=not live)


def news(*, division: Division | None = None, kind: str = "") -> QuerySet[Delivery]:
    """Public posts of a division or of all, of a kind or of every kind that is news."""
    rows = _of(pages(), division)
    return rows.filter(post__kind=kind) if kind else rows.exclude(post__kind__in=STANDING)


def open_appeals(*, now: datetime, division: Division | None = None, limit: int = 5) -> list[Published]:
    """Appeals that still need help, newest first."""
    rows = news(division=division, kind=Kind.APPEAL)
    still = Q(revision__expires_at__isnull=True) | Q(revision__expires_at__gt=now)
    return shown(rows.filter(still)[:limit])


def upcoming(*, now: datetime, division: Division | None = None, limit: int = 5) -> list[Published]:
    """Events that are not over, the next one first."""
    since = (now - timedelta(days=1)).strftime(WALL)  # walls differ by less than a day; `is_over` decides
    coming = Q(revision__facts__starts_at__gte=since) | Q(revision__facts__ends_at__gte=since)
    rows = _of(pages(), division).filter(coming, post__kind__in=GATHERINGS)
    events = [event for event in shown(rows[:100]) if event.starts_at and not event.is_over(now)]
    return sorted(events, key=lambda event: (event.starts_at or now, event.pk))[:limit]


def questions(*, division: Division, limit: int = 10) -> list[Published]:
    """Questions people ask, and pages that tell how something is done."""
    rows = _of(pages(), division).filter(post__kind__in=STANDING)
    return shown(rows[:limit])


@dataclass(frozen=True, slots=True)
class Entry:
    """A post in the feed; `has_page` says whether it also has a public page to link to."""

    post: Published
    has_page: bool


def feed(*, division: Division | None = None, start: int = 0, count: int = 50) -> tuple[list[Entry], bool]:
    """What the public feed carries from its `start`-th newest on, and whether there is more. Two queries.

    A post whose page was taken down leaves the feed with it, even before the feed's own withdrawal is settled.
    """
    rows = list(_of(_delivered(Platform.FEED), division)[start : start + count + 1])
    pages_of = dict(
        Delivery.objects.filter(
            post__in=[row.post_id for row in rows],
            act=Act.PUBLISH,
            channel__platform=Platform.WEBSITE,
            state__in=[DeliveryState.DELIVERED, DeliveryState.WITHDRAWN],
        )
        .order_by("-state")  # a page that stands outweighs an older one that was taken down
        .values_list("post_id", "state")
    )
    shown_rows = [row for row in rows[:count] if pages_of.get(row.post_id) != DeliveryState.WITHDRAWN]
    return [Entry(Published(row), row.post_id in pages_of) for row in shown_rows], len(rows) > count


def staff_feed() -> QuerySet[Delivery]:
    """What members read: internal deliveries that are out, newest first. The view asks for `view_internal`."""
    return (
        Delivery.objects.filter(
            act=Act.PUBLISH,
            state=DeliveryState.DELIVERED,
            channel__platform=Platform.INTERNAL,
            revision__isnull=False,
        )
        .select_related("revision", "post__division", "post__author")
        .order_by("-settled_at", "-pk")
    )


def shown(rows: Iterable[Delivery]) -> list[Published]:
    """The rows as their readers see them."""
    return [Published(row) for row in rows]


def _delivered(platform: Platform) -> QuerySet[Delivery]:
    return (
        Delivery.objects.filter(
            act=Act.PUBLISH,
            state=DeliveryState.DELIVERED,
            channel__platform=platform,
            channel__audience=Audience.PUBLIC,
            post__audience=Audience.PUBLIC,
            revision__isnull=False,
        )
        .select_related("revision", "post__division")
        .order_by("-settled_at", "-pk")
    )


def _listed(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    first = RevisionMedia.objects.filter(variant=OuterRef("variant"), position=0, sha256=F("asset__sha256"))
    return rows.defer(*_UNREAD).annotate(thumb_sha256=Subquery(first.values("asset__thumb_sha256")[:1]))


def _of(rows: QuerySet[Delivery], division: Division | None) -> QuerySet[Delivery]:
    return rows.filter(post__division=division) if division else rows
