"""Tokens of a connection stand nowhere: in no page, ledger entry, log line or repr. And the ledger binds."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.test import Client
from django.urls import reverse

from connectors.connecting import sandbox
from connectors.sandbox.control import put_account
from divisions.errors import BadInput
from divisions.models import Channel, PendingConnection, PlatformApp, User
from divisions.services import (
    channels,
    connect,
    connect_begun,
    connected,
    credentials,
    disconnect,
    field_keys,
    platform_apps,
)
from records.models import LedgerEntry
from records.services import ledger
from tests.divisions.sandbox_person import answer_page, local, query_of
from tests.divisions.test_connect import FACEBOOK, X, way_to
from tests.network import SandboxNetwork


@pytest.fixture
def smo(department: SimpleNamespace, as_: Any) -> Client:
    """The social media officer's browser; she may open the admin."""
    User.objects.filter(pk=department.smo.pk).update(is_staff=True)
    client: Client = as_(User.objects.get(pk=department.smo.pk))
    return client


class Flow:
    """A connection from beginning to end, everything a person was answered kept."""

    def __init__(self, client: Client) -> None:
        self.client, self.pages = client, []  # type: ignore[var-annotated]

    def get(self, path: str) -> str:
        """Open a page and keep it."""
        return self._kept(self.client.get(path))

    def post(self, path: str, data: dict[str, Any]) -> str:
        """Send a form and keep the answer."""
        return self._kept(self.client.post(path, data))

    def _kept(self, answer: Any) -> str:
        self.pages.append(f"{answer.headers} {answer.content.decode()}")
        return answer.headers.get("Location", "")

    def run(self, address: str, remote_id: str, **said: Any) -> None:
        """Begin, sign in, look, look again, connect, and open the channel's pages."""
        own, there = way_to(self.client, address)
        self.get(address)
        self.pages.append(self.client.get(own).content.decode().replace(query_of(there)["state"], ""))  # ours to send
        self.get(local(answer_page(there, **said)))
        self.get(own)
        self.post(own, {"act": "choose", "account": remote_id})
        for model in ("pendingconnection", "platformapp", "channel"):
            self.get(reverse(f"admin:divisions_{model}_changelist"))
        row = PendingConnection.objects.get()
        self.get(reverse("admin:divisions_pendingconnection_change", args=[row.pk]))
        self.pages += [repr(row), str(row), repr(connect_begun.accounts(row)), repr(connect_begun.chosen(row))]
        self.get(self.post(own, {"act": "connect", "name": "Connected"}))


@pytest.mark.parametrize(("address", "platform"), [(FACEBOOK, "facebook"), (X, "x")])
def test_no_secret_of_a_connection_stands_anywhere_a_person_looks(
    department: SimpleNamespace,
    network: SandboxNetwork,
    smo: Client,
    caplog: pytest.LogCaptureFixture,
    address: str,
    platform: str,
) -> None:
    made = put_account(network.server.network, {"platform": platform, "handle": "NewOne", "name": "New one"})
    caplog.set_level(logging.DEBUG)
    flow = Flow(smo)
    flow.run(address, made.remote_id, **({"account": "NewOne"} if platform == "x" else {}))
    channel = Channel.objects.get(handle="NewOne")
    kept = credentials.open_for(channel)
    flow.get(reverse("admin:divisions_channel_change", args=[channel.pk]))
    flow.get(f"/desk/channels/{channel.slug}/reconnect/")
    flow.get(f"/desk/channels/{channel.slug}/disconnect/")
    said = disconnect.disconnect(channel=channel, then="paused", reason="A test", by=department.smo)
    secret = {*(v for k, v in kept.items() if k != "client_id"), sandbox.APPS[platform].client_secret}
    assert len(secret) >= 2
    places = {
        "pages": "".join(flow.pages),
        "log": caplog.text,
        "ledger": str(list(LedgerEntry.objects.values_list("type", "data"))),
        "database": dump(),
        "reprs": f"{channel!r} {said!r} {sandbox.APPS[platform]!r}",
    }
    found = [(where, name) for where, text in places.items() for name in secret if name in text]
    assert found == []
    assert all("NewOne" in text for where, text in places.items() if where not in ("log", "reprs"))  # it does look


