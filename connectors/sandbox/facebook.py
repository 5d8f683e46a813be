"""The sandbox's Facebook: the documented subset of Graph that a Page needs, with its own bodies and headers.

Unpublished photos and posts are kept and shown to nobody. What the network shares lives in `network`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from connectors.sandbox import facebook_oauth
from connectors.sandbox import facebook_shapes as shapes
from connectors.sandbox.network import NETWORK, Network, misbehave
from connectors.sandbox.store import OUR_APP, Account, Post, stamp

PREFIX = "/facebook/v25.0"
MAX_TEXT = 63_206


def routes() -> list[web.RouteDef]:
    """Return the routes under `/facebook/v25.0/`."""
    return [
        web.route("*", f"{PREFIX}/{{node}}", _node),
        web.route("*", f"{PREFIX}/{{node}}/{{edge}}", _edge),
    ]


async def _node(request: web.Request) -> web.StreamResponse:
    return await _handle(request, request.match_info["node"], "")


async def _edge(request: web.Request) -> web.StreamResponse:
    return await _handle(request, request.match_info["node"], request.match_info["edge"])


async def _handle(request: web.Request, node: str, edge: str) -> web.StreamResponse:
    """Find whose call it is, check the token, then do it under the faults in force."""
    network = request.app[NETWORK]
    form: Mapping[str, Any] = {} if request.method == "GET" else await request.post()
    account = network.store.account_by_remote("facebook", node.partition("_")[0])
    if account is None:
        return shapes.error("gone")
    if not facebook_oauth.opens(_token(request, form), account):
        return shapes.error("token")

    async def act() -> web.StreamResponse:
        return _acted(network, request, account, node, edge, form)

    speaking = request.method == "POST" and edge in ("feed", "comments")
    return await misbehave(network, request, account, shapes.refuse, act, speaking=speaking)


def _acted(
    network: Network,
    request: web.Request,
    account: Account,
    node: str,
    edge: str,
    form: Mapping[str, Any],
) -> web.Response:
    call = (request.method, edge, node == account.remote_id)
    if call == ("POST", "photos", True):
        return _photo(network, account, form)
    if call == ("POST", "feed", True):
        return _feed(network, account, form)
    if call in (("GET", "published_posts", True), ("GET", "posts", True)):
        return _list(network, request, account)
    if call == ("GET", "", True):
        return shapes.answer(network, account, shapes.page(request, account))
    post = network.store.post(node)
    if post is None or post.deleted_at or post.account != account.id:
        return shapes.error("gone")
    if call == ("GET", "", False):
        return shapes.answer(network, account, shapes.post(network, request, account, post))
    if call == ("POST", "", False):
        return _update(network, account, post, form)
    if call == ("DELETE", "", False):
        network.outside_delete(account, post)
        return shapes.answer(network, account, {"success": True})
    if call == ("POST", "comments", False):
        return _comment(network, account, post, form)
    if call == ("GET", "comments", False):
        return _comments(network, request, account, post)
    return shapes.error("gone")


def _photo(network: Network, account: Account, form: Mapping[str, Any]) -> web.Response:
    source = form.get("source")
    if not isinstance(source, web.FileField):
        return shapes.bad("(#324) Requires upload file")
    if form.get("published") != "false":
        return shapes.bad("(#100) This network takes unpublished photos only")
    content = source.file.read()
    if not content:
        return shapes.bad("(#324) Missing or invalid image file")
    now = network.now(account)
    media_id = str(network.store.number(now))
    alt = str(form.get("alt_text_custom") or "")
    network.store.put_media(media_id, account.id, source.content_type, content, alt, stamp(now))
    return shapes.answer(network, account, {"id": media_id})


def _feed(network: Network, account: Account, form: Mapping[str, Any]) -> web.Response:
    text, link = str(form.get("message") or ""), str(form.get("link") or "")
    if len(text) > MAX_TEXT:
        return shapes.bad("(#100) The message is too long")
    media = _attached(network, account, form)
    if media is None:
        return shapes.bad("(#100) Invalid parameter: attached_media")
    if not (text or link or media):
        return shapes.bad("(#100) Missing message or attachment")
    visible = str(form.get("published", "true")) != "false"
    now = network.now(account)
    post_id = network.new_post_id(account, now)
    post = Post(
        id=post_id,
        account=account.id,
        text=text,
        link=link,
        media=media,
        visible=visible,
        root=post_id,
        history=[post_id],
        created_at=stamp(now),
        updated_at=stamp(now),
        arrived_at=stamp(datetime.now(UTC)) if visible else "",
    )
    network.store.put_post(post)
    return shapes.answer(network, account, {"id": post_id})


def _attached(network: Network, account: Account, form: Mapping[str, Any]) -> list[dict[str, str]] | None:
    """Return the photos of `attached_media`, or None when one is not there."""
    try:
        wanted = json.loads(str(form.get("attached_media") or "[]"))
        found = [network.store.media(account.id, str(item["media_fbid"])) for item in wanted]
    except (ValueError, TypeError, KeyError):
        return None
    media = [item for item in found if item is not None]
    return media if len(media) == len(found) else None


def _update(network: Network, account: Account, post: Post, form: Mapping[str, Any]) -> web.Response:
    now = network.now(account)
    if str(form.get("is_published", "")) == "true" and not post.visible:
        post.visible = True
        post.created_at = stamp(now)
        post.arrived_at = stamp(datetime.now(UTC))
    if "message" in form:
        if post.app != OUR_APP:
            return shapes.bad("(#200) Only posts made by the same app can be edited", code=200)
        post.text = str(form["message"])
    if "is_hidden" in form:
        post.hidden = str(form["is_hidden"]) == "true"
    post.updated_at = stamp(now)
    network.store.put_post(post)
    return shapes.answer(network, account, {"success": True})


def _comment(network: Network, account: Account, post: Post, form: Mapping[str, Any]) -> web.Response:
    text = str(form.get("message") or "")
    if not text:
        return shapes.bad("(#100) Missing message")
    now = network.now(account)
    comment = Post(
        id=network.new_post_id(account, now),
        account=account.id,
        kind="comment",
        text=text,
        reply_to=post.id,
        root=post.root,
        created_at=stamp(now),
        updated_at=stamp(now),
        arrived_at=stamp(datetime.now(UTC)),
    )
    network.store.put_post(comment)
    return shapes.answer(network, account, {"id": comment.id})


def _list(network: Network, request: web.Request, account: Account) -> web.Response:
    limit = _limit(request)
    posts = network.store.timeline(account.id, before=request.query.get("after", ""), limit=limit + 1)
    shown = posts[:limit]
    data = [shapes.post(network, request, account, post) for post in shown]
    body: dict[str, Any] = {"data": data}
    if shown:
        body["paging"] = {"cursors": {"after": network.store.position(shown[-1])}}
        if len(posts) > limit:
            body["paging"]["next"] = str(request.url)
    return shapes.answer(network, account, body)


def _comments(network: Network, request: web.Request, account: Account, post: Post) -> web.Response:
    since = request.query.get("since", "")
    after = datetime.fromtimestamp(int(since), UTC) if since.isdecimal() else None
    found = [c for c in network.store.comments(post.root) if after is None or c.created_at >= stamp(after)]
    if request.query.get("order") == "reverse_chronological":
        found.reverse()
    start = int(request.query.get("after") or 0)
    shown = found[start : start + _limit(request)]
    body: dict[str, Any] = {"data": [shapes.comment(request, account, comment) for comment in shown]}
    if start + len(shown) < len(found):
        body["paging"] = {"cursors": {"after": str(start + len(shown))}, "next": str(request.url)}
    return shapes.answer(network, account, body)


def _limit(request: web.Request) -> int:
    given = request.query.get("limit", "25")
    return max(1, min(100, int(given))) if given.isdecimal() else 25


def _token(request: web.Request, form: Mapping[str, Any]) -> str:
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return header.removeprefix("Bearer ")
    return str(request.query.get("access_token") or form.get("access_token") or "")
