"""The way back to the page a button stood on, which names itself in the form."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme


def to(request: HttpRequest, otherwise: str) -> HttpResponse:
    """Redirect to the form's `next`, if it is a page of ours; else to the page named `otherwise`."""
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else otherwise)
