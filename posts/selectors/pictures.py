"""Who may fetch a file of a picture or video: everybody while a public page or feed shows it, else its division.

Answers are content types, None = this file does not exist for the person (P5). Originals have no address at all. Of a
video there are its copy (mp4), its stills (jpg) and its captions (vtt); the ending says in which column to look.
"""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, QuerySet

from divisions.access import Rights
from divisions.permissions import Right
from divisions.states import Audience, Platform
from posts.models import Delivery, MediaAsset, RevisionMedia
from posts.selectors.posts import media_visible_to, to_review_as_target
from posts.selectors.public import staff_feed
from posts.selectors.published import CAPTIONS_MIME, EXTENSIONS, STILL_MIME, VIDEO_MIME
from posts.states import Act, DeliveryState

_CAPTIONS = EXTENSIONS[CAPTIONS_MIME]
_STILL = EXTENSIONS[STILL_MIME]


def public(sha256: str, extension: str) -> str | None:
    """The content type of a file that a public page or feed shows now."""
    out = Delivery.objects.filter(
        variant=OuterRef("variant"),
        act=Act.PUBLISH,
        state=DeliveryState.DELIVERED,
        post__audience=Audience.PUBLIC,
        channel__audience=Audience.PUBLIC,
        channel__platform__in=[Platform.WEBSITE, Platform.FEED],
    )
    return _use(sha256, extension, RevisionMedia.objects.filter(Exists(out)))


def member(sha256: str, extension: str, mine: Rights) -> str | None:
    """The content type of a file that a signed-in person may see.

    Those of divisions they see inside, of posts they have to review as a linked channel's reviewer, and of the
    staff feed when they may read it.
    """
    to_review = RevisionMedia.objects.filter(variant__revision__post__in=to_review_as_target(mine).values("pk"))
    return (
        _asset(sha256, extension, media_visible_to(mine))
        or _use(sha256, extension, to_review)
        or _frozen_inside(sha256, extension, mine)
        or (staff(sha256, extension) if mine.anywhere(Right.VIEW_INTERNAL) else None)
    )


def staff(sha256: str, extension: str) -> str | None:
    """The content type of a file that the staff feed shows now."""
    return _use(
        sha256, extension, RevisionMedia.objects.filter(Exists(staff_feed().filter(variant=OuterRef("variant"))))
    )


def _use(sha256: str, extension: str, uses: QuerySet[RevisionMedia]) -> str | None:
    """As the file itself, a video's still, or the thumb of the asset it was approved from: each use an index."""
    if extension == _CAPTIONS:
        return CAPTIONS_MIME if uses.filter(captions_sha256=sha256).exists() else None
    mime = uses.filter(sha256=sha256).order_by().values_list("mime", flat=True).first()
    if mime is None and extension == _STILL:
        if uses.filter(asset__thumb_sha256=sha256, asset__sha256=F("sha256"), poster_sha256="").exists():
            return STILL_MIME
        return STILL_MIME if uses.filter(poster_sha256=sha256).exists() else None
    return mime


def _asset(sha256: str, extension: str, assets: QuerySet[MediaAsset]) -> str | None:
    if extension == _CAPTIONS:
        return CAPTIONS_MIME if assets.filter(captions_sha256=sha256).exists() else None
    mime = assets.filter(sha256=sha256).order_by().values_list("mime", flat=True).first()
    if mime is None and extension == _STILL:
        stills = assets.filter(mime=VIDEO_MIME, posters__contains=[{"sha256": sha256}])  # few; looked for last
        return STILL_MIME if assets.filter(thumb_sha256=sha256).exists() or stills.exists() else None
    return mime


def _frozen_inside(sha256: str, extension: str, mine: Rights) -> str | None:
    """Captions that were frozen and have been replaced in the library since: who sees inside still reads the post."""
    if extension != _CAPTIONS:
        return None
    inside = RevisionMedia.objects.filter(asset__division__in=mine.visible_division_ids())
    return _use(sha256, extension, inside)
