"""What the public wrote below our posts: the list, and saying of one that it is answered there or needs no answer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from divisions.access import Rights
from divisions.errors import BadInput, NotAllowed, WrongMoment
from divisions.permissions import Right
from divisions.selectors import channels as channel_selectors
from moderation.models import Contribution
from moderation.models.contribution import WAITS
from moderation.selectors import contributions as selectors
from moderation.services import contributions
from moderation.states import UNANSWERED
from moderation.views import back

PAGE = 50


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Comments that wait for an answer, or all; the newest first, of all accounts the person sees or of one."""
    mine = _mine(request)
    if not selectors.may_open(mine):
        raise NotAllowed(Right.VIEW_DIVISION.label, where="any division")
    show = "all" if request.GET.get("show") == "all" else ""
    slug = request.GET.get("channel", "").replace("\x00", "")
    only = channel_selectors.visible_to(mine).filter(slug=slug).first() if slug else None
    rows = selectors.visible_to(mine)
    rows = rows.filter(channel__slug=slug) if slug else rows
    waiting = rows.filter(WAITS)
    page = Paginator(rows if show else waiting, PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    context = {
        "show": show,
        "only": only,
        "page_obj": page,
        "lines": [_line(row, mine, now) for row in page],
        "waiting": waiting.count(),
        "accounts": selectors.accounts(mine),
        "troubles": selectors.not_read(mine)[:3],
        "read": selectors.summary(mine),
        "now": now,
        "zone": request.department.zone,  # type: ignore[attr-defined]
    }
    return render(request, "moderation/comments.html", context)


@login_required
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """It is answered there, or needs no answer."""
    found = selectors.get_visible(_mine(request), pk)
    try:
        row = contributions.answer(contribution=found, how=request.POST.get("how", ""), by=request.user)  # type: ignore[arg-type]
        said = row.get_answered_how_display().lower()
        messages.success(request, f"Noted: {said}. It stands under “All”, where you can take that back.")
    except (BadInput, WrongMoment) as refusal:
        messages.error(request, f"{refusal} {refusal.cure}".strip())
    return back.to(request, otherwise="moderation:comments")


@login_required
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """It waits for an answer after all."""
    found = selectors.get_visible(_mine(request), pk)
    try:
        contributions.reopen(contribution=found, by=request.user)  # type: ignore[arg-type]
        messages.success(request, "Taken back: it waits for an answer again.")
    except WrongMoment as refusal:
        messages.error(request, f"{refusal} {refusal.cure}".strip())
    return back.to(request, otherwise="moderation:comments")


def _line(row: Contribution, mine: Rights, now: Any) -> dict[str, Any]:
    return {
        "row": row,
        "late": row.waits and now - row.said_at >= UNANSWERED.act,
        "may_answer": selectors.may_answer(row, mine),
        "url": row.url or (row.delivery.remote_url if row.delivery else ""),
    }


def _mine(request: HttpRequest) -> Rights:
    rights: Rights = request.rights  # type: ignore[attr-defined]
    return rights
