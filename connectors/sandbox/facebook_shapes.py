"""How the sandbox's Facebook writes things down: posts, comments, errors, usage headers. Pure, but for counts.

Field names are those of the vendor's lists of Graph v25.0, error bodies those of its "Handling Errors".
"""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import Any
from urllib.parse import quote

from aiohttp import web

from connectors.facebook_shapes import SANDBOX_APP
from connectors.sandbox.faults import Rule
from connectors.sandbox.network import Network
from connectors.sandbox.store import OUR_APP, Account, Post

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


def address(request: web.Request, account: Account, post: Post) -> str:
    """Return the address where followers see a post of this account."""
    base = f"{request.scheme}://{request.host}/see/facebook/{quote(account.handle)}"
    number = post.root.rpartition("_")[2]
    suffix = "" if post.id == post.root else f"?comment_id={post.id.rpartition('_')[2]}"
    return f"{base}/posts/{number}/{suffix}"


def page(request: web.Request, account: Account) -> dict[str, Any]:
    """Return the Page itself with the fields asked for; like Graph, without those that are empty."""
    wanted = request.query.get("fields", "id,name").split(",")
    facts = {"name": account.name, "username": account.handle, "about": account.bio, "website": account.website}
    return {"id": account.remote_id, **{key: value for key, value in facts.items() if value and key in wanted}}


def post(network: Network, request: web.Request, account: Account, post: Post) -> dict[str, Any]:
    """Return a post, or a comment, with the fields asked for."""
    if post.kind == "comment":
        return comment(request, account, post)
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


def comment(request: web.Request, account: Account, comment: Post) -> dict[str, Any]:
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


def answer(network: Network, account: Account, body: dict[str, Any]) -> web.Response:
    used = 100 - network.counted(account, 100)
    return web.json_response(body, headers=_usage(account, used))


def refuse(fault: str, rule: Rule) -> web.Response:
    response = error(fault)
    if fault == "429":
        minutes = math.ceil(rule.number(60) / 60)
        account = Account(platform="facebook", handle="", remote_id="0")
        response.headers.update(_usage(account, 100, minutes))
    return response


def bad(message: str, code: int = 100) -> web.Response:
    return _body(400, code, 0, message)


def error(name: str) -> web.Response:
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
