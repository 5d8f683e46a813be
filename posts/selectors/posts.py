"""Which posts a person sees. Another division's do not exist for them (P5)."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from divisions.access import Rights
from divisions.errors import NotVisible
from divisions.permissions import Right
from divisions.states import Approver
from posts.models import MediaAsset, Post
from posts.states import Stage


def visible_to(mine: Rights) -> QuerySet[Post]:
    """Posts of the divisions whose inside the person may see."""
    return Post.objects.filter(division__in=mine.visible_division_ids()).select_related(
        "division", "author", "owner", "revision"
    )


def looked_after_by(user_id: int | None) -> Q:
    """Posts that somebody looks after: handed to them, or written by them and handed to nobody."""
    return Q(owner=user_id) | Q(owner__isnull=True, author=user_id)


def get_visible(mine: Rights, pk: int) -> Post:
    """One post the person may see, or has to decide about as a linked channel's reviewer. Raises NotVisible."""
    post = visible_to(mine).filter(pk=pk).first() or to_review_as_target(mine).filter(pk=pk).first()
    if post is None:
        raise NotVisible
    return post


def to_review(mine: Rights) -> QuerySet[Post]:
    """Posts in review that the person has the right to decide about (their own included: the page says why not)."""
    own = Post.objects.filter(stage=Stage.IN_REVIEW, division__in=mine.division_ids(Right.REVIEW_POST))
    return (
        (own | to_review_as_target(mine)).select_related("division", "author", "revision").order_by("approve_by", "pk")
    )


def to_review_as_target(mine: Rights) -> QuerySet[Post]:
    """Other divisions' posts in review that go to a linked channel which keeps its own approver."""
    ids = mine.division_ids(Right.REVIEW_POST)
    linked = Post.objects.filter(
        stage=Stage.IN_REVIEW,
        revision__variants__channel__division__in=ids,
        revision__variants__channel__links_in__approver=Approver.TARGET,
        revision__variants__channel__links_in__revoked_at__isnull=True,
    ).values("pk")
    return Post.objects.filter(pk__in=linked).select_related("division", "author", "revision")


def media_visible_to(mine: Rights) -> QuerySet[MediaAsset]:
    """Pictures of the divisions whose inside the person may see."""
    return MediaAsset.objects.filter(division__in=mine.visible_division_ids()).select_related("division")
