"""Puts `request.rights` and `request.department` on every request, lazily: a page that asks neither reads nothing."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from divisions import access
from divisions.models import Department


class RightsMiddleware:
    """Resolve the person's rights once a request (MODEL.md section 3)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Attach the lazy values and go on."""
        request.rights = SimpleLazyObject(lambda: access.rights(request.user))  # type: ignore[attr-defined]
        request.department = SimpleLazyObject(Department.objects.first)  # type: ignore[attr-defined]
        return self.get_response(request)
