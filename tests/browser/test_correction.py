"""A published post is corrected in a real browser: two people, then page, feed and network have the words."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import feedparser
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from divisions.models import User
from tests.network import SandboxNetwork
from tests.posts.test_p8_corrections import NEW, WRONG, published
from tests.stories import tick

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def sign_in(page: Page, live_server: Any, as_: Any) -> Any:
    """`sign_in(person)` gives the browser's page as that person."""

    def signed_in(person: User) -> Page:
        cookie = as_(person).cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        return page

    return signed_in


def _accessible(page: Page) -> None:
    page.wait_for_load_state()  # after a click its words can be there before its styles
    found = Axe().run(page, options=WCAG).response["violations"]
    assert not found, [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]


def test_a_live_post_is_corrected_and_page_feed_and_network_say_so(
    sign_in: Any, live_server: Any, department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d, post = department, published(department)
    desk = sign_in(d.supervisor)
    desk.goto(f"{live_server.url}/desk/posts/{post.pk}/")
    desk.get_by_role("link", name="Correct", exact=True).click()
    desk.fill("#id_was_wrong", WRONG)
    desk.fill("#id_apology", "We are sorry if you came for nothing.")
    desk.fill("#id_text", NEW)
    expect(desk.locator("#correct-preview ins").first).to_contain_text("Saturday, November 28, 4")
    desk.fill(f"#id_words-{d.x_department.pk}", "Toys are taken until Saturday, 4 p.m.")
    expect(desk.locator("#correct-preview")).to_contain_text("Toys are taken until Saturday, 4 p.m.")
    desk.fill("#id_reason", "A reader told us, and the flyer says so.")
    _accessible(desk)
    desk.get_by_role("button", name="Ask for it").click()
    expect(desk.get_by_text("Waits for a second person")).to_be_visible()
    address = desk.url

    desk = sign_in(d.smo)
    desk.goto(address)
    _accessible(desk)
    desk.get_by_role("button", name="Confirm the correction").click()
    expect(desk.get_by_role("heading", name="This post was corrected")).to_be_visible()
    tick(timezone.now() + timedelta(minutes=2))
    desk.reload()
    expect(desk.get_by_text("Shows these words")).to_have_count(4)

    desk.goto(f"{live_server.url}{post.get_absolute_url()}")
    expect(desk.get_by_text("Corrected on ")).to_be_visible()
    expect(desk.locator("del").first).to_contain_text("Friday, November 27, 6")
    expect(desk.locator("ins").first).to_contain_text("Saturday, November 28, 4")
    _accessible(desk)
    desk.get_by_role("link", name="Read version 1").click()
    expect(desk.get_by_text("These are not our words any more")).to_be_visible()
    _accessible(desk)
    entry = feedparser.parse(desk.request.get(f"{live_server.url}/northeast/feed.atom").body()).entries[0]
    assert "Saturday, November 28, 4 p.m." in entry.content[0].value
    assert network.texts(d.facebook_northeast)[0].startswith(NEW)
    assert network.texts(d.x_department)[0].startswith("Toys are taken until Saturday, 4 p.m.")
