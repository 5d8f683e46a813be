"""The sandbox's Bluesky: a server (PDS) with its network's view of it, in the documented subset, with its own errors.

Records lie under keys the client chooses, and `swapRecord: null` guards them, as in the reference server. Stricter in
one thing: a token that is sent is looked at also where anybody may read. What records and answers look like is in
`bluesky_shapes`, sessions are in `bluesky_sessions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from connectors import bluesky_keys as keys
from connectors import counting
from connectors.sandbox import bluesky_sessions as sessions
from connectors.sandbox import bluesky_shapes as shapes
from connectors.sandbox.bluesky_answers import answer, failed, refuse
from connectors.sandbox.bluesky_shapes import GATE, POST
from connectors.sandbox.network import NETWORK, Network, misbehave
from connectors.sandbox.store import Account, Post, stamp

PREFIX = "/bluesky/xrpc"
MOST_IMAGES, IMAGE_BYTES, BLOB_BYTES = 4, 2_000_000, 50_000_000
GATE_KIND = "gate"


def routes() -> list[web.RouteDef]:
    """Return the routes under `/bluesky/`."""
    return [*sessions.routes(PREFIX), web.route("*", f"{PREFIX}/{{name}}", _handle)]


async def _handle(request: web.Request) -> web.StreamResponse:
    """Find whose session it is, then do what is asked under the faults in force."""
    network, name = request.app[NETWORK], request.match_info["name"]
    account = sessions.caller(network, request)
    if isinstance(account, web.Response):
        return account
    body = await _body(request)

    async def act() -> web.StreamResponse:
        return _acted(network, request, account, name, body)

    speaking = name == "com.atproto.repo.putRecord"
    return await misbehave(network, request, account, refuse, act, speaking=speaking)


def _acted(network: Network, request: web.Request, account: Account, name: str, body: Any) -> web.Response:
    query = request.query
    match (request.method, name):
        case ("POST", "com.atproto.repo.uploadBlob"):
            return _upload(network, account, body, request.content_type)
        case ("POST", "com.atproto.repo.putRecord"):
            return _put(network, account, body)
        case ("POST", "com.atproto.repo.deleteRecord"):
            return _delete(network, account, body)
        case ("GET", "com.atproto.repo.getRecord"):
            return _read(network, account, query)
        case ("GET", "com.atproto.repo.listRecords"):
            return _list(network, account, query)
        case ("GET", "com.atproto.server.getSession"):
            return answer(network, account, sessions.session(account, str(request.url.origin())))
        case ("GET", "com.atproto.identity.resolveHandle"):
            found = network.store.account(f"bluesky/{query.get('handle', '')}")
            if found is None:
                return failed(400, "InvalidRequest", "Unable to resolve handle")
            return answer(network, account, {"did": found.remote_id})
        case ("GET", "app.bsky.actor.getProfile"):
            return answer(network, account, shapes.profile(network.store, account))
        case ("GET", "app.bsky.feed.getPosts"):
            asked = [_live(network, uri) for uri in query.getall("uris", [])[:25]]
            posts = [shapes.view(network.store, account, post) for post in asked if post is not None]
            return answer(network, account, {"posts": posts})
        case ("GET", "app.bsky.feed.getPostThread"):
            return _thread(network, account, query.get("uri", ""))
    return failed(501, "MethodNotImplemented", "Method Not Implemented")


def _upload(network: Network, account: Account, content: Any, mime: str) -> web.Response:
    if not isinstance(content, bytes) or not content:
        return failed(400, "InvalidRequest", "Request encoding (Content-Type) required but not provided")
    if len(content) > BLOB_BYTES:
        return failed(413, "PayloadTooLarge", "request entity too large")
    cid = shapes.cid_of(content, raw=True)
    now = stamp(network.now(account))
    network.store.put_media(f"{account.id}/{cid}", account.id, mime, content, "", now)
    return answer(network, account, {"blob": shapes.blob(cid, mime, len(content))})


def _put(network: Network, account: Account, body: Any) -> web.Response:
    """Write a record under its key, where nothing or the same stands there already."""
    wanted = body if isinstance(body, dict) else {}
    record, rkey, collection = wanted.get("record"), str(wanted.get("rkey") or ""), wanted.get("collection")
    if wanted.get("repo") not in (account.remote_id, account.handle):
        return failed(401, "AuthRequired", "Wrong repo for this session")
    if not isinstance(record, dict) or record.get("$type") != collection:
        return failed(400, "InvalidRequest", f"Invalid $type: expected {collection}, got {shapes.type_of(record)}")
    if not keys.is_tid(rkey):
        return failed(400, "InvalidRequest", f"Invalid {collection} record: Invalid TID string")
    if collection == GATE:
        return _put_gate(network, account, wanted, rkey)
    if collection != POST:
        return failed(400, "InvalidRequest", f"Lexicon not found: {collection}")
    media = _checked(network, account, record)
    if isinstance(media, web.Response):
        return media
    uri = shapes.uri(account, POST, rkey)
    known = network.store.post(uri)
    if known is not None and not known.deleted_at:
        cid = shapes.cid_of_post(known)
        same = shapes.record_of(known) == record
        if not same and "swapRecord" in wanted and wanted["swapRecord"] != cid:
            return failed(400, "InvalidSwap", f"Record was at {cid}")
        if same:
            return answer(network, account, shapes.written(uri, cid))
    post = _written(network, account, uri, record, media, known)
    return answer(network, account, shapes.written(uri, shapes.cid_of_post(post)))


def _written(
    network: Network,
    account: Account,
    uri: str,
    record: dict[str, Any],
    media: list[dict[str, str]],
    known: Post | None,
) -> Post:
    reply = record.get("reply") or {}
    parent = str((reply.get("parent") or {}).get("uri") or "")
    external = ((record.get("embed") or {}).get("external") or {}).get("uri")
    now = stamp(network.now(account))
    post = Post(
        id=uri,
        account=account.id,
        text=str(record.get("text") or ""),
        link=str(external or ""),
        media=media,
        reply_to=parent,
        root=str((reply.get("root") or {}).get("uri") or uri),
        history=[uri],
        created_at=stamp(datetime.fromisoformat(str(record["createdAt"]))),
        updated_at=stamp(datetime.fromisoformat(str(record["createdAt"]))),
        arrived_at=known.arrived_at if known else stamp(datetime.now(UTC)),
        extra={"record": record, "indexed_at": now},
    )
    network.store.put_post(post)
    return post


def _checked(network: Network, account: Account, record: Mapping[str, Any]) -> list[dict[str, str]] | web.Response:
    """Return the images of a record; the refusal where the lexicon or a blob forbids it."""
    text, where = str(record.get("text") or ""), f"Invalid {POST} record: Record/"
    if counting.graphemes(text) > 300:
        return failed(400, "InvalidRequest", f"{where}text grapheme too big (maximum 300)")
    if len(text.encode()) > 3_000:
        return failed(400, "InvalidRequest", f"{where}text string too big (maximum 3000)")
    if not shapes.is_time(record.get("createdAt")):
        return failed(400, "InvalidRequest", f"{where}createdAt must be an valid atproto datetime")
    images = (record.get("embed") or {}).get("images") or []
    if len(images) > MOST_IMAGES:
        return failed(400, "InvalidRequest", f"{where}embed/images array too big (maximum 4)")
    found: list[dict[str, str]] = []
    for image in images:
        if not isinstance(image.get("alt"), str):
            return failed(400, "InvalidRequest", f'{where}embed/images/0 must have the property "alt"')
        cid = str(((image.get("image") or {}).get("ref") or {}).get("$link") or "")
        item = network.store.media(account.id, f"{account.id}/{cid}")
        if item is None:
            return failed(400, "BlobNotFound", f"Could not find blob: {cid}")
        if int(image["image"].get("size") or 0) > IMAGE_BYTES:
            return failed(400, "BlobTooLarge", f"This file is too large. It is {image['image']['size']} bytes.")
        found.append({**item, "alt": image["alt"]})
    return found


def _put_gate(network: Network, account: Account, wanted: Mapping[str, Any], rkey: str) -> web.Response:
    """Write a thread's gate: which answers below one of the account's posts are hidden."""
    record, uri = dict(wanted["record"]), shapes.uri(account, GATE, rkey)
    if not isinstance(record.get("post"), str) or not shapes.is_time(record.get("createdAt")):
        return failed(400, "InvalidRequest", f'Invalid {GATE} record: Record must have the property "post"')
    known = network.store.post(uri)
    cid = None if known is None else shapes.cid_of_record(known.extra["record"])
    if "swapRecord" in wanted and wanted["swapRecord"] != cid and (known is None or known.extra["record"] != record):
        return failed(400, "InvalidSwap", f"Record was at {cid}")
    now = stamp(network.now(account))
    gate = Post(id=uri, account=account.id, kind=GATE_KIND, visible=False, root=uri, created_at=now, updated_at=now)
    gate.extra = {"record": record}
    network.store.put_post(gate)
    hidden = set(record.get("hiddenReplies") or [])
    for below in network.store.comments(str(record["post"])):
        if below.author and below.hidden is not (below.id in hidden):
            below.hidden = below.id in hidden
            network.store.put_post(below)
    return answer(network, account, shapes.written(uri, shapes.cid_of_record(record)))


def _delete(network: Network, account: Account, body: Any) -> web.Response:
    """Delete a record; a second time the answer is the same."""
    wanted = body if isinstance(body, dict) else {}
    uri = shapes.uri(account, str(wanted.get("collection")), str(wanted.get("rkey")))
    if wanted.get("repo") not in (account.remote_id, account.handle):
        return failed(401, "AuthRequired", "Wrong repo for this session")
    post = network.store.post(uri)
    if post is not None and not post.deleted_at:
        post.deleted_at = stamp(network.now(account))
        network.store.put_post(post)
    return answer(network, account, {})


def _read(network: Network, account: Account, query: Mapping[str, str]) -> web.Response:
    uri = f"at://{query.get('repo', '')}/{query.get('collection', '')}/{query.get('rkey', '')}"
    post = network.store.post(uri)
    if post is None or post.deleted_at:
        return failed(400, "RecordNotFound", f"Could not locate record: {uri}")
    return answer(network, account, shapes.item(post))


def _list(network: Network, account: Account, query: Mapping[str, str]) -> web.Response:
    owner = network.store.account_by_remote("bluesky", query.get("repo", ""))
    given = query.get("limit", "50")
    if owner is None or not given.isdecimal() or not 1 <= int(given) <= 100:
        return failed(400, "InvalidRequest", f"Could not find repo: {query.get('repo', '')}")
    limit, last = int(given), network.store.post(shapes.uri(owner, POST, query.get("cursor", "")))
    before = network.store.position(last) if last else ""
    posts = network.store.timeline(owner.id, before=before, limit=limit) if query.get("collection") == POST else []
    body: dict[str, Any] = {"records": [shapes.item(post) for post in posts]}
    if posts:
        body["cursor"] = posts[-1].id.rpartition("/")[2]
    return answer(network, account, body)


def _thread(network: Network, account: Account, uri: str) -> web.Response:
    """Show a post with what stands below it; the gate beside it, its hidden answers among the others."""
    post = _live(network, uri)
    if post is None:
        return failed(400, "NotFound", f"Post not found: {uri}")
    body: dict[str, Any] = {"thread": shapes.thread(network.store, account, post)}
    gate = network.store.post(shapes.uri(account, GATE, uri.rpartition("/")[2]))
    if gate is not None:
        record = gate.extra["record"]
        body["threadgate"] = {"uri": gate.id, "cid": shapes.cid_of_record(record), "record": record, "lists": []}
    return answer(network, account, body)


def _live(network: Network, uri: str) -> Post | None:
    post = network.store.post(uri)
    return None if post is None or post.deleted_at or not post.visible else post


async def _body(request: web.Request) -> Any:
    """Return a JSON object, or the bytes of an upload; None when it is neither."""
    if request.method == "GET":
        return None
    if request.content_type != "application/json":
        return await request.read()
    try:
        return await request.json()
    except ValueError:
        return None
