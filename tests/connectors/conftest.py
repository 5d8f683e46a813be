"""What the connectors' tests stand on: a real sandbox network in a thread, and every call checked against the specs.

Needs no database. Accounts are fresh a test, so that faults and posts of one never meet another.
"""

import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from connectors import http, mastodon_api, registry
from connectors.contract import (
    Account,
    Act,
    Connector,
    Done,
    Media,
    Next,
    Outgoing,
    Probe,
    Receipt,
    Step,
    Target,
    Wait,
)
from connectors.errors import NotSupported
from connectors.sandbox.server import Running, running
from tests.connectors import wire

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
SPEAKERS = ("facebook", "x", "mastodon", "bluesky", "nixle", "youtube")
REFUSING_TWINS = ("facebook", "x", "bluesky", "youtube")
WITH_TITLE = ("youtube", "nixle", "email")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fcffff3f0300"
    "05fe02fea735816a0000000049454e44ae426082"
)
numbers = itertools.count(1)


class Blobs(dict[str, bytes]):
    """Renditions by hash, as the media store would give them."""

    def keep(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        self[sha256] = content
        return sha256

    def read(self, sha256: str) -> bytes:
        try:
            return self[sha256]
        except KeyError as error:
            raise FileNotFoundError(sha256) from error


@dataclass
class Speaker:
    """One platform, one fresh account on the sandbox, and the calls a test makes of both.

    The marks say what there is to test: can a post be looked up, are files sent, is there anything to see, which
    answers can be spoiled.
    """

    platform: str
    connector: Connector
    account: Account
    network: Running
    blobs: Blobs
    calls: wire.Log
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    looked_up: ClassVar[bool] = True
    carries_bytes: ClassVar[bool] = True
    shows: ClassVar[bool] = True
    faults: ClassVar[tuple[str, ...]] = ("expired", "429", "500", "drop_after_accept", "malformed")

    @property
    def secret(self) -> str:
        """The one secret that opens the account."""
        return self.account.secrets["access_token"]

    def stranger(self) -> Account:
        """The same account with a secret that is not its own."""
        return replace(self.account, secrets={"access_token": "not-the-token"})

    def reads(self, url: str) -> str:
        """What somebody sees who opens the address of a receipt."""
        return get(url)

    def outgoing(self, text: str = "Road closed", act: Act = Act.PUBLISH, **more: Any) -> Outgoing:
        target = more.pop("target", None)
        if self.platform in WITH_TITLE:
            more.setdefault("title", "Road closed")
        if self.connector.capabilities().requires_media and act is Act.PUBLISH and "media" not in more:
            more["media"] = (self.image(),)
        return Outgoing(
            act=act,
            key=more.pop("key", f"delivery-{next(numbers)}"),
            planned_at=more.pop("planned_at", self.began),
            text=text,
            url="https://pd.example.org/news/1-road-closed/",
            target=Target(remote_id=target) if target else None,
            **more,
        )

    def image(self, alt: str = "A map of the closed road", content: bytes = PNG) -> Media:
        """An image; on a platform of films, a film."""
        if self.connector.capabilities().media.kinds == ("video",):
            return Media(sha256=self.blobs.keep(content), mime="video/mp4", size_bytes=len(content))
        return Media(
            sha256=self.blobs.keep(content), mime="image/png", alt=alt, width=1, height=1, size_bytes=len(content)
        )

    def can(self, act: Act) -> bool:
        """Does the platform know this act at all?"""
        try:
            self.connector.plan(self.outgoing(act=act, target="123"))
        except NotSupported:
            return False
        return True

    def run(self, step: Step, state: dict[str, Any]) -> Any:
        """Run one step as the engine does: from JSON and back into JSON."""
        stored = Step.from_json(json.loads(json.dumps(step.to_json())))
        result = self.connector.run(self.account, stored, state)
        if isinstance(result, Next | Wait):
            json.dumps(result.state)
        return result

    def through(self, step: Step, state: dict[str, Any]) -> Any:
        """Run one step, again while the platform says "not yet"."""
        result = self.run(step, state)
        for _ in range(20):
            if isinstance(result, Wait):
                result = self.run(step, json.loads(json.dumps(result.state)))
        return result

    def say(self, outgoing: Outgoing) -> Receipt:
        """Run all steps to the end."""
        state: dict[str, Any] = {}
        for step in self.connector.plan(outgoing):
            result = self.through(step, state)
            if isinstance(result, Done):
                return result.receipt
            state = result.state
        raise AssertionError("the last step was not Done")

    def publish(self, text: str = "Road closed", **more: Any) -> Receipt:
        return self.say(self.outgoing(text, **more))

    def probe(self, act: Act = Act.PUBLISH, **more: Any) -> Probe:
        key = more.pop("key", "delivery-1")
        return Probe(act=act, key=key, since=self.began - timedelta(seconds=120), **more)

    def fault(self, fault: str, **more: Any) -> Any:
        return post(
            f"{self.network.base_url}/_control",
            {"account": f"{self.platform}/{self.account.handle}", "fault": fault, **more},
        )

    def truth(self) -> list[dict[str, Any]]:
        """What the network knows to have shown and not deleted."""
        body = get(f"{self.network.base_url}/_posts?account={self.platform}/{self.account.handle}")
        lines = [json.loads(line) for line in body.splitlines()]
        return [line for line in lines if line["deleted_at"] is None]


def must_have(speaker: Speaker, true: bool, what: str) -> None:
    """Skip where the platform has no such thing."""
    if not true:
        pytest.skip(f"{speaker.platform} has no {what}")


def must_refuse_twins(speaker: Speaker) -> None:
    """Skip for platforms that take the same text again: nothing to refuse, so nothing to make up."""
    if speaker.platform not in REFUSING_TWINS:
        pytest.skip(f"{speaker.platform} takes the same text twice")


class Answered(Exception):
    """The network answered with an error status."""

    def __init__(self, code: int, body: str) -> None:
        super().__init__(f"{code} {body}")
        self.code, self.body = code, body


def get(url: str) -> str:
    return fetch(Request(url)).decode()


def post(url: str, body: Any) -> Any:
    return json.loads(fetch(Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})))


