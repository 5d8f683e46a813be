"""A thread's gate on Bluesky: the record that says which answers below a post of ours are hidden.

It lies under the same key as the post. Lexicon: app.bsky.feed.threadgate.
"""

from __future__ import annotations

from typing import Any

from connectors import bluesky_api as api
from connectors.contract import Account
from connectors.errors import Refused

GATE = "app.bsky.feed.threadgate"
MOST_HIDDEN = 300


def read(account: Account, where: dict[str, str]) -> dict[str, Any]:
    """Read a thread's gate as it is; an empty one where there is none."""
    try:
        found = api.record(account, where)
    except Refused as error:
        if api.is_gone(error):
            return {"cid": None}
        raise
    return {"cid": found["cid"], "value": found["value"]}


def with_hidden(known: dict[str, Any], root: str, payload: dict[str, Any], hidden: bool) -> dict[str, Any]:
    """Return the gate with the answer hidden or not; all else of it stays."""
    others = [uri for uri in known.get("hiddenReplies") or [] if uri != payload["target"]]
    listed = [*others, payload["target"]] if hidden else others
    if len(listed) > MOST_HIDDEN:
        raise Refused(f"a thread hides {MOST_HIDDEN} answers at most", cure="Show some again first.")
    fresh = {"$type": GATE, "post": root, "createdAt": payload["created_at"]}
    return {**fresh, **known, "hiddenReplies": listed}
