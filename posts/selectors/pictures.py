"""Who may fetch a picture's file: everybody while a public page or feed shows it, else only who may see its division.

Answers are content types, None = this file does not exist for the person (P5). Originals have no address at all.
"""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, QuerySet

from divisions.access import Rights
from divisions.permissions import Right
from divisions.states import Audience, Platform
from posts.models import Delivery, MediaAsset, RevisionMedia
from posts.selectors.posts import media_visible_to, to_review_as_target
from posts.selectors.public import staff_feed
from posts.states import Act, DeliveryState

THUMB_MIME = "image/jpeg"


def public(sha256: str) -> str | None:
    """The content type of a rendition or thumb that a public page or feed shows now."""
    out = Delivery.objects.filter(
        variant=OuterRef("variant"),
        act=Act.PUBLISH,
        state=DeliveryState.DELIVERED,
        post__audience=Audience.PUBLIC,
        channel__audience=Audience.PUBLIC,
        channel__platform__in=[Platform.WEBSITE, Platform.FEED],
    )
    return _use(sha256, RevisionMedia.objects.filter(Exists(out)))


def member(sha256: str, mine: Rights) -> str | None:
    """The content type of a file that a signed-in person may see.

    Pictures of divisions they see inside, of posts they have to review as a linked channel's reviewer, and of the
    staff feed when they may read it.
    """
    return (
        _asset(sha256, media_visible_to(mine))
        or _use(
            sha256, RevisionMedia.objects.filter(variant__revision__post__in=to_review_as_target(mine).values("pk"))
        )
        or (staff(sha256) if mine.anywhere(Right.VIEW_INTERNAL) else None)
    )


def staff(sha256: str) -> str | None:
    """The content type of a rendition or thumb that the staff feed shows now."""
    return _use(sha256, RevisionMedia.objects.filter(Exists(staff_feed().filter(variant=OuterRef("variant")))))


def _use(sha256: str, uses: QuerySet[RevisionMedia]) -> str | None:
    """As the picture itself, or as the thumb of the asset it was approved from. Two look-ups, so both use an index."""
    mime = uses.filter(sha256=sha256).order_by().values_list("mime", flat=True).first()
    if mime is None and uses.filter(asset__thumb_sha256=sha256, asset__sha256=F("sha256")).exists():
        return THUMB_MIME
    return mime


def _asset(sha256: str, assets: QuerySet[MediaAsset]) -> str | None:
    mime = assets.filter(sha256=sha256).order_by().values_list("mime", flat=True).first()
    if mime is None and assets.filter(thumb_sha256=sha256).exists():
        return THUMB_MIME
    return mime
