"""The sandbox network's side of the demo: its accounts and the history that followers would have seen.

Speaks to the sandbox's own doors (`/_accounts`, `/_seed`, …), never to a platform's. A post that the loader delivered
in the past stands there with its time, so that an untouched day shows no drift.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings

from connectors import composing, http
from connectors.contract import Receipt
from connectors.errors import ConnectorError
from connectors.sandbox.server import running
from divisions.models import Channel
from posts.models import Delivery
from posts.services.accounts import connector_of
from posts.services.begin import outgoing_of
from posts.services.media import Blobs

# Accounts that no channel stands for: to try "Connect an account" with. (platform, handle, name, id)
SPARE = (
    ("facebook", "DPDCommunity", "Community engagement", ""),
    ("x", "DPDCommunity", "Community engagement", ""),
    ("youtube", "dpdcommunity", "Community engagement", ""),
    ("mastodon", "dpdcommunity", "Community engagement", ""),
    ("nixle", "dpdcommunity", "Community engagement", ""),
    ("bluesky", "community.sandbox.example", "Community engagement", "did:plc:communityengagement0000"),
)
SPOKEN = ("facebook", "x")  # what the sandbox network speaks; YouTube and Nixle it only shows


@contextmanager
def reachable() -> Iterator[None]:
    """Make sure that the sandbox network answers: the one that runs, else one for the life of the block."""
    where = urlsplit(settings.SANDBOX_URL)
    allowed = {*settings.OUTBOUND_ALLOW, f"{where.hostname}:{where.port}"}
    http.configure(outbound_allow=allowed, read_timeout_s=settings.HTTP_READ_TIMEOUT_S)
    if _answers():
        yield
        return
    with running(Path(settings.SANDBOX_STATE).with_suffix(".sqlite3"), where.port or 0):
        yield


def clear() -> None:
    """Forget everything: the demo is loaded from nothing."""
    _post("_clear", {"accounts": True})


def account(channel: Channel) -> str:
    """Make the account of a channel; returns its token."""
    facts = {
        "platform": channel.platform,
        "handle": channel.handle,
        "name": channel.name,
        "remote_id": channel.remote_id,
        "website": settings.BASE_URL,
        "protected": bool(channel.settings.get("protected")),
        "follower_token": channel.settings.get("follower_token"),
    }
    return str(_post("_accounts", facts)["token"])


def spare_accounts() -> None:
    """Make the accounts that nobody has connected yet."""
    for platform, handle, name, remote_id in SPARE:
        facts = {"platform": platform, "handle": handle, "name": name, "website": settings.BASE_URL}
        _post("_accounts", {**facts, **({"remote_id": remote_id} if remote_id else {})})


def show(delivery: Delivery) -> Receipt:
    """Put a delivery of the past on the account's page, at its time; returns the receipt the platform gave then."""
    channel, payload = delivery.channel, delivery.payload
    outgoing = outgoing_of(delivery, planned_at=delivery.due_at)
    connector = connector_of(channel)
    post = {
        "text": connector.render(outgoing, connector.capabilities()).text,
        "link": (composing.card_link(outgoing) or "") if channel.platform == "facebook" else "",
        "key": delivery.key,
        "created_at": delivery.due_at.isoformat(),
        "media": [_media(item) for item in payload["media"]],
    }
    account_id = f"{channel.platform}/{channel.handle}"
    remote_id = str(_post("_seed", {"account": account_id, "posts": [post]})["posts"][0]["id"])
    return Receipt(remote_id=remote_id, url=_address(channel, remote_id))


def say(delivery: Delivery, comment: dict[str, object]) -> None:
    """Let somebody of the public write below a copy that is out; with `answer`, we answered."""
    channel = delivery.channel
    below = {"post": delivery.remote_id, **comment}
    _post("_seed", {"account": f"{channel.platform}/{channel.handle}", "comments": [below]})


def misbehave(channel: Channel, fault: str) -> None:
    """Make the next call to an account go wrong."""
    _post("_control", {"account": f"{channel.platform}/{channel.handle}", "fault": fault, "count": 1})


def page(channel: Channel) -> str:
    """The address at which followers see an account."""
    return f"{settings.SANDBOX_URL}/see/{channel.platform}/{quote(channel.handle)}/"


def _address(channel: Channel, remote_id: str) -> str:
    if channel.platform == "facebook":
        return f"{page(channel)}posts/{remote_id.rpartition('_')[2]}/"
    return f"{page(channel)}status/{remote_id}/"


def _media(item: dict[str, Any]) -> dict[str, str]:
    data = base64.b64encode(Blobs().read(item["sha256"])).decode()
    return {"mime": item["mime"], "alt": item["alt"], "data_base64": data}


def _answers() -> bool:
    try:
        url = f"{settings.SANDBOX_URL}/_accounts"
        return http.request("GET", url, headers={}, timeout_s=2, repeatable=True).status == 200
    except ConnectorError:
        return False


def _post(door: str, body: dict[str, Any]) -> Any:
    answer = http.request("POST", f"{settings.SANDBOX_URL}/{door}", headers={}, json=body, repeatable=True)
    if answer.status != 200:
        raise RuntimeError(f"the sandbox network refused {door}: {answer.text()}")
    return json.loads(answer.text())
