"""The yearly review of who still needs their rights: the list, one review row by row, its file. Rules: services."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from divisions import access
from divisions.access import Rights
from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.models import AccessReview, AccessReviewItem
from divisions.permissions import Right
from divisions.selectors import access_review as selectors
from divisions.selectors import duty, people
from divisions.services import access_review as services

PAGE = 25


@login_required
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Open reviews first, then those that were signed; a POST opens one by hand."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    people.require_some(mine)
    free = selectors.divisions_without(mine)
    if request.method == "POST":
        if not mine.anywhere(Right.MANAGE_PEOPLE):
            raise NotAllowed("open a review", where="any division", who=access.who_can(Right.MANAGE_PEOPLE))
        place = free.filter(slug=request.POST.get("division", "").replace("\x00", "")).first()
        if place is None:
            raise NotVisible
        row = services.open_(division=place, by=request.user)  # type: ignore[arg-type]
        return redirect("divisions:access_review", pk=row.pk)
    rows = selectors.visible_to(mine).order_by("-signed_at", "due_on", "pk")
    context = {
        "page_obj": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "free": free,
        "today": duty.day_of(timezone.now()),
        "zone": request.department.zone,  # type: ignore[attr-defined]
    }
    return render(request, "divisions/access_reviews.html", context)


@login_required
@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One review, its rows page by page."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    people.require_some(mine)
    return _page(request, selectors.get_visible(mine, pk))


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep or end one membership."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    people.require_some(mine)
    item = get_object_or_404(AccessReviewItem.objects.select_related("review"), pk=pk)
    review = selectors.get_visible(mine, item.review_id)
    typed = {key: request.POST.get(key, "") for key in ("decision", "note")}
    try:
        services.decide(item=item, by=request.user, **typed)  # type: ignore[arg-type]
    except BadInput as refusal:
        return _page(request, review, wrong={"pk": item.pk, "words": str(refusal), "note": typed["note"]})
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{request.POST.get('back') or ''}#row-{pk}" if _is_ours(request, review) else review_path(review))


@login_required
@require_POST
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign it: what was to end ends now."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    people.require_some(mine)
    review = selectors.get_visible(mine, pk)
    try:
        services.sign(review=review, by=request.user)  # type: ignore[arg-type]
        messages.success(request, f"The review of {review.division} is signed. The next one is due in a year.")
        names = people.with_work_left(selectors.ended_by(review), review.division_id, now=timezone.now())
        if names:
            messages.warning(request, f"Posts or accounts are still in the name of {', '.join(names)}: hand them over.")
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    return redirect(review_path(review))


@login_required
@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """The review as a CSV file."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    people.require_some(mine)
    review = selectors.get_visible(mine, pk)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"access-review-{review.division.slug}-{review.opened_at:%Y-%m-%d}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    out = csv.writer(answer)
    out.writerow(selectors.CSV_HEAD)
    out.writerows([plain(value) for value in row] for row in selectors.rows_of_file(review))
    return answer


def plain(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def review_path(review: AccessReview) -> str:
    """Where a review stands."""
    return f"/desk/access/{review.pk}/"


def _is_ours(request: HttpRequest, review: AccessReview) -> bool:
    """Whether the way back is the same review, on whichever page of it."""
    return request.POST.get("back", "").split("?")[0] == review_path(review)


def _page(request: HttpRequest, review: AccessReview, *, wrong: dict[str, Any] | None = None) -> HttpResponse:
    mine: Rights = request.rights  # type: ignore[attr-defined]
    page = Paginator(selectors.items_of(review), PAGE).get_page(request.GET.get("page"))
    context = {
        "review": review,
        "page_obj": page,
        "lines": selectors.lines(review, list(page.object_list)),
        "manages": mine.can(Right.MANAGE_PEOPLE, review.division_id) and review.signed_at is None,
        "me": mine.user_id,
        "overdue": selectors.is_overdue(review, today=duty.day_of(timezone.now())),
        "wrong": wrong,
        "back": request.get_full_path() if request.method == "GET" else review_path(review),
        "now": timezone.now(),
        "zone": request.department.zone,  # type: ignore[attr-defined]
    }
    return render(request, "divisions/access_review.html", context, status=422 if wrong else 200)
