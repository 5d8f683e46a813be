"""The reading desk: the list of posts and one post's page. Gate, selectors, template."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from divisions.access import Rights
from divisions.permissions import Right
from divisions.selectors import divisions
from posts.forms.emergency import SignForm
from posts.kinds import Kind
from posts.models import Post, Revision
from posts.selectors import (
    approving,
    correcting,
    glass,
    listing,
    moments,
    posts,
    presence,
    repeats,
    rrules,
    story,
    timeline,
    withdrawals,
)
from posts.selectors import review as reviewed
from posts.services import break_glass, review
from posts.states import EDITABLE_STAGES, DeliveryState, Stage
from posts.views import correct, places
from posts.views.shown import Shown, all_of


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Posts that the person sees, narrowed by the filters of the address, 25 a page."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    filters = listing.read(request.GET)
    page = Paginator(listing.listed(mine, filters), listing.PAGE).get_page(request.GET.get("page"))
    found = presence.of_posts(page.object_list)
    seen = list(divisions.visible_to(mine))
    context = {
        "page_obj": page,
        "rows": [
            {"post": post, "presence": found[post.pk], "repeats": rrules.short(post.rule or "")}  # type: ignore[attr-defined]
            for post in page.object_list
        ],
        "filters": filters,
        "stages": Stage.choices,
        "kinds": Kind.choices,
        "wheres": [(key, word) for key, (word, _) in listing.PLACES.items()],
        "divisions": seen,
        "several": len(seen) > 1,
        "now": timezone.now(),
        "zone": request.department.zone,  # type: ignore[attr-defined]
    }
    return render(request, "posts/list.html", context)


@login_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One post: where it is, what was approved, its timeline, and what may be done with it now."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    post = posts.get_visible(mine, pk)
    return render(request, "posts/detail.html", page(request, post, mine))


def page(request: HttpRequest, post: Post, mine: Rights) -> dict[str, Any]:
    """Everything the post's page shows."""
    now = timezone.now()
    revision = None if post.stage in EDITABLE_STAGES else post.revision
    rows = story.deliveries(post)
    lines, entries = timeline.of_post(post, everything="entries" in request.GET)
    told = [row for row in rows if row.state != DeliveryState.WITHDRAWN]  # the row that took it down tells it
    shown = places.of(told, mine, now=now)
    decides = post.stage == Stage.IN_REVIEW and revision is not None and _decides(request, revision, mine)
    withdrawal = withdrawals.of_post(post)
    ways = story.ways(post, rows, mine, may_decide=decides, withdrawal=withdrawal)
    if post.kind == Kind.SAFETY_ALERT and break_glass.why_not(post, request.user, mine, now=now) is None:  # type: ignore[arg-type]
        ways.append(story.WITHOUT_REVIEW)
    return {
        "post": post,
        "revision": revision,
        "withdrawal": withdrawal,
        "correction": correcting.of_post(post),
        "behind": correct.behind(post, now=now),
        "may_correct": mine.can(Right.CORRECT_POST, post.division_id),
        "draft": getattr(post, "draft", None),
        "note": story.last_review(post) if post.stage in (Stage.CHANGES_REQUESTED, Stage.CANCELLED) else None,
        "approvals": list(story.approvals(revision)),
        "standing": approving.standing(revision) if revision and post.stage == Stage.IN_REVIEW else None,
        **_glass(post, mine, now),
        "presence": presence.of_deliveries(post.stage, rows),
        "places": shown,
        "needs_one": any(place.is_next for place in shown),
        "ways": [way for way in ways if not way.why],
        "why_not": [way for way in ways if way.why],
        "words": _words(revision),
        "pictures": _pictures(revision),
        "facts": story.facts(post, revision),
        **_pattern(post),
        "ends_it": any(way.step in ("posts:change", "posts:cancel") and not way.why for way in ways),
        "timeline": lines,
        "entries": entries,
        "public_url": _public_url(post, rows),
        "zone": moments.zone_of(post.division),
        "now": now,
    }


def _pattern(post: Post) -> dict[str, Any]:
    """The pattern it is one of or carries, and what the page says of it."""
    found = repeats.of_post(post)
    if found is None:
        return {}
    return {
        "pattern": found,
        "repeats": rrules.short(found.revision.repeats),
        "rests_on": repeats.approval_numbers(found.revision) if post.revision_id and post.pattern_id else "",
        "unmade": repeats.why_not_made([post]).get(post.pk, "") if repeats.is_unmade(post) else "",
    }


def _glass(post: Post, mine: Rights, now: datetime) -> dict[str, Any]:
    """The emergency publication of a safety alert, and whether this person may sign it."""
    found = glass.of_post(post) if post.kind == Kind.SAFETY_ALERT else None
    if found is None:
        return {}
    may_sign = glass.to_sign(mine).filter(pk=found.pk).exists()
    late = found.signed_at is None and found.review_due_at < now
    return {"glass": found, "glass_late": late, "may_sign": may_sign, "sign_form": SignForm(label_suffix="")}


def _decides(request: HttpRequest, revision: Revision, mine: Rights) -> bool:
    return review.why_not(revision, request.user, mine) is None  # type: ignore[arg-type]


def _words(revision: Revision | None) -> list[dict[str, Any]]:
    """Variants whose words differ from the post's own, with their channel."""
    if revision is None:
        return []
    variants = revision.variants.select_related("channel__division")
    return [{"channel": v.channel, "text": v.text} for v in variants if v.text.strip() != revision.text.strip()]


def _pictures(revision: Revision | None) -> list[Shown]:
    """Each picture and video that was approved once, though every variant may carry it."""
    return all_of(reviewed.pictures(revision)) if revision else []


def _public_url(post: Post, rows: list[Any]) -> str:
    live = any(r.channel.platform == "website" and r.state == "delivered" for r in rows)
    return post.get_absolute_url() if live else ""
