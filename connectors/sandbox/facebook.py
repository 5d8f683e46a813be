"""The sandbox's Facebook: the documented subset of Graph that a Page needs, with its own bodies and headers.

Unpublished photos and posts are kept and shown to nobody. What the network shares lives in `network`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from aiohttp import web

from connectors.facebook_shapes import SANDBOX_APP
from connectors.sandbox.faults import Rule
from connectors.sandbox.network import NETWORK, Network, misbehave, same
from connectors.sandbox.store import OUR_APP, Account, Post, stamp

PREFIX = "/facebook/v25.0"
MAX_TEXT = 63_206
SCOPES = (
    "pages_manage_posts",
    "pages_manage_engagement",
    "pages_read_engagement",
    "pages_read_user_content",
)
APPS = {OUR_APP: {"id": SANDBOX_APP, "name": "Substation"}}
OTHER = {"id": "200000000000002", "name": "Another app"}
WORDS = {
    "500": (500, 2, 0, "An unexpected error has occurred. Please retry your request later."),
    "429": (400, 32, 0, "Page request limit reached"),
    "expired": (400, 190, 463, "Error validating access token: Session has expired."),
    "duplicate": (400, 506, 0, "Duplicate status message"),
    "token": (400, 190, 0, "Invalid OAuth access token."),
    "gone": (
        400,
        100,
        33,
        "Unsupported request. Object with ID does not exist, cannot be loaded due to missing permissions, "
        "or does not support this operation.",
    ),
}


def routes() -> list[web.RouteDef]:
    """Return the routes under `/facebook/v25.0/`."""
    return [
        web.get(f"{PREFIX}/debug_token", _debug_token),
        web.route("*", f"{PREFIX}/{{node}}", _node),
        web.route("*", f"{PREFIX}/{{node}}/{{edge}}", _edge),
    ]


def address(request: web.Request, account: Account, post: Post) -> str:
    """Return the address where followers see a post of this account."""
    base = f"{request.scheme}://{request.host}/see/facebook/{quote(account.handle)}"
    number = post.root.rpartition("_")[2]
    suffix = "" if post.id == post.root else f"?comment_id={post.id.rpartition('_')[2]}"
    return f"{base}/posts/{number}/{suffix}"


async def _debug_token(request: web.Request) -> web.StreamResponse:
    network = request.app[NETWORK]
    account = network.store.account_by_token("facebook", request.query.get("input_token", ""))
    if account is None or not same(_token(request, {}), account.token):
        return _error("token")
    return _answer(
        network,
        account,
        {
            "data": {
                "app_id": SANDBOX_APP,
                "type": "PAGE",
                "application": "Substation",
                "is_valid": True,
                "expires_at": 0,
                "data_access_expires_at": 0,
                "profile_id": account.remote_id,
                "scopes": list(SCOPES),
            }
        },
    )


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
        return _error("gone")
    if not same(_token(request, form), account.token):
        return _error("token")

    async def act() -> web.StreamResponse:
        return _acted(network, request, account, node, edge, form)

    speaking = request.method == "POST" and edge in ("feed", "comments")
    return await misbehave(network, request, account, _refuse, act, speaking=speaking)


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
        return _answer(network, account, {"id": account.remote_id, "name": account.name})
    post = network.store.post(node)
    if post is None or post.deleted_at or post.account != account.id:
        return _error("gone")
    if call == ("GET", "", False):
        return _answer(network, account, _read(network, request, account, post))
    if call == ("POST", "", False):
        return _update(network, account, post, form)
    if call == ("DELETE", "", False):
        network.outside_delete(account, post)
        return _answer(network, account, {"success": True})
    if call == ("POST", "comments", False):
        return _comment(network, account, post, form)
    if call == ("GET", "comments", False):
        return _comments(network, request, account, post)
    return _error("gone")


def _photo(network: Network, account: Account, form: Mapping[str, Any]) -> web.Response:
    source = form.get("source")
    if not isinstance(source, web.FileField):
        return _bad("(#324) Requires upload file")
    if form.get("published") != "false":
        return _bad("(#100) This network takes unpublished photos only")
    content = source.file.read()
    if not content:
        return _bad("(#324) Missing or invalid image file")
    now = network.now(account)
    media_id = str(network.store.number(now))
    alt = str(form.get("alt_text_custom") or "")
    network.store.put_media(media_id, account.id, source.content_type, content, alt, stamp(now))
    return _answer(network, account, {"id": media_id})


def _feed(network: Network, account: Account, form: Mapping[str, Any]) -> web.Response:
    text, link = str(form.get("message") or ""), str(form.get("link") or "")
    if len(text) > MAX_TEXT:
        return _bad("(#100) The message is too long")
    media = _attached(network, account, form)
    if media is None:
        return _bad("(#100) Invalid parameter: attached_media")
    if not (text or link or media):
        return _bad("(#100) Missing message or attachment")
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
    return _answer(network, account, {"id": post_id})


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
            return _bad("(#200) Only posts made by the same app can be edited", code=200)
        post.text = str(form["message"])
    if "is_hidden" in form:
        post.hidden = str(form["is_hidden"]) == "true"
    post.updated_at = stamp(now)
    network.store.put_post(post)
    return _answer(network, account, {"success": True})


def _comment(network: Network, account: Account, post: Post, form: Mapping[str, Any]) -> web.Response:
    text = str(form.get("message") or "")
    if not text:
        return _bad("(#100) Missing message")
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
    return _answer(network, account, {"id": comment.id})


def _list(network: Network, request: web.Request, account: Account) -> web.Response:
    limit = _limit(request)
    posts = network.store.timeline(account.id, before=request.query.get("after", ""), limit=limit + 1)
    shown = posts[:limit]
    data = [_read(network, request, account, post) for post in shown]
    body: dict[str, Any] = {"data": data}
    if shown:
        body["paging"] = {"cursors": {"after": network.store.position(shown[-1])}}
        if len(posts) > limit:
            body["paging"]["next"] = str(request.url)
    return _answer(network, account, body)


def _comments(network: Network, request: web.Request, account: Account, post: Post) -> web.Response:
    since = request.query.get("since", "")
    after = datetime.fromtimestamp(int(since), UTC) if since.isdecimal() else None
    found = [c for c in network.store.comments(post.root) if after is None or c.created_at >= stamp(after)]
    if request.query.get("order") == "reverse_chronological":
        found.reverse()
    start = int(request.query.get("after") or 0)
    shown = found[start : start + _limit(request)]
    body: dict[str, Any] = {"data": [_read_comment(request, account, comment) for comment in shown]}
    if start + len(shown) < len(found):
        body["paging"] = {"cursors": {"after": str(start + len(shown))}, "next": str(request.url)}
    return _answer(network, account, body)


def _read(network: Network, request: web.Request, account: Account, post: Post) -> dict[str, Any]:
    """Return a post, or a comment, with the fields asked for."""
    if post.kind == "comment":
        return _read_comment(request, account, post)
    wanted = request.query.get("fields", "id,message,created_time")
    everything: dict[str, Any] = {
        "message": post.text,
        "created_time": _time(post.created_at),
        "updated_time": _time(post.updated_at),
        "permalink_url": address(request, account, post),
        "status_type": "added_photos" if post.media else "shared_story" if post.link else "mobile_status_update",
        "is_published": post.visible,
        "application": APPS.get(post.app, OTHER),
        "attachments": {"data": _attachments(request, account, post)},
    }
    comments = network.store.comments(post.root) if "comments" in wanted else []
    everything["comments"] = {"data": [], "summary": {"order": "ranked", "total_count": len(comments)}}
    everything["reactions"] = {"data": [], "summary": {"total_count": 0}}
    return {"id": post.id, **{k: v for k, v in everything.items() if k in wanted}}


def _read_comment(request: web.Request, account: Account, comment: Post) -> dict[str, Any]:
    author = comment.author or account.name
    answer: dict[str, Any] = {
        "id": comment.id,
        "message": comment.text,
        "created_time": _time(comment.created_at),
        "from": {"id": f"u{comment.author}" if comment.author else account.remote_id, "name": author},
        "is_hidden": comment.hidden,
        "can_hide": bool(comment.author),
        "can_remove": True,
        "permalink_url": address(request, account, comment),
    }
    if comment.reply_to != comment.root:
        answer["parent"] = {"id": comment.reply_to}
    return answer


def _attachments(request: web.Request, account: Account, post: Post) -> list[dict[str, Any]]:
    base = f"{request.scheme}://{request.host}/see/facebook/{quote(account.handle)}/media"
    photos = [
        {
            "type": "photo",
            "title": item["alt"],
            "media": {"image": {"src": f"{base}/{item['sha256']}"}},
            "target": {"id": item["id"]},
        }
        for item in post.media
    ]
    return [*photos, {"type": "share", "url": post.link, "unshimmed_url": post.link}] if post.link else photos


def _limit(request: web.Request) -> int:
    given = request.query.get("limit", "25")
    return max(1, min(100, int(given))) if given.isdecimal() else 25


def _token(request: web.Request, form: Mapping[str, Any]) -> str:
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return header.removeprefix("Bearer ")
    return str(request.query.get("access_token") or form.get("access_token") or "")


def _time(at: str) -> str:
    return datetime.fromisoformat(at).strftime("%Y-%m-%dT%H:%M:%S+0000")


def _usage(account: Account, used: int, minutes: int = 0) -> dict[str, str]:
    entry = {
        "type": "pages",
        "call_count": used,
        "total_cputime": used,
        "total_time": used,
        "estimated_time_to_regain_access": minutes,
    }
    return {
        "X-Business-Use-Case-Usage": json.dumps({account.remote_id: [entry]}),
        "X-App-Usage": json.dumps({"call_count": used, "total_cputime": used, "total_time": used}),
        "facebook-api-version": "v25.0",
    }


def _answer(network: Network, account: Account, body: dict[str, Any]) -> web.Response:
    used = 100 - network.counted(account, 100)
    return web.json_response(body, headers=_usage(account, used))


def _refuse(fault: str, rule: Rule) -> web.Response:
    response = _error(fault)
    if fault == "429":
        minutes = math.ceil(rule.number(60) / 60)
        account = Account(platform="facebook", handle="", remote_id="0")
        response.headers.update(_usage(account, 100, minutes))
    return response


def _bad(message: str, code: int = 100) -> web.Response:
    return _body(400, code, 0, message)


def _error(name: str) -> web.Response:
    return _body(*WORDS[name])


def _body(status: int, code: int, sub: int, message: str) -> web.Response:
    error: dict[str, Any] = {
        "message": message,
        "type": "OAuthException",
        "code": code,
        "is_transient": code in (2, 32),
        "fbtrace_id": "sandbox",
    }
    if sub:
        error["error_subcode"] = sub
    return web.json_response({"error": error}, status=status)
