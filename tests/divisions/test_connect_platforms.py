"""Every platform's way against the sandbox: Mastodon, YouTube, Bluesky, Nixle, and X by its four keys."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from connectors.sandbox.bluesky_sessions import app_password
from connectors.sandbox.control import put_account
from divisions.models import Channel
from divisions.services import connect, credentials, disconnect, platform_apps, tokens
from divisions.services.connect import Wanted
from tests.divisions.test_connect import signed_in
from tests.network import SandboxNetwork


@pytest.fixture
def smo(department: SimpleNamespace, as_: Any) -> Client:
    """The social media officer's browser."""
    client: Client = as_(department.smo)
    return client


@pytest.fixture
def live(settings: Any) -> None:
    """A system that is not for training."""
    settings.SANDBOX = False


def way(platform: str) -> str:
    """The page of a platform."""
    return f"/desk/channels/connect/{platform}/?division=northeast&audience=public&mode=sandbox"


def made(network: SandboxNetwork, platform: str, handle: str, **more: Any) -> Any:
    """An account of the sandbox that no channel stands for yet."""
    return put_account(network.server.network, {"platform": platform, "handle": handle, "name": handle, **more})


def typed_in(client: Client, platform: str, **said: str) -> str:
    """Type keys and come to the page of what was found; its address."""
    answer = client.post(way(platform), {"act": "typed", **said})
    assert answer.status_code == 302, answer.content.decode()
    where: str = answer["Location"]
    return where


def connected(client: Client, own: str, handle: str) -> Channel:
    """Press Connect; the channel must answer with what was kept."""
    answer = client.post(own, {"act": "connect", "name": handle})
    assert answer.status_code == 302, answer.content.decode()
    channel = Channel.objects.get(handle=handle)
    assert tokens.check(channel=channel, by=None).ok
    return channel


def test_mastodon_registers_itself_and_gives_the_sign_in_back(
    department: SimpleNamespace, network: SandboxNetwork, smo: Client
) -> None:
    account = made(network, "mastodon", "northeast")
    own = signed_in(smo, way("mastodon"), account="northeast")
    assert "All 5 permissions are granted." in smo.get(own).content.decode()
    channel = connected(smo, own, "northeast")
    assert set(credentials.open_for(channel)) == {"access_token", "client_id", "client_secret"}
    token = network.server.network.store.account(account.id).token  # type: ignore[union-attr]
    outcome = disconnect.disconnect(channel=channel, then="paused", reason="Done", by=department.smo)
    assert outcome.how == "revoked"
    assert network.server.network.store.account_by_token("mastodon", token) is None


def test_youtube_is_kept_signed_in_and_gives_the_sign_in_back(
    department: SimpleNamespace, network: SandboxNetwork, smo: Client
) -> None:
    made(network, "youtube", "northeast-films")
    own = signed_in(smo, way("youtube"), account="northeast-films")
    assert "The sign-in renews itself." in smo.get(own).content.decode()
    channel = connected(smo, own, "northeast-films")
    assert channel.token_expires_at is not None
    token = credentials.open_for(channel)["refresh_token"]
    assert disconnect.disconnect(channel=channel, then="paused", reason="Done", by=department.smo).how == "revoked"
    assert network.server.network.store.account_by_refresh_token("youtube", token) is None


def test_youtube_without_its_one_permission_is_not_connected(network: SandboxNetwork, smo: Client) -> None:
    made(network, "youtube", "northeast-films")
    scope = "https://www.googleapis.com/auth/youtube.force-ssl"
    own = signed_in(smo, way("youtube"), account="northeast-films", untick=(scope,))
    assert f"{scope} is missing: without it Substation cannot upload" in smo.get(own).content.decode()
    assert smo.post(own, {"act": "connect", "name": "Films"}).status_code == 422
    assert not Channel.objects.filter(handle="northeast-films").exists()


