"""The desk's shell in a real browser under the real policy: htmx, keys, unsaved words, failures said in words."""

import mimetypes
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Template
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.browser

ORIGIN = "http://127.0.0.1:9"
POLICY = "; ".join(f"{name} {' '.join(v)}" for name, v in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items())
PAGE = """{% extends "base_desk.html" %}{% load look %}
{% block content %}<p class="saved" id="saved">Saved 15:24</p>
<form id="f" data-unsaved action="/gone/"><label>Text <input name="t" id="t"></label>
<button type="button" id="save" hx-post="/answer/" hx-target="#out">Save</button></form>
<div id="out">as it was</div>
<a id="approve" href="/a/" data-key="a">Approve</a>{% chip "held" %}{% sparkline bars %}{% endblock %}"""
NAV = {
    "department_name": "Dallas Police Department",
    "areas": [{"label": "Home", "icon": "home", "url": "/desk/", "current": True}],
}


def answer_static(route: Route, path: str) -> None:
    found = finders.find(path.removeprefix("/static/"))
    if not found:
        return route.fulfill(status=404)
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return route.fulfill(body=Path(str(found)).read_bytes(), content_type=kind)


@pytest.fixture
def desk(page: Page) -> Iterator[Page]:
    """A desk page served without a server; what the console complains about fails the test."""
    complaints: list[str] = []
    body = Template(PAGE).render(Context({"nav": NAV, "csrf_token": "the-token", "bars": [1, 2, 3]}))

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path.startswith("/static/"):
            answer_static(route, path)
        else:
            headers = {"Content-Security-Policy": POLICY}
            route.fulfill(body=body, content_type="text/html", headers=headers)

    page.route(f"{ORIGIN}/**", serve)
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.goto(f"{ORIGIN}/desk/")
    yield page
    assert [text for text in complaints if "status of" not in text] == []


def answer_with(desk: Page, status: int, body: str) -> list[dict[str, str]]:
    sent: list[dict[str, str]] = []

    def serve(route: Route) -> None:
        sent.append(route.request.headers)
        route.fulfill(status=status, body=body, content_type="text/html")

    desk.route(f"{ORIGIN}/answer/", serve)
    return sent


def test_the_shell_obeys_the_content_policy(desk: Page):
    expect(desk.locator(".rail .areas a")).to_have_attribute("aria-current", "page")
    assert desk.evaluate("getComputedStyle(document.body).fontFamily").startswith('"Public Sans')


def test_a_request_carries_the_token_and_swaps_what_comes_back(desk: Page):
    sent = answer_with(desk, 200, "<p>new</p>")
    desk.click("#save")
    expect(desk.locator("#out")).to_have_text("new")
    assert sent[0]["x-csrftoken"] == "the-token"


def test_a_refused_form_comes_back_as_a_fragment(desk: Page):
    answer_with(desk, 422, "<p>too long</p>")
    desk.click("#save")
    expect(desk.locator("#out")).to_have_text("too long")


@pytest.mark.parametrize("status", [403, 500])
def test_a_failed_request_is_said_in_words_and_the_page_stays(desk: Page, status: int):
    answer_with(desk, status, "<html>whole page</html>")
    desk.click("#save")
    expect(desk.get_by_role("alert")).to_contain_text("on th")
    expect(desk.locator("#out")).to_have_text("as it was")


def test_a_key_moves_to_its_button_but_not_while_typing(desk: Page):
    desk.focus("#t")
    desk.keyboard.press("a")
    expect(desk.locator("#t")).to_be_focused()
    desk.locator("#t").blur()
    desk.keyboard.press("a")
    expect(desk.locator("#approve")).to_be_focused()
    assert desk.url.endswith("/desk/")


def test_typed_words_are_unsaved_until_the_server_says_so(desk: Page):
    desk.fill("#t", "words")
    expect(desk.locator("#saved")).to_have_text("Not saved yet")
    assert desk.evaluate("window.dispatchEvent(new Event('beforeunload', {cancelable: true}))") is False
    desk.evaluate("document.dispatchEvent(new CustomEvent('saved', {bubbles: true}))")
    assert desk.evaluate("window.dispatchEvent(new Event('beforeunload', {cancelable: true}))") is True
