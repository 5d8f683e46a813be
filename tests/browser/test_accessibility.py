"""P14: every page a person uses passes WCAG 2.2 AA as far as axe can tell, at two widths, and works by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from django.template.loader import render_to_string
from playwright.sync_api import BrowserContext, Page, expect

from divisions.errors import WrongMoment
from divisions.models import User
from posts.services import review
from tests import stories
from tests.browser.signed_in import WIDTHS, listen, sign_in
from tests.rights.world import World
from tests.stories import NOW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
TABS = 150
# Where the focus is: its name, whether it can be seen there, and whether anything marks it.
FOCUS = """async () => {
  const at = document.activeElement;
  await Promise.all(at.getAnimations().map((moving) => moving.finished));
  const box = at.getBoundingClientRect();
  const marked = (e) => {
    const s = e && getComputedStyle(e);
    return s && ((s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== "none");
  };
  const hit = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20));
  const label = at.labels && at.labels[0];
  const shown = hit && (at.contains(hit) || hit.contains(at) || (label && label.contains(hit)));
  return {
    name: (at.id || at.name || at.textContent || at.tagName).trim().slice(0, 40),
    button: at.name, marked: [at, at.nextElementSibling, at.parentElement, label].some(marked), shown: !!shown,
  };
}"""


@pytest.fixture(autouse=True)
def _five_past_nine() -> Iterator[None]:
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        yield


@pytest.fixture
def world(department: SimpleNamespace, superuser: User) -> World:
    """One of everything; further a draft with stops, and one that was sent back."""
    made = World(department)
    where, by = department.northeast, department.officer
    made.posts["stops"] = stories.draft(where, by, text="Oak Street is closed. " * 20, pictures=[made.picture])
    back = stories.submitted(where, by)
    review.request_changes(revision=back, by=department.supervisor, note="Name the block.", now=NOW)
    made.posts["back"] = back.post
    return made


@pytest.fixture
def page(live_server: Any, new_context: Callable[..., BrowserContext]) -> Page:
    """A page of a browser that nobody has signed in yet."""
    opened: Page = new_context(viewport=WIDTHS["desk"]).new_page()
    return opened


def found(page: Page) -> list[str]:
    """What axe calls serious or critical on the page as it stands, at both widths."""
    page.wait_for_load_state()  # after a click its words can be there before its styles
    lines = []
    for name, size in WIDTHS.items():
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for item in Axe().run(page, options=RULES).response["violations"]:
            if item["impact"] in ("serious", "critical"):
                where = "; ".join(" ".join(node["target"]) for node in item["nodes"][:3])
                lines.append(f"{page.url} ({name}): {item['id']} at {where}")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            lines.append(f"{page.url} ({name}): scrolls sideways")
    return lines


def all_found(page: Page, base: str, paths: Iterable[str], status: int = 200) -> list[str]:
    lines: list[str] = []
    for path in paths:
        answer = page.goto(base + path)
        assert answer is not None
        assert (answer.status, page.url) == (status, base + path)
        lines += found(page)
    return lines


def test_what_everybody_sees_passes(page: Page, live_server: Any, world: World):
    complaints = listen(page)
    paths = ["/", "/news/", "/news/?kind=update", "/northeast/", "/official/", "/official/?q=x"]
    paths += ["/official/verify/", "/removals/", "/news/corrections/"]
    paths += [world.address("posts:page", "live"), "/accounts/login/", "/accounts/password/reset/"]
    paths += ["/subscribe/", "/subscribe/asked/", "/subscribe/?division=northeast"]
    links = (("confirm", "asked"), ("manage", "reader"), ("leave", "leaving"))
    paths += [world.address(f"posts:subscribe_{step}", thing) for step, thing in links]
    lines = all_found(page, live_server.url, [*paths, "/accounts/password/reset/done/"])
    assert complaints == []
    lines += all_found(page, live_server.url, ["/no-such-page/at-all/"], status=404)
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("E-mail").fill("nobody@test.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert lines + found(page) == []


def test_the_desk_of_who_writes_passes(page: Page, live_server: Any, world: World):
    sign_in(page.context, live_server, world.d.officer)
    complaints = listen(page)
    paths = ["/desk/", "/desk/posts/", "/desk/posts/?q=nothing-like-this", "/desk/posts/new/", "/desk/media/"]
    paths += [world.address("posts:detail", thing) for thing in ("draft", "back", "timed", "live", "held")]
    paths += [world.address("posts:compose", thing) for thing in ("stops", "back")]
    paths += [world.address("posts:media_edit", "library"), world.address("posts:decide", "review")]
    paths += ["/desk/calendar/", "/desk/calendar/?view=month", "/desk/calendar/?view=list", "/desk/channels/"]
    paths += ["/desk/channels/facebook-northeast/", "/desk/staff/", world.address("posts:staff_post", "staff")]
    lines = all_found(page, live_server.url, [*paths, "/accounts/password/change/", "/accounts/logout/"])
    assert complaints == []
    lines += all_found(page, live_server.url, ["/desk/wall/"], status=403)
    lines += all_found(page, live_server.url, ["/desk/posts/999999/"], status=404)
    assert lines == []


def test_the_question_what_a_post_touches_passes(page: Page, live_server: Any, department: SimpleNamespace):
    d = department
    said = {"juvenile": {"why": "It is a young heron.", "words": ["juvenile"]}}
    words = "A juvenile was seen on the ice. A minor fell. He died."
    post = stories.draft(d.northeast, d.officer, text=words, channels=[d.northeast_website], not_touched=said)
    sign_in(page.context, live_server, d.officer)
    page.goto(f"{live_server.url}/desk/posts/{post.pk}/edit/")
    expect(page.get_by_label("It holds for “minor”, too")).to_be_visible()
    assert found(page) == []


def test_the_desk_of_who_looks_after_people_passes(page: Page, live_server: Any, world: World):
    sign_in(page.context, live_server, world.d.admin)
    complaints = listen(page)
    names = ("person", "person_move", "access_review")
    paths = ["/desk/people/", "/desk/people/?show=gone", "/desk/people/?q=nothing-like-this", "/desk/access/"]
    paths += [world.address(f"divisions:{name}", "-") for name in names]
    paths += ["/desk/roster/", "/desk/roster/?week=2026-12-07", "/desk/roster/accounts/facebook-northeast/"]
    paths += [f"/desk/channels/{slug}/takeover/" for slug in ("facebook-northeast", "x-department")]
    lines = all_found(page, live_server.url, [*paths, "/desk/channels/facebook-northeast/who/"])
    page.goto(f"{live_server.url}{world.address('divisions:person_move', '-')}")
    page.get_by_label("Leaves the department").check()
    page.get_by_role("button", name="Look at what would move").click()
    expect(page.get_by_role("button", name="Sign Second officer, Northeast off")).to_be_visible()
    lines += found(page)
    assert complaints == []
    lines += all_found(page, live_server.url, ["/desk/channels/facebook-northeast/who/?on=1800-01-01"], status=422)
    assert lines == []


def test_the_desk_of_who_decides_and_oversees_passes(page: Page, live_server: Any, world: World):
    sign_in(page.context, live_server, world.d.smo)
    complaints = listen(page)
    posts = {row.post_id for row in world.deliveries.values()}
    paths = ["/desk/", "/desk/review/", world.address("posts:decide", "review"), "/desk/wall/", "/desk/posts/"]
    paths += ["/desk/channels/northeast-mail/", "/desk/channels/northeast-mail/subscribers/"]
    paths += ["/desk/channels/northeast-hook/", "/desk/channels/northeast-hook/webhook/"]
    paths += ["/desk/wall/?open=facebook-northeast", "/desk/wall/divisions/"]
    paths += [world.address("posts:decide", "review") + f"?ask={ask}" for ask in ("changes", "reject")]
    paths += [f"/desk/posts/{pk}/" for pk in posts] + [world.address("posts:retime", "timed")]
    paths += [world.address("posts:delivery", thing) for thing in ("failed", "doubt", "held")]
    paths += ["/desk/hold/", "/desk/hold/new/", *(world.address("posts:hold", h) for h in ("in-force", "released"))]
    paths += ["/desk/drift/", "/desk/drift/?show=decided", "/desk/drift/?show=accounts"]
    paths += [world.address("moderation:drift_case", case) for case in ("open", "takeover")]
    paths += ["/desk/comments/", "/desk/comments/?show=all"]
    lines = all_found(page, live_server.url, [*paths, "/desk/channels/", "/desk/channels/x-department/"])
    assert complaints == []
    assert lines == []


def test_the_account_register_passes(page: Page, live_server: Any, world: World):
    sign_in(page.context, live_server, world.d.smo)
    complaints = listen(page)
    world.d.nixle.holders.all().delete()
    paths = ["/desk/register/", "/desk/register/?show=rule", "/desk/register/?show=retired"]
    paths += ["/desk/register/nixle/", "/desk/register/facebook-northeast/"]
    lines = all_found(page, live_server.url, paths)
    page.goto(f"{live_server.url}/desk/register/")
    page.get_by_role("button", name="Read and sign").click()
    expect(page.get_by_role("button", name="Sign 5")).to_be_visible()
    lines += found(page)
    sign_in(page.context, live_server, world.d.officer)
    lines += all_found(page, live_server.url, ["/desk/register/facebook-northeast/"])
    assert complaints == []
    assert lines == []


def test_the_pages_of_who_approves_what_and_of_an_emergency_pass(page: Page, live_server: Any, world: World):
    d = world.d
    half = stories.submitted(d.northeast, d.officer, flags=("death",))
    review.approve(revision=half, by=d.supervisor, now=NOW)
    sign_in(page.context, live_server, d.officer)
    complaints = listen(page)
    paths = [world.address(f"posts:{step}", "alert") for step in ("compose", "emergency", "detail")]
    lines = all_found(page, live_server.url, [*paths, world.address("posts:detail", "glass"), "/desk/review/rules/"])
    sign_in(page.context, live_server, d.smo)
    paths = ["/desk/review/rules/", "/desk/absences/", f"/desk/review/{half.post_id}/", f"/desk/posts/{half.post_id}/"]
    lines += all_found(page, live_server.url, [*paths, world.address("posts:detail", "glass")])
    assert complaints == []
    assert lines == []


def test_the_pages_of_check_rounds_pass(page: Page, live_server: Any, world: World):
    sign_in(page.context, live_server, world.d.smo)
    complaints = listen(page)
    round_ = world.address("moderation:round", "round")
    signed = f"/desk/checks/{world.signed.pk}/"
    paths = ["/desk/checks/", round_, signed, "/desk/checks/tasks/", "/desk/checks/tasks/?show=done"]
    paths += [world.address("moderation:task", "task"), "/desk/checks/proof/facebook-northeast/2026-Q4/"]
    lines = all_found(page, live_server.url, [*paths, "/desk/checks/proof/facebook-northeast/2026-Q1/"])
    page.emulate_media(media="print")
    expect(page.locator(".rail")).to_be_hidden()
    page.emulate_media(media="screen")
    assert complaints == []
    page.goto(live_server.url + round_)
    page.locator('input[name="answer-tone"][value=no]').check()
    expect(page.locator("#q-tone").get_by_label("What is wrong, in one line")).to_be_visible()
    page.locator("#sign button, .decision-bar button").locator("visible=true").first.click()
    page.wait_for_url("**/#q-*")
    sign_in(page.context, live_server, world.d.officer)
    assert lines + found(page) + all_found(page, live_server.url, [round_]) == []


def test_the_pages_of_an_incident_and_of_taking_down_pass(page: Page, live_server: Any, world: World):
    sign_in(page.context, live_server, world.d.smo)
    complaints = listen(page)
    paths = ["/desk/incidents/", "/desk/stuck/", world.address("posts:incident", "fire")]
    paths += [world.address("posts:withdraw", "live"), world.address("posts:withdrawal", "asked")]
    lines = all_found(page, live_server.url, paths)
    assert complaints == []
    assert lines == []


def test_the_pages_of_notices_and_digests_pass(page: Page, live_server: Any, world: World):
    complaints = listen(page)
    way_out = world.address("divisions:notice_stop", "way-out")
    lines = all_found(page, live_server.url, [way_out])
    sign_in(page.context, live_server, world.d.officer)
    lines += all_found(page, live_server.url, ["/desk/notices/", "/desk/notices/?show=new", "/desk/notices/choices/"])
    lines += all_found(page, live_server.url, ["/desk/digests/", world.address("moderation:digest", "officers-day")])
    sign_in(page.context, live_server, world.d.smo)
    paths = [world.address("moderation:digest", thing) for thing in ("smos-week", "smos-month")]
    paths += [world.address("moderation:digest_rows", f"smos-month,{code}") for code in ("posts", "quiet", "holds")]
    lines += all_found(page, live_server.url, paths)
    assert complaints == []
    assert lines == []


def test_a_refusal_that_no_page_catches_passes(page: Page, live_server: Any, world: World):
    refusal = WrongMoment("This post is on its way already.", cure="Correct it once it is out.")
    body = render_to_string("409.html", {"refusal": refusal, "department": None})
    page.route("**/refused/", lambda route: route.fulfill(body=body, status=409, content_type="text/html"))
    assert all_found(page, live_server.url, ["/refused/"], status=409) == []


def test_a_stale_form_passes(page: Page, live_server: Any, world: World):
    post = world.posts["draft"]
    sign_in(page.context, live_server, world.d.officer)
    page.goto(live_server.url + world.address("posts:compose", "draft"))
    saved = {"version": post.draft.version, "data": stories.DraftInput(kind="update", title="Theirs", text="Theirs.")}
    stories.compose.save(post=post, by=world.d.colleague, **saved)
    page.locator("#id_text").fill("Mine.")
    page.locator(".decision-bar button[name=save]").click()
    expect(page.get_by_text("Theirs.").first).to_be_visible()
    assert found(page) == []


def walk(page: Page, until: str) -> list[str]:
    """Tab through the page up to the button; returns the stops where the focus could not be seen."""
    hidden = []
    for _ in range(TABS):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        if not (at["marked"] and at["shown"]):
            hidden.append(f"{at['name']} (marked: {at['marked']}, shown: {at['shown']})")
        if at["button"] == until:
            return hidden
    return [f"never came to {until}"]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_composer_and_the_decision_are_reached_and_pressed_by_keyboard(
    page: Page, live_server: Any, world: World, width: str
):
    page.set_viewport_size(WIDTHS[width])  # type: ignore[arg-type]
    sign_in(page.context, live_server, world.d.officer)
    page.goto(live_server.url + world.address("posts:compose", "draft"))
    assert walk(page, "submit") == []
    page.keyboard.press("Enter")
    expect(page.get_by_text("Submitted for review.")).to_be_visible()
    sign_in(page.context, live_server, world.d.supervisor)
    page.goto(live_server.url + world.address("posts:decide", "draft"))
    assert walk(page, "verdict") == []
    page.keyboard.press("Enter")
    expect(page.get_by_text("Approved:").first).to_be_visible()
