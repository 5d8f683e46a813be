"""Emergency publications: which wait to be signed by whom, and the one of a post. Reads only."""

from __future__ import annotations

from django.db.models import F, QuerySet

from divisions.access import Rights
from divisions.permissions import Right
from posts.models import BreakGlass, Post


def to_sign(mine: Rights) -> QuerySet[BreakGlass]:
    """Those that this person may sign: not what they sent, wrote or changed themselves; the longest waiting first."""
    return (
        BreakGlass.objects.filter(
            signed_at__isnull=True, approval__revision__post__division__in=mine.division_ids(Right.REVIEW_POST)
        )
        .exclude(by=mine.user_id)
        .exclude(approval__revision__post__author=mine.user_id)
        .exclude(approval__revision__editor_ids__contains=[mine.user_id])
        .annotate(post_id=F("approval__revision__post"), title=F("approval__revision__title"))
        .select_related("by")
        .order_by("review_due_at", "pk")
    )


def of_post(post: Post) -> BreakGlass | None:
    """The newest emergency publication of a post. One query."""
    rows = BreakGlass.objects.filter(approval__revision__post=post).select_related(
        "approval__revision", "by", "signed_by"
    )
    return rows.order_by("-at", "-pk").first()
