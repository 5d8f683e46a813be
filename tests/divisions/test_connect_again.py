"""Reconnecting keeps the channel and refuses another account; disconnecting wipes here first and asks there, too."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from connectors.sandbox.control import put_account
from connectors.sandbox.faults import Rule
from divisions.errors import NotAllowed, WrongMoment
from divisions.models import Channel
from divisions.services import channels, credentials, disconnect, tokens
from divisions.states import ChannelState, Mode
from records.models import LedgerEntry
from tests import stories
from tests.divisions.test_connect import FACEBOOK, signed_in
from tests.network import SandboxNetwork
from tests.stories import NOW, tick

AGAIN = "/desk/channels/facebook-northeast/reconnect/"


@pytest.fixture
def smo(department: SimpleNamespace, as_: Any) -> Client:
    """The social media officer's browser."""
    client: Client = as_(department.smo)
    return client


def dead(channel: Channel) -> Channel:
    """A channel whose sign-in the platform no longer takes, flagged as the daily look does."""
    channels.set_credentials(channel=channel, secrets={"access_token": "revoked-token"}, by=None)
    row = Channel.objects.get(pk=channel.pk)
    return channels.move_channel(channel=row, to=ChannelState.NEEDS_ATTENTION, by=None, reason="Refused")


def test_signing_in_again_keeps_the_channel_with_its_history_and_clears_the_flag(
    department: SimpleNamespace, network: SandboxNetwork, smo: Client
) -> None:
    d = department
    before = dead(d.facebook_northeast)
    page = smo.get("/desk/channels/facebook-northeast/").content.decode()
    assert f'class="button" href="{AGAIN}"' in page
    own = signed_in(smo, AGAIN)
    assert "This is" in smo.get(own).content.decode()
    assert smo.post(own, {"act": "connect"})["Location"] == "/desk/channels/facebook-northeast/"
    row = Channel.objects.get(pk=before.pk)
    kept = ("slug", "name", "division_id", "audience", "cadence_days", "duty_officer_id", "remote_id", "handle")
    assert [getattr(row, key) for key in kept] == [getattr(before, key) for key in kept]
    assert (row.state, row.mode, row.token_warned_days) == (ChannelState.CONNECTED, Mode.SANDBOX, None)
    stories.approved(d.northeast, d.officer, d.supervisor, channels=[row], text="Back on the air.")
    tick(NOW + timedelta(minutes=2))
    assert "Back on the air." in " ".join(network.texts(row))
    assert LedgerEntry.objects.filter(type="divisions.credentials.reconnected", subject_id=str(row.pk)).count() == 1


def test_another_account_is_refused_by_name(department: SimpleNamespace, network: SandboxNetwork, smo: Client) -> None:
    dead(department.facebook_northeast)
    own = signed_in(smo, AGAIN, untick=("pages_manage_posts",))
    smo.post(own, {"act": "choose", "account": department.facebook_central.remote_id})
    text = smo.get(own).content.decode()
    assert "(@TPDCentral). The channel is" in text
    assert 'value="connect"' not in text
    assert smo.post(own, {"act": "connect"}).status_code == 422
    assert Channel.objects.get(pk=department.facebook_northeast.pk).remote_id == "1001"


def test_an_account_posted_to_by_hand_so_far_is_connected_by_its_handle(
    department: SimpleNamespace, network: SandboxNetwork, smo: Client
) -> None:
    channel = department.facebook_northeast
    Channel.objects.filter(pk=channel.pk).update(mode=Mode.HAND_OFF, remote_id="", credentials="")
    own = signed_in(smo, AGAIN)
    smo.post(own, {"act": "connect"})
    row = Channel.objects.get(pk=channel.pk)
    assert (row.mode, row.remote_id) == (Mode.SANDBOX, "1001")


def test_the_wall_leads_to_signing_in_again_where_only_that_helps(
    department: SimpleNamespace, network: SandboxNetwork, smo: Client
) -> None:
    good = credentials.open_for(Channel.objects.get(pk=department.facebook_northeast.pk))
    dead(department.facebook_northeast)
    answer = smo.post("/desk/wall/facebook-northeast/reconnect/", {"back": ""})
    assert answer["Location"] == AGAIN
    said = {"to": "connected", "reason": "Try it"}
    assert smo.post("/desk/channels/facebook-northeast/state/", said)["Location"] == AGAIN
    channels.set_credentials(channel=department.facebook_northeast, secrets=good, by=None)
    network.misbehave(department.facebook_northeast, "500", count=None)
    assert smo.post("/desk/wall/facebook-northeast/reconnect/", {"back": ""})["Location"] != AGAIN


