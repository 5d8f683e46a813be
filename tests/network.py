"""The sandbox network of a test: real HTTP on loopback, with the stock department's accounts."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from connectors import http
from connectors.sandbox.control import put_account
from connectors.sandbox.faults import Rule
from connectors.sandbox.server import Running, running
from connectors.sandbox.store import Post
from divisions.models import Channel
from divisions.services import channels
from divisions.states import Mode


class SandboxNetwork:
    """What a test asks of the network: what followers see, and faults."""

    def __init__(self, server: Running) -> None:
        self.server = server
        self.base_url = server.base_url

    def shown(self, channel: Channel) -> list[Post]:
        """What followers of an account see, newest first."""
        return self.server.network.store.timeline(f"{channel.platform}/{channel.handle}")

    def texts(self, channel: Channel) -> list[str]:
        """The texts they see."""
        return [post.text for post in self.shown(channel)]

    def misbehave(self, channel: Channel, fault: str, count: int | None = 1, **more: Any) -> None:
        """Let the next calls to an account go wrong."""
        rule = Rule(account=f"{channel.platform}/{channel.handle}", fault=fault, count=count, **more)
        self.server.network.faults.add(rule)


@pytest.fixture
def network(department: SimpleNamespace, settings: Any) -> Iterator[SandboxNetwork]:
    """A running network that knows every sandbox account of the stock department, tokens set."""
    with running() as server:
        settings.SANDBOX_URL = server.base_url
        settings.OUTBOUND_ALLOW = [server.host_port]
        http.configure(outbound_allow=[server.host_port], read_timeout_s=2.0)
        for channel in Channel.objects.filter(mode=Mode.SANDBOX):
            facts = {
                "platform": channel.platform,
                "handle": channel.handle,
                "name": channel.name,
                "remote_id": channel.remote_id,
                "protected": bool(channel.settings.get("protected")),
                "follower_token": channel.settings.get("follower_token"),
            }
            token = put_account(server.network, facts).token
            channels.set_credentials(channel=channel, secrets={"access_token": token}, by=None)
        yield SandboxNetwork(server)
    http.configure()
