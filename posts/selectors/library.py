"""The media library: pictures and videos of one's divisions, and where one of them is used."""

from __future__ import annotations

from enum import StrEnum

from django.db.models import Count, Q, QuerySet

from divisions.access import Rights
from posts.models import MediaAsset, Post
from posts.selectors import posts


class Sort(StrEnum):
    """What is asked for."""

    PICTURES = "pictures"
    VIDEOS = "videos"


def items(
    mine: Rights, *, text: str = "", division_id: int | None = None, sort: Sort | None = None
) -> QuerySet[MediaAsset]:
    """Newest first, with `use_count` (submitted revisions that show it); `text` is looked for in its words."""
    found = posts.media_visible_to(mine).select_related("division", "uploaded_by")
    if sort is not None:
        video = Q(mime__startswith="video/")
        found = found.filter(video if sort is Sort.VIDEOS else ~video)
    if division_id is not None:
        found = found.filter(division=division_id)
    if words := text.strip().replace("\x00", ""):
        found = found.filter(
            Q(alt_text__icontains=words) | Q(credit__icontains=words) | Q(original_name__icontains=words)
        )
    return found.annotate(use_count=Count("uses__variant__revision__post", distinct=True)).order_by(
        "-created_at", "-pk"
    )


def uses(asset: MediaAsset, mine: Rights) -> QuerySet[Post]:
    """The posts that show it, drafted or submitted, as far as the person sees them; newest first."""
    shown = Q(draft__media__asset=asset) | Q(revisions__variants__media__asset=asset)
    return posts.visible_to(mine).filter(shown).distinct().order_by("-created_at", "-pk")[:50]
