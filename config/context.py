"""What every page's frame needs to know: the navigation of the person who is signed in."""

from typing import Any

from django.http import HttpRequest


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return the navigation entries for this request."""
    return {}
