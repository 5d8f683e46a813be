"""Reviewing in a real browser: three taps on a phone, words picked by selecting them, an emergency without a script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from divisions.services import training
from posts.models import Approval, BreakGlass, Hold, Post
from posts.services import review
from posts.states import Basis, Stage
from tests.browser.signed_in import WIDTHS, follow, listen, sign_in
from tests.stories import draft, submitted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _page(new_context: Callable[..., BrowserContext], live_server: Any, person: Any, width: str, **more: Any) -> Page:
    context = new_context(viewport=WIDTHS[width], **more)
    sign_in(context, live_server, person)
    page = context.new_page()
    return page


@pytest.mark.parametrize("script", [True, False])
def test_a_supervisor_approves_on_a_phone_in_two_taps_from_the_line_on_the_desk(
    department: SimpleNamespace, live_server: Any, new_context: Any, script: bool
) -> None:
    d = department
    revision = submitted(d.northeast, d.officer, channels=[d.northeast_website], now=timezone.now())
    page = _page(new_context, live_server, d.supervisor, "phone", java_script_enabled=script)
    complaints = listen(page)
    page.goto(f"{live_server.url}/desk/")
    follow(page, page.get_by_role("link", name="Review", exact=False).and_(page.locator(".row__do a")).first)
    approve = page.locator(".decision-bar").get_by_role("button", name="Approve")
    box = approve.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    approve.click()
    expect(page.get_by_text("Approved: “Oak Street is closed until four”.")).to_be_visible()
    assert Post.objects.get(pk=revision.post_id).stage == Stage.SCHEDULED
    assert complaints == []


def test_selected_words_go_into_the_first_empty_quote(
    department: SimpleNamespace, live_server: Any, new_context: Any
) -> None:
    d = department
    revision = submitted(d.northeast, d.officer, channels=[d.northeast_website], now=timezone.now())
    page = _page(new_context, live_server, d.supervisor, "desk")
    complaints = listen(page)
    page.goto(f"{live_server.url}/desk/review/{revision.post_id}/?ask=changes")
    page.locator(".decide-previews").get_by_text("Use Elm Street").first.click(click_count=2)
    first = page.get_by_label("These words").first
    expect(first).not_to_have_value("")
    quoted = first.input_value()
    page.get_by_label("What about them").first.fill("Say it differently.")
    page.get_by_role("button", name="Send it back").first.click()
    expect(page.get_by_text("Sent back for changes")).to_be_visible()
    (comment,) = revision.reviews.get().comments.all()
    assert comment.quote == quoted
    assert complaints == []


@pytest.mark.parametrize("script", [True, False])
def test_an_alert_goes_out_without_review_from_a_phone(
    department: SimpleNamespace, live_server: Any, new_context: Any, script: bool
) -> None:
    d = department
    day = timezone.now().date()
    training.give(user=d.officer, division=d.northeast, trained_on=day, ends_on=day + timedelta(days=90), by=d.admin)
    facts = {"do_now": "Stay inside."}
    alert = draft(d.northeast, d.officer, kind="safety_alert", facts=facts, channels=[d.northeast_website])
    page = _page(new_context, live_server, d.officer, "phone", java_script_enabled=script)
    page.goto(f"{live_server.url}/desk/posts/{alert.pk}/edit/")
    page.get_by_role("button", name="Publish without review").click()
    page.get_by_label("What is happening, and why it cannot wait").fill(
        "Gas spreads towards the school, nobody answers."
    )
    page.get_by_role("button", name="Publish now, without review").click()
    expect(page.get_by_text("Not signed yet.")).to_be_visible()
    assert BreakGlass.objects.get().approval.basis == Basis.BREAK_GLASS
    assert Approval.objects.count() == 1


def test_the_second_approver_is_three_taps_from_the_bell_on_a_phone(
    department: SimpleNamespace, live_server: Any, new_context: Any
) -> None:
    d, now = department, timezone.now()
    revision = submitted(d.northeast, d.officer, flags=("death",), channels=[d.northeast_website], now=now)
    review.approve(revision=revision, by=d.supervisor, now=now)
    page = _page(new_context, live_server, d.smo, "phone")
    complaints = listen(page)
    page.goto(f"{live_server.url}/desk/")
    follow(page, page.get_by_role("link", name="Notices", exact=False).first)
    follow(page, page.get_by_role("link", name=f"To approve: {revision.title}"))
    page.locator(".decision-bar").get_by_role("button", name="Approve").click()
    expect(page.get_by_text(f"Approved: “{revision.title}”.")).to_be_visible()
    assert Post.objects.get(pk=revision.post_id).stage == Stage.SCHEDULED
    assert complaints == []


@pytest.mark.parametrize("script", [True, False])
def test_everything_is_held_in_two_taps_from_the_wall_on_a_phone(
    department: SimpleNamespace, live_server: Any, new_context: Any, script: bool
) -> None:
    page = _page(new_context, live_server, department.smo, "phone", java_script_enabled=script)
    page.goto(f"{live_server.url}/desk/wall/")
    follow(page, page.get_by_role("link", name="Hold posting").first)
    page.get_by_role("button", name="Hold now").click()
    expect(page.get_by_text("Posting is on hold for every account").first).to_be_visible()
    assert Hold.objects.get().scope == "all"


def test_the_question_what_it_touches_comes_while_typing_and_answering_loses_no_letter(
    department: SimpleNamespace, live_server: Any, new_context: Any
) -> None:
    d = department
    post = draft(d.northeast, d.officer, channels=[d.northeast_website])
    page = _page(new_context, live_server, d.officer, "phone")
    complaints = listen(page)
    page.goto(f"{live_server.url}/desk/posts/{post.pk}/edit/")
    page.get_by_label("Text for every channel").fill("A juvenile was seen on the ice.")
    why = page.locator("#id_why-juvenile")
    expect(why).to_be_visible()
    why.press_sequentially("It is a young heron.")
    expect(page.locator("#findings")).to_contain_text("It is a young heron.")
    expect(why).to_be_focused()
    expect(why).to_have_value("It is a young heron.")
    page.get_by_role("button", name="Submit for review").locator("visible=true").click()
    expect(page.get_by_text("Submitted for review")).to_be_visible()
    assert complaints == []
