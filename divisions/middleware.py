"""What every request gets: `request.rights` and `request.department`, lazily, and an answer for refusals.

A page that asks for neither reads nothing. A refusal that a view does not catch becomes a page, never a 500 (P13).
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject

from divisions import access
from divisions.errors import NotAllowed, NotVisible, Refusal
from divisions.models import Department


class RightsMiddleware:
    """Resolve the person's rights once a request (docs/adr/0016)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Attach the lazy values and go on."""
        request.rights = SimpleLazyObject(lambda: access.rights(request.user))  # type: ignore[attr-defined]
        request.department = SimpleLazyObject(Department.objects.first)  # type: ignore[attr-defined]
        return self.get_response(request)


class RefusalMiddleware:
    """Turn a refusal that no view caught into its page: 404 (P5), 403 with the reason, or 409 with the cure."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing to do on the way in."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer refusals; leave every other exception alone."""
        if isinstance(exception, NotVisible):
            raise Http404 from exception
        if isinstance(exception, NotAllowed):
            if not exception.grants:
                exception.say_who_grants(access.who_grants())
            return render(request, "403.html", {"refusal": exception}, status=403)
        if isinstance(exception, Refusal):
            return render(request, "409.html", {"refusal": exception}, status=409)
        return None
