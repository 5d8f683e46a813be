"""The staff feed: what members of the department tell each other. Every read asks for the right (P6)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from divisions import access
from divisions.errors import NotAllowed
from divisions.permissions import Right
from posts.selectors import public, struck
from posts.selectors.published import Published

PER_PAGE = 25


@never_cache
@login_required
@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """What is new for members, newest first."""
    _require_member(request)
    rows = Paginator(public.staff_feed(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "posts/staff.html", {"page_obj": rows, "posts": public.shown(rows)})


@never_cache
@login_required
@require_safe
def post(request: HttpRequest, pk: int) -> HttpResponse:
    """One staff post, as it was approved; once corrected, with the old words struck through."""
    _require_member(request)
    row = public.staff_feed().filter(post=pk).first()
    if row is None:
        raise Http404
    newest, before, *_ = [*public.versions(row), None, None]
    context = {
        "post": Published(row),
        "struck": struck.html(before.text, newest.text) if newest and before else "",
        "old_title": before.title if newest and before and before.title != newest.title else "",
    }
    return render(request, "posts/staff_post.html", context)


def _require_member(request: HttpRequest) -> None:
    """Raise NotAllowed for somebody who signed in but belongs to no division (any more)."""
    if not request.rights.anywhere(Right.VIEW_INTERNAL):  # type: ignore[attr-defined]
        who = access.who_can(Right.MANAGE_PEOPLE)
        raise NotAllowed(Right.VIEW_INTERNAL.label, where="the department", who=who)
