"""How a post repeats, in a real browser: what is asked follows the choice, the dates follow the typing, and WCAG."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from config.embedded import children
from posts.models import Draft
from tests import stories
from tests.browser.signed_in import listen, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def test_days_and_end_are_asked_once_it_repeats_and_the_dates_follow(
    page: Page, live_server: Any, department: SimpleNamespace
) -> None:
    d = department
    post = stories.draft(d.northeast, d.officer, due="2027-02-28T02:30", channels=[d.northeast_website])
    sign_in(page.context, live_server, d.officer)
    complaints = listen(page)
    page.goto(f"{live_server.url}/desk/posts/{post.pk}/edit/")
    expect(page.locator("#id_repeat_until")).to_be_hidden()
    page.select_option("#id_repeat", "month_day")
    expect(page.locator("#id_repeat_until")).to_be_visible()
    expect(page.locator("#id_repeat_days_0")).to_be_hidden()
    page.select_option("#id_repeat", "week")
    expect(page.locator("#id_repeat_days_0")).to_be_visible()
    page.fill("#id_repeat_interval", "2")
    page.fill("#id_repeat_count", "8")
    dates = page.locator("#repeat-dates")
    expect(dates).to_contain_text("every second week on Sunday, 8 times")
    expect(dates.locator("del")).to_have_text("Sun 14 Mar 2027, 02:30")
    stored = "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;COUNT=8"  # by the first autosave or a later one: typing may take longer
    assert children.wait_until(lambda: Draft.objects.get(post=post).repeats == stored, 60, every_s=0.2)
    expect(page.locator("#saved")).to_contain_text("Saved")
    assert Axe().run(page, options=WCAG).response["violations"] == []
    assert complaints == []
