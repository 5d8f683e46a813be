"""The numbers of digests that are about posts: what went out, what did not, what was put right. Reads only.

What staff alone may read is counted in nobody's digest but its writer's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, CharField, DateTimeField, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, TruncDate
from django.urls import reverse

from divisions.states import Audience
from moderation.selectors.digest_scope import Line, Number, Scope, midnight
from posts.models import Approval, Correction, Delivery, Post, Review, Withdrawal
from posts.models.amends import AmendVerdict
from posts.models.review import Verdict
from posts.states import Act, Basis, DeliveryState, Stage
from records.models import LedgerEntry

_OUT = Delivery.objects.filter(act=Act.PUBLISH, state__in=(DeliveryState.DELIVERED, DeliveryState.WITHDRAWN))
_FAILED = ("posts.delivery.failed", "posts.delivery.missed")


def went_out(scope: Scope) -> QuerySet[Any]:
    """Public posts whose first copy came out in it, with `went_at`, the newest first."""
    return _went(scope, Post.objects.filter(division__in=scope.division_ids, audience=Audience.PUBLIC))


def mine_went_out(scope: Scope) -> QuerySet[Any]:
    """The person's own posts whose first copy came out in it."""
    return _went(scope, mine(scope))


def went_out_before(scope: Scope) -> QuerySet[Any]:
    """The same as `went_out`, of the period before."""
    return went_out(scope.before())


def direct(scope: Scope) -> QuerySet[Any]:
    """Posts that went out without a person's approval, on trust in their kind."""
    trusted = Approval.objects.filter(revision__post=OuterRef("pk"), basis=Basis.DIRECT)
    return went_out(scope).filter(Exists(trusted))


def mine(scope: Scope) -> QuerySet[Post]:
    """Posts that the person looks after, in divisions they still see."""
    looked_after = Q(owner=scope.person_id) | Q(owner__isnull=True, author=scope.person_id)
    return Post.objects.filter(looked_after, division__in=scope.division_ids)


def failures(scope: Scope) -> QuerySet[LedgerEntry]:
    """Each time that a copy of a public post failed or missed its time, whatever became of it afterwards."""
    public = Post.objects.filter(division__in=scope.division_ids, audience=Audience.PUBLIC)
    return _failures(scope).filter(subject_id__in=_keys(public))


def my_failures(scope: Scope) -> QuerySet[LedgerEntry]:
    """The same of the person's own posts."""
    return _failures(scope).filter(subject_id__in=_keys(mine(scope)))


def corrected(scope: Scope) -> QuerySet[Correction]:
    """Corrections that took effect in it."""
    rows = Correction.objects.filter(verdict=AmendVerdict.CONFIRMED, **scope.inside("decided_at"))
    return _public(scope, rows).order_by("-decided_at", "-pk")


def withdrawn(scope: Scope) -> QuerySet[Withdrawal]:
    """Posts that were taken down in it, with ground and second person, or as their approval promised."""
    rows = Withdrawal.objects.filter(verdict=AmendVerdict.CONFIRMED, **scope.inside("decided_at"))
    return _public(scope, rows).order_by("-decided_at", "-pk")


def sent_back(scope: Scope) -> QuerySet[Review]:
    """What reviewers sent back of the person's posts in it."""
    rows = Review.objects.filter(verdict__in=(Verdict.CHANGES, Verdict.REJECTED), **scope.inside("at"))
    return rows.filter(revision__post__in=mine(scope)).select_related("revision__post", "by").order_by("-at", "-pk")


def expired(scope: Scope) -> QuerySet[LedgerEntry]:
    """Posts of the person that nobody approved in time in it."""
    rows = LedgerEntry.objects.filter(type="posts.post.expired", subject_type="post", **scope.inside("occurred_at"))
    return _titled(rows.filter(subject_id__in=_keys(mine(scope))))


def due(scope: Scope) -> QuerySet[Post]:
    """The person's posts that go out on the day after it, or would if somebody approves them."""
    ends = midnight(scope.last + timedelta(days=2), scope.zone)
    rows = mine(scope).filter(stage__in=(Stage.SCHEDULED, Stage.IN_REVIEW), due_at__gte=scope.end, due_at__lt=ends)
    return rows.select_related("division").order_by("due_at", "pk")


def correction_minutes(scope: Scope) -> int | None:
    """The median of minutes between a post's first copy and its correction, of those corrected in it."""
    spans = [(row.decided_at - row.went_at).total_seconds() for row in with_first_copy(corrected(scope)) if row.went_at]
    return round(median(spans) / 60) if spans else None


def with_first_copy(rows: QuerySet[Correction]) -> QuerySet[Any]:
    """Add `went_at`, when the post's first copy came out."""
    return rows.annotate(went_at=_first("post"))


def by_day(scope: Scope) -> Mapping[date, int]:
    """How many posts went out on each day that had any."""
    rows = went_out(scope).order_by().values_list(TruncDate("went_at", tzinfo=ZoneInfo(scope.zone)), flat=True)
    return Counter(rows)


