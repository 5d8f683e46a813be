"""Middleware of the front door for Django admin: its exception to the content security policy, and its clock."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from divisions.models import Department

# unfold's Alpine evaluates strings and its pages carry <style>; nothing else may.
ADMIN_POLICY = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}


class AdminPolicyMiddleware:
    """Widens the policy for pages under ``/admin/`` and for nothing else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Mark an admin page for CSPMiddleware, which stands before this one."""
        response = self.get_response(request)
        if request.path_info.startswith("/admin/"):
            response._csp_update = ADMIN_POLICY  # type: ignore[attr-defined]
        return response


class AdminClockMiddleware:
    """Shows and reads times of the admin in the department's zone; the desk's own tags carry theirs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the zone for this request alone."""
        if not request.path_info.startswith("/admin/"):
            return self.get_response(request)
        zone = Department.objects.values_list("zone", flat=True).first()
        with timezone.override(ZoneInfo(zone) if zone else None):
            return self.get_response(request)
