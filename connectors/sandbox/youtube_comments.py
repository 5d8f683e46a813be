"""What the public says below the sandbox's videos, and what the channel answers: threads, answers, moderation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from connectors.sandbox import youtube_shapes as shapes
from connectors.sandbox.network import Network
from connectors.sandbox.store import Account, Post, stamp

TOLD = 5  # answers that come with their thread
SHOWN = {"published": False, "rejected": True, "heldForReview": True}


def acted(network: Network, request: web.Request, account: Account, body: Mapping[str, Any]) -> web.Response:
    """Do what is asked of comments; everything else is not there."""
    match (request.method, request.match_info["path"]):
        case ("GET", "commentThreads"):
            return _threads(network, request, account)
        case ("POST", "commentThreads"):
            return _begin(network, account, body)
        case ("GET", "comments"):
            return _list(network, request, account)
        case ("POST", "comments"):
            return _answer(network, account, body)
        case ("POST", "comments/setModerationStatus"):
            return _moderate(network, request, account)
    return shapes.error(404, "notFound", "Not Found")


def _threads(network: Network, request: web.Request, account: Account) -> web.Response:
    video = network.store.post(request.query.get("videoId", ""))
    if video is None or video.deleted_at or video.account != account.id:
        return shapes.error(404, "videoNotFound", "The video identified by the videoId parameter could not be found.")
    hidden = SHOWN.get(request.query.get("moderationStatus", "published"))
    everything = network.store.comments(video.root)
    tops = [one for one in everything if one.reply_to == video.id and one.hidden is hidden]
    tops.reverse()  # order=time: newest first
    token, given = request.query.get("pageToken", ""), request.query.get("maxResults", "20")
    start, limit = int(token) if token.isdecimal() else 0, int(given) if given.isdecimal() else 20
    shown = [_thread(account, video, top, everything) for top in tops[start : start + limit]]
    following = str(start + limit) if start + limit < len(tops) else ""
    return shapes.listed(shown, "commentThreadListResponse", request, following=following, total=len(tops))


def _thread(account: Account, video: Post, top: Post, everything: list[Post]) -> dict[str, Any]:
    answers = [one for one in everything if one.reply_to == top.id and not one.hidden]
    thread: dict[str, Any] = {
        "kind": "youtube#commentThread",
        "id": top.id,
        "snippet": {
            "channelId": account.remote_id,
            "videoId": video.id,
            "topLevelComment": _comment(account, top),
            "canReply": True,
            "totalReplyCount": len(answers),
            "isPublic": not top.hidden,
        },
    }
    if answers:
        thread["replies"] = {"comments": [_comment(account, one) for one in answers[-TOLD:]]}
    return thread


def _list(network: Network, request: web.Request, account: Account) -> web.Response:
    if wanted := request.query.get("id", ""):
        found = [one for one in map(network.store.post, wanted.split(",")) if _is_there(one, account)]
        return shapes.listed([_comment(account, one) for one in found if one], "commentListResponse", request)
    parent = network.store.post(request.query.get("parentId", ""))
    if parent is None or not _is_there(parent, account):
        return shapes.error(404, "commentNotFound", "One or more of the specified comments cannot be found.")
    answers = [one for one in network.store.comments(parent.root) if one.reply_to == parent.id and not one.hidden]
    return shapes.listed([_comment(account, one) for one in answers], "commentListResponse", request)


def _begin(network: Network, account: Account, body: Mapping[str, Any]) -> web.Response:
    snippet = body.get("snippet") or {}
    video = network.store.post(str(snippet.get("videoId") or ""))
    text = str(((snippet.get("topLevelComment") or {}).get("snippet") or {}).get("textOriginal") or "")
    if video is None or video.deleted_at or video.account != account.id:
        return shapes.error(404, "videoNotFound", "The video identified by the videoId parameter could not be found.")
    if not text:
        return shapes.error(400, "commentTextRequired", "The snippet.topLevelComment.snippet.textOriginal is required.")
    top = _said(network, account, video, video.id, text)
    return web.json_response(_thread(account, video, top, []))


def _answer(network: Network, account: Account, body: Mapping[str, Any]) -> web.Response:
    snippet = body.get("snippet") or {}
    parent, text = network.store.post(str(snippet.get("parentId") or "")), str(snippet.get("textOriginal") or "")
    if parent is None or not _is_there(parent, account):
        return shapes.error(404, "parentCommentNotFound", "The specified parent comment could not be found.")
    if not text:
        return shapes.error(400, "commentTextRequired", "The snippet.textOriginal property is required.")
    return web.json_response(_comment(account, _said(network, account, parent, parent.id, text)))


def _said(network: Network, account: Account, above: Post, reply_to: str, text: str) -> Post:
    now = network.now(account)
    own = network.new_post_id(account, now, author=account.handle)
    said = Post(
        id=own if above.kind == "post" else f"{above.id}.{own}",
        account=account.id,
        kind="comment",
        text=text,
        reply_to=reply_to,
        root=above.root,
        created_at=stamp(now),
        updated_at=stamp(now),
        arrived_at=stamp(datetime.now(UTC)),
    )
    network.store.put_post(said)
    return said


def _moderate(network: Network, request: web.Request, account: Account) -> web.Response:
    hidden = SHOWN.get(request.query.get("moderationStatus", ""))
    comment = network.store.post(request.query.get("id", ""))
    if hidden is None:
        return shapes.error(400, "operationNotSupported", "The comment cannot be set to this status.")
    if comment is None or not _is_there(comment, account):
        return shapes.error(404, "commentNotFound", "One or more of the specified comments cannot be found.")
    comment.hidden = hidden
    network.store.put_post(comment)
    return web.Response(status=204)


def _is_there(comment: Post | None, account: Account) -> bool:
    return (
        comment is not None and comment.kind == "comment" and not comment.deleted_at and comment.account == account.id
    )


def _comment(account: Account, comment: Post) -> dict[str, Any]:
    author = comment.author or account.handle
    snippet = {
        "videoId": comment.root,
        "channelId": account.remote_id,
        "textDisplay": comment.text,
        "textOriginal": comment.text,
        "authorDisplayName": f"@{author}",
        "authorChannelId": {"value": f"UC{comment.author}" if comment.author else account.remote_id},
        "canRate": True,
        "likeCount": 0,
        "publishedAt": shapes.time(comment.created_at),
        "updatedAt": shapes.time(comment.updated_at),
    }
    if comment.hidden:
        snippet["moderationStatus"] = "rejected"
    if comment.reply_to != comment.root:
        snippet["parentId"] = comment.reply_to
    return {"kind": "youtube#comment", "id": comment.id, "snippet": snippet}
