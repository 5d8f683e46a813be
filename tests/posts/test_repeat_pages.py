"""What repeats, on the desk: from the composer to the list and its end, over HTTP, without a script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from posts.models import Draft, Pattern, Post
from posts.selectors.rrules import WEEKDAYS
from posts.services import compose, repeat
from posts.services import submit as submit_service
from posts.states import Stage
from tests.stories import NOW, approved, draft

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_november() -> Iterator[None]:
    """The days written here are ahead, and the week has days left, whenever this runs."""
    with time_machine.travel(NOW, tick=True):
        yield


CHICAGO = ZoneInfo("America/Chicago")
DAY = timedelta(days=1)


def _in(days: int, clock: str = "18:00") -> str:
    return f"{(timezone.now().astimezone(CHICAGO) + days * DAY):%Y-%m-%d}T{clock}"


def _repeating(d: SimpleNamespace, title: str = "Bring your bicycle in for a free check", **more: Any) -> Post:
    due = _in(1)
    code = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[timezone.datetime.fromisoformat(due).weekday()]  # type: ignore[attr-defined]
    rule = f"FREQ=WEEKLY;BYDAY={code};COUNT=8"
    own = [d.northeast_website, d.northeast_feed]
    more = {"channels": own, "now": timezone.now(), "due": due, "repeats": rule, **more}
    return approved(d.northeast, d.officer, d.supervisor, title=title, **more)


def _typed(d: SimpleNamespace, version: int, **more: Any) -> dict[str, Any]:
    day, _, clock = _in(1).partition("T")
    return {
        "version": version,
        "kind": "update",
        "title": "Bring your bicycle in for a free check",
        "text": "Every week at the substation, from five to seven. Bring the lock too.",
        "channels": [str(d.northeast_website.pk)],
        "when": "at",
        "wall_day": day,
        "wall_clock": clock,
        **more,
    }


def test_from_the_composer_to_the_second_time_and_the_end(department: SimpleNamespace, as_: Any) -> None:
    d = department
    post = draft(d.northeast, d.officer, channels=[d.northeast_website, d.northeast_feed], now=timezone.now())
    desk = as_(d.officer)
    page = desk.get(reverse("posts:compose", args=[post.pk])).content.decode()
    assert "Does not repeat" in page
    typed = _typed(d, 2, repeat="week", repeat_count="4")
    shown = desk.post(reverse("posts:preview", args=[post.pk]), typed).content.decode()
    assert "Goes out every week on" in shown
    assert shown.count("<li>") >= 4
    answer = desk.post(reverse("posts:submit", args=[post.pk]), typed, follow=True)
    assert "Submitted for review" in answer.content.decode()

    reviewer = as_(d.supervisor)
    decide = reverse("posts:decide", args=[post.pk])
    assert "every week on" in reviewer.get(decide).content.decode()
    post.refresh_from_db()
    reviewer.post(decide, {"verdict": "approve", "revision": post.revision_id})
    pattern = Pattern.objects.get()
    repeat.materialise(now=timezone.now())
    second = Post.objects.get(pattern=pattern)

    listed = desk.get(reverse("posts:repeats")).content.decode()
    assert str(post) in listed
    assert "every week on" in listed.lower()
    for address in (reverse("posts:list"), reverse("posts:calendar") + "?view=list"):
        assert "Repeats weekly" in desk.get(address).content.decode(), address
    assert "ends the repeating" in desk.get(reverse("posts:detail", args=[post.pk])).content.decode()
    for one in (post, second):
        page = desk.get(reverse("posts:detail", args=[one.pk])).content.decode()
        assert reverse("posts:repeat", args=[pattern.pk]) in page
        assert "Repeats weekly" in page

    address = reverse("posts:repeat_stop", args=[pattern.pk])
    refused = desk.post(address, {"reason": ""})
    assert refused.status_code == 422
    assert "Say why it stops" in refused.content.decode()
    ended = desk.post(address, {"reason": "The workshop moves."}, follow=True).content.decode()
    assert "It repeats no more" in ended
    assert "The workshop moves." in ended
    second.refresh_from_db()
    assert second.stage == Stage.CANCELLED
    again = desk.post(address, {"reason": "Twice"}, follow=True).content.decode()
    assert "does not repeat any more" in again


@pytest.mark.parametrize(
    ("more", "stored"),
    [
        ({}, ""),
        ({"repeat": "weekday", "repeat_count": "5"}, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=5"),
        ({"repeat": "week", "repeat_days": ["TH", "MO"], "repeat_until": "2027-03-31"}, "MO,TH;UNTIL=20270331T235959"),
        ({"repeat": "month_day", "wall_day": "2026-12-15", "repeat_count": "3"}, "FREQ=MONTHLY;BYMONTHDAY=15;COUNT=3"),
        ({"repeat": "month_weekday", "wall_day": "2026-12-08", "repeat_count": "3"}, "FREQ=MONTHLY;BYDAY=2TU;COUNT=3"),
        ({"repeat": "month_weekday", "wall_day": "2026-12-31", "repeat_count": "3"}, "FREQ=MONTHLY;BYDAY=-1TH;COUNT=3"),
        ({"repeat": "month_weekday", "wall_day": "", "repeat_count": "3"}, "FREQ=MONTHLY;BYDAY=;COUNT=3"),
        ({"repeat": "week", "wall_day": "", "repeat_count": "3"}, "FREQ=WEEKLY;COUNT=3"),
        ({"repeat": "day", "repeat_count": "3"}, "FREQ=DAILY;COUNT=3"),
        (
            {"repeat": "week", "repeat_interval": "2", "wall_day": "2026-12-08", "repeat_count": "3"},
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;COUNT=3",
        ),
        (
            {"repeat": "week", "repeat_interval": "2", "repeat_days": list(WEEKDAYS), "repeat_count": "3"},
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR;COUNT=3",
        ),
        (
            {"repeat": "month_day", "repeat_interval": "3", "wall_day": "2026-12-15", "repeat_count": "3"},
            "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15;COUNT=3",
        ),
    ],
)
def test_what_is_picked_is_kept_and_comes_back_as_picked(
    department: SimpleNamespace, as_: Any, more: dict[str, Any], stored: str
) -> None:
    d = department
    post, desk = draft(d.northeast, d.officer), as_(d.officer)
    address = reverse("posts:compose", args=[post.pk])
    assert desk.post(address, _typed(d, 2, **more)).status_code == 302
    assert Draft.objects.get(post=post).repeats.endswith(stored)
    form = desk.get(address).context["form"]
    assert (form.initial["repeat"] or "") == more.get("repeat", "")
    assert str(form.initial["repeat_count"] or "") == more.get("repeat_count", "")
    assert form.initial.get("repeat_interval", 1) == int(more.get("repeat_interval", "1"))
    assert form.rule() == Draft.objects.get(post=post).repeats, "saved again, it is the same"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"repeat": "yearly"}, "not one of the choices"),
        ({"repeat": "week", "repeat_days": ["XX"]}, "not a day of the week"),
        ({"repeat": "week", "repeat_count": "1"}, "A number from 2 to 366"),
        ({"repeat": "week", "repeat_count": "many"}, "A number from 2 to 366"),
        ({"repeat": "week", "repeat_interval": "0"}, "A number from 1 to 12"),
        ({"repeat": "week", "repeat_interval": "13"}, "A number from 1 to 12"),
        ({"repeat": "week", "repeat_interval": "two"}, "A number from 1 to 12"),
        ({"repeat": "week", "repeat_until": "never"}, "Enter a valid date"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field_and_nothing_typed_is_lost(
    department: SimpleNamespace, as_: Any, more: dict[str, Any], says: str
) -> None:
    d = department
    post = draft(d.northeast, d.officer)
    answer = as_(d.officer).post(reverse("posts:compose", args=[post.pk]), _typed(d, 2, title="Typed", **more))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert says in page
    assert "Typed" in page


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"repeat": "week"}, "It says no end."),
        ({"repeat": "week", "repeat_count": "60"}, "longer than 366 days"),
        ({"repeat": "week", "repeat_count": "4", "when": "approved"}, "needs an exact time"),
        ({"repeat": "week", "repeat_count": "4", "flags": ["death"]}, "It touches a death"),
        ({"repeat": "week", "repeat_count": "4", "kind": "press_release"}, "does not repeat"),
    ],
)
def test_a_stop_leads_to_the_field(department: SimpleNamespace, as_: Any, more: dict[str, Any], says: str) -> None:
    d = department
    post = draft(d.northeast, d.officer)
    answer = as_(d.officer).post(reverse("posts:submit", args=[post.pk]), _typed(d, 2, **more))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert says in page
    assert 'href="#id_repeat"' in page or 'href="#when"' in page


def test_before_saving_a_night_without_that_hour_is_struck_and_named(department: SimpleNamespace, as_: Any) -> None:
    d = department
    post = draft(d.northeast, d.officer)
    typed = _typed(d, 2, wall_day="2027-03-07", wall_clock="02:30", repeat="week", repeat_count="4")
    page = as_(d.officer).post(reverse("posts:preview", args=[post.pk]), typed).content.decode()
    assert "<del>Sun 14 Mar 2027, 02:30</del>" in page
    assert "Left out. The clock skips 02:30" in page
    twice = {**typed, "wall_day": "2027-10-31", "wall_clock": "01:30"}
    page = as_(d.officer).post(reverse("posts:preview", args=[post.pk]), twice).content.decode()
    assert "shows 01:30 twice" in page
    assert page.count(">CDT<") == 2, "the night itself too: the first passage"
    assert page.count(">CST<") == 2
    assert Draft.objects.get(post=post).repeats == ""


def test_where_nothing_repeats_the_list_says_how_to_begin(department: SimpleNamespace, as_: Any) -> None:
    assert "Nothing repeats yet." in as_(department.officer).get(reverse("posts:repeats")).content.decode()


def test_another_divisions_patterns_do_not_exist(department: SimpleNamespace, as_: Any) -> None:
    d = department
    first = _repeating(d)
    pattern = Pattern.objects.get(revision__post=first)
    desk = as_(d.stranger)
    assert str(first) not in desk.get(reverse("posts:repeats")).content.decode()
    assert desk.get(reverse("posts:repeat", args=[pattern.pk])).status_code == 404
    assert desk.post(reverse("posts:repeat_stop", args=[pattern.pk]), {"reason": "Mine"}).status_code == 404


def test_a_draft_that_waits_is_shown_with_its_reason(department: SimpleNamespace, as_: Any) -> None:
    from divisions.services import channels as channel_service

    d = department
    _repeating(d, channels=[d.northeast_website, d.facebook_northeast])
    channel_service.move_channel(channel=d.facebook_northeast, to="retired", by=None)
    repeat.materialise(now=timezone.now())
    waiting = Post.objects.get(pattern__isnull=False)
    home = as_(d.supervisor).get(reverse("config:home")).content.decode()
    assert "is retired" in home
    assert reverse("posts:compose", args=[waiting.pk]) in home
    assert "1 could not be made" in as_(d.officer).get(reverse("posts:repeats")).content.decode()
    detail = as_(d.officer).get(reverse("posts:detail", args=[waiting.pk])).content.decode()
    assert "It could not go out by itself." in detail
    assert "Not scheduled by itself" in detail


def test_the_pages_take_a_constant_number_of_queries(department: SimpleNamespace, as_: Any) -> None:
    d = department
    desk, counts = as_(d.smo), []
    desk.get(reverse("posts:repeats"))
    for more in (2, 6):
        for number in range(more):
            _repeating(d, title=f"Notice {more} {number}")
        repeat.materialise(now=timezone.now())
        first = Pattern.objects.order_by("pk")[0]
        for address in (reverse("posts:repeats"), reverse("posts:repeat", args=[first.pk]), reverse("posts:list")):
            with CaptureQueriesContext(connection) as queries:
                assert desk.get(address).status_code == 200
            counts.append(len(queries))
    assert counts[:3] == counts[3:]


def test_an_occurrence_that_is_changed_goes_through_review_as_any_post(department: SimpleNamespace, as_: Any) -> None:
    d = department
    _repeating(d)
    repeat.materialise(now=timezone.now())
    second = Post.objects.get(pattern__isnull=False)
    answer = as_(d.officer).post(reverse("posts:change", args=[second.pk]), follow=True)
    assert answer.status_code == 200
    form = answer.context["form"]
    assert (form.initial["repeat"], form.initial["wall_day"]) == ("", second.occurs_at[:10])
    submit_service.submit(post=second, by=d.officer)
    compose.lock(second)
    assert Post.objects.get(pk=second.pk).stage == Stage.IN_REVIEW
