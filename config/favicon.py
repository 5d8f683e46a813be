"""The icon browsers ask for at /favicon.ico without being told; a 404 there is an error in every console."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static


def show(request: HttpRequest) -> HttpResponse:
    """Lead to the icon among the static files, under its hashed name where there is one."""
    answer = redirect(static("img/favicon.ico"))
    answer["Cache-Control"] = "public, max-age=86400"
    return answer
