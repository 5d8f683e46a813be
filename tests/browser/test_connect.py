"""Connecting a Page in a real browser, from nothing to a post that followers see; and the mistake people make most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from connectors.sandbox.control import put_account
from divisions.models import Channel
from posts.models import Post
from posts.services import review
from tests.browser.signed_in import WIDTHS, follow, listen, sign_in
from tests.browser.test_accessibility import found
from tests.network import SandboxNetwork
from tests.stories import tick

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXT = "Meet the officers of your beat at the Lakeside library, Saturday from nine to eleven."
LONG = "Northeast Patrol Division: news, events and appeals for every street north and east of the river, day and night"


@pytest.fixture
def people(department: SimpleNamespace, network: SandboxNetwork, live_server: Any, settings: Any) -> SimpleNamespace:
    """The department, and a Page with a long name that nobody has connected yet."""
    settings.BASE_URL = live_server.url
    put_account(network.server.network, {"platform": "facebook", "handle": "NewPage", "name": LONG})
    return department


@pytest.fixture(params=["desk", "phone", "desk without script"])
def smo(
    request: pytest.FixtureRequest,
    people: SimpleNamespace,
    live_server: Any,
    new_context: Callable[..., BrowserContext],
) -> Iterator[Page]:
    """The social media officer's browser; every page of ours it opens passes axe and complains about nothing."""
    width, _, script = request.param.partition(" ")
    context = new_context(viewport=WIDTHS[width], java_script_enabled=not script)
    sign_in(context, live_server, people.smo)
    page = context.new_page()
    heard = listen(page)
    yield page
    assert [line for line in heard if "status of 4" not in line] == []


def on_the_way(page: Page, live_server: Any) -> None:
    """From the list of channels to the platform's own page."""
    page.goto(f"{live_server.url}/desk/channels/")
    page.get_by_role("link", name="Connect an account").click()
    page.get_by_label("Division").select_option("northeast")
    page.get_by_role("radio", name="Facebook").check()
    page.get_by_role("radio", name="To the sandbox").check()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Go on to Facebook").click()
    page.get_by_role("link", name="Sign in at Facebook").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("made up")


def picked(page: Page) -> None:
    """Allow it there, come back, pick the Page."""
    page.get_by_role("button", name="Allow").click()
    page.get_by_role("radio", name=LONG).check()
    page.get_by_role("button", name="Look at it").click()


def test_a_page_is_connected_from_nothing_and_its_followers_see_a_post(
    smo: Page, live_server: Any, people: SimpleNamespace, network: SandboxNetwork
):
    on_the_way(smo, live_server)
    picked(smo)
    expect(smo.get_by_text("All 5 permissions are granted.")).to_be_visible()
    smo.get_by_label("Name on the desk").fill("Northeast news")
    smo.get_by_role("button", name="Connect", exact=True).click()
    expect(smo.get_by_text("Facebook, Northeast news is connected.")).to_be_visible()
    channel = Channel.objects.get(handle="NewPage")

    smo.goto(f"{live_server.url}/desk/posts/new/")
    smo.get_by_label("Who speaks").select_option(label="Northeast Patrol Division")
    smo.get_by_role("radio", name="Update", exact=True).check()
    smo.get_by_role("button", name="Start writing").click()
    smo.get_by_label("Title").fill("Coffee with an officer")
    smo.get_by_label("Text for every channel").fill(TEXT)
    for box in smo.locator("input[name=channels]:checked").all():
        box.uncheck()
    smo.locator(f"input[name=channels][value='{channel.pk}']").check()
    smo.locator("button[name=submit]:visible").click()
    expect(smo.get_by_text("Submitted for review.")).to_be_visible()
    now = timezone.now()
    review.approve(revision=Post.objects.get().revision, by=people.supervisor, now=now)
    tick(now + timedelta(minutes=1))
    smo.goto(f"{network.base_url}/see/facebook/NewPage/")
    expect(smo.get_by_text(TEXT)).to_be_visible()


def test_a_permission_that_was_unticked_is_named_and_signing_in_again_cures_it(
    smo: Page, live_server: Any, people: SimpleNamespace
):
    on_the_way(smo, live_server)
    smo.get_by_label("pages_manage_posts").uncheck()
    picked(smo)
    expect(smo.get_by_text("pages_manage_posts is missing")).to_be_visible()
    expect(smo.get_by_role("button", name="Connect", exact=True)).to_have_count(0)
    smo.get_by_role("link", name="Sign in again").click()
    smo.get_by_role("button", name="Go on to Facebook").click()
    smo.get_by_role("link", name="Sign in at Facebook").click()
    picked(smo)
    smo.get_by_role("button", name="Connect", exact=True).click()
    expect(smo.get_by_text("is connected.")).to_be_visible()
    assert Channel.objects.get(handle="NewPage").name == LONG


@pytest.mark.parametrize("smo", ["desk"], indirect=True)
def test_every_step_passes_axe_at_both_widths(smo: Page, live_server: Any, people: SimpleNamespace):
    base, lines = live_server.url, []
    smo.goto(f"{base}/desk/channels/connect/")
    lines += found(smo)
    follow(smo, smo.get_by_role("button", name="Next"))
    lines += found(smo)
    where = "?division=northeast&audience=public&mode="
    for step in (
        f"x/{where}sandbox",
        f"youtube/{where}hand_off",
        f"bluesky/{where}sandbox",
        f"facebook/{where}sandbox",
    ):
        smo.goto(f"{base}/desk/channels/connect/{step}")
        lines += found(smo)
    follow(smo, smo.get_by_role("button", name="Go on to Facebook"))
    lines += found(smo)
    follow(smo, smo.get_by_role("link", name="Sign in at Facebook"))
    smo.get_by_label("pages_manage_posts").uncheck()
    follow(smo, smo.get_by_role("button", name="Allow"))
    lines += found(smo)
    smo.get_by_role("radio", name=LONG).check()
    follow(smo, smo.get_by_role("button", name="Look at it"))
    lines += found(smo)
    for step in ("facebook-northeast/", "facebook-northeast/reconnect/", "facebook-northeast/disconnect/"):
        smo.goto(f"{base}/desk/channels/{step}")
        lines += found(smo)
    assert lines == []


@pytest.mark.parametrize("smo", ["desk"], indirect=True)
def test_an_answer_that_is_nobodys_is_a_page_one_can_go_on_from(smo: Page, live_server: Any, people: SimpleNamespace):
    answer = smo.goto(f"{live_server.url}/desk/channels/connect/facebook/back/?state=made-up&code=1")
    assert answer is not None
    assert answer.status == 400
    lines = found(smo)
    follow(smo, smo.get_by_role("link", name="Start again"))
    expect(smo.get_by_role("heading", name="Connect an account")).to_be_visible()
    assert lines == []
