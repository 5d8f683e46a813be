"""Digests on the desk: the list, one of them, and the rows behind each of its numbers."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from divisions.access import Rights
from moderation import charts
from moderation.models import Digest
from moderation.selectors import digest_archive, digest_letter, digest_numbers
from moderation.selectors.digest_scope import count

PAGE = 25
ROWS = 50


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """One's own digests, and those of others that one may read, the newest first."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    page = Paginator(digest_archive.visible_to(mine), PAGE).get_page(request.GET.get("page"))
    names = {kind.value: name for kind, name in digest_letter.NAMES.items()}
    return render(request, "moderation/digests.html", {"page_obj": page, "names": names})


@login_required
@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One digest as it was made."""
    row = digest_archive.get_visible(request.rights, pk)  # type: ignore[attr-defined]
    context = {
        **digest_letter.context(row, base=""),
        "chart": charts.posts_by_day(row.numbers["days"]) if row.kind != Digest.Kind.DAILY else None,
        "zone": digest_archive.zone(),
        "now": timezone.now(),
    }
    template = "moderation/digest_daily.html" if row.kind == Digest.Kind.DAILY else "moderation/digest.html"
    return render(request, template, context)


@login_required
@require_safe
def rows(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """The rows behind one number as they stand now; says so where they are not as many as were counted."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    row = digest_archive.get_visible(mine, pk)
    number, found = digest_numbers.rows_of(code, digest_archive.scope_of(row, mine))
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context = {
        "digest": row,
        "name": digest_letter.NAMES[Digest.Kind(row.kind)],
        "number": number,
        "counted": digest_letter.counted(row, code),
        "stands": count(found),
        "page_obj": page,
        "lines": [number.line(one) for one in page],
        "zone": digest_archive.zone(),
        "now": timezone.now(),
    }
    return render(request, "moderation/digest_rows.html", context)