def by_division(scope: Scope) -> dict[int, dict[str, Any]]:
    """Of each division: `posts` that went out, `failed` times, `corrected` posts. Three queries."""
    posts = Counter(went_out(scope).values_list("division", flat=True))
    failed = Counter(failures(scope).values_list("division_id", flat=True))
    put_right = Counter(corrected(scope).values_list("post__division", flat=True))
    return {
        pk: {"posts": posts[pk], "failed": failed[pk], "corrected": put_right[pk]} for pk in scope.division_ids
    }  # fmt: skip


def last_out(scope: Scope) -> dict[int, datetime]:
    """When each division's newest post before the end came out."""
    rows = _OUT.filter(post__division__in=scope.division_ids, post__audience=Audience.PUBLIC, settled_at__lt=scope.end)
    newest = rows.order_by("post__division", "-settled_at").distinct("post__division")
    return {division: at for division, at in newest.values_list("post__division", "settled_at") if at}


def _went(scope: Scope, posts: QuerySet[Post]) -> QuerySet[Any]:
    inside = _OUT.filter(**scope.inside("settled_at")).values("post")
    earlier = _OUT.filter(post=OuterRef("pk"), settled_at__lt=scope.start)
    found: QuerySet[Any] = posts.filter(~Exists(earlier), pk__in=inside).annotate(went_at=_first("pk"))
    return found.select_related("division").order_by("-went_at", "-pk")


def _first(post: str) -> Subquery:
    rows = _OUT.filter(post=OuterRef(post)).order_by("settled_at").values("settled_at")
    return Subquery(rows[:1], output_field=DateTimeField())


def _failures(scope: Scope) -> QuerySet[LedgerEntry]:
    rows = LedgerEntry.objects.filter(type__in=_FAILED, subject_type="post", division_id__in=scope.division_ids)
    return _titled(rows.filter(**scope.inside("occurred_at")))


def _titled(rows: QuerySet[LedgerEntry]) -> QuerySet[Any]:
    """Entries about posts, the newest first, each with its post's `title`."""
    post = Post.objects.filter(pk=Cast(OuterRef("subject_id"), BigIntegerField()))
    found: QuerySet[Any] = rows.annotate(title=Subquery(post.values("title")[:1]))
    return found.order_by("-occurred_at", "-seq")


def _keys(posts: QuerySet[Post]) -> Any:
    """Ids of posts as the ledger writes them."""
    return posts.order_by().annotate(key=Cast("pk", CharField())).values("key")


def _public(scope: Scope, rows: QuerySet[Any]) -> QuerySet[Any]:
    about = rows.filter(post__division__in=scope.division_ids, post__audience=Audience.PUBLIC)
    return about.select_related("post__division", "decided_by")


# ---- how a row is told


def _post(row: Any) -> Line:
    return Line(title=str(row), text=row.division.short_name, url=_to(row.pk), at=row.went_at, sign="live", word="Live")


def _due(row: Post) -> Line:
    return Line(title=str(row), text=row.division.short_name, url=_to(row.pk), at=row.due_at, sign=row.stage)


def _entry(row: Any) -> Line:
    missed = row.type.endswith("missed")
    cause = row.data.get("cause") or ("Its time passed before it could go out." if missed else "")
    text = f"{row.data.get('channel', '')}: {cause}"
    sign = "missed" if missed else "failed"
    return Line(title=row.title or "Untitled", text=text, url=_to(row.subject_id), at=row.occurred_at, sign=sign)


def _expired(row: Any) -> Line:
    return Line(title=row.title or "Untitled", url=_to(row.subject_id), at=row.occurred_at, sign="expired")


def _review(row: Review) -> Line:
    word = "Rejected" if row.verdict == Verdict.REJECTED else "Changes asked"
    post = row.revision.post
    return Line(
        title=str(post), text=f"{row.by.name}: “{row.note}”", url=_to(post.pk), at=row.at, sign="changes_requested",
        word=word,
    )  # fmt: skip


def _amends(row: Correction | Withdrawal) -> Line:
    wrong = row.was_wrong if isinstance(row, Correction) else row.get_ground_display()
    sign = "corrected" if isinstance(row, Correction) else "withdrawn"
    return Line(
        title=str(row.post), text=f"{row.post.division.short_name}. {wrong}", url=_to(row.post_id), at=row.decided_at,
        sign=sign,
    )  # fmt: skip


def _to(pk: int | str) -> str:
    return reverse("posts:detail", args=[int(pk)])


NUMBERS = (
    Number(code="posts", label="posts delivered", rows=went_out, line=_post),
    Number(code="posts-before", label="posts delivered in the period before", rows=went_out_before, line=_post),
    Number(code="direct", label="posts that went out without review, to sample", rows=direct, line=_post),
    Number(code="failed", label="times something did not go out", rows=failures, line=_entry),
    Number(code="corrected", label="corrected in the open", rows=corrected, line=_amends),
    Number(code="withdrawn", label="posts taken down", rows=withdrawn, line=_amends),
    Number(code="live", label="of yours went out", rows=mine_went_out, line=_post),
    Number(code="trouble", label="times something of yours did not go out", rows=my_failures, line=_entry),
    Number(code="back", label="sent back by a reviewer", rows=sent_back, line=_review),
    Number(code="expired", label="not approved in time", rows=expired, line=_expired),
    Number(code="due", label="of yours due today", rows=due, line=_due),
)
