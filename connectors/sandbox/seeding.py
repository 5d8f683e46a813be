"""History for the network: posts with their time, media and the public's answers, as if they had been made then.

A seeded post with a `key` is written once: seeding the same again changes nothing.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.network import Network
from connectors.sandbox.store import OTHER_APP, OUR_APP, Account, Post, stamp

FIELDS = frozenset(
    {"text", "created_at", "deleted_at", "link", "media", "comments", "key", "app", "hidden", "author", "answer"}
)


class BadInput(ValueError):
    """What came in is wrong; the message names the field and the cure."""


def seed(network: Network, account: Account, given: Any) -> Post:
    """Write one post of the past with its answers; returns it."""
    wanted = _checked(given)
    key = str(wanted.get("key") or "")
    known = network.store.post_by_key(account.id, key) if key else None
    if known is not None:
        return known
    post = _post(network, account, wanted)
    post.root, post.history, post.key = post.id, [post.id], key
    network.store.put_post(post)
    for answer in wanted.get("comments") or []:
        comment(network, account, post, answer)
    return post


def time_of(name: str, value: Any) -> datetime:
    """Read an RFC 3339 time with offset; raises BadInput naming the field."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise BadInput(f"{name} is {value!r}; write it like 2026-11-24T08:00:00+00:00")
    return at


def _post(network: Network, account: Account, wanted: dict[str, Any]) -> Post:
    at = time_of("created_at", wanted["created_at"]) if wanted.get("created_at") else network.now(account)
    gone = wanted.get("deleted_at")
    return Post(
        id=network.new_post_id(account, at),
        account=account.id,
        text=str(wanted.get("text") or ""),
        link=str(wanted.get("link") or "") if account.platform == "facebook" else "",
        media=[_media(network, account, item, at) for item in wanted.get("media") or []],
        app=OTHER_APP if wanted.get("app") == OTHER_APP else OUR_APP,
        created_at=stamp(at),
        updated_at=stamp(at),
        deleted_at=stamp(time_of("deleted_at", gone)) if gone else "",
        arrived_at=stamp(datetime.now(UTC)),
    )


def comment(network: Network, account: Account, post: Post, given: Any) -> str:
    """Let somebody of the public answer a post, and with `answer` the account answer them; returns the first's id."""
    wanted = _checked(given)
    answer = _post(network, account, wanted)
    answer.kind = "comment" if account.platform in ("facebook", "youtube") else "post"
    answer.author = str(wanted.get("author") or "A neighbor")
    if account.platform in ("bluesky", "youtube"):
        answer.id = network.new_post_id(account, datetime.fromisoformat(answer.created_at), answer.author)
    answer.hidden = bool(wanted.get("hidden"))
    answer.root, answer.reply_to, answer.history = post.id, post.id, [answer.id]
    network.store.put_post(answer)
    if wanted.get("answer"):
        _answer(network, account, answer, wanted["answer"])
    return answer.id


def _answer(network: Network, account: Account, said: Post, given: Any) -> None:
    """The account's own answer below a comment."""
    own = _post(network, account, _checked(given))
    own.kind = said.kind
    if account.platform == "youtube":
        own.id = f"{said.id}.{network.new_post_id(account, datetime.fromisoformat(own.created_at), account.handle)}"
    own.root, own.reply_to, own.history = said.root, said.id, [own.id]
    network.store.put_post(own)


def _media(network: Network, account: Account, given: Any, at: datetime) -> dict[str, str]:
    if not isinstance(given, dict) or not given.get("data_base64"):
        raise BadInput("media is a list of {mime, alt, data_base64}")
    try:
        content = base64.b64decode(str(given["data_base64"]), validate=True)
    except binascii.Error:
        raise BadInput("media.data_base64 is not base64") from None
    media_id = str(network.store.number(at))
    mime, alt = str(given.get("mime") or "image/jpeg"), str(given.get("alt") or "")
    sha256 = network.store.put_media(media_id, account.id, mime, content, alt, stamp(at))
    return {"id": media_id, "sha256": sha256, "mime": mime, "alt": alt}


def _checked(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise BadInput("a post is a JSON object")
    unknown = sorted(set(given) - FIELDS)
    if unknown:
        raise BadInput(f"{unknown[0]} is no field of a post; known are {', '.join(sorted(FIELDS))}")
    return given
