"""The sandbox's X: the documented subset of API v2, with its two error bodies, headers and t.co links.

It answers with the spec's names and accepts the older pages' spelling. What the network shares lives in
`network`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from connectors import counting
from connectors.sandbox import x_answers as answers
from connectors.sandbox import x_shapes as shapes
from connectors.sandbox import x_signing as signing
from connectors.sandbox.faults import Rule
from connectors.sandbox.network import NETWORK, Network, misbehave
from connectors.sandbox.store import Account, Post, stamp
from connectors.sandbox.x_shapes import EDIT_TIMES, EDIT_WINDOW

PREFIX = "/x/2"
SAME_TEXT_FOR = timedelta(hours=1)
TWEET_FIELDS = frozenset(
    {"text", "media", "reply", "reply_settings", "made_with_ai", "edit_options", "poll", "quote_tweet_id"}
)


def routes() -> list[web.RouteDef]:
    """Return the routes under `/x/2/`."""
    return [web.route("*", f"{PREFIX}/{{path:.*}}", _handle)]


async def _handle(request: web.Request) -> web.StreamResponse:
    """Find whose token it is, then do what is asked under the faults in force."""
    network = request.app[NETWORK]
    account = signing.caller(network, request)
    if account is None:
        return answers.refuse("expired", Rule(account="*", fault="expired"))
    path = request.match_info["path"]
    body = await _body(request)

    async def act() -> web.StreamResponse:
        return _acted(network, request, account, path, body)

    speaking = (request.method, path) == ("POST", "tweets")
    return await misbehave(network, request, account, answers.refuse, act, speaking=speaking)


def _acted(
    network: Network, request: web.Request, account: Account, path: str, body: Mapping[str, Any] | None
) -> web.Response:
    if body is None:
        return answers.problem(400, "invalid-request", "The body is not what this call takes.")
    parts = path.split("/")
    match (request.method, parts):
        case ("POST", ["tweets"]):
            return _create(network, account, body)
        case ("GET", ["tweets"]):
            return _many(network, account, request)
        case ("GET", ["tweets", "search", "recent"]):
            return _search(network, account, request)
        case ("GET", ["tweets", post_id]):
            return _read(network, account, post_id)
        case ("DELETE", ["tweets", post_id]):
            return _delete(network, account, post_id)
        case ("PUT", ["tweets", post_id, "hidden"]):
            return _hide(network, account, post_id, body)
        case ("POST", ["media", "upload"]):
            return _upload(network, account, body)
        case ("GET", ["media", "upload"]):
            return _upload_status(network, account, request)
        case ("POST", ["media", "metadata"]):
            return _describe(network, account, body)
        case ("GET", ["users", "me"]):
            asked = request.query.get("user.fields", "").split(",")
            return answers.answer(network, account, {"data": shapes.user(account, asked)})
        case ("GET", ["users", user_id, "tweets"]):
            return _timeline(network, account, user_id, request)
    return answers.not_found(path)


def _create(network: Network, account: Account, body: Mapping[str, Any]) -> web.Response:
    unknown = sorted(set(body) - TWEET_FIELDS)
    if unknown:
        return answers.problem(400, "invalid-request", f"[{unknown[0]}] is not a field of this call.")
    text = str(body.get("text") or "")
    ids = [str(i) for i in (body.get("media") or {}).get("media_ids") or []]
    media = [item for item in (network.store.media(account.id, i) for i in ids) if item is not None]
    if len(media) != len(ids) or len(ids) > 4:
        return answers.problem(400, "invalid-request", "Your media IDs are invalid.")
    if not text and not media:
        return answers.problem(400, "invalid-request", "A post needs text or media.")
    if counting.x_weighted(text) > 280:
        return answers.problem(400, "invalid-request", "Your post is too long.")
    now = network.now(account)
    previous = _previous(network, account, body, now)
    if isinstance(previous, web.Response):
        return previous
    if previous is None and network.store.same_text(account.id, text, datetime.now(UTC) - SAME_TEXT_FOR):
        return answers.duplicate()
    answered = str((body.get("reply") or {}).get("in_reply_to_tweet_id") or "")
    parent = network.store.post(answered) if answered else None
    if answered and (parent is None or parent.deleted_at):
        return answers.problem(403, None, "You attempted to reply to a post that is deleted or not visible to you.")
    post = _stored(network, account, now, text, media, previous, parent)
    return answers.answer(network, account, {"data": shapes.created(post)}, status=201)


def _previous(network: Network, account: Account, body: Mapping[str, Any], now: datetime) -> Post | web.Response | None:
    """Return the post an edit replaces; the refusal where the time or the number of edits is over."""
    wanted = str((body.get("edit_options") or {}).get("previous_post_id") or "")
    if not wanted:
        return None
    found = network.store.post(wanted)
    if found is None or found.deleted_at or found.account != account.id or found.author:
        return answers.problem(400, "invalid-request", "The post to edit is not there.")
    first = network.store.post(found.history[0]) or found
    too_late = now - datetime.fromisoformat(first.created_at) > EDIT_WINDOW
    if too_late or len(found.history) > EDIT_TIMES:
        return answers.problem(403, "not-authorized-for-resource", "This post can no longer be edited.")
    return found


def _stored(
    network: Network,
    account: Account,
    now: datetime,
    text: str,
    media: list[dict[str, str]],
    previous: Post | None,
    parent: Post | None,
) -> Post:
    post_id = network.new_post_id(account, now)
    known = previous or parent
    post = Post(
        id=post_id,
        account=account.id,
        text=text,
        media=media,
        reply_to=previous.reply_to if previous else parent.id if parent else "",
        root=known.root if known else post_id,
        history=[*previous.history, post_id] if previous else [post_id],
        created_at=stamp(now),
        updated_at=stamp(now),
        arrived_at=stamp(datetime.now(UTC)),
    )
    if previous:
        _supersede(network, previous, post, now)
    network.store.put_post(post)
    return post


def _supersede(network: Network, previous: Post, post: Post, now: datetime) -> None:
    """Take the old version away from followers and let every version know the whole chain."""
    for version_id in previous.history:
        version = network.store.post(version_id)
        if version is not None:
            version.history = post.history
            version.visible = False
            version.deleted_at = version.deleted_at or stamp(now)
            network.store.put_post(version)
    if previous.root == previous.id:
        post.root = post.id
        for below in network.store.comments(previous.id):
            below.root = post.id
            network.store.put_post(below)


def _read(network: Network, account: Account, post_id: str) -> web.Response:
    """Read one post; an older version of an edited one is still there to read."""
    post = network.store.post(post_id)
    if post is None or (post.deleted_at and not _superseded(network, post)):
        return answers.not_found(post_id)
    owner = network.store.account(post.account)
    if owner is None or (owner.protected and owner.id != account.id):
        return answers.not_found(post_id)
    return answers.answer(network, account, {"data": shapes.post(network.store, owner, post)})


def _superseded(network: Network, post: Post) -> bool:
    """Return True when a newer version of this post is live."""
    newest = network.store.post(post.history[-1]) if post.history else None
    return newest is not None and newest.id != post.id and not newest.deleted_at


def _many(network: Network, account: Account, request: web.Request) -> web.Response:
    ids = request.query.get("ids", "").split(",")
    posts = [post for post in (network.store.post(i) for i in ids) if post and not post.deleted_at]
    own = [post for post in posts if post.account == account.id]
    if not own:
        return answers.not_found(ids[0])
    return answers.answer(network, account, {"data": [shapes.post(network.store, account, post) for post in own]})


def _delete(network: Network, account: Account, post_id: str) -> web.Response:
    """Delete a post with all versions of it; a second time there is nothing to delete."""
    post = network.store.post(post_id)
    if post is None or post.account != account.id or post.author:
        return answers.not_found(post_id)
    if post.deleted_at and not _superseded(network, post):
        return answers.not_found(post_id)
    now = stamp(network.now(account))
    for version_id in post.history or [post.id]:
        version = network.store.post(version_id)
        if version is not None:
            version.deleted_at = version.deleted_at or now
            network.store.put_post(version)
    return answers.answer(network, account, {"data": {"deleted": True}})


def _hide(network: Network, account: Account, post_id: str, body: Mapping[str, Any]) -> web.Response:
    reply = network.store.post(post_id)
    if reply is None or reply.deleted_at or reply.account != account.id or not reply.author:
        return answers.not_found(post_id)
    if not isinstance(body.get("hidden"), bool) or len(body) > 1:
        return answers.problem(400, "invalid-request", "[hidden] must be true or false.")
    reply.hidden = body["hidden"]
    network.store.put_post(reply)
    return answers.answer(network, account, {"data": {"hidden": reply.hidden}})


def _upload(network: Network, account: Account, body: Mapping[str, Any]) -> web.Response:
    media = body.get("media")
    if not isinstance(media, web.FileField) or body.get("media_category") not in ("tweet_image", "tweet_gif"):
        return answers.problem(400, "invalid-request", "media and media_category are required.")
    content = media.file.read()
    if not content or len(content) > 5 * 1024 * 1024:
        return answers.problem(400, "invalid-request", "The media is empty or too large.")
    now = network.now(account)
    media_id = str(network.store.number(now))
    network.store.put_media(media_id, account.id, media.content_type, content, "", stamp(now))
    return answers.answer(network, account, {"data": shapes.media(media_id, len(content))})


def _upload_status(network: Network, account: Account, request: web.Request) -> web.Response:
    media_id = request.query.get("media_id", "")
    if network.store.media(account.id, media_id) is None:
        return answers.not_found(media_id)
    done = {"processing_info": {"state": "succeeded", "progress_percent": 100}}
    return answers.answer(network, account, {"data": {**shapes.media(media_id, 0), **done}})


def _describe(network: Network, account: Account, body: Mapping[str, Any]) -> web.Response:
    media_id = str(body.get("id") or "")
    if network.store.media(account.id, media_id) is None:
        return answers.not_found(media_id)
    alt = str(((body.get("metadata") or {}).get("alt_text") or {}).get("text") or "")
    if len(alt) > 1000:
        return answers.problem(400, "invalid-request", "[metadata.alt_text.text] is longer than 1000.")
    network.store.describe_media(media_id, alt)
    return answers.answer(network, account, {"data": {"id": media_id, "associated_metadata": {}}})


def _timeline(network: Network, account: Account, user_id: str, request: web.Request) -> web.Response:
    owner = network.store.account_by_remote("x", user_id)
    if owner is None or (owner.protected and owner.id != account.id):
        return answers.not_found(user_id)
    given = request.query.get("max_results", "10")
    if not given.isdecimal() or not 5 <= int(given) <= 100:
        return answers.problem(400, "invalid-request", "max_results is between 5 and 100.")
    token, limit = request.query.get("pagination_token", ""), int(given)
    posts = network.store.timeline(owner.id, before=shapes.position(token), limit=limit + 1)
    start = request.query.get("start_time", "")
    since = stamp(datetime.fromisoformat(start)) if start else ""
    no_replies = "replies" in request.query.get("exclude", "").split(",")
    shown = [post for post in posts[:limit] if post.created_at >= since and not (no_replies and post.reply_to)]
    meta: dict[str, Any] = {"result_count": len(shown)}
    if len(posts) > limit and posts[limit - 1].created_at >= since:
        meta["next_token"] = shapes.token(network.store.position(posts[limit - 1]))
    body: dict[str, Any] = {"meta": meta}
    if shown:
        body["data"] = [shapes.post(network.store, owner, post) for post in shown]
    return answers.answer(network, account, body)


def _search(network: Network, account: Account, request: web.Request) -> web.Response:
    root = request.query.get("query", "").removeprefix("conversation_id:")
    found = [post for post in network.store.comments(root) if post.account == account.id]
    body: dict[str, Any] = {"meta": {"result_count": len(found)}}
    if found:
        body["data"] = [shapes.post(network.store, account, post) for post in reversed(found)]
        people = {post.author for post in found if post.author}
        body["includes"] = {"users": [shapes.stranger(name) for name in sorted(people)]}
    return answers.answer(network, account, body)


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
    return body if isinstance(body, dict) else None
