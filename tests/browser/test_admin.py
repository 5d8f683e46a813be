"""Django admin in a real browser: nothing of it is refused by our content security policy, and forms save."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from divisions.models import Membership, User
from tests import stories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def administrator(department: SimpleNamespace) -> User:
    """A superuser who is an administrator, as in the demo."""
    User.objects.filter(pk=department.admin.pk).update(is_staff=True, is_superuser=True)
    return User.objects.get(pk=department.admin.pk)


@pytest.fixture
def desk(page: Page, live_server: Any, as_: Any, administrator: User) -> Page:
    """A page of the administrator's browser, with what it complained about in `page.complaints`."""
    browser: Client = as_(administrator)
    cookie = browser.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.complaints = complaints  # type: ignore[attr-defined]
    return page


def test_pages_of_the_admin_break_no_rule_of_ours_and_no_script_fails(
    desk: Page, live_server: Any, department: SimpleNamespace
):
    post = stories.live(department.northeast, department.officer, department.supervisor)
    for address in (
        "/admin/",
        "/admin/divisions/channel/",
        "/admin/divisions/channel/?state=paused",
        f"/admin/divisions/channel/{department.facebook_northeast.pk}/change/",
        f"/admin/divisions/user/{department.officer.pk}/change/",
        "/admin/divisions/membership/add/",
        f"/admin/posts/post/{post.pk}/change/",
        "/admin/records/ledgerentry/",
    ):
        answer = desk.goto(live_server.url + address)
        assert answer is not None
        assert answer.status == 200, address
        desk.wait_for_load_state("networkidle")
    assert desk.complaints == []  # type: ignore[attr-defined]


def test_a_membership_is_granted_with_the_autocompletes(desk: Page, live_server: Any, department: SimpleNamespace):
    desk.goto(f"{live_server.url}/admin/divisions/membership/add/")
    for field, words, choice in (
        ("user", "Officer, Central", "Officer, Central"),
        ("division", "Northeast", "Northeast Patrol Division"),
        ("role", "Moderator", "Moderator"),
        ("only_channels", "Facebook", "Facebook, Northeast Patrol Division"),
    ):
        desk.locator(f"#id_{field} + .select2 .select2-selection").click()
        desk.locator(".select2-search__field:visible").last.fill(words)
        desk.locator(".select2-results__option", has_text=choice).first.click()
    desk.locator("button[name=_save], input[name=_save]").first.click()
    desk.wait_for_url("**/admin/divisions/membership/")
    made = Membership.objects.get(user=department.stranger, role__code="moderator")
    assert made.division == department.northeast
    assert [n.channel.slug for n in made.narrowings.select_related("channel")] == ["facebook-northeast"]
    assert desk.complaints == []  # type: ignore[attr-defined]
