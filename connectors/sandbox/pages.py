"""What followers see: an index, a page an account, a page a post. Read-only, no script, own small style sheet.

A protected account shows its posts only to a follower (`?token=`). HTML is built here and escaped here.
"""

from __future__ import annotations

import re
from datetime import datetime
from html import escape
from importlib import resources
from urllib.parse import quote, urlencode

from aiohttp import web

from connectors.sandbox import bluesky_sessions, bluesky_shapes
from connectors.sandbox.network import NETWORK, Network, same
from connectors.sandbox.store import Account, Post

PAGE_SIZE = 50
PROTECTED = "<p>This account is protected. Only its followers see what it says.</p>"
NOT_ACCOUNTS = (
    "<h2>No accounts</h2><ul class=accounts>"
    '<li><a href="/see/email/">E-mail lists</a> <span>what subscribers got</span></li>'
    '<li><a href="/see/webhook/">Webhooks</a> <span>what receivers heard</span></li></ul>'
)
LABELS = {
    "facebook": "Facebook",
    "x": "X",
    "mastodon": "Mastodon",
    "bluesky": "Bluesky",
    "youtube": "YouTube",
    "nixle": "Nixle",
}
SAFE_IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
SAFE_FILMS = ("video/mp4", "video/quicktime", "video/webm")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_URL = re.compile(r"https?://[^\s<>\"]+")


def routes() -> list[web.RouteDef]:
    """Return `/` and everything under `/see/`."""
    return [
        web.get("/", _index),
        web.get("/see/", _index),
        web.get("/see/style.css", _style),
        web.get("/see/{platform}/{handle}/", _account),
        web.get("/see/{platform}/{handle}/posts/{number}/", _post),
        web.get("/see/{platform}/{handle}/status/{number}/", _post),
        web.get("/see/{platform}/{handle}/media/{sha256}", _media),
    ]


async def _index(request: web.Request) -> web.Response:
    accounts = request.app[NETWORK].store.accounts()
    parts = []
    for platform, label in LABELS.items():
        own = [account for account in accounts if account.platform == platform]
        rows = "".join(
            f'<li><a href="{_path(account)}">{escape(account.name)}</a> '
            f"<span>@{escape(account.handle)}{' · protected' if account.protected else ''}</span></li>"
            for account in own
        )
        parts.append(f"<h2>{label}</h2><ul class=accounts>{rows}</ul>" if own else "")
    body = "".join(parts) or "<p>No account has been made yet.</p>"
    lead = "<h1>Sandbox network</h1><p>Made-up accounts: what followers see.</p>"
    return page("Sandbox network", lead + body + NOT_ACCOUNTS)


async def _account(request: web.Request) -> web.Response:
    network, account = _found(request)
    if not _may_see(request, account):
        return page(account.name, _head(account) + PROTECTED)
    before = request.query.get("before", "")
    posts = network.store.timeline(account.id, before=before, limit=PAGE_SIZE + 1)
    shown = [post for post in posts[:PAGE_SIZE] if not post.hidden]
    cards = "".join(_card(request, network, account, post, "h2") for post in shown)
    more = ""
    if len(posts) > PAGE_SIZE:
        query = {**_token(request), "before": network.store.position(posts[PAGE_SIZE - 1])}
        more = f'<p><a href="?{escape(urlencode(query))}">Older posts</a></p>'
    return page(account.name, _head(account) + (cards or "<p>No posts yet.</p>") + more)


async def _post(request: web.Request) -> web.Response:
    network, account = _found(request)
    number = request.match_info["number"]
    post_id = f"{account.remote_id}_{number}" if account.platform == "facebook" else number
    if account.platform == "bluesky":
        post_id = bluesky_shapes.uri(account, bluesky_shapes.POST, number)
    post = network.store.post(post_id)
    if not _may_see(request, account):
        return page(account.name, _head(account) + PROTECTED)
    if post is not None and post.history and post.history[-1] != post.id:
        post = network.store.post(post.history[-1])
    if post is None or post.account != account.id or not post.visible or post.deleted_at:
        return page("Not there", _head(account) + "<p>This post is not there (any more).</p>", 404)
    answers = [answer for answer in network.store.comments(post.root) if not answer.hidden]
    below = "".join(_answer(account, answer) for answer in answers)
    section = f"<section aria-label=Answers>{below}</section>" if below else ""
    return page(account.name, _head(account) + _card(request, network, account, post, "h2") + section)


async def _media(request: web.Request) -> web.Response:
    network, account = _found(request)
    found = network.store.blob(account.id, request.match_info["sha256"])
    if found is None or not _may_see(request, account):
        raise web.HTTPNotFound
    content, mime = found
    kind = mime if mime in (*SAFE_IMAGES, *SAFE_FILMS) else "application/octet-stream"
    return web.Response(body=content, content_type=kind, headers=HEADERS)


