"""A channel's best window: a hint beside “When” that one press takes, and a note when a routine post lies outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.test import Client

from divisions.models import Channel, Division
from divisions.services import channels
from posts.checks import Window
from posts.models import Draft, Post
from posts.selectors import candidate, targets, windows
from posts.selectors.targets import Target
from tests import stories
from tests.posts.test_compose_pages import HTMX, edit, form_of
from tests.stories import NOW

TODAY, TOMORROW = "2026-11-24", "2026-11-25"
FIVE, SEVEN = time(17), time(19)


@pytest.fixture(autouse=True)
def _nine_in_chicago() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def window(channel: Channel, starts: time = FIVE, ends: time = SEVEN) -> Channel:
    channels.change_channel(channel=channel, best_from=starts, best_until=ends, by=None)
    return Channel.objects.select_related("division").get(pk=channel.pk)


def draft_on(d: SimpleNamespace, *chosen: Channel, **more: Any) -> Draft:
    post = stories.draft(d.northeast, d.officer, channels=chosen, **more)
    return Draft.objects.select_related("post__division").get(post=post)


def notes(draft: Draft) -> list[str]:
    return [f.message for f in candidate.look(draft, now=NOW).findings if f.code == "BEST_WINDOW"]


@pytest.mark.parametrize(("clock", "is_inside"), [("16:59", False), ("17:00", True), ("19:00", True), ("19:01", False)])
def test_a_timed_post_outside_the_window_gets_a_note_and_no_stop(
    department: SimpleNamespace, clock: str, is_inside: bool
) -> None:
    d = department
    draft = draft_on(d, window(d.facebook_northeast), due=f"{TODAY}T{clock}")
    wanted = "It goes out outside the best window of Facebook, Northeast Patrol Division (17:00 to 19:00)."
    assert notes(draft) == ([] if is_inside else [wanted])
    assert candidate.look(draft, now=NOW).stops == []


def test_an_alert_and_what_goes_out_as_soon_as_approved_never_hear_of_it(department: SimpleNamespace) -> None:
    d = department
    page = window(d.facebook_northeast)
    assert notes(draft_on(d, page)) == []
    assert notes(draft_on(d, page, kind="safety_alert", due=f"{TODAY}T12:00")) == []
    assert notes(draft_on(d, d.x_department, due=f"{TODAY}T12:00")) == []


def test_the_window_is_wall_clock_of_the_channels_division_through_summer_time() -> None:
    found = Window(starts=FIVE, ends=SEVEN, zone="America/Chicago")
    assert found.covers(datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    assert not found.covers(datetime(2026, 7, 1, 0, 30, tzinfo=UTC))
    assert found.covers(datetime(2026, 12, 1, 0, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("clock", "is_inside"), [("21:59", False), ("22:00", True), ("00:00", True), ("02:00", True), ("02:01", False)]
)
def test_a_window_past_midnight_covers_both_sides_of_it(
    department: SimpleNamespace, clock: str, is_inside: bool
) -> None:
    d = department
    late = window(d.facebook_northeast, time(22), time(2))
    assert (notes(draft_on(d, late, due=f"{TOMORROW}T{clock}")) == []) is is_inside


@pytest.mark.parametrize(
    ("due", "offered"),
    [
        (None, (f"{TODAY}T22:00", False)),
        (datetime(2026, 11, 26, 7, 30, tzinfo=UTC), ("2026-11-26T22:00", True)),
        (datetime(2026, 11, 26, 9, 0, tzinfo=UTC), ("2026-11-26T22:00", False)),
    ],
)
def test_a_window_past_midnight_is_offered_from_its_evening(
    department: SimpleNamespace, due: datetime | None, offered: tuple[str, bool]
) -> None:
    (hint,) = hints(department, window(department.facebook_northeast, time(22), time(2)), due=due)
    assert (hint.starts, hint.ends) == ("22:00", "02:00")
    assert (hint.wall, hint.is_inside) == offered


def hints(d: SimpleNamespace, *chosen: Channel, now: datetime = NOW, due: datetime | None = None) -> list[windows.Hint]:
    return windows.hints([Target((c,)) for c in chosen], draft_on(d, *chosen), due, now=now)


@pytest.mark.parametrize(
    ("now", "day", "wall"),
    [
        (NOW, "today", f"{TODAY}T17:00"),
        (datetime(2026, 11, 24, 22, 29, tzinfo=UTC), "today", f"{TODAY}T17:00"),
        (datetime(2026, 11, 24, 22, 31, tzinfo=UTC), "tomorrow", f"{TOMORROW}T17:00"),
        (datetime(2026, 11, 25, 4, 0, tzinfo=UTC), "tomorrow", f"{TOMORROW}T17:00"),
    ],
)
def test_the_next_opening_that_leaves_time_to_approve_is_offered(
    department: SimpleNamespace, now: datetime, day: str, wall: str
) -> None:
    (hint,) = hints(department, window(department.facebook_northeast), now=now)
    assert (hint.clock, hint.day, hint.wall) == ("17:00", day, wall)


@pytest.mark.parametrize(
    ("due", "day", "wall"),
    [
        (datetime(2026, 11, 28, 16, 0, tzinfo=UTC), "Sat 28 Nov", "2026-11-28T17:00"),
        (datetime(2026, 11, 29, 3, 0, tzinfo=UTC), "Sat 28 Nov", "2026-11-28T17:00"),
        (datetime(2026, 11, 24, 16, 0, tzinfo=UTC), "today", f"{TODAY}T17:00"),
        (datetime(2026, 11, 20, 16, 0, tzinfo=UTC), "today", f"{TODAY}T17:00"),
    ],
)
def test_a_day_that_is_chosen_stays_chosen(department: SimpleNamespace, due: datetime, day: str, wall: str) -> None:
    (hint,) = hints(department, window(department.facebook_northeast), due=due)
    assert (hint.day, hint.wall) == (day, wall)


def test_channels_with_one_window_share_a_line_and_others_have_their_own(department: SimpleNamespace) -> None:
    d = department
    together = hints(d, window(d.facebook_northeast), window(d.x_department))
    assert [h.names for h in together] == ["Facebook, Northeast Patrol Division and X, Test Police Department"]
    apart = hints(d, window(d.facebook_northeast), window(d.x_department, time(11), time(13)))
    assert [h.starts for h in apart] == ["11:00", "17:00"]


def test_a_linked_channel_of_another_zone_is_said_in_the_zone_of_the_writer(department: SimpleNamespace) -> None:
    d = department
    Division.objects.filter(slug="headquarters").update(zone="America/New_York")
    (hint,) = hints(d, window(d.x_department))
    assert (hint.starts, hint.ends, hint.wall) == ("16:00", "18:00", f"{TODAY}T16:00")
    assert notes(draft_on(d, Channel.objects.get(slug="x-department"), due=f"{TODAY}T16:30")) == []
    Division.objects.filter(slug="headquarters").update(zone="")
    Division.objects.filter(slug="northeast").update(zone="America/New_York")
    d.northeast.refresh_from_db()
    (hint,) = hints(d, Channel.objects.select_related("division").get(slug="x-department"))
    assert (hint.starts, hint.ends) == ("18:00", "20:00")


def test_it_costs_no_query(department: SimpleNamespace, django_assert_num_queries: Any) -> None:
    d = department
    draft = draft_on(d, window(d.facebook_northeast), window(d.x_department), due=f"{TODAY}T12:00")
    words = [(v.channel, v.text) for v in draft.variants.select_related("channel__division")]
    with django_assert_num_queries(0):
        candidate.look_at(draft, words, [], now=NOW)


@pytest.fixture
def page(department: SimpleNamespace) -> Post:
    """A draft on a page with a best window."""
    return stories.draft(department.northeast, department.officer, channels=[window(department.facebook_northeast)])


@pytest.fixture
def desk(officer: Any, as_: Any) -> Client:
    """The officer's browser."""
    return as_(officer)


