"""Unfinished posts that nobody looks after any more: their keeper has left, or belongs there no longer. Reads only.

A handover leaves none. Rights that end in another way (a last day, a review, Django admin) may.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from divisions import access
from divisions.access import Rights
from divisions.models import User
from divisions.permissions import Reach, Right
from posts.models import Post
from posts.states import Stage

_TO_DO = (Stage.DRAFT, Stage.CHANGES_REQUESTED, Stage.EXPIRED, Stage.IN_REVIEW)


def posts(mine: Rights, *, now: datetime) -> QuerySet[Any]:
    """Those of divisions whose people one manages, with `keeper_pk`. What has gone out is none of them."""
    rows: QuerySet[Any] = Post.objects.filter(division__in=mine.division_ids(Right.MANAGE_PEOPLE))
    rows = rows.filter(Q(stage__in=_TO_DO) | Q(stage__in=(Stage.APPROVED, Stage.SCHEDULED), due_at__gt=now))
    rows = rows.annotate(keeper_pk=Coalesce(F("owner"), F("author")))
    here = Q(division=OuterRef("division")) | Q(role__reach=Reach.TREE)
    return rows.filter(~Exists(access.active_memberships().filter(here, user=OuterRef("keeper_pk"))))


def keepers(mine: Rights, *, now: datetime) -> list[tuple[User, int]]:
    """Who is still named, and for how many such posts; the most first. One query or two."""
    counted = posts(mine, now=now).order_by().values("keeper_pk").annotate(n=Count("pk")).order_by("-n", "keeper_pk")
    found = dict(counted.values_list("keeper_pk", "n"))
    people = User.objects.in_bulk(found)
    return [(people[pk], n) for pk, n in found.items()]
