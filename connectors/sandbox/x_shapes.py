"""How the sandbox's X writes things down: posts, users, media, t.co links. Pure, but for counting answers.

Names are those of the vendor's OpenAPI file (`edit_history_post_ids`, `referenced_posts`, `repost_count`).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.store import OUR_APP, Account, Post, Store
from connectors.x_shapes import SANDBOX_APP

PROBLEMS = "https://api.x.com/2/problems/"
EDIT_WINDOW, EDIT_TIMES = timedelta(minutes=30), 5
_URL = re.compile(r"https?://[^\s<>\"]+")


def post(store: Store, account: Account, found: Post) -> dict[str, Any]:
    """Return a post with every field the connectors ask for."""
    text, urls = shortened(found.text)
    first = store.post(found.history[0]) if found.history else None
    until = datetime.fromisoformat((first or found).created_at) + EDIT_WINDOW
    body: dict[str, Any] = {
        "id": found.id,
        "text": text,
        "author_id": stranger(found.author)["id"] if found.author else account.remote_id,
        "conversation_id": found.root,
        "created_at": time_of(found.created_at),
        "source": SANDBOX_APP if found.app == OUR_APP else "Another app",
        "edit_history_post_ids": found.history or [found.id],
        "edit_controls": {
            "edits_remaining": max(0, EDIT_TIMES + 1 - len(found.history)),
            "is_edit_eligible": True,
            "editable_until": time_of(until.isoformat()),
        },
        "public_metrics": _counts(store, found),
    }
    if urls:
        body["entities"] = {"urls": urls}
    if found.media:
        body["attachments"] = {"media_keys": [f"3_{item['id']}" for item in found.media]}
    if found.reply_to:
        body["referenced_posts"] = [{"type": "replied_to", "id": found.reply_to}]
    return body


def created(found: Post) -> dict[str, Any]:
    """Return the answer to a new post."""
    return {"id": found.id, "text": shortened(found.text)[0], "edit_history_post_ids": found.history}


def user(account: Account, asked: Iterable[str]) -> dict[str, Any]:
    """Return an account of the network as a user, with the fields asked for."""
    text, urls = shortened(account.bio)
    link, links = shortened(account.website)
    facts = {"description": text, "url": link, "profile_image_url": account.picture}
    if urls or links:
        facts["entities"] = {"description": {"urls": urls}, "url": {"urls": links}}  # type: ignore[assignment]
    return {
        "id": account.remote_id,
        "name": account.name,
        "username": account.handle,
        "protected": account.protected,
        **{key: value for key, value in facts.items() if value and key in asked},
    }


def stranger(name: str) -> dict[str, Any]:
    """Return a member of the public as a user."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big")
    return {"id": str(10**14 + number), "name": name, "username": re.sub(r"\W", "_", name)[:15]}


def media(media_id: str, size: int) -> dict[str, Any]:
    """Return the answer to an upload."""
    return {"id": media_id, "media_key": f"3_{media_id}", "expires_after_secs": 86400, "size": size}


def shortened(text: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the text with every link as t.co, and the entities that tell what each leads to."""
    urls: list[dict[str, Any]] = []
    shown = ""
    last = 0
    for match in _URL.finditer(text):
        short = "https://t.co/" + hashlib.sha256(match[0].encode()).hexdigest()[:10]
        shown += text[last : match.start()]
        urls.append(
            {
                "start": len(shown),
                "end": len(shown) + len(short),
                "url": short,
                "expanded_url": match[0],
                "display_url": match[0].partition("//")[2][:30],
            }
        )
        shown += short
        last = match.end()
    return shown + text[last:], urls


def time_of(at: str) -> str:
    """Return a stored time as X writes it: milliseconds and Z."""
    return datetime.fromisoformat(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def token(position: str) -> str:
    """Return a position in a timeline as an opaque token."""
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def position(given: str) -> str:
    """Read back what `token` wrote; an unreadable one is the beginning."""
    try:
        return base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode()
    except ValueError:
        return ""


def _counts(store: Store, found: Post) -> dict[str, int]:
    answers = len(store.comments(found.root)) if found.id == found.root else 0
    return {
        "repost_count": 0,
        "reply_count": answers,
        "like_count": 0,
        "quote_count": 0,
        "bookmark_count": 0,
        "impression_count": 0,
    }
