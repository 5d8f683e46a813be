"""Mastodon and Bluesky through the whole engine: publish, lose answers, correct, withdraw, read back."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from connectors.mastodon_api import forget_limits
from connectors.sandbox.bluesky_sessions import app_password
from connectors.sandbox.control import put_account
from divisions.models import Channel
from divisions.services import channels, tokens
from divisions.services.accounts import capabilities_of
from divisions.states import Mode
from moderation.models import DriftCase
from moderation.services import watching
from posts.models import Delivery, Post
from posts.selectors import candidate
from posts.selectors.corrections import Typed
from posts.services import correct, withdraw
from posts.states import Act, DeliveryState
from tests.network import SandboxNetwork
from tests.stories import approved, asset, draft, tick

HANDLES = {"mastodon": "TestPD", "bluesky": "testpd.example"}
TITLE, TEXT = "Oak Street is closed", "Oak Street is closed until four. Use Elm Street. #Traffic"
WAITING = (DeliveryState.QUEUED, DeliveryState.AWAITING_RETRY, DeliveryState.IN_FLIGHT)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_limits()


@pytest.fixture(params=HANDLES)
def channel(request: pytest.FixtureRequest, department: SimpleNamespace, network: SandboxNetwork) -> Channel:
    """A channel of each of the two, with an account on the network."""
    return _connected(network, department, request.param)


def _connected(network: SandboxNetwork, d: SimpleNamespace, platform: str, **more: Any) -> Channel:
    handle = HANDLES[platform]
    made = channels.create_channel(
        division=d.northeast, platform=platform, by=None, slug=f"{platform}-sandbox", handle=handle,
        name="Test PD", mode=Mode.SANDBOX, audience="public", **more,
    )  # fmt: skip
    account = put_account(network.server.network, {"platform": platform, "handle": handle, "name": "Test PD"})
    channels.change_channel(channel=made, remote_id=account.remote_id, by=None)
    channels.set_credentials(channel=made, secrets={"access_token": account.token}, by=None)
    return Channel.objects.get(pk=made.pk)


def _post(d: SimpleNamespace, channel: Channel, now: datetime, **more: Any) -> Post:
    given = {"title": TITLE, "text": TEXT, "pictures": [asset(d.northeast, d.officer)], **more}
    return approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website, channel], now=now, **given)


def _until_done(post: Post, channel: Channel, start: datetime, seconds: int = 90) -> Delivery:
    """Let the clock go on until nothing waits any more."""
    for passed in range(0, seconds, 15):
        tick(start + timedelta(seconds=passed))
        row = post.deliveries.filter(channel=channel).latest("pk")
        if row.state not in WAITING:
            break
    return row


def test_a_post_goes_out_with_its_link_and_picture(
    department: SimpleNamespace, network: SandboxNetwork, channel: Channel
) -> None:
    now = timezone.now()
    post = _post(department, channel, now)
    row = _until_done(post, channel, now + timedelta(minutes=1))
    assert row.state == DeliveryState.DELIVERED, row.problem
    (shown,) = network.shown(channel)
    assert shown.text.startswith(f"{TEXT}\nhttp://testserver/news/")
    assert [item["alt"] for item in shown.media] == ["A plain navy card for the tests"]
    assert (row.remote_id, row.remote_url.split("/see/")[0]) == (shown.id, network.base_url)


@pytest.mark.parametrize("fault", ["drop_after_accept", "malformed"])
def test_a_lost_answer_leaves_one_post_that_is_known(
    department: SimpleNamespace, network: SandboxNetwork, channel: Channel, fault: str
) -> None:
    network.misbehave(channel, fault)
    now = timezone.now()
    post = _post(department, channel, now, pictures=[])
    row = _until_done(post, channel, now + timedelta(minutes=1), seconds=240)
    assert row.state in (DeliveryState.DELIVERED, DeliveryState.UNCERTAIN)
    tick(now + timedelta(minutes=2))
    row.refresh_from_db()
    assert row.state == DeliveryState.DELIVERED, row.problem
    assert [shown.id for shown in network.shown(channel)] == [row.remote_id]


def test_on_mastodon_what_is_surely_absent_goes_out_once_more_with_the_same_key(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    channel = _connected(network, department, "mastodon")
    row = _lost_before_it_acted(department, network, channel)
    assert row.state == DeliveryState.DELIVERED, row.problem
    (shown,) = network.shown(channel)
    assert (shown.key, shown.id) == (row.key, row.remote_id)


def test_on_a_server_that_keeps_no_keys_a_person_decides(department: SimpleNamespace, network: SandboxNetwork) -> None:
    channel = _connected(network, department, "mastodon", api_base=f"{network.base_url}/lookalike")
    row = _lost_before_it_acted(department, network, channel)
    assert row.state == DeliveryState.UNCERTAIN
    assert network.shown(channel) == []


def _lost_before_it_acted(d: SimpleNamespace, network: SandboxNetwork, channel: Channel) -> Delivery:
    """Refused with a 500 that says nothing, then looked for at 30 seconds, 5 and 15 minutes."""
    network.misbehave(channel, "500")
    now = timezone.now()
    post = _post(d, channel, now, pictures=[])
    sent = now + timedelta(minutes=1)
    assert _until_done(post, channel, sent).state == DeliveryState.UNCERTAIN
    for seconds in (31, 301, 302, 303, 901, 902):
        tick(sent + timedelta(seconds=seconds))
    return post.deliveries.get(channel=channel)


def test_a_withdrawal_is_proven_by_reading(
    department: SimpleNamespace, network: SandboxNetwork, channel: Channel
) -> None:
    d, now = department, timezone.now()
    post = _post(d, channel, now)
    _until_done(post, channel, now + timedelta(minutes=1))
    asked = withdraw.ask(
        post=post, ground="prejudicial", reason="It names a person who was not involved.", by=d.supervisor
    )
    withdraw.confirm(withdrawal=asked, by=d.smo)
    row = _until_done(post, channel, timezone.now() + timedelta(seconds=1))
    assert (row.act, row.state) == (Act.WITHDRAW, DeliveryState.DELIVERED), row.problem
    assert list(row.attempts.values_list("step", flat=True)) == ["withdraw", "read-back"]
    assert network.shown(channel) == []


def test_a_correction_edits_on_mastodon_and_answers_on_bluesky(
    department: SimpleNamespace, network: SandboxNetwork, channel: Channel
) -> None:
    d, now = department, timezone.now()
    post = _post(d, channel, now)
    _until_done(post, channel, now + timedelta(minutes=1))
    moment = timezone.now() + timedelta(minutes=2)
    typed = Typed(
        was_wrong="We gave the wrong hour.", reason="The crew called.", title=TITLE, text="It is closed until six."
    )
    row = correct.ask(post=post, typed=typed, by=d.supervisor, now=moment)
    correct.confirm(correction=row, by=d.smo, now=moment)
    put_right = _until_done(post, channel, moment + timedelta(seconds=1))
    assert put_right.state == DeliveryState.DELIVERED, put_right.problem
    newest = network.texts(channel)
    if channel.platform == "mastodon":
        assert put_right.act == Act.EDIT
        assert len(newest) == 1
        assert "closed until six" in newest[0]
        assert [item["alt"] for item in network.shown(channel)[0].media] == ["A plain navy card for the tests"]
    else:
        assert put_right.act == Act.REPLY
        assert len(newest) == 2
        assert any(text.startswith("Correction: We gave the wrong hour.") for text in newest)
        assert any(text.startswith(TEXT) for text in newest), "what stands there is not touched"


def test_what_we_sent_is_no_drift_and_what_somebody_else_posts_is(
    department: SimpleNamespace, network: SandboxNetwork, channel: Channel
) -> None:
    now = timezone.now()
    post = _post(department, channel, now)
    _until_done(post, channel, now + timedelta(minutes=1))
    later = timezone.now() + timedelta(minutes=30)
    watching.look_now(channel=channel, by=department.smo, now=later)
    assert not DriftCase.objects.exists()
    account = network.server.network.store.account(f"{channel.platform}/{channel.handle}")
    assert account is not None
    network.server.network.outside_post(account, "Free phones at https://else.example/win")
    shown = next(one for one in network.shown(channel) if one.text.startswith(TEXT))
    network.server.network.outside_edit(account, shown, "Oak Street is open.")
    watching.look_now(channel=channel, by=department.smo, now=later + timedelta(hours=1))
    assert sorted(DriftCase.objects.values_list("kind", flat=True)) == ["edited", "posted"]


def test_a_bluesky_session_that_ended_is_renewed_and_the_post_goes(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    channel = _connected(network, department, "bluesky")
    account = network.server.network.store.account(f"bluesky/{channel.handle}")
    assert account is not None
    secrets = {"access_token": "ended", "refresh_token": "ended too", "app_password": app_password(account)}
    channels.set_credentials(channel=channel, secrets=secrets, by=None)
    now = timezone.now()
    post = _post(department, channel, now, pictures=[])
    row = _until_done(post, channel, now + timedelta(minutes=1))
    assert row.state == DeliveryState.DELIVERED, row.problem
    channel.refresh_from_db()
    assert channel.token_expires_at is not None
    assert timedelta(minutes=100) < channel.token_expires_at - now <= timedelta(minutes=122)


def test_the_composer_counts_with_what_the_accounts_own_server_says(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    base = f"{network.base_url}/lookalike"
    channel = _connected(network, department, "mastodon", api_base=base)
    assert capabilities_of(channel).max_text == 500  # nobody has looked at it yet
    assert tokens.check(channel=channel, by=None).ok
    channel.refresh_from_db()
    can = capabilities_of(channel)
    assert (can.max_text, can.url_length, can.media.count, can.idempotency) == (5000, 25, 6, "none")
    post = draft(department.northeast, department.officer, text="a" * 4_900, channels=[channel])
    (preview,) = candidate.look(post.draft, now=timezone.now()).previews
    assert preview.rendered.limit == 5000
