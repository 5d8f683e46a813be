"""The sandbox's Mastodon: the documented subset of API 4.7, with its error bodies, headers, keys and HTML.

Under `/mastodon/` it is Mastodon itself; under `/lookalike/` a server that only speaks the API: other limits, no page
of version 2 about itself, no keys, nobody's app named. What the network shares lives in `network`, sign-in by OAuth in
`mastodon_oauth`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from connectors import counting
from connectors.sandbox import mastodon_shapes as shapes
from connectors.sandbox.faults import Rule
from connectors.sandbox.mastodon_shapes import LOOKALIKE, MASTODON, Manner
from connectors.sandbox.network import NETWORK, Network, misbehave, same
from connectors.sandbox.store import Account, Post, stamp

KEY_KEPT = timedelta(hours=1)
LIMIT, WINDOW_S = 300, 300
PROCESSED_THERE = ("image/gif", "video/mp4")  # answered 202, ready at the second question
STATUS_FIELDS = frozenset(
    {"status", "media_ids", "language", "visibility", "in_reply_to_id", "spoiler_text", "sensitive"}
)
PROCESSING: web.AppKey[dict[str, int]] = web.AppKey("mastodon-processing", dict)


def routes() -> list[web.RouteDef]:
    """Return the routes of both servers' API."""
    return [web.route("*", f"{manner.prefix}/api/{{path:.*}}", _handle) for manner in (MASTODON, LOOKALIKE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One call: by whom, of which server, with what."""

    network: Network
    request: web.Request
    account: Account
    manner: Manner
    body: Mapping[str, Any]

    @property
    def store(self) -> Any:
        return self.network.store

    def status(self, post: Post) -> dict[str, Any]:
        return shapes.status(self.store, self.account, post, self.manner, str(self.request.url.origin()))

    def answer(self, body: Any, status: int = 200) -> web.Response:
        left = self.network.counted(self.account, LIMIT)
        return web.json_response(body, status=status, headers=_limits(left, datetime.now(UTC), WINDOW_S))


async def _handle(request: web.Request) -> web.StreamResponse:
    """Find whose token it is, then do what is asked under the faults in force."""
    network, path = request.app[NETWORK], request.match_info["path"]
    manner = LOOKALIKE if request.path.startswith(f"{LOOKALIKE.prefix}/") else MASTODON
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    account = network.store.account_by_token("mastodon", given) if given else None
    if account is None or not same(given, account.token):
        return refuse("expired", Rule(account="*", fault="expired"))
    body = await _body(request)

    async def act() -> web.StreamResponse:
        if body is None:
            return error(400, "Error parsing the request body")
        asked = _Asked(network=network, request=request, account=account, manner=manner, body=body)
        return _acted(asked, path)

    return await misbehave(network, request, account, refuse, act, speaking=False)  # nobody refuses the same text


def _acted(asked: _Asked, path: str) -> web.Response:
    match (asked.request.method, path.split("/")):
        case ("POST", ["v1", "statuses"]):
            return _create(asked)
        case ("GET", ["v1", "statuses", post_id]):
            post = _own(asked, post_id) or _below(asked, post_id)
            return asked.answer(asked.status(post)) if post else not_found()
        case ("PUT", ["v1", "statuses", post_id]):
            return _edit(asked, post_id)
        case ("DELETE", ["v1", "statuses", post_id]):
            return _delete(asked, post_id)
        case ("GET", ["v1", "statuses", post_id, "context"]):
            return _context(asked, post_id)
        case ("POST", ["v2", "media"]):
            return _upload(asked)
        case ("GET", ["v1", "media", media_id]):
            return _media(asked, media_id)
        case ("GET", ["v1", "accounts", "verify_credentials"]):
            origin = str(asked.request.url.origin())
            return asked.answer(shapes.credentials(asked.account, origin))
        case ("GET", ["v1", "accounts", account_id, "statuses"]):
            return _timeline(asked, account_id)
        case ("GET", [version, "instance"]) if version == "v1" or (version == "v2" and asked.manner.has_v2):
            return asked.answer(shapes.instance(asked.manner, str(asked.request.url.origin()), version))
    return not_found()


def _create(asked: _Asked) -> web.Response:
    """Write a status; the same key again within the hour answers the one there is."""
    key = asked.request.headers.get("Idempotency-Key", "") if asked.manner.keeps_keys else ""
    now = asked.network.now(asked.account)
    known = asked.store.post_by_key(asked.account.id, key) if key else None
    if known is not None:
        if datetime.now(UTC) - datetime.fromisoformat(known.arrived_at) <= KEY_KEPT and not known.deleted_at:
            return asked.answer(asked.status(known))
        known.key = ""
        asked.store.put_post(known)
    answered = str(asked.body.get("in_reply_to_id") or "")
    parent = (_own(asked, answered) or _below(asked, answered)) if answered else None
    if answered and parent is None:
        return error(404, "The status you are trying to reply to does not appear to exist.")
    checked = _checked(asked)
    if isinstance(checked, web.Response):
        return checked
    post_id = asked.network.new_post_id(asked.account, now)
    post = Post(
        id=post_id,
        account=asked.account.id,
        text=str(asked.body.get("status") or ""),
        media=checked,
        key=key,
        reply_to=parent.id if parent else "",
        root=parent.root if parent else post_id,
        history=[post_id],
        created_at=stamp(now),
        updated_at=stamp(now),
        arrived_at=stamp(datetime.now(UTC)),
    )
    asked.store.put_post(post)
    return asked.answer(asked.status(post))


def _checked(asked: _Asked) -> list[dict[str, str]] | web.Response:
    """Return the media a status names; the refusal where it would not pass."""
    text, ids = str(asked.body.get("status") or ""), [str(i) for i in asked.body.get("media_ids") or []]
    found = [item for item in (asked.store.media(asked.account.id, i) for i in ids) if item is not None]
    if len(found) != len(ids) or len(ids) > asked.manner.max_media:
        return error(422, "Validation failed: the media are not there, or too many")
    if any(i in asked.request.app[PROCESSING] for i in ids):
        return error(422, "Cannot attach files that have not finished processing. Try again in a moment!")
    if not text and not ids:
        return error(422, "Validation failed: Text can't be blank")
    if counting.count(text, "grapheme", asked.manner.url_length) > asked.manner.max_text:
        return error(422, f"Validation failed: Text character limit of {asked.manner.max_text} exceeded")
    return found


def _edit(asked: _Asked, post_id: str) -> web.Response:
    """Change words and media; media that are not named again are dropped."""
    post = _own(asked, post_id)
    if post is None:
        return not_found()
    checked = _checked(asked)
    if isinstance(checked, web.Response):
        return checked
    post.text, post.media = str(asked.body.get("status") or ""), checked
    post.updated_at = stamp(asked.network.now(asked.account))
    asked.store.put_post(post)
    return asked.answer(asked.status(post))


def _delete(asked: _Asked, post_id: str) -> web.Response:
    post = _own(asked, post_id)
    if post is None:
        return not_found()
    body = {**asked.status(post), "text": post.text}
    post.deleted_at = stamp(asked.network.now(asked.account))
    asked.store.put_post(post)
    return asked.answer(body)


def _context(asked: _Asked, post_id: str) -> web.Response:
    post = _own(asked, post_id) or _below(asked, post_id)
    if post is None:
        return not_found()
    below = [found for found in asked.store.comments(post.root) if post.root == post.id or found.reply_to == post.id]
    return asked.answer({"ancestors": [], "descendants": [asked.status(found) for found in below]})


def _upload(asked: _Asked) -> web.Response:
    file, alt = asked.body.get("file"), str(asked.body.get("description") or "")
    if not isinstance(file, web.FileField):
        return error(422, "Validation failed: File can't be blank")
    content = file.file.read()
    if not content or file.content_type not in (*shapes.IMAGES, "video/mp4"):
        return error(422, "Validation failed: File content type is invalid")
    if len(alt) > asked.manner.alt_max:
        return error(422, f"Validation failed: Description character limit of {asked.manner.alt_max} exceeded")
    now = asked.network.now(asked.account)
    media_id = str(asked.store.number(now))
    asked.store.put_media(media_id, asked.account.id, file.content_type, content, alt, stamp(now))
    later = file.content_type in PROCESSED_THERE
    if later:
        asked.request.app[PROCESSING][media_id] = 1
    item = asked.store.media(asked.account.id, media_id)
    origin = str(asked.request.url.origin())
    return asked.answer(shapes.media(asked.account, item, origin, ready=not later), 202 if later else 200)


def _media(asked: _Asked, media_id: str) -> web.Response:
    item, waiting = asked.store.media(asked.account.id, media_id), asked.request.app[PROCESSING]
    if item is None:
        return not_found()
    origin = str(asked.request.url.origin())
    if waiting.get(media_id):
        waiting[media_id] -= 1
        return asked.answer(shapes.media(asked.account, item, origin, ready=False), 206)
    waiting.pop(media_id, None)
    return asked.answer(shapes.media(asked.account, item, origin, ready=True))


def _timeline(asked: _Asked, account_id: str) -> web.Response:
    owner = asked.store.account_by_remote("mastodon", account_id)
    if owner is None or owner.id != asked.account.id:
        return not_found()
    given = asked.request.query.get("limit", "20")
    limit = min(int(given), 40) if given.isdecimal() else 20
    last = asked.store.post(asked.request.query.get("max_id", ""))
    before = asked.store.position(last) if last else ""
    posts = asked.store.timeline(owner.id, before=before, limit=limit)
    response = asked.answer([asked.status(post) for post in posts])
    if len(posts) == limit:
        query = urlencode({"limit": str(limit), "max_id": posts[-1].id})
        response.headers["Link"] = f'<{asked.request.url.with_query(query)}>; rel="next"'
    return response


def _own(asked: _Asked, post_id: str) -> Post | None:
    found: Post | None = asked.store.post(post_id)
    gone = found is None or found.account != asked.account.id or found.author or found.deleted_at or not found.visible
    return None if gone else found


def _below(asked: _Asked, post_id: str) -> Post | None:
    """Return what somebody of the public answered to the account."""
    found: Post | None = asked.store.post(post_id)
    gone = found is None or found.account != asked.account.id or found.deleted_at
    return None if gone else found


async def _body(request: web.Request) -> Mapping[str, Any] | None:
    """Return the fields of a JSON or multipart body; None when it is neither or broken."""
    if request.method == "GET" or not request.can_read_body:
        return {}
    if request.content_type == "multipart/form-data":
        return await request.post()
    try:
        body = await request.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) and set(body) <= STATUS_FIELDS else None


def refuse(fault: str, rule: Rule) -> web.Response:
    """Word a fault as Mastodon does."""
    if fault == "expired":
        return error(401, "The access token is invalid")
    if fault == "429":
        response = error(429, "Too many requests")
        response.headers.update(_limits(0, datetime.now(UTC), math.ceil(rule.number(60))))
        return response
    return web.Response(text="<html><body>We're sorry, but something went wrong.</body></html>", status=500)


def error(status: int, words: str) -> web.Response:
    """Return Mastodon's error body."""
    return web.json_response({"error": words}, status=status)


def not_found() -> web.Response:
    """Say that there is no such thing."""
    return error(404, "Record not found")


def _limits(remaining: int, now: datetime, seconds: int) -> dict[str, str]:
    reset = (now + timedelta(seconds=seconds)).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {
        "X-RateLimit-Limit": str(LIMIT),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": reset,
    }
