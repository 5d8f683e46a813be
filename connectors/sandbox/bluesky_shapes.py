"""How the sandbox's Bluesky writes things down: records, their content ids, and the network's view of them. Pure.

Names are those of the lexicons, against which the tests check every answer.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import datetime
from typing import Any

from connectors import bluesky_keys as keys
from connectors import bluesky_text
from connectors.sandbox.store import Account, Post, Store

POST = "app.bsky.feed.post"
GATE = "app.bsky.feed.threadgate"
RAW, DAG_CBOR = 0x55, 0x71


def did_of(name: str) -> str:
    """Return the made-up DID of a name."""
    letters = base64.b32encode(hashlib.sha256(name.encode()).digest()).decode().lower()
    return f"did:plc:{letters[:24]}"


def post_id(account_did: str, at: datetime, number: int, author: str = "") -> str:
    """Return the address of a post that was made elsewhere: a key by the clock, never with our checksum."""
    micros = keys.microseconds(at) // 1000 * 1000 + number % 1000
    for clock in range(number % 512, number % 512 + 3):
        rkey = keys.encoded(micros << keys.CLOCK_BITS | clock)
        if not keys.made_here(rkey):
            break
    return f"at://{did_of(author) if author else account_did}/{POST}/{rkey}"


def uri(account: Account, collection: str, rkey: str) -> str:
    """Return the address of one of the account's records."""
    return f"at://{account.remote_id}/{collection}/{rkey}"


def type_of(record: Any) -> str:
    """Return a record's type, for an error's words."""
    return str(record.get("$type")) if isinstance(record, dict) else "undefined"


def is_time(value: Any) -> bool:
    """Return True for a time with its offset."""
    try:
        return datetime.fromisoformat(str(value)).tzinfo is not None
    except ValueError:
        return False


def cid_of(content: bytes, *, raw: bool = False) -> str:
    """Return the content id of bytes: of a blob (`raw`), or of a record."""
    head = bytes([1, RAW if raw else DAG_CBOR, 0x12, 0x20])
    return "b" + base64.b32encode(head + hashlib.sha256(content).digest()).decode().lower().rstrip("=")


def cid_of_record(record: dict[str, Any]) -> str:
    """Return a record's content id. Of its JSON, so it differs from a real server's."""
    return cid_of(json.dumps(record, sort_keys=True).encode())


def cid_of_post(post: Post) -> str:
    """Return the content id of a post's record."""
    return cid_of_record(record_of(post))


def record_of(post: Post) -> dict[str, Any]:
    """Return a post's record: as it was put, with the words of whoever changed them since; else made from the post."""
    known = post.extra.get("record")
    if not known:
        record: dict[str, Any] = {"$type": POST, "text": post.text, "createdAt": time_of(post.created_at)}
        facets = bluesky_text.facets(post.text)
        if facets:
            record["facets"] = facets
        if post.reply_to:
            root, parent = ({"uri": one, "cid": cid_of(one.encode())} for one in (post.root, post.reply_to))
            record["reply"] = {"root": root, "parent": parent}
        if post.media:
            record["embed"] = {"$type": "app.bsky.embed.images", "images": [_image(item) for item in post.media]}
        elif post.link:
            record["embed"] = _card(post.link)
        return record
    record = dict(known)
    if record["$type"] != POST:
        return record
    if record.get("text") != post.text:
        record["text"] = post.text
        record.pop("facets", None)
    embed = record.get("embed") or {}
    if len(embed.get("images") or []) != len(post.media):
        record["embed"] = {**embed, "images": embed["images"][: len(post.media)]}
    if (embed.get("external") or {}).get("uri", "") != post.link:
        record["embed"] = _card(post.link)
    return record


def blob(cid: str, mime: str, size: int) -> dict[str, Any]:
    """Return the answer to an upload, which a record then carries."""
    return {"$type": "blob", "ref": {"$link": cid}, "mimeType": mime, "size": size}


def written(at: str, cid: str) -> dict[str, Any]:
    """Return the answer to a record written."""
    commit = {"cid": cid_of(f"commit {cid}".encode()), "rev": at.rpartition("/")[2]}
    return {"uri": at, "cid": cid, "commit": commit, "validationStatus": "valid"}


def item(post: Post) -> dict[str, Any]:
    """Return one record with its address and content id."""
    record = record_of(post)
    return {"uri": post.id, "cid": cid_of_record(record), "value": record}


def view(store: Store, account: Account, post: Post) -> dict[str, Any]:
    """Return the network's view of a post."""
    below = store.comments(post.root) if post.id == post.root else []
    return {
        "uri": post.id,
        "cid": cid_of_post(post),
        "author": _stranger(post.author) if post.author else _basic(account),
        "record": record_of(post),
        "indexedAt": time_of(post.extra.get("indexed_at") or post.created_at),
        "replyCount": len(below),
        "repostCount": 0,
        "likeCount": 0,
        "quoteCount": 0,
        "labels": [],
    }


def thread(store: Store, account: Account, post: Post) -> dict[str, Any]:
    """Return a post with all that stands below it."""
    below = [found for found in store.comments(post.root) if found.reply_to == post.id]
    shown: dict[str, Any] = {"$type": "app.bsky.feed.defs#threadViewPost", "post": view(store, account, post)}
    shown["replies"] = [thread(store, account, found) for found in below]
    return shown


def profile(store: Store, account: Account) -> dict[str, Any]:
    """Return what stands above an account's posts; what is empty is left out."""
    told = {"description": account.bio, "website": account.website, "avatar": account.picture}
    posts = len(store.timeline(account.id))
    counts = {"followersCount": 0, "followsCount": 0, "postsCount": posts}
    return {**_basic(account), **{name: value for name, value in told.items() if value}, **counts}


def time_of(at: str) -> str:
    """Return a stored time as records carry it: milliseconds and Z."""
    return datetime.fromisoformat(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _card(link: str) -> dict[str, Any]:
    return {"$type": "app.bsky.embed.external", "external": {"uri": link, "title": link, "description": ""}}


def _image(item: dict[str, str]) -> dict[str, Any]:
    cid = item["id"].rpartition("/")[2]
    ref = cid if cid.startswith("bafkrei") else cid_of(item["sha256"].encode(), raw=True)
    return {"alt": item["alt"], "image": blob(ref, item["mime"], 1)}


def _basic(account: Account) -> dict[str, Any]:
    return {"did": account.remote_id, "handle": account.handle, "displayName": account.name, "labels": []}


def _stranger(name: str) -> dict[str, Any]:
    handle = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "somebody"
    return {"did": did_of(name), "handle": f"{handle}.example", "displayName": name, "labels": []}