def fetch(request: Request) -> bytes:
    """Return the body; raises Answered for an error status, with nothing left open."""
    try:
        with urlopen(request, timeout=5) as answer:
            found: bytes = answer.read()
    except HTTPError as error:
        with error:
            raise Answered(error.code, error.read().decode()) from None
    return found


@pytest.fixture(scope="session")
def network() -> Iterator[Running]:
    """A sandbox network in a thread of this process, on a free loopback port."""
    with running() as found:
        yield found


@pytest.fixture(autouse=True)
def reach(network: Running) -> Iterator[None]:
    """Let connectors reach the sandbox and nothing else, with short time-outs; put the old settings back."""
    before = http._settings
    http.configure(outbound_allow=[network.host_port], read_timeout_s=5)
    yield
    http.configure()
    http._settings = before


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> wire.Log:
    """Every call a connector makes in this test, each checked against the platform's spec where that is at hand."""
    log = wire.Log()
    monkeypatch.setattr(http, "request", log.around(http.request))
    return log


@pytest.fixture(params=SPEAKERS)
def speaker(request: pytest.FixtureRequest, network: Running, calls: wire.Log) -> Speaker:
    """Each connector that has a wire, with an account of its own."""
    return make_speaker(request.param, network, calls)


@pytest.fixture
def facebook(network: Running, calls: wire.Log) -> Speaker:
    return make_speaker("facebook", network, calls)


@pytest.fixture
def bluesky(network: Running, calls: wire.Log) -> Speaker:
    return make_speaker("bluesky", network, calls)


@pytest.fixture
def mastodon(network: Running, calls: wire.Log) -> Speaker:
    mastodon_api.forget_limits()
    return make_speaker("mastodon", network, calls)


@pytest.fixture
def nixle(network: Running, calls: wire.Log) -> Speaker:
    return make_speaker("nixle", network, calls)


@pytest.fixture
def youtube(network: Running, calls: wire.Log) -> Speaker:
    return make_speaker("youtube", network, calls)


@pytest.fixture
def x(network: Running, calls: wire.Log) -> Speaker:
    return make_speaker("x", network, calls)


def make_speaker(platform: str, network: Running, calls: wire.Log) -> Speaker:
    handle = f"PD{platform}{next(numbers)}"
    if platform == "bluesky":
        handle = f"{handle.lower()}.example"  # a handle is a domain there
    made = post(f"{network.base_url}/_accounts", {"platform": platform, "handle": handle, "name": "Northeast"})
    blobs = Blobs()
    account = Account(
        platform=platform,
        handle=handle,
        remote_id=made["remote_id"],
        api_base=f"{network.base_url}/{platform}",
        mode="sandbox",
        secrets={"access_token": made["token"]},
        blobs=blobs,
    )
    return Speaker(platform, registry.get(platform, "sandbox"), account, network, blobs, calls)
