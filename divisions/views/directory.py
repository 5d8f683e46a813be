"""The official accounts for machines: the signed list, its signature, the key, and how to verify it. For everybody.

The directory that people read is `posts.views.public.accounts`.
"""

from __future__ import annotations

import json

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.http import ConditionalGetMiddleware
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.http import require_safe

from divisions.errors import BadInput
from divisions.models import OfficialList
from divisions.selectors import official
from divisions.services import signing

conditional = decorator_from_middleware(ConditionalGetMiddleware)


@conditional
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """The list: the very bytes that were signed."""
    row = _current()
    return _file(row.body, "application/json") if row else _not_now()


@conditional
@require_safe
def signature(request: HttpRequest) -> HttpResponse:
    """Its signature in base64."""
    row = _current()
    return _file(f"{row.signature}\n", "text/plain; charset=utf-8") if row else _not_now()


@conditional
@require_safe
def key(request: HttpRequest) -> HttpResponse:
    """The public key that signed it."""
    row = _current()
    return _file(row.key.public_pem, "application/x-pem-file") if row else _not_now()


@conditional
@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """How to tell that the list is ours, in plain words and commands; every key there was."""
    row = _current()
    found = official.every_key()
    context = {
        "base": settings.BASE_URL,
        "keys": [each for each in found if each.retired_at is None],
        "old_keys": [each for each in found if each.retired_at is not None],
        "list": row,
        "count": len(json.loads(row.body)["accounts"]) if row else 0,
        "zone": request.department.zone if request.department else None,  # type: ignore[attr-defined]
    }
    answer = render(request, "public/verify.html", context)
    answer["Cache-Control"] = "private, no-cache" if settings.SESSION_COOKIE_NAME in request.COOKIES else "no-cache"
    return answer


def _current() -> OfficialList | None:
    """The list of now; the last one while it is valid, where a new one cannot be signed."""
    try:
        row = signing.current()
    except BadInput:
        row = official.newest()
        return row if row is not None and row.valid_until > timezone.now() else None
    if row is None:
        raise Http404
    return row


def _file(text: str, kind: str) -> HttpResponse:
    """Kept by caches, but asked for again each time: a list and a signature of two moments do not fit."""
    answer = HttpResponse(text.encode(), content_type=kind)
    answer["Cache-Control"] = "public, no-cache"
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


def _not_now() -> HttpResponse:
    words = "The list cannot be signed at the moment. Please try again later.\n"
    return HttpResponse(words, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "3600"})
