"""How the sandbox's YouTube writes things down: videos, the channel, lists, errors. Pure.

Field names are those of the vendor's discovery document, revision 20261104; error bodies those of its page "Errors".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from connectors.sandbox.faults import Rule
from connectors.sandbox.network import Network
from connectors.sandbox.store import Account, Post

A_DAY_OFF_S = 3600  # a limit of that length is the day's quota
REFUSALS = {
    "500": (500, "backendError", "Internal error encountered."),
    "429": (403, "rateLimitExceeded", "The request cannot be completed because you have exceeded your rate limit."),
    "expired": (401, "authError", "Request had invalid authentication credentials."),
}
QUOTA = (403, "quotaExceeded", "The request cannot be completed because you have exceeded your quota.")


def video(network: Network, account: Account, post: Post, parts: Sequence[str]) -> dict[str, Any]:
    """Return a video with the parts asked for."""
    everything: dict[str, dict[str, Any]] = {
        "snippet": _snippet(account, post),
        "status": {
            "uploadStatus": "processed" if post.extra.get("processed") or post.arrived_at else "uploaded",
            "privacyStatus": "public",
            **(post.extra.get("status") or {}),
        },
        "processingDetails": {"processingStatus": "succeeded" if post.extra.get("processed") else "processing"},
    }
    if "statistics" in parts:
        answers = [one for one in network.store.comments(post.root) if not one.hidden]
        everything["statistics"] = {"viewCount": "0", "likeCount": "0", "commentCount": str(len(answers))}
    shown = {name: everything[name] for name in parts if name in everything}
    return {"kind": "youtube#video", "id": post.id, **shown}


def rejected_twin(video_id: str) -> dict[str, Any]:
    """Return a film that YouTube has already."""
    status = {"uploadStatus": "rejected", "rejectionReason": "duplicate", "privacyStatus": "private"}
    details = {"processingStatus": "terminated"}
    return {"kind": "youtube#video", "id": video_id, "status": status, "processingDetails": details}


def channel(account: Account) -> dict[str, Any]:
    """Return the channel of the account."""
    return {
        "kind": "youtube#channel",
        "id": account.remote_id,
        "snippet": {"title": account.name, "description": account.bio, "customUrl": f"@{account.handle}"},
        "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": uploads_of(account)}},
    }


def uploads_of(account: Account) -> str:
    """Return the id of the playlist that holds every video of a channel."""
    return f"UU{account.remote_id}"


def playlist_item(account: Account, post: Post) -> dict[str, Any]:
    """Return a video's place in the uploads playlist."""
    return {
        "kind": "youtube#playlistItem",
        "id": f"{uploads_of(account)}.{post.id}",
        "contentDetails": {"videoId": post.id, "videoPublishedAt": time(post.created_at)},
    }


def listed(
    found: Sequence[dict[str, Any]],
    kind: str,
    request: web.Request | None = None,
    *,
    following: str = "",
    total: int | None = None,
) -> web.Response:
    """Return a list as YouTube writes lists, each item with no more than the parts asked for."""
    parts = set(request.query.get("part", "").split(",")) if request is not None else None
    kept = [{k: v for k, v in one.items() if parts is None or k in parts or k in ("kind", "id")} for one in found]
    body: dict[str, Any] = {
        "kind": f"youtube#{kind}",
        "items": kept,
        "pageInfo": {"totalResults": len(found) if total is None else total, "resultsPerPage": len(found)},
    }
    if following:
        body["nextPageToken"] = following
    return web.json_response(body)


def refuse(fault: str, rule: Rule) -> web.Response:
    """Word a fault as YouTube does; a limit of an hour and more is the quota of the day."""
    if fault == "429" and rule.number(60) >= A_DAY_OFF_S:
        return error(*QUOTA)
    return error(*REFUSALS[fault])


def error(status: int, reason: str, message: str) -> web.Response:
    """Return an error body with its reason."""
    one = {"message": message, "domain": "youtube.common", "reason": reason}
    return web.json_response({"error": {"code": status, "message": message, "errors": [one]}}, status=status)


def time(at: str) -> str:
    """Return a moment as YouTube writes it."""
    return datetime.fromisoformat(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def _snippet(account: Account, post: Post) -> dict[str, Any]:
    return {
        "publishedAt": time(post.created_at),
        "channelId": account.remote_id,
        "channelTitle": account.name,
        "title": post.extra.get("title") or post.text[:40],
        "description": post.text,
        **(post.extra.get("snippet") or {}),
    }
