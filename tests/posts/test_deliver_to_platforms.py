"""The deliverer against the sandbox network, over real HTTP: receipts, refusals, silence, and what a person is told."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from connectors.contract import Account
from connectors.x import X
from divisions.errors import BadInput, NotAllowed, WrongMoment
from divisions.models import Channel
from divisions.services import channels
from divisions.services.credentials import open_for
from divisions.states import ChannelState
from posts.models import Delivery, Post
from posts.services import decide
from posts.states import DeliveryState
from tests.network import SandboxNetwork
from tests.stories import NOW, approved, asset, tick

DUE = NOW + timedelta(minutes=1)


@pytest.fixture
def post(department: SimpleNamespace, network: SandboxNetwork) -> Post:
    """An approved post for Northeast's page, its Facebook page and the linked X account, with a picture."""
    d = department
    return approved(
        d.northeast,
        d.officer,
        d.supervisor,
        channels=[d.northeast_website, d.northeast_feed, d.facebook_northeast, d.x_department],
        own_words={d.x_department.pk: "Oak Street is closed until four. Use Elm Street."},
        pictures=[asset(d.northeast, d.officer)],
    )


def _on(post: Post, channel: Channel) -> Delivery:
    return post.deliveries.select_related("channel").get(channel=channel)


def test_one_post_reaches_its_page_facebook_and_the_linked_x(
    department: SimpleNamespace, network: SandboxNetwork, post: Post
) -> None:
    d = department
    tick(DUE)
    assert set(post.deliveries.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
    link = f"http://testserver/news/{post.pk}-oak-street-is-closed-until-four/"
    assert network.texts(d.x_department) == [f"Oak Street is closed until four. Use Elm Street.\n{link}"]
    shown = network.shown(d.facebook_northeast)
    assert len(shown) == 1
    assert shown[0].media[0]["alt"] == "A plain navy card for the tests"
    facebook = _on(post, d.facebook_northeast)
    assert facebook.remote_id == shown[0].id
    assert facebook.remote_url.startswith(f"{network.base_url}/see/facebook/TPDNortheast/posts/")
    assert [a.outcome for a in facebook.attempts.all()][-1] == "done"


def test_an_expired_token_fails_the_post_flags_the_channel_and_says_what_to_press(
    department: SimpleNamespace, network: SandboxNetwork, post: Post
) -> None:
    d = department
    network.misbehave(d.facebook_northeast, "expired")
    tick(DUE)
    failed = _on(post, d.facebook_northeast)
    assert failed.state == DeliveryState.FAILED
    assert set(failed.problem) >= {"cause", "who", "press"}
    assert Channel.objects.get(pk=d.facebook_northeast.pk).state == ChannelState.NEEDS_ATTENTION
    with pytest.raises(WrongMoment, match="not connected"):
        decide.send_again(delivery=failed, by=d.supervisor, now=DUE)
    channels.move_channel(channel=d.facebook_northeast, to=ChannelState.CONNECTED, by=d.smo, now=DUE)
    decide.send_again(delivery=failed, by=d.supervisor, now=DUE)
    tick(DUE + timedelta(seconds=1))
    assert _on(post, d.facebook_northeast).state == DeliveryState.DELIVERED
    assert len(network.shown(d.facebook_northeast)) == 1


def test_a_sign_in_that_ended_early_is_renewed_once_and_the_post_goes(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    d, traded = department, []

    def refresh(self: X, account: Account) -> dict[str, str]:
        traded.append(account.secrets["refresh_token"])
        return {**account.secrets, "refresh_token": f"r{len(traded) + 1}", "expires_in": "7200"}

    monkeypatch.setattr(X, "refresh", refresh)
    secrets = {**open_for(Channel.objects.get(pk=d.x_department.pk)), "refresh_token": "r1"}
    channels.set_credentials(channel=d.x_department, secrets=secrets, by=None)
    network.misbehave(d.x_department, "expired")
    tick(DUE)
    waiting = _on(post, d.x_department)
    assert waiting.state in (DeliveryState.AWAITING_RETRY, DeliveryState.DELIVERED)
    tick(DUE + timedelta(seconds=1))
    assert _on(post, d.x_department).state == DeliveryState.DELIVERED
    assert len(network.shown(d.x_department)) == 1
    assert (traded, Channel.objects.get(pk=d.x_department.pk).state) == (["r1"], ChannelState.CONNECTED)


def test_a_renewed_sign_in_that_is_refused_again_pauses_the_account_instead_of_renewing_for_ever(
    department: SimpleNamespace, network: SandboxNetwork, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = department
    monkeypatch.setattr(X, "refresh", lambda self, account: {**account.secrets, "expires_in": "7200"})
    secrets = {**open_for(Channel.objects.get(pk=d.x_department.pk)), "refresh_token": "r1"}
    channels.set_credentials(channel=d.x_department, secrets=secrets, by=None)
    network.misbehave(d.x_department, "expired", count=None)
    for seconds in range(4):
        tick(DUE + timedelta(seconds=seconds))
    assert _on(post, d.x_department).state == DeliveryState.FAILED
    assert Channel.objects.get(pk=d.x_department.pk).state == ChannelState.NEEDS_ATTENTION
    assert network.shown(d.x_department) == []


def test_a_rate_limit_moves_the_lane_and_counts_no_failure(
    department: SimpleNamespace, network: SandboxNetwork, post: Post
) -> None:
    d = department
    network.misbehave(d.x_department, "429", value=300)
    tick(DUE)
    waiting = _on(post, d.x_department)
    assert (waiting.state, waiting.failures) == (DeliveryState.AWAITING_RETRY, 0)
    assert d.x_department.lanes.filter(next_call_at__gt=DUE).count() == 2
    tick(waiting.ready_at + timedelta(seconds=1))
    assert _on(post, d.x_department).state == DeliveryState.DELIVERED


def test_a_repeatable_step_whose_answer_was_swallowed_is_tried_again_and_shows_nothing_twice(
    department: SimpleNamespace, network: SandboxNetwork, post: Post
) -> None:
    d = department
    network.misbehave(d.facebook_northeast, "drop_after_accept")  # the upload of the picture, which nobody sees
    tick(DUE)
    waiting = _on(post, d.facebook_northeast)
    assert (waiting.state, waiting.failures) == (DeliveryState.AWAITING_RETRY, 1)
    assert network.shown(d.facebook_northeast) == []
    tick(waiting.ready_at + timedelta(seconds=1))
    assert _on(post, d.facebook_northeast).state == DeliveryState.DELIVERED
    assert len(network.shown(d.facebook_northeast)) == 1


def test_a_swallowed_answer_on_the_visible_call_is_settled_by_the_look_up(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d = department
    now = timezone.now()  # the network stamps posts with the real time, and the look-up compares
    post = approved(d.headquarters, d.smo, d.boss, channels=[d.x_department], text="Oak Street is closed.", now=now)
    network.misbehave(d.x_department, "drop_after_accept")
    due = now + timedelta(minutes=1)
    tick(due)
    row = _on(post, d.x_department)
    assert row.state == DeliveryState.UNCERTAIN
    assert len(network.shown(d.x_department)) == 1
    assert tick(due + timedelta(seconds=10)) == 0, "never sent again by itself"
    tick(due + timedelta(seconds=31))
    found = _on(post, d.x_department)
    assert (found.state, found.remote_id) == (DeliveryState.DELIVERED, network.shown(d.x_department)[0].id)


def test_a_person_decides_what_nobody_can_prove(department: SimpleNamespace, network: SandboxNetwork) -> None:
    d = department
    post = approved(d.headquarters, d.smo, d.boss, channels=[d.x_department], text="Oak Street is closed.")
    network.misbehave(d.x_department, "500")
    tick(DUE)
    row = _on(post, d.x_department)
    assert row.state == DeliveryState.UNCERTAIN
    with pytest.raises(BadInput, match="Look at the account first"):
        decide.send_again(delivery=row, by=d.boss, now=DUE)
    decide.send_again(delivery=row, by=d.boss, looked=True, now=DUE + timedelta(minutes=2))
    tick(DUE + timedelta(minutes=3))
    assert _on(post, d.x_department).state == DeliveryState.DELIVERED
    assert len(network.shown(d.x_department)) == 1


def test_the_platforms_duplicate_is_no_success_for_an_older_post(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d = department
    first = approved(d.headquarters, d.smo, d.boss, channels=[d.x_department], text="Oak Street is closed.")
    tick(DUE)
    second = approved(d.headquarters, d.smo, d.boss, channels=[d.x_department], text="Oak Street is closed.", now=NOW)
    tick(DUE + timedelta(minutes=1))
    assert _on(first, d.x_department).state == DeliveryState.DELIVERED
    failed = _on(second, d.x_department)
    assert failed.state == DeliveryState.FAILED
    assert "change a word" in failed.problem["press"]


def test_posts_of_one_channel_go_in_their_order(department: SimpleNamespace, network: SandboxNetwork) -> None:
    d = department
    for number in range(5):
        approved(d.headquarters, d.smo, d.boss, channels=[d.x_department], text=f"Street {number} is closed.")
    tick(DUE)
    assert network.texts(d.x_department)[::-1] == [f"Street {n} is closed." for n in range(5)]


def test_a_hand_off_waits_for_its_proof_and_takes_only_a_link_of_that_platform(department: SimpleNamespace) -> None:
    d = department
    post = approved(d.headquarters, d.smo, d.boss, channels=[d.nixle], text="Boil water until noon.")
    tick(DUE)
    row = _on(post, d.nixle)
    assert row.state == DeliveryState.AWAITING_PROOF
    for wrong in ("not a link", "https://elsewhere.example/1"):
        with pytest.raises(BadInput):
            decide.prove(delivery=row, link=wrong, by=d.boss, now=DUE)
    with pytest.raises(NotAllowed):
        decide.prove(delivery=row, link="https://nixle.example/1", by=d.admin, now=DUE)
    decide.prove(delivery=row, link="https://nixle.example/1", by=d.boss, now=DUE)
    proven = _on(post, d.nixle)
    assert (proven.state, proven.remote_url) == (DeliveryState.DELIVERED, "https://nixle.example/1")


def test_a_live_account_sends_nothing_while_the_sandbox_is_on(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d = department
    channels.change_channel(channel=d.x_department, mode="live", by=None)
    post = approved(d.headquarters, d.smo, d.boss, channels=[d.x_department], text="Oak Street is closed.")
    tick(DUE)
    assert _on(post, d.x_department).state == DeliveryState.FAILED
    assert network.shown(d.x_department) == []