def test_the_composer_says_the_window_and_offers_its_beginning(page: Post, desk: Client) -> None:
    text = desk.get(edit(page)).content.decode()
    assert "Best window of Facebook, Northeast Patrol Division: 17:00 to 19:00." in text
    assert "Use 17:00 today" in text


def test_one_press_without_javascript_takes_the_time_and_keeps_what_was_typed(page: Post, desk: Client) -> None:
    answer = desk.post(edit(page), form_of(page, title="Typed meanwhile", cure=f"time|{TODAY}T17:00"))
    assert answer.url == f"{edit(page)}#when"
    draft = Draft.objects.get(post=page)
    assert (draft.when, draft.wall_time, draft.title) == ("at", f"{TODAY}T17:00", "Typed meanwhile")
    text = desk.get(edit(page)).content.decode()
    assert "This time is inside it." in text
    assert "Use 17:00 today" not in text


def test_rubbish_in_the_button_is_refused_at_the_field(page: Post, desk: Client) -> None:
    for rubbish in ("time|", "time|soon", "time|2026-13-77T99:99", "time|" + "9" * 400, "zeit|2026-11-24T17:00"):
        answer = desk.post(edit(page), form_of(page, cure=rubbish))
        assert answer.status_code in (302, 422), rubbish
        assert desk.get(edit(page)).status_code == 200


def test_the_hint_follows_the_ticked_channels(page: Post, desk: Client) -> None:
    url = f"/desk/posts/{page.pk}/preview/"
    with_it = desk.post(url, form_of(page), headers=HTMX).content.decode()
    assert "Best window of" in with_it
    assert 'id="best-window" hx-swap-oob="true"' in with_it
    assert "Best window of" not in desk.post(url, form_of(page, channels=None), headers=HTMX).content.decode()


def test_the_note_stands_in_the_composer_and_before_the_reviewer(department: SimpleNamespace, as_: Any) -> None:
    d = department
    revision = stories.submitted(d.northeast, d.officer, channels=[window(d.facebook_northeast)], due=f"{TODAY}T20:00")
    assert "outside the best window" in as_(d.supervisor).get(f"/desk/review/{revision.post_id}/").content.decode()


def test_our_own_pages_have_no_window(department: SimpleNamespace) -> None:
    offered = targets.boxes(c for c in department.channels.values() if c.is_own)
    assert windows.hints(offered, draft_on(department), None, now=NOW + timedelta(hours=1)) == []
