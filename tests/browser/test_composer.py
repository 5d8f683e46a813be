"""The composer and the review page in a real browser: what follows the typing, the autosave, keys, and WCAG checks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from divisions.models import User
from posts.models import Draft, Post
from posts.services import compose
from posts.services.compose import DraftInput
from posts.states import Stage
from tests import stories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def sign_in(page: Page, live_server: Any, as_: Any) -> Any:
    """`sign_in(person)` gives the browser's page as that person; `page.complaints` is what the console said."""
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.complaints = complaints  # type: ignore[attr-defined]

    def signed_in(person: User) -> Page:
        browser: Client = as_(person)
        cookie = browser.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        return page

    return signed_in


def test_previews_counters_and_the_draft_follow_the_typing(sign_in: Any, live_server: Any, department: SimpleNamespace):
    post = stories.draft(department.northeast, department.officer, text="Elm Street is open.")
    page = sign_in(department.officer)
    page.goto(f"{live_server.url}/desk/posts/{post.pk}/edit/")
    page.fill("#id_text", "Elm Street is open again since noon.")
    expect(page.locator("#preview-cards")).to_contain_text("open again since noon")
    expect(page.locator(f"#count-{department.facebook_northeast.pk}")).to_have_text("36 of 63,206")
    expect(page.locator("#id_version")).to_have_value("3")
    expect(page.locator("#saved")).to_contain_text("Saved")
    assert Draft.objects.get(post=post).text == "Elm Street is open again since noon."
    assert page.complaints == []


def test_own_words_start_from_the_words_everybody_gets(sign_in: Any, live_server: Any, department: SimpleNamespace):
    post = stories.draft(department.northeast, department.officer)
    x = department.x_department.pk
    page = sign_in(department.officer)
    page.goto(f"{live_server.url}/desk/posts/{post.pk}/edit/")
    expect(page.locator(f"#id_words-{x}")).to_be_hidden()
    page.fill("#id_text", "Typed a moment ago.")
    page.check(f"#id_own-{x}")
    expect(page.locator(f"#id_words-{x}")).to_have_value("Typed a moment ago.")


def test_choosing_a_kind_shows_its_facts_and_keeps_what_was_typed(
    sign_in: Any, live_server: Any, department: SimpleNamespace
):
    post = stories.draft(department.northeast, department.officer)
    page = sign_in(department.officer)
    page.goto(f"{live_server.url}/desk/posts/{post.pk}/edit/")
    page.fill("#id_fact-where", "400 block of Elm Street")
    page.check("input[name=kind][value=event]")
    expect(page.locator("#id_fact-starts_at")).to_be_visible()
    page.check("input[name=kind][value=update]")
    expect(page.locator("#id_fact-where")).to_have_value("400 block of Elm Street")


def test_submitting_while_an_autosave_is_under_way_is_no_conflict(
    sign_in: Any, live_server: Any, department: SimpleNamespace
):
    post = stories.draft(department.northeast, department.officer)
    page = sign_in(department.officer)
    page.goto(f"{live_server.url}/desk/posts/{post.pk}/edit/")
    with page.expect_request(lambda r: r.method == "POST" and r.url.endswith("/edit/")):
        page.fill("#id_text", "The last words before the button.")
    page.get_by_role("button", name="Submit for review").click()
    page.wait_for_url(f"**/desk/posts/{post.pk}/")
    fresh = Post.objects.select_related("revision").get(pk=post.pk)
    assert fresh.stage == Stage.IN_REVIEW
    assert fresh.revision is not None
    assert fresh.revision.text == "The last words before the button."


def test_an_autosave_never_overwrites_what_somebody_else_saved(
    sign_in: Any, live_server: Any, department: SimpleNamespace
):
    post = stories.draft(department.northeast, department.officer)
    page = sign_in(department.officer)
    page.goto(f"{live_server.url}/desk/posts/{post.pk}/edit/")
    theirs = DraftInput(kind="update", title="Theirs", text="Their words.")
    compose.save(post=post, version=2, data=theirs, by=department.colleague)
    page.fill("#id_text", "My words.")
    expect(page.locator("#trouble")).to_contain_text("Second officer, Northeast saved this draft")
    assert Draft.objects.get(post=post).text == "Their words."
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".compose-theirs")).to_contain_text("Their words.")
    expect(page.locator("#id_text")).to_have_value("My words.")


def test_the_keys_go_to_the_buttons_and_enter_presses(sign_in: Any, live_server: Any, department: SimpleNamespace):
    revision = stories.submitted(department.northeast, department.officer, due="2027-01-12T18:00")
    page = sign_in(department.supervisor)
    page.goto(f"{live_server.url}/desk/review/{revision.post_id}/")
    page.keyboard.press("a")
    assert Post.objects.get(pk=revision.post_id).stage == Stage.IN_REVIEW
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/review/")
    assert Post.objects.get(pk=revision.post_id).stage == Stage.SCHEDULED


@pytest.mark.parametrize("width", [1280, 390])
def test_writing_and_deciding_pass_the_accessibility_checks(
    sign_in: Any, live_server: Any, department: SimpleNamespace, width: int
):
    picture = stories.asset(department.northeast, department.officer, alt="")
    post = stories.draft(department.northeast, department.officer, pictures=[picture], **stories.appeal_facts())
    revision = stories.submitted(department.northeast, department.colleague)
    page = sign_in(department.supervisor)
    page.set_viewport_size({"width": width, "height": 900})
    for address in (
        "/desk/posts/new/",
        f"/desk/posts/{post.pk}/edit/",
        "/desk/review/",
        f"/desk/review/{revision.post_id}/",
        f"/desk/review/{revision.post_id}/?ask=reject",
        "/desk/media/",
        f"/desk/media/?for={post.pk}",
        f"/desk/media/{picture.pk}/",
    ):
        page.goto(live_server.url + address)
        violations = Axe().run(page, options=WCAG).response["violations"]
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in violations] == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