def dump() -> str:
    """Every row of the tables that keep sign-ins, and of the ledger, as text."""
    tables = ("divisions_channel", "divisions_pendingconnection", "divisions_platformapp", "records_ledgerentry")
    with connection.cursor() as cursor:
        texts = []
        for table in tables:
            cursor.execute(f"SELECT t::text FROM {table} t")  # names from the line above
            texts += [row[0] for row in cursor.fetchall()]
    return "".join(texts)


def test_what_a_connection_writes_into_the_ledger_names_the_secrets_and_never_holds_them(
    department: SimpleNamespace, network: SandboxNetwork, smo: Client
) -> None:
    made = put_account(network.server.network, {"platform": "facebook", "handle": "NewOne"})
    Flow(smo).run(FACEBOOK, made.remote_id)
    entry = LedgerEntry.objects.get(type="divisions.credentials.connected")
    assert entry.data["names"] == ["access_token", "app_secret"]
    assert entry.actor_id == department.smo.pk


def test_what_is_sealed_of_a_connection_moves_to_a_new_key_with_all_else(
    department: SimpleNamespace, network: SandboxNetwork, smo: Client, settings: Any
) -> None:
    put_account(network.server.network, {"platform": "x", "handle": "NewX"})
    platform_apps.keep(platform="facebook", client_id="1", client_secret="an-apps-secret", by=department.smo)
    _, there = way_to(smo, X)
    old, new = settings.FIELD_KEYS, Fernet.generate_key().decode()
    settings.FIELD_KEYS = [new, *old]
    field_keys.rotate(by=None)
    settings.FIELD_KEYS = [new]
    stored = platform_apps.of("facebook", "live")
    assert stored is not None
    assert stored.client_secret == "an-apps-secret"
    assert smo.get(local(answer_page(there, account="NewX"))).status_code == 302


def test_no_channel_can_take_the_address_of_the_connect_pages(department: SimpleNamespace) -> None:
    facts = {"division": department.northeast, "platform": "x", "audience": "public", "name": "Connect"}
    with pytest.raises(BadInput, match="an address of the desk itself"):
        channels.create_channel(slug="connect", by=department.smo, **facts)


Story = Callable[[SimpleNamespace, Client], Callable[[], Any]]


def _connect(d: SimpleNamespace, smo: Client) -> Callable[[], Any]:
    _, there = way_to(smo, X)
    smo.get(local(answer_page(there, account="NewX")))
    row = PendingConnection.objects.get()
    return lambda: connect.connect(pending=row, name="New", by=d.smo)


def _by_hand(d: SimpleNamespace, smo: Client) -> Callable[[], Any]:
    facts = {"name": "Films", "handle": "films", "url": "https://videos.example/films"}
    where = {"platform": "youtube", "division": d.northeast, "audience": "public"}
    return lambda: connected.by_hand(by=d.smo, **where, **facts)


def _disconnect(d: SimpleNamespace, smo: Client) -> Callable[[], Any]:
    return lambda: disconnect.disconnect(channel=d.facebook_northeast, then="paused", reason="A test", by=d.smo)


def _keep(d: SimpleNamespace, smo: Client) -> Callable[[], Any]:
    return lambda: platform_apps.keep(platform="facebook", client_id="1", client_secret="a secret", by=d.smo)


@pytest.mark.parametrize("story", [_connect, _by_hand, _disconnect, _keep])
def test_the_ledger_fails_nothing_is_saved(
    department: SimpleNamespace, network: SandboxNetwork, smo: Client, monkeypatch: pytest.MonkeyPatch, story: Story
) -> None:
    put_account(network.server.network, {"platform": "x", "handle": "NewX"})
    act = story(department, smo)
    before = rows()

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the ledger fails")

    monkeypatch.setattr(ledger, "append_many", broken)
    with pytest.raises(RuntimeError, match="the ledger fails"):
        act()
    assert rows() == before


def rows() -> list[Any]:
    """What a connection could have changed."""
    models = (Channel, PlatformApp, PendingConnection)
    return [list(model.objects.order_by("pk").values()) for model in models]  # type: ignore[attr-defined]
