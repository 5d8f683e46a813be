"""What the public reads, and what staff read in their own feed. The delivery *is* the publication: no second table.

A post is public when its website delivery is DELIVERED; the words are those of that delivery's revision, or of the
edit of it that has its receipt. Never import a draft here, and never loosen `_delivered`: every public page, feed and
picture stands on it (P6).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from divisions.models import Division
from divisions.states import OWN_PLATFORMS, Audience, Platform
from posts.kinds import Kind
from posts.models import Delivery, RevisionMedia
from posts.selectors.published import GATHERINGS, Copy, Published
from posts.states import Act, DeliveryState

STANDING = (Kind.FAQ, Kind.INFORMATION)  # answers that hold for long: they have lists of their own
WALL = "%Y-%m-%dT%H:%M"
_HEAVY = ("revision__text", "revision__html", "revision__findings", "steps", "step_state", "problem")
_UNREAD = (*_HEAVY, *(f"amended_by__{name}" for name in _HEAVY))


@dataclass(frozen=True, slots=True)
class Version:
    """One wording of the page. `number` counts from 1, as first published; `said` is the delivery that brought it."""

    number: int
    at: datetime
    said: Delivery
    was_wrong: str = ""

    @property
    def text(self) -> str:
        """The words, plain."""
        return str(self.said.payload["text"])

    @property
    def title(self) -> str:
        """The title it had."""
        return str(self.said.payload["title"])


@dataclass(frozen=True, slots=True)
class Page:
    """What stands at a post's address: the post itself, or the fact that it was taken down.

    `versions` is every wording the page ever showed, the newest first.
    """

    post: Published
    copies: tuple[Copy, ...]
    withdrawn: bool
    versions: tuple[Version, ...] = ()

    def version(self, number: int) -> Version | None:
        """One of them by its number."""
        return next((version for version in self.versions if version.number == number), None)

    @property
    def url(self) -> str:
        """The right address."""
        return self.post.url


def pages() -> QuerySet[Delivery]:
    """Every public post, newest first, as website deliveries with the name of a thumb."""
    return _listed(_delivered(Platform.WEBSITE))


def page(pk: int) -> Page | None:
    """What stands at the address of post `pk`, in one query; None when there is nothing for the public."""
    found = list(
        Delivery.objects.filter(
            post=pk,
            act__in=[Act.PUBLISH, Act.EDIT, Act.REPLY],
            post__audience=Audience.PUBLIC,
            channel__audience=Audience.PUBLIC,
            revision__isnull=False,
            state__in=[DeliveryState.DELIVERED, DeliveryState.WITHDRAWN],
        )
        .select_related("revision", "post__division", "channel__division", "amended_by__revision")
        .order_by("-settled_at", "-pk")
    )
    rows = [row for row in found if row.act == Act.PUBLISH]
    website = [row for row in rows if row.channel.platform == Platform.WEBSITE]
    if not website:
        return None
    live = [row for row in website if row.state == DeliveryState.DELIVERED]
    post = Published((live or website)[0])
    replies = [row for row in found if row.act == Act.REPLY and row.state == DeliveryState.DELIVERED]
    others = tuple(Copy(row, post.revision, replies) for row in rows if row.channel.platform not in OWN_PLATFORMS)
    return Page(post=post, copies=others, withdrawn=not live, versions=_versions(post.delivery, found))


def versions(publication: Delivery) -> tuple[Version, ...]:
    """Every wording that a publication on one of our own channels ever showed, the newest first. One query."""
    edits = Delivery.objects.filter(publication=publication, act=Act.EDIT, state=DeliveryState.DELIVERED)
    return _versions(publication, edits.select_related("revision", "post__division"))


def _versions(publication: Delivery, rows: Iterable[Delivery]) -> tuple[Version, ...]:
    """The publication and every edit of it that has its receipt, the newest first."""
    edits = [row for row in rows if row.act == Act.EDIT and row.publication_id == publication.pk]
    said = sorted(edits, key=lambda row: (row.settled_at or row.due_at, row.pk))
    found = [Published(publication, row) for row in (publication, *said)]
    told = [Version(n, post.changed_at, post.said, post.was_wrong) for n, post in enumerate(found, start=1)]
    return tuple(reversed(told))


def news(*, division: Division | None = None, kind: str = "") -> QuerySet[Delivery]:
    """Public posts of a division or of all, of a kind or of every kind that is news."""
    rows = _of(pages(), division)
    return rows.filter(post__kind=kind) if kind else rows.exclude(post__kind__in=STANDING)


def open_appeals(*, now: datetime, division: Division | None = None, limit: int = 5) -> list[Published]:
    """Appeals that still need help, newest first."""
    rows = news(division=division, kind=Kind.APPEAL)
    still = _now_says(expires_at__isnull=True) | _now_says(expires_at__gt=now)
    return shown(rows.filter(still)[:limit])


def upcoming(*, now: datetime, division: Division | None = None, limit: int = 5) -> list[Published]:
    """Events that are not over, the next one first."""
    since = (now - timedelta(days=1)).strftime(WALL)  # walls differ by less than a day; `is_over` decides
    coming = _now_says(facts__starts_at__gte=since) | _now_says(facts__ends_at__gte=since)
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
        .select_related("revision", "post__division", "post__author", "amended_by__revision")
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
        .select_related("revision", "post__division", "amended_by__revision")
        .order_by("-settled_at", "-pk")
    )


def _now_says(**what: Any) -> Q:
    """About the revision whose words a row shows now."""
    first = {f"revision__{name}": value for name, value in what.items()}
    since = {f"amended_by__revision__{name}": value for name, value in what.items()}
    return Q(amended_by__isnull=True, **first) | Q(amended_by__isnull=False, **since)


def _listed(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    first = RevisionMedia.objects.filter(variant=OuterRef("variant"), position=0, sha256=F("asset__sha256"))
    return rows.defer(*_UNREAD).annotate(thumb_sha256=Subquery(first.values("asset__thumb_sha256")[:1]))


def _of(rows: QuerySet[Delivery], division: Division | None) -> QuerySet[Delivery]:
    return rows.filter(post__division=division) if division else rows
