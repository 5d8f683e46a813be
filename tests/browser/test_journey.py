"""The main job in a real browser, at two widths and without script: from an officer's desk to every channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from divisions.models import User
from posts.models import Delivery, Post
from posts.states import DeliveryState, Stage
from tests.browser.signed_in import WIDTHS, listen
from tests.network import SandboxNetwork
from tests.people import PASSWORD
from tests.stories import picture, tick

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TITLE = "Coffee with an officer on Saturday"
TEXT = "Meet the officers of your beat at the Lakeside library, Saturday from nine to eleven."
SHORT = "Coffee with an officer: Saturday, nine to eleven, Lakeside library."
ALT = "A plain orange card with no words on it"
CARD = {"name": "card.jpg", "mimeType": "image/jpeg", "buffer": picture("orange").getvalue()}
Open = Callable[[str], Page]


@pytest.fixture
def people(department: SimpleNamespace, network: SandboxNetwork, live_server: Any, settings: Any) -> SimpleNamespace:
    """The department on the running server and the running network, everybody with a password."""
    settings.BASE_URL = live_server.url
    for user in User.objects.filter(email__in=[f"{n}@test.example" for n in ("officer", "supervisor", "smo")]):
        user.set_password(PASSWORD)
        user.save()
    return department


@pytest.fixture
def complaints() -> Iterator[list[list[str]]]:
    """What every page of the test complained about; the test fails for one word of it."""
    heard: list[list[str]] = []
    yield heard
    assert [line for lines in heard for line in lines] == []


@pytest.fixture(params=["desk", "phone", "desk without script"])
def opened(
    request: pytest.FixtureRequest,
    people: SimpleNamespace,
    live_server: Any,
    new_context: Callable[..., BrowserContext],
    complaints: list[list[str]],
) -> Open:
    """`opened("officer")`: a browser of that person, who went through the sign-in form."""
    width, _, script = request.param.partition(" ")

    def browser(name: str) -> Page:
        page = new_context(viewport=WIDTHS[width], java_script_enabled=not script).new_page()
        complaints.append(listen(page))
        page.goto(f"{live_server.url}/desk/")
        page.get_by_label("E-mail").fill(f"{name}@test.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"{live_server.url}/desk/")
        return page

    browser.script = not script  # type: ignore[attr-defined]
    return browser


def write(page: Page, live_server: Any, d: SimpleNamespace, *, script: bool) -> None:
    """Start a post, write it, give X its own words, add a picture with its text."""
    page.goto(f"{live_server.url}/desk/posts/new/")
    page.get_by_role("radio", name="Update", exact=True).check()
    page.get_by_role("button", name="Start writing").click()
    page.get_by_label("Title").fill(TITLE)
    page.get_by_label("Text for every channel").fill(TEXT)
    for channel in (d.northeast_website, d.facebook_northeast, d.x_department):
        page.locator(f"input[name=channels][value='{channel.pk}']").check()
    page.locator(f"#id_own-{d.x_department.pk}").check()
    page.locator(f"#id_words-{d.x_department.pk}").fill(SHORT)
    if script:
        expect(page.locator(f"#count-{d.facebook_northeast.pk}")).to_have_text(f"{len(TEXT)} of 63,206")
        expect(page.locator("#preview-cards")).to_contain_text(SHORT)
    page.set_input_files("#id_file", CARD)  # type: ignore[arg-type]
    page.get_by_role("button", name="Add it").click()
    page.get_by_label("Picture text, for people who cannot see it").fill(ALT)
    page.get_by_label("Credit").fill("Test PD, own picture")


def test_a_post_travels_from_an_officers_desk_to_every_channel(
    opened: Open, live_server: Any, people: SimpleNamespace, network: SandboxNetwork
):
    officer = opened("officer")
    write(officer, live_server, people, script=opened.script)  # type: ignore[attr-defined]
    officer.locator("button[name=submit]:visible").click()
    expect(officer.get_by_text("Submitted for review.")).to_be_visible()
    post = Post.objects.get()
    assert post.stage == Stage.IN_REVIEW
    expect(officer).to_have_url(f"{live_server.url}/desk/posts/{post.pk}/")

    boss = opened("supervisor")
    boss.goto(f"{live_server.url}/desk/review/")
    boss.get_by_role("link", name=TITLE, exact=True).click()
    expect(boss.get_by_text(ALT).first).to_be_visible()
    boss.locator("button[value=approve]:visible").first.click()
    expect(boss.get_by_text(f"Approved: “{TITLE}”.")).to_be_visible()

    tick(timezone.now())
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
    receipts_lead_to_what_people_see(officer, post, people)
    the_feed_and_the_wall_show_it(opened, live_server)


def receipts_lead_to_what_people_see(officer: Page, post: Post, d: SimpleNamespace) -> None:
    links = dict(post.deliveries.values_list("channel__platform", "remote_url"))
    seen = {"website": TEXT, "facebook": TEXT, "x": SHORT}
    for platform, text in seen.items():
        officer.reload()
        officer.locator(f'a[href="{links[platform]}"]').first.click()
        expect(officer.get_by_text(text).first).to_be_visible()
        expect(officer.get_by_alt_text(ALT).first).to_be_visible()
        officer.go_back()


def the_feed_and_the_wall_show_it(opened: Open, live_server: Any) -> None:
    smo = opened("smo")
    smo.goto(f"{live_server.url}/desk/wall/")
    expect(smo.get_by_role("link", name="@TestPD", exact=True)).to_be_visible()
    smo.get_by_role("link", name="@TestPD", exact=True).click()
    expect(smo.get_by_role("link", name=TITLE).first).to_be_visible()
    feed = smo.request.get(f"{live_server.url}/northeast/feed.atom")
    assert TITLE in feed.text()
