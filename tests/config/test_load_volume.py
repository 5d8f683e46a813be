"""`load_volume` makes real, approved posts, once and beside sandbox channels only, and says what it cannot do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from config import volume
from config.volume import Wanted
from connectors.sandbox.server import running
from divisions.errors import BadInput
from divisions.models import Channel, Department, Division, User
from posts.models import Approval, Delivery, Post
from posts.states import DeliveryState, Stage
from tests.stories import tick

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
DUE = NOW + timedelta(minutes=10)


def _wanted(**more: Any) -> Wanted:
    return Wanted(
        **{"divisions": 2, "channels": 3, "posts": 7, "due_at": DUE, "base_url": "http://127.0.0.1:1/x", **more}
    )


@pytest.mark.django_db
def test_volume_is_spread_over_channels_divisions_and_time() -> None:
    assert volume.load(_wanted(spread_s=60), now=NOW) == 7
    rows = list(Delivery.objects.select_related("channel", "post").order_by("pk"))
    assert [row.channel.slug for row in rows] == [f"volume-x-{n % 3 + 1}" for n in range(7)]
    assert {row.channel.division.slug for row in rows} == {"volume-1", "volume-2"}
    assert [row.due_at - DUE for row in rows] == [timedelta(seconds=10 * n) for n in range(7)]
    assert [row.payload["text"] for row in rows] == [f"v:{n}: Volume post for measurements." for n in range(7)]
    assert {row.state for row in rows} == {DeliveryState.QUEUED}
    assert {row.post.stage for row in rows} == {Stage.SCHEDULED}
    assert {a.approved_by.email.split(".")[0] for a in Approval.objects.all() if a.approved_by} == {"supervisor"}
    assert {post.author.email.split(".")[0] for post in Post.objects.all()} == {"officer"}


@pytest.mark.django_db
def test_places_people_and_channels_are_made_once() -> None:
    volume.load(_wanted(), now=NOW)
    made = Division.objects.count(), User.objects.count(), Channel.objects.count()
    volume.load(_wanted(base_url="http://127.0.0.1:2/x", text="again {n}"), now=NOW)
    assert (Division.objects.count(), User.objects.count(), Channel.objects.count()) == made
    assert set(Channel.objects.filter(platform="x").values_list("api_base", flat=True)) == {"http://127.0.0.1:2/x"}
    assert Post.objects.count() == 14


@pytest.mark.django_db
def test_volume_leaves_the_department_that_is_there_alone(department: Any) -> None:
    volume.load(_wanted(posts=1), now=NOW)
    assert Department.objects.get().name == "Test Police Department"
    assert Division.objects.get(slug="volume-1").parent == Division.objects.get(slug="headquarters")


@pytest.mark.django_db
def test_volume_goes_out_to_the_sandbox_of_its_base_url(settings: Any) -> None:
    with running() as server:
        settings.OUTBOUND_ALLOW = [server.host_port]
        wanted = _wanted(base_url=f"{server.base_url}/x")
        volume.load(wanted, now=NOW)
        tick(DUE + timedelta(seconds=1))
        shown = [post.text for post in server.network.store.truth("", "")]
    assert sorted(shown) == [wanted.words(n) for n in range(7)]
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.DELIVERED}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"divisions": 0}, "--divisions"),
        ({"channels": 10**6}, "--channels"),
        ({"posts": -1}, "--posts"),
        ({"spread_s": -1.0}, "--spread-s"),
        ({"due_at": NOW}, "--due-at"),
        ({"text": " "}, "--text"),
        ({"text": "long " * 60}, "--text"),
        ({"base_url": "127.0.0.1:80"}, "--base-url"),
        ({"due_at": datetime(2028, 1, 1, tzinfo=UTC)}, "--due-at"),
    ],
)
def test_what_cannot_be_made_names_its_option(more: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        volume.load(_wanted(**more), now=NOW)
    assert caught.value.field == field
    assert caught.value.cure
    assert not Post.objects.exists()


def _run(**options: Any) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    given = {"divisions": "1", "channels": "1", "posts": "2", "base_url": "http://127.0.0.1:1/x", **options}
    try:
        call_command("load_volume", **given, stdout=out, stderr=err)
    except SystemExit as stopped:
        return int(stopped.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


@pytest.mark.django_db
def test_the_command_says_how_many_posts_it_made() -> None:
    code, out, _ = _run(due_at=(timezone.now() + timedelta(hours=1)).isoformat())
    assert code == 0
    assert "2 posts approved in" in out
    assert Post.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("posts", "many"),
        ("spread_s", "soon"),
        ("due_at", "tomorrow"),
        ("due_at", "2026-11-24T18:00:00"),
        ("platforms", "myspace"),
    ],
)
def test_the_command_refuses_bad_input_with_two(option: str, value: str) -> None:
    code, _, err = _run(**{option: value})
    assert code == 2
    assert f"--{option.replace('_', '-')}" in err
    assert "Cure:" in err


@pytest.mark.django_db
def test_without_sandbox_the_command_makes_nothing(settings: Any) -> None:
    settings.SANDBOX = False
    code, _, err = _run()
    assert (code, "SANDBOX" in err) == (2, True)
    assert not Division.objects.exists()
