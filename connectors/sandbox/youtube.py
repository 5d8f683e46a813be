"""The sandbox's YouTube: the documented subset of the Data API v3 that a channel needs, resumable uploads too.

A private video is kept and shown to nobody. Bodies are worded in `youtube_shapes`; what the network shares lives in
`network`. Sessions live in memory: a restart loses them, like there after a while.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from connectors.sandbox import youtube_comments as comments
from connectors.sandbox import youtube_shapes as shapes
from connectors.sandbox.faults import Rule
from connectors.sandbox.network import NETWORK, Network, misbehave
from connectors.sandbox.store import Account, Post, new_token, stamp

PREFIX = "/youtube"
UNIT = 256 * 1024
PAGE_SIZE = 50
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)")


@dataclass(slots=True, kw_only=True)
class Session:
    """One upload under way: what was announced and what has come."""

    account: str
    video: dict[str, Any]
    mime: str
    size: int
    content: bytearray = field(default_factory=bytearray, repr=False)
    video_id: str = ""


def routes() -> list[web.RouteDef]:
    """Return the routes under `/youtube/` but those of the sign-in."""
    return [
        web.post(f"{PREFIX}/resumable/upload/youtube/v3/videos", _handle),
        web.put(f"{PREFIX}/resumable/upload/youtube/v3/videos", _handle),
        web.post(f"{PREFIX}/upload/youtube/v3/captions", _handle),
        web.route("*", f"{PREFIX}/youtube/v3/{{path:.*}}", _handle),
    ]


async def _handle(request: web.Request) -> web.StreamResponse:
    """Find whose token it is, then do what is asked under the faults in force."""
    network = request.app[NETWORK]
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    account = network.store.account_by_token("youtube", token or "-")
    if account is None:
        return shapes.refuse("expired", Rule(account="*", fault="expired"))
    content = await request.read()

    async def act() -> web.StreamResponse:
        return _acted(network, request, account, content)

    def refuse(fault: str, rule: Rule) -> web.Response:
        if fault == "duplicate":  # no refusal of a call: the film is rejected while it is processed
            return shapes.listed([shapes.rejected_twin(request.query.get("id", ""))], "videoListResponse")
        return shapes.refuse(fault, rule)

    asked = request.query.get("part", "")
    speaking = request.method == "GET" and "processingDetails" in asked
    return await misbehave(network, request, account, refuse, act, speaking=speaking)


def _acted(network: Network, request: web.Request, account: Account, content: bytes) -> web.Response:
    if request.method == "PUT" and request.path.startswith(f"{PREFIX}/resumable/"):
        return _receive(network, request, account, content)
    if request.path.startswith(f"{PREFIX}/upload/"):
        return _caption(network, account, content)
    body = _json(content)
    if request.path.startswith(f"{PREFIX}/resumable/"):
        return _announce(network, request, account, body)
    match (request.method, request.match_info["path"]):
        case ("GET", "channels"):
            return shapes.listed([shapes.channel(account)], "channelListResponse", request)
        case ("GET", "playlistItems"):
            return _uploads(network, request, account)
        case ("GET", "videos"):
            return _videos(network, request, account)
        case ("PUT", "videos"):
            return _update(network, request, account, body)
        case ("DELETE", "videos"):
            return _delete(network, request, account)
    return comments.acted(network, request, account, body)


def _announce(network: Network, request: web.Request, account: Account, body: Mapping[str, Any]) -> web.Response:
    """Open a session; nothing of the film is there yet, and its words are checked already."""
    if problem := _bad_words(body.get("snippet")):
        return problem
    size = request.headers.get("X-Upload-Content-Length", "")
    if not size.isdecimal() or int(size) == 0:
        return shapes.error(400, "mediaBodyRequired", "The request does not include the video content.")
    mime = request.headers.get("X-Upload-Content-Type", "application/octet-stream")
    session = new_token()
    network.uploads[session] = Session(account=account.id, video=dict(body), mime=mime, size=int(size))
    address = f"{request.scheme}://{request.host}{request.path}?upload_id={session}"
    return web.Response(headers={"Location": address, "X-GUploader-UploadID": session[-12:]})


def _receive(network: Network, request: web.Request, account: Account, content: bytes) -> web.Response:
    """Take a piece, or say how far it has got; bytes that are there already are passed over."""
    session: Session | None = network.uploads.get(request.query.get("upload_id", ""))
    asked = _CONTENT_RANGE.fullmatch(request.headers.get("Content-Range", ""))
    if session is None or session.account != account.id:
        return shapes.error(404, "notFound", "The upload session does not exist.")
    if session.video_id:
        return _finished(network, account, session)
    if asked is None or int(asked[3]) != session.size:
        return shapes.error(400, "badRequest", "Failed to parse Content-Range header.")
    if asked[1] is not None:
        first, have = int(asked[1]), len(session.content)
        whole = first + len(content) == session.size or len(content) % UNIT == 0
        if first > have or not whole or int(asked[2]) - first + 1 != len(content):
            return shapes.error(400, "badRequest", "Invalid request. The piece does not fit.")
        session.content += content[have - first :]
    if len(session.content) < session.size:
        have = len(session.content)
        return web.Response(status=308, headers={"Range": f"bytes=0-{have - 1}"} if have else {})
    session.video_id = _kept(network, account, session).id
    session.content = bytearray()
    return _finished(network, account, session)


def _finished(network: Network, account: Account, session: Session) -> web.Response:
    post = network.store.post(session.video_id)
    if post is None or post.deleted_at:
        return shapes.error(404, "notFound", "The upload session does not exist.")
    return web.json_response(shapes.video(network, account, post, ("snippet", "status")))


def _kept(network: Network, account: Account, session: Session) -> Post:
    """Make a video of a whole film: as visible as it was announced, public where nothing was said."""
    now = network.now(account)
    snippet, status = session.video.get("snippet") or {}, session.video.get("status") or {}
    media_id = str(network.store.number(now))
    sha256 = network.store.put_media(media_id, account.id, session.mime, bytes(session.content), "", stamp(now))
    film = {"id": media_id, "sha256": sha256, "mime": session.mime, "alt": str(snippet.get("title") or "")}
    visible = status.get("privacyStatus", "public") != "private"
    post_id = network.new_post_id(account, now)
    post = Post(
        id=post_id,
        account=account.id,
        text=str(snippet.get("description") or ""),
        media=[film],
        visible=visible,
        root=post_id,
        history=[post_id],
        created_at=stamp(now),
        updated_at=stamp(now),
        arrived_at=stamp(datetime.now(UTC)) if visible else "",
        extra={
            "title": snippet.get("title"),
            "snippet": _rest(snippet),
            "status": {"privacyStatus": "public", **status},
        },
    )
    network.store.put_post(post)
    return post


def _uploads(network: Network, request: web.Request, account: Account) -> web.Response:
    if request.query.get("playlistId") != shapes.uploads_of(account):
        return shapes.error(404, "playlistNotFound", "The playlist cannot be found.")
    token = request.query.get("pageToken", "")
    start = int(token) if token.isdecimal() else 0
    given = request.query.get("maxResults", "5")
    limit = max(1, min(PAGE_SIZE, int(given))) if given.isdecimal() else 5
    posts = network.store.everything(account.id)
    shown = posts[start : start + limit]
    following = str(start + limit) if start + limit < len(posts) else ""
    found = [shapes.playlist_item(account, post) for post in shown]
    return shapes.listed(found, "playlistItemListResponse", request, following=following, total=len(posts))


def _videos(network: Network, request: web.Request, account: Account) -> web.Response:
    wanted = request.query.get("id", "").split(",")
    parts = request.query.get("part", "").split(",")
    found = [post for post in (_found(network, account, one) for one in wanted) if post is not None]
    polled = "processingDetails" in parts
    shown = [shapes.video(network, account, post, parts) for post in found]
    for post in found:
        if polled and not post.extra.get("processed"):
            post.extra["processed"] = True  # seen as "uploaded" once
            network.store.put_post(post)
    return shapes.listed(shown, "videoListResponse", request)


def _update(network: Network, request: web.Request, account: Account, body: Mapping[str, Any]) -> web.Response:
    """Replace whole parts; a video that becomes visible arrives now."""
    post = _found(network, account, str(body.get("id") or ""))
    if post is None:
        return shapes.error(404, "videoNotFound", "The video cannot be found.")
    parts = request.query.get("part", "").split(",")
    snippet, status = body.get("snippet") or {}, body.get("status") or {}
    if "snippet" in parts:
        if problem := _bad_words(snippet):
            return problem
        if not snippet.get("categoryId"):
            return shapes.error(400, "invalidCategoryId", "The snippet.categoryId property is not valid.")
        post.text = str(snippet.get("description") or "")
        post.extra |= {"title": snippet.get("title"), "snippet": _rest(snippet)}
    if "status" in parts:
        post.extra["status"] = {"privacyStatus": "public", **status}
        post.visible = post.extra["status"]["privacyStatus"] != "private"
        if post.visible and not post.arrived_at:
            post.arrived_at = stamp(datetime.now(UTC))
    if "snippet" in parts:
        post.updated_at = stamp(network.now(account))
    network.store.put_post(post)
    return web.json_response(shapes.video(network, account, post, parts))


def _delete(network: Network, request: web.Request, account: Account) -> web.Response:
    post = _found(network, account, request.query.get("id", ""))
    if post is None:
        return shapes.error(404, "videoNotFound", "The video cannot be found.")
    network.outside_delete(account, post)
    return web.Response(status=204)


def _caption(network: Network, account: Account, content: bytes) -> web.Response:
    """Keep one track a language; a second one of the same is refused like there."""
    parts = content.split(b"\r\n\r\n")
    try:
        snippet = json.loads(parts[1].partition(b"\r\n--")[0])["snippet"]
        track = parts[2].rpartition(b"\r\n--")[0]
    except (ValueError, KeyError, IndexError, TypeError):
        return shapes.error(400, "contentRequired", "The request does not contain the caption track.")
    post = _found(network, account, str(snippet.get("videoId") or ""))
    if post is None:
        return shapes.error(404, "videoNotFound", "The video cannot be found.")
    known = post.extra.setdefault("captions", {})
    if snippet.get("language") in known:
        return shapes.error(409, "captionExists", "The specified video already has a caption track of this language.")
    known[str(snippet.get("language") or "")] = track.decode("utf-8", "replace")
    network.store.put_post(post)
    return web.json_response({"kind": "youtube#caption", "id": new_token(), "snippet": snippet})


def _found(network: Network, account: Account, video_id: str) -> Post | None:
    post = network.store.post(video_id) if video_id else None
    if post is None or post.account != account.id or post.deleted_at or post.kind != "post":
        return None
    return post


def _rest(snippet: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in snippet.items() if name not in ("title", "description")}


def _bad_words(snippet: Any) -> web.Response | None:
    """Return the refusal of a title or description that YouTube does not take."""
    words = snippet if isinstance(snippet, dict) else {}
    title, description = str(words.get("title") or ""), str(words.get("description") or "")
    if not title.strip() or len(title) > 100 or set("<>") & set(title):
        return shapes.error(400, "invalidTitle", "The request metadata specifies an invalid or empty video title.")
    if len(description.encode()) > 5000 or set("<>") & set(description):
        return shapes.error(400, "invalidDescription", "The request metadata specifies an invalid video description.")
    if sum(len(str(tag)) for tag in words.get("tags") or ()) > 500:
        return shapes.error(400, "invalidTags", "The request metadata specifies invalid video keywords.")
    return None


def _json(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content) if content else {}
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
