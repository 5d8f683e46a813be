"""A film to YouTube and a text to phones through the whole engine, over real HTTP: it knows nothing of either."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from connectors import delivery_code
from connectors.sandbox.control import put_account
from divisions.models import Channel
from divisions.services import channels
from divisions.states import ChannelState, Mode
from posts.models import Delivery, Post
from posts.states import DeliveryState
from tests.films import ready
from tests.network import SandboxNetwork
from tests.stories import NOW, approved, tick

DUE = NOW + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def _connected(network: SandboxNetwork, d: SimpleNamespace, platform: str, **more: Any) -> Channel:
    """A channel of the platform with an account on the network."""
    slug = f"{platform}-sandbox"
    channel = channels.create_channel(
        division=d.headquarters, platform=platform, by=None, slug=slug, handle="TestPD", name="Test PD",
        mode=Mode.SANDBOX, audience="public", **more,
    )  # fmt: skip
    made = put_account(network.server.network, {"platform": platform, "handle": "TestPD", "name": "Test PD"})
    channels.change_channel(channel=channel, remote_id=made.remote_id, by=None)
    channels.set_credentials(channel=channel, secrets={"access_token": made.token}, by=None)
    return Channel.objects.get(pk=channel.pk)


def _until_done(post: Post, start: datetime, seconds: int = 60) -> Delivery:
    """Let the clock go on until nothing waits any more."""
    for passed in range(0, seconds, 5):
        tick(start + timedelta(seconds=passed))
        row = post.deliveries.get()
        if row.state not in (DeliveryState.QUEUED, DeliveryState.AWAITING_RETRY, DeliveryState.IN_FLIGHT):
            break
    return row


def test_a_film_goes_up_in_private_and_is_then_shown(department: SimpleNamespace, network: SandboxNetwork) -> None:
    d = department
    youtube = _connected(network, d, "youtube")
    now = timezone.now()  # "not yet" is said by the real clock
    post = approved(
        d.headquarters, d.smo, d.boss, channels=[youtube], title="How to lock a bicycle",
        text="Frame and wheel, to something that stands.", pictures=[ready(d.headquarters, d.smo)], now=now,
    )  # fmt: skip
    row = _until_done(post, now + timedelta(minutes=1))
    assert row.state == DeliveryState.DELIVERED, row.problem
    (video,) = network.shown(youtube)
    assert (row.remote_id, video.extra["title"]) == (video.id, "How to lock a bicycle")
    assert video.extra["snippet"]["tags"] == [delivery_code.of(row.key)]
    assert "session" not in row.step_state
    assert [a.step for a in row.attempts.order_by("number")][-1] == "publish"


def test_a_text_goes_to_phones_once(department: SimpleNamespace, network: SandboxNetwork) -> None:
    d = department
    nixle = _connected(network, d, "nixle")
    post = approved(
        d.headquarters, d.smo, d.boss, channels=[nixle], title="Boil water in Pecan Hollow",
        text="Pecan Hollow: boil tap water 1 minute before use until further notice.",
    )  # fmt: skip
    row = _until_done(post, DUE)
    assert row.state == DeliveryState.DELIVERED, row.problem
    (text,) = network.shown(nixle)
    assert text.text == "Pecan Hollow: boil tap water 1 minute before use until further notice."
    assert text.extra["title"] == f"Boil water in Pecan Hollow [{delivery_code.of(row.key)}]"


def test_a_safety_alert_goes_out_at_the_level_of_an_alert(department: SimpleNamespace, network: SandboxNetwork) -> None:
    d = department
    nixle = _connected(network, d, "nixle")
    post = approved(
        d.headquarters, d.smo, d.boss, kind="safety_alert", facts={"do_now": "Stay inside."}, channels=[nixle],
        text="Gas leak on Oak Street. Stay inside, close windows.",
    )  # fmt: skip
    row = _until_done(post, DUE)
    assert row.state == DeliveryState.DELIVERED, row.problem
    (text,) = network.shown(nixle)
    assert text.extra["level"] == "Alert"


def test_a_text_whose_answer_was_lost_is_found_by_its_mark_and_not_sent_again(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d = department
    nixle = _connected(network, d, "nixle")
    network.misbehave(nixle, "drop_after_accept")
    now = timezone.now()  # the network stamps posts with the real time, and the look-up compares
    words = "Boil tap water 1 minute before use."
    post = approved(d.headquarters, d.smo, d.boss, channels=[nixle], text=words, now=now)
    due = now + timedelta(minutes=1)
    assert _until_done(post, due).state == DeliveryState.UNCERTAIN
    tick(due + timedelta(seconds=31))
    row = post.deliveries.get()
    assert row.state == DeliveryState.DELIVERED, row.problem
    assert len(network.shown(nixle)) == 1


def test_a_live_nixle_account_without_its_release_sends_nothing_and_says_which_setting(
    department: SimpleNamespace, network: SandboxNetwork, settings: Any
) -> None:
    d = department
    settings.SANDBOX = False
    nixle = _connected(network, d, "nixle")
    channels.change_channel(channel=nixle, mode=Mode.LIVE, api_base=f"{network.base_url}/nixle", by=None)
    post = approved(d.headquarters, d.smo, d.boss, channels=[nixle], text="Boil tap water 1 minute before use.")
    row = _until_done(post, DUE)
    assert row.state == DeliveryState.FAILED
    assert "release" in row.problem["cause"]
    assert Channel.objects.get(pk=nixle.pk).state == ChannelState.NEEDS_ATTENTION
    assert network.shown(nixle) == []