async def _style(request: web.Request) -> web.Response:
    css = resources.files("connectors.sandbox").joinpath("style.css").read_text("utf-8")
    return web.Response(text=css, content_type="text/css")


def _found(request: web.Request) -> tuple[Network, Account]:
    network = request.app[NETWORK]
    account = network.store.account(f"{request.match_info['platform']}/{request.match_info['handle']}")
    if account is None:
        raise web.HTTPNotFound(text="No such account.")
    return network, account


def _may_see(request: web.Request, account: Account) -> bool:
    return not account.protected or same(request.query.get("token", ""), account.follower_token)


def _token(request: web.Request) -> dict[str, str]:
    token = request.query.get("token", "")
    return {"token": token} if token else {}


def _path(account: Account) -> str:
    return f"/see/{account.platform}/{quote(account.handle)}/"


def _post_path(request: web.Request, account: Account, post: Post) -> str:
    kind = "posts" if account.platform == "facebook" else "status"
    query = _token(request)
    suffix = f"?{escape(urlencode(query))}" if query else ""
    return f"{_path(account)}{kind}/{re.split('[_/]', post.id)[-1]}/{suffix}"


def _head(account: Account) -> str:
    return (
        f'<p><a href="/see/">Sandbox network</a></p><h1>{escape(account.name)}</h1>'
        f"<p class=handle>{LABELS[account.platform]} · @{escape(account.handle)}</p>"
        + (f"<p>{linked(account.bio)}</p>" if account.bio else "")
        + (f"<p class=link>{linked(account.website)}</p>" if account.website else "")
        + _keys(account)
    )


def _keys(account: Account) -> str:
    """What is typed in to connect an account where nobody signs in on a page: made up, like the account."""
    if account.platform == "bluesky":
        said = {"App password": bluesky_sessions.app_password(account)}
    elif account.platform == "nixle":
        client = {"Client id": account.remote_id, "Client secret": account.refresh_token}
        said = {"Organization id": account.remote_id, **client}
    else:
        return ""
    rows = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in said.items())
    return f"<details><summary>To connect it with (made up)</summary><dl>{rows}</dl></details>"


def _card(request: web.Request, network: Network, account: Account, post: Post, level: str) -> str:
    images = "".join(_image(request, account, item) for item in post.media)
    card = f"<p class=link>{linked(post.link)}</p>" if post.link else ""
    first = network.store.post(post.history[0]) if post.history else None
    edited = len(post.history) > 1 or post.updated_at[:19] > post.created_at[:19]
    when = _time(first.created_at if first else post.created_at) + (" · edited" if edited else "")
    return (
        f"<article><{level} class=when><a href='{_post_path(request, account, post)}'>{when}</a></{level}>"
        f"{_title(post)}<div class=text>{linked(post.text)}</div>{card}{images}</article>"
    )


def _title(post: Post) -> str:
    """What one platform alone shows of a post: a title, a text message's level, the languages of captions."""
    title, captions = str(post.extra.get("title") or ""), ", ".join(post.extra.get("captions") or {})
    said = filter(None, (str(post.extra.get("level") or ""), f"Captions: {captions}" if captions else ""))
    beside = "".join(f"<p class=handle>{escape(words)}</p>" for words in said)
    return (f"<p class=title><strong>{escape(title)}</strong></p>" if title else "") + beside


def _answer(account: Account, answer: Post) -> str:
    author = escape(answer.author or account.name)
    return (
        f"<article><h3 class=when>{author} · {_time(answer.created_at)}</h3>"
        f"<div class=text>{linked(answer.text)}</div></article>"
    )


def _image(request: web.Request, account: Account, item: dict[str, str]) -> str:
    query = _token(request)
    suffix = f"?{escape(urlencode(query))}" if query else ""
    source = f"{_path(account)}media/{item['sha256']}{suffix}"
    if item["mime"].startswith("video/"):
        return f'<video controls preload="metadata" src="{source}" aria-label="{escape(item["alt"])}"></video>'
    return f'<img src="{source}" alt="{escape(item["alt"])}">'


def linked(text: str) -> str:
    """Escape a text and make its web addresses links."""
    shown, last = "", 0
    for match in _URL.finditer(text):
        shown += escape(text[last : match.start()])
        shown += f'<a href="{escape(match[0])}" rel="nofollow noreferrer">{escape(match[0])}</a>'
        last = match.end()
    return shown + escape(text[last:])


def _time(at: str) -> str:
    moment = datetime.fromisoformat(at)
    return f'<time datetime="{moment.isoformat(timespec="seconds")}">{moment:%d %b %Y, %H:%M} UTC</time>'


def page(title: str, body: str, status: int = 200) -> web.Response:
    """A whole page around a body that is escaped already."""
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)} · sandbox</title><link rel="stylesheet" href="/see/style.css">'
        '<link rel="icon" href="data:,"></head>'
        f"<body><main>{body}</main></body></html>"
    )
    return web.Response(text=html, content_type="text/html", status=status, headers=HEADERS)
