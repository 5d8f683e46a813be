"""Holds on the desk: two presses from the wall, everything it stops item by item, and only for those concerned."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from posts.models import Delivery, Hold, Post
from posts.services import hold
from posts.states import DeliveryState
from tests.stories import approved

pytestmark = pytest.mark.django_db


def _scheduled(d: SimpleNamespace, title: str = "Oak Street is closed") -> Post:
    now = timezone.now()
    due = (now.astimezone(timezone.get_fixed_timezone(-360)) + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M")
    own = [d.northeast_website, d.northeast_feed]
    return approved(d.northeast, d.officer, d.supervisor, title=title, due=due, channels=own, now=now)


def _states(post: Post) -> set[str]:
    return set(Delivery.objects.filter(post=post).values_list("state", flat=True))


def test_from_the_wall_to_a_hold_in_two_presses(department: SimpleNamespace, as_: Any) -> None:
    d = department
    post = _scheduled(d)
    desk = as_(d.smo)
    assert reverse("posts:hold_new") in desk.get(reverse("moderation:wall")).content.decode()
    page = desk.get(reverse("posts:hold_new"))
    form = page.context["form"]
    typed = {"scope": form["scope"].value(), "reason": form["reason"].value()}
    answer = desk.post(reverse("posts:hold_new"), typed, follow=True)
    assert "Posting is on hold for every account" in answer.content.decode()
    assert str(post) in answer.content.decode()
    assert _states(post) == {DeliveryState.HELD}


def test_the_banner_stands_on_every_desk_page_and_a_drill_says_so(department: SimpleNamespace, as_: Any) -> None:
    d = department
    hold.place(scope="all", reason="Practice", by=d.smo, drill=True)
    for address in ("config:home", "posts:list", "posts:calendar", "posts:staff"):
        page = as_(d.officer).get(reverse(address)).content.decode()
        assert "DRILL" in page
        assert "Practice" in page
    assert "hold-banner" not in as_(d.officer).get("/").content.decode()


def test_release_sends_nothing_and_asks_about_each_post(department: SimpleNamespace, as_: Any) -> None:
    d = department
    kept, dropped = _scheduled(d, "Kept"), _scheduled(d, "Dropped")
    placed = hold.place(scope="all", reason="Because", by=d.smo)
    desk = as_(d.smo)
    decide = reverse("posts:hold_decide", args=[placed.pk])
    refused = desk.post(decide, {"act": "keep", "posts": [kept.pk]})
    assert refused.status_code == 422
    assert "Release the hold first" in refused.content.decode()
    desk.post(reverse("posts:hold_release", args=[placed.pk]))
    assert _states(kept) == {DeliveryState.HELD}
    desk.post(decide, {"act": "keep", "posts": [kept.pk]})
    desk.post(decide, {"act": "drop", "posts": [dropped.pk]})
    assert (_states(kept), _states(dropped)) == ({DeliveryState.QUEUED}, {DeliveryState.CANCELLED})


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"act": "retime"}, "Tick the posts"),
        ({"act": "retime", "posts": "1"}, "This field is required"),
        ({"act": "retime", "posts": "1", "day": "2031-01-01", "clock": "09:00"}, "outside the time that was approved"),
        ({"act": "retime", "posts": "1", "day": "never", "clock": "09:00"}, "Enter a valid date"),
        ({"act": "burn", "posts": "1"}, "burn"),
        ({"act": "drop", "posts": "999999"}, "999999"),
    ],
)
def test_a_decision_that_cannot_be_used_is_named(
    department: SimpleNamespace, as_: Any, typed: dict[str, str], says: str
) -> None:
    d = department
    post = _scheduled(d)
    placed = hold.place(scope="all", reason="Because", by=d.smo)
    if typed.get("posts") == "1":
        typed = {**typed, "posts": str(post.pk)}
    answer = as_(d.smo).post(reverse("posts:hold_decide", args=[placed.pk]), typed)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert _states(post) == {DeliveryState.HELD}


def test_another_divisions_hold_does_not_exist_and_its_posts_are_not_listed(
    department: SimpleNamespace, as_: Any
) -> None:
    d = department
    post = _scheduled(d)
    own = hold.place(scope="division", division=d.northeast, reason="Because", by=d.supervisor)
    assert as_(d.stranger).get(reverse("posts:hold", args=[own.pk])).status_code == 404
    everything = hold.place(scope="all", reason="Because", by=d.smo)
    page = as_(d.stranger).get(reverse("posts:hold", args=[everything.pk]))
    assert page.status_code == 200
    assert str(post) not in page.content.decode()


def test_an_officer_sees_a_hold_and_cannot_place_or_lift_one(department: SimpleNamespace, as_: Any) -> None:
    d = department
    placed = hold.place(scope="all", reason="Because", by=d.smo)
    desk = as_(d.officer)
    assert desk.get(reverse("posts:hold", args=[placed.pk])).status_code == 200
    assert desk.get(reverse("posts:hold_new")).status_code == 403
    assert desk.post(reverse("posts:hold_release", args=[placed.pk])).status_code == 403
    assert Hold.objects.get(pk=placed.pk).released_at is None


def test_one_press_ticks_everything_shown_and_decides_nothing(department: SimpleNamespace, as_: Any) -> None:
    d = department
    posts = [_scheduled(d, f"Post {number}") for number in range(3)]
    placed = hold.place(scope="all", reason="Because", by=d.smo)
    address, desk = reverse("posts:hold", args=[placed.pk]), as_(d.smo)
    assert "?tick=all" in desk.get(address).content.decode()
    page = desk.get(f"{address}?tick=all").content.decode()
    assert [page.count(f'value="{post.pk}" checked') for post in posts] == [1, 1, 1]
    assert {state for post in posts for state in _states(post)} == {DeliveryState.HELD}


def test_the_lists_take_a_constant_number_of_queries(department: SimpleNamespace, as_: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    d = department
    desk, counts = as_(d.smo), []
    placed = hold.place(scope="all", reason="Because", by=d.smo)
    address = reverse("posts:hold", args=[placed.pk])
    desk.get(address)
    for more in (2, 8):
        for number in range(more):
            _scheduled(d, f"Notice {more} {number}")
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
