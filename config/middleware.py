"""Middleware of the front door: the one exception to the content security policy."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

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