def test_bluesky_takes_an_app_password_and_says_which_kind_it_was(network: SandboxNetwork, smo: Client) -> None:
    account = made(network, "bluesky", "northeast.sandbox.example", remote_id="did:plc:northeast00000000000000")
    wrong = smo.post(way("bluesky"), {"act": "typed", "handle": account.handle, "app_password": "not-it-at-all"})
    assert wrong.status_code == 422
    assert "handle or app password is wrong. Compare what you typed." in wrong.content.decode()
    assert account.handle in wrong.content.decode()
    assert "not-it-at-all" not in wrong.content.decode()
    own = typed_in(smo, "bluesky", handle=f"@{account.handle}", app_password=app_password(account))
    text = smo.get(own).content.decode()
    assert "It is an app password: it cannot delete the account." in text
    assert "A correction goes out as a post of its own, below the old one." in text
    channel = connected(smo, own, account.handle)
    assert channel.remote_id == account.remote_id


def test_nixle_takes_a_client_and_an_organization(network: SandboxNetwork, smo: Client) -> None:
    account = made(network, "nixle", "northeast-texts")
    keys = {"organization": account.remote_id, "page": "northeast-texts", "nixle_client_id": account.remote_id}
    wrong = smo.post(way("nixle"), {"act": "typed", **keys, "nixle_client_secret": "wrong-secret-of-it"})
    assert wrong.status_code == 422
    assert "wrong-secret-of-it" not in wrong.content.decode()
    own = typed_in(smo, "nixle", **keys, nixle_client_secret=account.refresh_token)
    assert "The sign-in works: the organization answers." in smo.get(own).content.decode()
    channel = connected(smo, own, "northeast-texts")
    assert channel.token_expires_at is not None


def test_x_takes_the_four_keys(network: SandboxNetwork, smo: Client) -> None:
    keys = {
        "consumer_key": "made-up-key",
        "consumer_secret": "made-up-key-secret",
        "oauth_token": "made-up-token",
        "oauth_token_secret": "made-up-token-secret",
    }
    made(network, "x", "NewX", oauth1=keys)
    wrong = smo.post(way("x"), {"act": "typed", **keys, "oauth_token_secret": "other-token-secret"})
    assert wrong.status_code == 422
    assert "made-up-token-secret" not in wrong.content.decode()
    own = typed_in(smo, "x", **keys)
    assert "does not say beforehand whether they may post" in smo.get(own).content.decode()
    channel = connected(smo, own, "NewX")
    assert credentials.open_for(channel) == keys
    assert channel.token_expires_at is None


@pytest.mark.parametrize(
    "server",
    ["127.0.0.1:8025", "https://user@social.example", "http://social.example", "social.example/x?y", "localhost", ""],
)
def test_a_server_that_is_none_is_refused_before_anything_is_said_to_it(
    department: SimpleNamespace, smo: Client, live: None, server: str
) -> None:
    address = way("mastodon").replace("sandbox", "live")
    answer = smo.post(address, {"act": "sign_in", "server": server})
    assert answer.status_code == 422
    assert not Channel.objects.filter(platform="mastodon").exists()


def test_the_apps_keys_are_asked_for_once_and_never_shown_again(
    department: SimpleNamespace, live: None, as_: Any
) -> None:
    d, address = department, way("facebook").replace("sandbox", "live")
    smo = as_(d.smo)
    page = smo.get(address).content.decode()
    assert "App secret" in page
    wrong = smo.post(address, {"act": "sign_in", "client_id": "", "client_secret": "a-very-secret-app"})
    assert wrong.status_code == 422
    assert "a-very-secret-app" not in wrong.content.decode()
    said = {"act": "sign_in", "client_id": "123456", "client_secret": "a-very-secret-app"}
    own = smo.post(address, said)["Location"]
    text = smo.get(own).content.decode()
    assert 'href="https://www.facebook.com/v25.0/dialog/oauth?client_id=123456&amp;' in text
    assert "a-very-secret-app" not in text
    again = smo.get(address).content.decode()
    assert "App secret" not in again.replace("App id and App secret", "")
    assert "123456" in again
    stored = platform_apps.of("facebook", "live")
    assert stored is not None
    assert stored.client_secret == "a-very-secret-app"
    assert "a-very-secret-app" not in repr(stored)


def test_a_sign_in_cannot_begin_before_the_app_is_known(department: SimpleNamespace, live: None) -> None:
    d = department
    wanted = Wanted(platform="facebook", mode="live", division=d.northeast, audience="public")
    with pytest.raises(connect.BadInput, match="does not know Substation yet"):
        connect.begin(wanted=wanted, typed={}, session="s", by=d.smo)
