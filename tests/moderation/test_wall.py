"""The wall: who may see it, what is red first and why, on made-up history with known gaps; and its query count."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from divisions.access import rights
from divisions.models import Channel, Division
from moderation.models import CheckRound
from moderation.selectors import wall
from moderation.services import rounds
from moderation.states import SILENCE, Level
from posts.models import Delivery, Post
from tests import stories
from tests.counting import queries_of
from tests.stories import NOW

URL = "/desk/wall/"


@pytest.fixture(autouse=True)
def _at_nine_in_chicago() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def post(department: SimpleNamespace) -> Post:
    """Something that deliveries can belong to."""
    return stories.live(department.northeast, department.officer, department.supervisor, now=NOW - timedelta(days=80))


@pytest.fixture
def quiet(department: SimpleNamespace) -> SimpleNamespace:
    """The stock accounts, all in order: somebody on duty, no promise to break, the register filled in."""
    Channel.objects.update(duty_officer=department.officer, cadence_days=None, url="https://account.example/")
    Division.objects.update(intro="Who we are.", address="1 Main Street", phone_desk="555-0100", hours="Always")
    return department


def deliver(channel: Channel, post: Post, at: datetime, state: str = "delivered", **more: Any) -> Delivery:
    """One delivery as history left it."""
    return Delivery.objects.create(
        post=post, channel=channel, payload={"title": post.title, "text": "Words", "link": None, "url": None,
                                             "language": "en", "media": []},
        payload_hash="0" * 64, key=uuid.uuid4().hex, due_at=at, ready_at=at, grace_until=at, state=state, state_at=at,
        settled_at=at if state != "uncertain" else None, **more,
    )  # fmt: skip


def promised(channel: Channel, days: int) -> Channel:
    """The channel with a cadence."""
    Channel.objects.filter(pk=channel.pk).update(cadence_days=days)
    return channel


def seen_by(person: Any) -> dict[str, wall.Row]:
    """The wall's rows of a person by channel slug, in the wall's order."""
    return {row.channel.slug: row for row in wall.rows(rights(person), now=NOW)}


def test_the_central_officer_sees_every_account_and_none_of_our_own_pages(department: SimpleNamespace) -> None:
    assert set(seen_by(department.smo)) == {
        "facebook-northeast",
        "facebook-central",
        "x-department",
        "x-staff",
        "nixle",
    }


@pytest.mark.parametrize("who", ["officer", "supervisor", "stranger", "boss", "moderator", "admin"])
def test_who_oversees_nothing_is_told_who_can_grant_it(department: SimpleNamespace, as_: Any, who: str) -> None:
    answer = as_(getattr(department, who)).get(URL)
    assert answer.status_code == 403
    assert "Social media officer" in answer.content.decode()


@pytest.mark.parametrize("who", ["smo", "auditor", "records"])
def test_who_oversees_all_opens_the_wall(department: SimpleNamespace, as_: Any, who: str) -> None:
    assert as_(getattr(department, who)).get(URL).status_code == 200


def test_an_account_past_twice_its_promise_is_red_and_says_for_how_long(quiet: SimpleNamespace, post: Post) -> None:
    deliver(promised(quiet.facebook_central, 7), post, NOW - timedelta(days=23, hours=1))
    row = seen_by(quiet.smo)["facebook-central"]
    assert row.level is Level.ACT
    assert row.sentence == "Silent for 23 days; the promise is a post every 7 days."
    assert row.rhythm == "3.3× its week"


def test_an_account_just_past_its_promise_is_soon_and_inside_it_in_order(quiet: SimpleNamespace, post: Post) -> None:
    deliver(promised(quiet.facebook_central, 7), post, NOW - timedelta(days=8))
    deliver(promised(quiet.facebook_northeast, 7), post, NOW - timedelta(days=7))
    rows = seen_by(quiet.smo)
    assert rows["facebook-central"].level is Level.SOON
    assert rows["facebook-northeast"].level is Level.ORDER
    assert rows["facebook-northeast"].rhythm == "in step"


def test_the_second_missed_promise_turns_red_exactly_at_its_threshold(quiet: SimpleNamespace, post: Post) -> None:
    at = NOW - timedelta(days=7) * SILENCE.act
    deliver(promised(quiet.facebook_central, 7), post, at)
    assert seen_by(quiet.smo)["facebook-central"].level is Level.ACT


def test_worst_comes_first_connection_before_failures_before_silence(quiet: SimpleNamespace, post: Post) -> None:
    deliver(promised(quiet.facebook_central, 1), post, NOW - timedelta(days=9))
    deliver(quiet.x_department, post, NOW - timedelta(hours=1), "failed")
    Channel.objects.filter(slug="facebook-northeast").update(state="needs_attention", state_reason="The sign-in ended")
    deliver(quiet.nixle, post, NOW - timedelta(minutes=20), "uncertain")
    rows = seen_by(quiet.smo)
    assert list(rows) == ["facebook-northeast", "x-department", "facebook-central", "nixle", "x-staff"]
    assert rows["facebook-northeast"].sentence == "The sign-in ended."
    assert rows["x-department"].sentence == "One post did not go out and waits for a decision."
    assert rows["nixle"].level is Level.SOON
    assert rows["x-staff"].reason is None


def test_a_doubt_turns_red_after_the_usual_grace(quiet: SimpleNamespace, post: Post) -> None:
    deliver(quiet.x_department, post, NOW - timedelta(hours=2), "uncertain")
    assert seen_by(quiet.smo)["x-department"].level is Level.ACT


def test_a_connection_that_ends_soon_is_said_before_it_ends(quiet: SimpleNamespace) -> None:
    for slug, days in (("facebook-northeast", 2), ("facebook-central", 10), ("x-department", 40)):
        Channel.objects.filter(slug=slug).update(token_expires_at=NOW + timedelta(days=days, minutes=1))
    rows = seen_by(quiet.smo)
    assert [rows[s].level for s in ("facebook-northeast", "facebook-central", "x-department")] == list(Level)
    assert rows["facebook-central"].sentence == "The connection ends in 10 days. Renew it before."


def test_nobody_on_duty_is_said(quiet: SimpleNamespace) -> None:
    Channel.objects.filter(slug="nixle").update(duty_officer=None)
    assert seen_by(quiet.smo)["nixle"].sentence == "Nobody is on duty for it."


def test_bars_stand_on_the_days_posts_went_out_and_silence_is_drawn(quiet: SimpleNamespace, post: Post) -> None:
    promised(quiet.facebook_central, 7)
    for days in (89, 30, 30, 23):
        deliver(quiet.facebook_central, post, NOW - timedelta(days=days))
    rows = wall.rows(rights(quiet.smo), now=NOW)
    sparks, peak = wall.sparks(rows, now=NOW, zone="America/Chicago")
    spark = sparks[quiet.facebook_central.pk]
    assert {n: v for n, v in enumerate(spark.bars) if v} == {0: 1, 19: 2, 22: 1}
    assert peak == 2
    assert spark.silent == 5  # 16 days past the week it promised
    assert spark.words == "4 posts in 90 days, none for 23 days"


def test_the_strip_counts_today_by_the_departments_clock(quiet: SimpleNamespace, post: Post) -> None:
    deliver(quiet.facebook_central, post, NOW - timedelta(hours=1))
    deliver(quiet.facebook_central, post, NOW - timedelta(hours=10))  # 23:00 the evening before
    deliver(quiet.x_department, post, NOW - timedelta(hours=2), "failed")
    stories.submitted(quiet.northeast, quiet.officer, channels=[quiet.facebook_northeast])
    assert wall.today(rights(quiet.smo), now=NOW, zone="America/Chicago") == {"failed": 1, "delivered": 1, "waiting": 1}
    assert seen_by(quiet.smo)["facebook-northeast"].channel.waiting == 1


def test_the_page_groups_says_the_count_and_leads_to_the_one_post(quiet: SimpleNamespace, post: Post, as_: Any) -> None:
    deliver(quiet.x_department, post, NOW - timedelta(hours=1), "failed")
    page = as_(quiet.smo).get(URL).content.decode()
    assert "5 counted, 4 declared in the published list" in page
    assert re.search(r"Act now <span class=\"count count--failed\">1</span>", page)
    assert f'href="/desk/posts/{post.pk}/#where"' in page
    assert page.count('class="button button--small"') == 1  # only the worst row's button is filled


def test_an_auditor_gets_a_look_instead_of_a_button_that_would_refuse(
    quiet: SimpleNamespace, post: Post, as_: Any
) -> None:
    deliver(quiet.x_department, post, NOW - timedelta(hours=1), "failed")
    page = as_(quiet.auditor).get(URL).content.decode()
    assert "See the account" in page
    assert ">Decide<" not in page


def test_filters_narrow_and_an_empty_answer_says_so(quiet: SimpleNamespace, as_: Any) -> None:
    client = as_(quiet.smo)
    assert "facebook-central" not in client.get(URL, {"division": "northeast"}).content.decode()
    assert "No account is like that" in client.get(URL, {"show": "act"}).content.decode()
    assert "1 of 1 accounts" in client.get(URL, {"platform": "nixle"}).content.decode()


def test_an_overdue_check_turns_red_after_a_day_and_leads_to_its_round(quiet: SimpleNamespace, as_: Any) -> None:
    for slug, days in (("facebook-northeast", 9), ("facebook-central", 7.5), ("x-department", 6)):
        Channel.objects.filter(slug=slug).update(created_at=NOW - timedelta(days=days))
    rows = seen_by(quiet.smo)
    assert [rows[s].level for s in ("facebook-northeast", "facebook-central", "x-department")] == list(Level)
    assert rows["facebook-northeast"].sentence == "Never checked, due 2 days ago."
    assert 'href="/desk/checks/?channel=facebook-northeast"' in as_(quiet.smo).get(URL).content.decode()
    rounds.open_due(now=NOW)
    opened = CheckRound.objects.get(channel__slug="facebook-northeast")
    assert f'href="/desk/checks/{opened.pk}/"' in as_(quiet.smo).get(URL).content.decode()


def test_the_wall_says_when_an_account_was_last_checked_and_by_whom(quiet: SimpleNamespace, as_: Any) -> None:
    when = NOW - timedelta(days=9)
    signed = {"signed_at": when, "signed_by": quiet.smo, "signed_name": quiet.smo.name}
    CheckRound.objects.create(channel=quiet.nixle, every_days=7, opened_at=when, due_at=when, **signed)
    row = seen_by(quiet.smo)["nixle"]
    assert (row.channel.signed_name, row.channel.signed_at) == ("Social media officer", when)
    assert row.sentence == "The check round is 2 days late."
    assert "Signed by Social media officer" in as_(quiet.smo).get(URL).content.decode()


def test_a_retired_account_is_not_counted(quiet: SimpleNamespace) -> None:
    Channel.objects.filter(slug="nixle").update(state="retired")
    assert "nixle" not in seen_by(quiet.smo)


def test_the_wall_asks_as_many_queries_for_500_accounts_as_for_five(
    quiet: SimpleNamespace, post: Post, as_: Any
) -> None:
    client = as_(quiet.smo)
    few = queries_of(client, URL)
    made = Channel.objects.bulk_create(
        Channel(slug=f"page-{n}", division=quiet.central, platform="facebook", name=f"Page {n}", handle=f"p{n}",
                cadence_days=7, duty_officer=quiet.officer)
        for n in range(500)
    )  # fmt: skip
    for channel in made[:20]:
        deliver(channel, post, NOW - timedelta(days=3))
    assert queries_of(client, URL) <= few
    assert "of 505 accounts" in client.get(URL).content.decode()
