"""Connecting accounts of the sandbox: from nothing to a channel that sends, what stands in the way, and again."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from connectors.sandbox.control import put_account
from divisions.models import Channel, PendingConnection
from divisions.services import credentials
from records.models import LedgerEntry
from tests import stories
from tests.divisions.sandbox_person import answer_page, local
from tests.network import SandboxNetwork
from tests.stories import NOW, tick

HERE = "?division=northeast&audience=public&mode=sandbox"
FACEBOOK = f"/desk/channels/connect/facebook/{HERE}"
X = f"/desk/channels/connect/x/{HERE}"


@pytest.fixture
def smo(department: SimpleNamespace, as_: Any) -> Client:
    """The social media officer's browser."""
    client: Client = as_(department.smo)
    return client


@pytest.fixture
def new_page(network: SandboxNetwork) -> Any:
    """A Page of the sandbox that no channel stands for yet."""
    return put_account(network.server.network, {"platform": "facebook", "handle": "NewPage", "name": "New page"})


def way_to(client: Client, address: str = FACEBOOK, **data: str) -> tuple[str, str]:
    """Begin a sign-in: our own page about it, and the address at the platform it links to."""
    answer = client.post(address, {"act": "sign_in", **data})
    assert answer.status_code == 302, answer.content.decode()
    own = answer["Location"]
    text = client.get(own).content.decode()
    link = re.search(r'class="button button--large" href="([^"]+)"', text)
    assert link, text
    return own, link[1].replace("&amp;", "&")


def signed_in(client: Client, address: str = FACEBOOK, **said: Any) -> str:
    """Sign in at the platform and come back; returns our page that says what was found."""
    _, there = way_to(client, address)
    answer = client.get(local(answer_page(there, **said)))
    assert answer.status_code == 302, answer.content.decode()
    where: str = answer["Location"]
    return where


def test_a_page_is_connected_from_nothing_and_a_post_goes_out_there(
    department: SimpleNamespace, network: SandboxNetwork, new_page: Any, smo: Client
) -> None:
    d = department
    start = smo.get("/desk/channels/connect/")
    assert start.status_code == 200
    said = {"division": "northeast", "platform": "facebook", "audience": "public", "mode": "sandbox"}
    assert smo.post("/desk/channels/connect/", said)["Location"] == FACEBOOK
    own = signed_in(smo)
    before = Channel.objects.count()
    choice = smo.get(own).content.decode()
    assert "Which account?" in choice
    assert "New page" in choice
    smo.post(own, {"act": "choose", "account": new_page.remote_id})
    found = smo.get(own).content.decode()
    assert "All 5 permissions are granted." in found
    assert "You may post and moderate on this Page." in found
    assert "does not say whether the account has two-factor sign-in" in found
    assert "change the words of a post, not its pictures" in found
    assert Channel.objects.count() == before
    answer = smo.post(own, {"act": "connect", "name": "New page of Northeast"})
    channel = Channel.objects.get(handle="NewPage")
    assert answer["Location"] == f"/desk/channels/{channel.slug}/"
    assert (channel.name, channel.mode, channel.state) == ("New page of Northeast", "sandbox", "connected")
    assert (channel.remote_id, channel.division) == (new_page.remote_id, d.northeast)
    assert not PendingConnection.objects.exists()
    stories.approved(d.northeast, d.officer, d.supervisor, channels=[channel], text="Oak Street is closed.")
    tick(NOW + timedelta(minutes=2))
    assert any("Oak Street" in text for text in network.texts(channel))
    entry = LedgerEntry.objects.get(type="divisions.credentials.connected")
    assert entry.data["account"] == "NewPage"


def test_an_x_account_is_connected_with_pkce_and_its_sign_in_renews_itself(
    network: SandboxNetwork, smo: Client
) -> None:
    put_account(network.server.network, {"platform": "x", "handle": "NewX", "name": "New X"})
    own = signed_in(smo, X, account="NewX")
    found = smo.get(own).content.decode()
    assert "The sign-in renews itself." in found
    assert "Open it in X, then paste the link here." in found
    smo.post(own, {"act": "connect", "name": "New X"})
    channel = Channel.objects.get(handle="NewX")
    assert set(credentials.open_for(channel)) == {"access_token", "refresh_token", "client_id", "client_secret"}
    assert channel.token_expires_at is not None


def test_an_account_posted_to_by_hand_is_added_with_its_name_alone(department: SimpleNamespace, smo: Client) -> None:
    address = "/desk/channels/connect/youtube/?division=northeast&audience=public&mode=hand_off"
    assert "posted to by hand" in smo.get(address).content.decode()
    said = {"act": "hand", "name": "Films", "handle": "@films", "url": "https://videos.example/films"}
    assert smo.post(address, said)["Location"] == "/desk/channels/youtube-northeast/"
    channel = Channel.objects.get(slug="youtube-northeast")
    assert (channel.handle, channel.mode, channel.credentials) == ("films", "hand_off", "")
    again = smo.post(address, said)
    assert again.status_code == 422
    assert "This account is a channel already: Films." in again.content.decode()
    assert "https://videos.example/films" in again.content.decode()
