"""The public log of what was taken down and what was put right. Anonymous, cacheable, no forms."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from posts.selectors import public_log
from posts.views.public import conditional, rendered

PER_PAGE = 25


@conditional
@require_safe
def removals(request: HttpRequest) -> HttpResponse:
    """What we removed, and why."""
    page = Paginator(public_log.removals(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "rows": public_log.told_removals(page)}
    return rendered(request, "public/removals.html", context)


@conditional
@require_safe
def corrections(request: HttpRequest) -> HttpResponse:
    """What we said wrongly, and put right."""
    page = Paginator(public_log.corrections(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "rows": public_log.told_corrections(page)}
    return rendered(request, "public/corrections.html", context)