def connected_page(smo: Client, network: SandboxNetwork, handle: str = "NewPage") -> Channel:
    """A Page connected through the wizard."""
    made = put_account(network.server.network, {"platform": "facebook", "handle": handle, "name": handle})
    own = signed_in(smo, FACEBOOK)
    smo.post(own, {"act": "choose", "account": made.remote_id})
    smo.post(own, {"act": "connect", "name": handle})
    return Channel.objects.get(handle=handle)


def test_disconnecting_wipes_here_and_takes_the_sign_in_back_there(
    department: SimpleNamespace, network: SandboxNetwork, smo: Client
) -> None:
    channel = connected_page(smo, network)
    token = credentials.open_for(channel)["access_token"]
    address = f"/desk/channels/{channel.slug}/disconnect/"
    assert "What stays there" in smo.get(address).content.decode()
    assert smo.post(address, {"then": "paused", "reason": ""}).status_code == 422
    page = smo.post(address, {"then": "paused", "reason": "The officer left."}, follow=True).content.decode()
    assert "Facebook has taken the permissions back." in page
    row = Channel.objects.get(pk=channel.pk)
    assert (row.credentials, row.state) == ("", ChannelState.PAUSED)
    assert network.server.network.store.account_by_token("facebook", token) is None
    types = set(LedgerEntry.objects.filter(subject_id=str(row.pk)).values_list("type", flat=True))
    assert {"divisions.credentials.removed", "divisions.credentials.taken_back"} <= types
    assert smo.get(address).status_code == 409


def test_a_sign_in_that_opens_another_account_too_is_wiped_here_and_left_there(
    department: SimpleNamespace, network: SandboxNetwork, smo: Client
) -> None:
    d = department
    first, second = connected_page(smo, network, "PageOne"), connected_page(smo, network, "PageTwo")
    person = first.settings["granted_by"]
    Channel.objects.filter(pk=second.pk).update(settings={**second.settings, "granted_by": person})
    outcome = disconnect.disconnect(channel=first, then="hand_off", reason="By hand", by=d.smo)
    assert outcome.how == "kept"
    row = Channel.objects.get(pk=first.pk)
    assert (row.mode, row.state, row.credentials) == (Mode.HAND_OFF, ChannelState.CONNECTED, "")
    token = credentials.open_for(second)["access_token"]
    assert network.server.network.store.account_by_refresh_token("facebook", token) is not None


def test_a_sign_in_that_is_taken_back_leaves_the_pages_that_others_signed_in_to(
    department: SimpleNamespace, network: SandboxNetwork, smo: Client
) -> None:
    channel = connected_page(smo, network)
    assert disconnect.disconnect(channel=channel, then="paused", reason="Over", by=department.smo).how == "revoked"
    assert tokens.check(channel=department.facebook_northeast, by=None).ok


def test_a_platform_that_does_not_answer_stops_nothing_and_is_said(
    department: SimpleNamespace, network: SandboxNetwork, smo: Client, settings: Any
) -> None:
    channel = connected_page(smo, network)
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    outcome = disconnect.disconnect(channel=channel, then="paused", reason="It is gone", by=department.smo)
    assert outcome.how == "not_reached"
    assert Channel.objects.get(pk=channel.pk).credentials == ""


def test_only_who_manages_a_channel_disconnects_it(department: SimpleNamespace, network: SandboxNetwork) -> None:
    d = department
    with pytest.raises(NotAllowed):
        disconnect.disconnect(channel=d.facebook_northeast, then="paused", reason="No", by=d.supervisor)
    with pytest.raises(WrongMoment):
        disconnect.disconnect(channel=d.northeast_website, then="paused", reason="No", by=d.smo)
    assert Channel.objects.get(pk=d.facebook_northeast.pk).credentials


def test_a_page_is_looked_at_anew_when_somebody_asks(
    department: SimpleNamespace, network: SandboxNetwork, smo: Client
) -> None:
    channel = connected_page(smo, network)
    network.server.network.faults.add(Rule(account="facebook/NewPage", fault="expired", count=1))
    smo.post(f"/desk/channels/{channel.slug}/state/", {"to": "paused", "reason": "A test"})
    answer = smo.post(f"/desk/channels/{channel.slug}/state/", {"to": "connected", "reason": "A test"})
    assert re.search(r"/reconnect/$", answer["Location"])
    assert LedgerEntry.objects.filter(type="divisions.credentials.used").count() == 1
