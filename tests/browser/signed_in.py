"""What the browser tests share: signing a page in, and hearing what it complains about."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Locator, Page

from divisions.models import User
from tests.people import BACKEND

WIDTHS = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


def listen(page: Page) -> list[str]:
    """Errors of the console and of scripts from now on; a broken content policy is such an error too."""
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(f"{page.url}: {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda e: complaints.append(f"{page.url}: {e}"))
    return complaints


def sign_in(context: BrowserContext, live_server: Any, person: User) -> None:
    """Give a browser the session of a person, without the form."""
    client = Client()
    client.force_login(User.objects.get(pk=person.pk), backend=BACKEND)  # as the person is by now
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])


def follow(page: Page, way: Locator) -> None:
    """Press what leads to another page, and be there, with its styles: a click alone comes back before that."""
    with page.expect_navigation():
        way.click()
