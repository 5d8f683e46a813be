"""The one object behind all routes: store, faults, clocks, and what an outsider does behind our back.

Platform-neutral; manners and bodies of each platform live in `facebook` and `x`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from connectors.sandbox import bluesky_shapes, youtube_ids
from connectors.sandbox.faults import Faults, Rule
from connectors.sandbox.store import OTHER_APP, Account, Post, Store, new_token, stamp

Refusal = Callable[[str, Rule], web.Response]
GARBAGE = b'{"id": "1234, \xff\xfe <html>'
SLICES = 20


@dataclass(slots=True)
class Network:
    """Everything the routes share."""

    store: Store
    faults: Faults = field(default_factory=Faults)
    calls: dict[str, int] = field(default_factory=dict)
    uploads: dict[str, Any] = field(default_factory=dict)  # what comes in pieces, by the platform's name for it

    def now(self, account: Account) -> datetime:
        """Return the time as this account's platform believes it to be."""
        return datetime.now(UTC) + timedelta(seconds=self.faults.skew_s(names(account)))

    def new_post_id(self, account: Account, at: datetime, author: str = "") -> str:
        """Return a fresh id as the platform writes ids; `author` = somebody of the public says it."""
        number = self.store.number(at)
        if account.platform == "bluesky":
            return bluesky_shapes.post_id(account.remote_id, at, number, author)
        if account.platform == "youtube":
            return youtube_ids.comment_id(number) if author else youtube_ids.video_id(number)
        return f"{account.remote_id}_{number}" if account.platform == "facebook" else str(number)

    def counted(self, account: Account, limit: int) -> int:
        """Count a call against a limit that is shown and never enforced; returns what remains."""
        used = self.calls[account.id] = self.calls.get(account.id, 0) + 1
        return limit - used % limit

    def outside_post(self, account: Account, text: str) -> Post:
        """Post with another app, behind our back."""
        at = self.now(account)
        post_id = self.new_post_id(account, at)
        post = Post(
            id=post_id,
            account=account.id,
            text=text,
            app=OTHER_APP,
            root=post_id,
            history=[post_id],
            created_at=stamp(at),
            updated_at=stamp(at),
            arrived_at=stamp(datetime.now(UTC)),
        )
        self.store.put_post(post)
        return post

    def outside_edit(self, account: Account, post: Post, text: str) -> None:
        """Change a post's words, behind our back."""
        post.text, post.updated_at = text, stamp(self.now(account))
        self.store.put_post(post)

    def outside_delete(self, account: Account, post: Post) -> None:
        """Delete a post and what stands below it, behind our back."""
        below = self.store.comments(post.id) if post.root == post.id else []
        for gone in (post, *below):
            gone.deleted_at = stamp(self.now(account))
            self.store.put_post(gone)


NETWORK: web.AppKey[Network] = web.AppKey("network", Network)


def names(account: Account) -> tuple[str, ...]:
    """Return what a fault or a question may call this account."""
    return (account.id, account.handle, account.remote_id)


def completed(account: Account) -> Account:
    """Fill in what the maker of an account left open: ids by its name, tokens by chance."""
    digest = int.from_bytes(hashlib.sha256(account.id.encode()).digest()[:6], "big")
    account.name = account.name or account.handle
    made_up = bluesky_shapes.did_of(account.id) if account.platform == "bluesky" else str(10**14 + digest)
    account.remote_id = account.remote_id or made_up
    account.token = account.token or new_token()
    account.refresh_token = account.refresh_token or new_token()
    if account.protected and not account.follower_token:
        account.follower_token = new_token()
    return account


def same(given: str, kept: str) -> bool:
    """Compare two secrets in constant time; an empty one equals nothing."""
    return bool(given and kept) and hmac.compare_digest(given.encode(), kept.encode())


async def misbehave(
    network: Network,
    request: web.Request,
    account: Account,
    refuse: Refusal,
    act: Callable[[], Awaitable[web.StreamResponse]],
    *,
    speaking: bool,
) -> web.StreamResponse:
    """Do what was asked, or what the faults in force make of it.

    `refuse` words a refusal as the platform does; `speaking` = the call carries a post's words.
    """
    fired = network.faults.fired(names(account), writing=request.method != "GET", speaking=speaking)
    if "latency" in fired:
        await asyncio.sleep(fired["latency"].number(500) / 1000)
    for name in ("expired", "429", "duplicate"):
        if name in fired:
            refusal = refuse(name, fired[name])
            if name == "429":  # beside the platform's own signal
                refusal.headers.setdefault("Retry-After", str(math.ceil(fired[name].number(60))))
            return refusal
    if "500" in fired:
        rule = fired["500"]
        if rule.value == "accepted" or (rule.value == "either" and rule.chance.random() < 0.5):
            await act()
        return refuse("500", rule)
    response = await act()
    response.headers.setdefault("Date", format_datetime(network.now(account), usegmt=True))
    if "drop_after_accept" in fired:
        return _dropped(request)
    if "malformed" in fired:
        return web.Response(body=GARBAGE, content_type="application/json")
    if "slow" in fired and isinstance(response, web.Response):
        return await _dripped(request, response, fired["slow"].number(3000) / 1000)
    return response


def _dropped(request: web.Request) -> web.Response:
    """Break the connection off: the caller hears nothing."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _dripped(request: web.Request, response: web.Response, whole_s: float) -> web.StreamResponse:
    """Send the answer in slices over `whole_s` seconds."""
    body = response.body if isinstance(response.body, bytes) else b""
    headers = {k: v for k, v in response.headers.items() if k.lower() != "content-length"}
    slow = web.StreamResponse(status=response.status, headers=headers)
    await slow.prepare(request)
    size = max(1, len(body) // SLICES)
    for start in range(0, len(body), size):
        await asyncio.sleep(whole_s / SLICES)
        await slow.write(body[start : start + size])
    await slow.write_eof()
    return slow
