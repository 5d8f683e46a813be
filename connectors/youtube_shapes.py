"""YouTube's resources as we word them, and its answers as the contract's shapes. Pure; no call is made here.

Field names: the vendor's discovery document, revision 20261104 (Video, PlaylistItem, CommentThread, Comment, Channel).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors import delivery_code
from connectors.contract import Account, Comment, Metrics, Profile, Remote
from connectors.errors import Misconfigured, Temporary

NEEDED_SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl"
VISIBILITIES = ("public", "unlisted")
NEWS_AND_POLITICS = "25"
KEPT_OF_SNIPPET = ("tags", "categoryId", "defaultLanguage", "defaultAudioLanguage")
GONE_STATES = ("failed", "rejected", "deleted")
_VIDEO_ID = re.compile(r"[\w-]{11}")


def private_video(account: Account, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return a new video as it is uploaded: always private. Left out, YouTube would make it public."""
    tags = [str(tag) for tag in account.settings.get("tags") or ()]
    return {
        "snippet": {
            "title": wanted["title"],
            "description": wanted["description"],
            "tags": [wanted["mark"], *tags],
            "categoryId": str(account.settings.get("category") or NEWS_AND_POLITICS),
            "defaultLanguage": wanted["language"],
        },
        "status": {**_declared(account), "privacyStatus": "private"},
    }


def published_status(account: Account) -> dict[str, Any]:
    """Return the status part that makes a video visible; the whole part is replaced, so all of it is said again."""
    return {**_declared(account), "privacyStatus": visibility(account)}


def visibility(account: Account) -> str:
    """Return who may see a published video (setting `visibility`); raises Misconfigured."""
    found = str(account.settings.get("visibility") or VISIBILITIES[0])
    if found not in VISIBILITIES:
        raise Misconfigured(f"the setting visibility is {found!r}; it is one of {', '.join(VISIBILITIES)}")
    return found


def edited_snippet(kept: Mapping[str, Any], title: str, description: str) -> dict[str, Any]:
    """Return the snippet part with other words; what is not said again there would be gone."""
    return {"categoryId": NEWS_AND_POLITICS, **kept, "title": title, "description": description}


def kept_snippet(video: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an edit must say again of a video's snippet."""
    snippet = video.get("snippet") or {}
    return {name: snippet[name] for name in KEPT_OF_SNIPPET if snippet.get(name)}


def is_video(remote_id: str) -> bool:
    """Return True for the id of a video; those of comments are longer."""
    return bool(_VIDEO_ID.fullmatch(remote_id))


def thread_of(comment_id: str) -> str:
    """Return the top comment that an answer has to name: an answer's id begins with it."""
    return comment_id.partition(".")[0]


def items(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the items of a list; raises Temporary when the answer is no list. None at all may be left out."""
    found = body.get("items", [] if "kind" in body or "pageInfo" in body else None)
    if not isinstance(found, list):
        raise Temporary("YouTube answered a list without its items", status=200)
    return [item for item in found if isinstance(item, dict)]


def only(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the one item of a list, or None where it is empty."""
    found = items(body)
    return found[0] if found else None


def next_page(body: Mapping[str, Any]) -> str | None:
    """Return the token of the next page, or None on the last."""
    token = body.get("nextPageToken")
    return str(token) if token else None


def is_visible(video: Mapping[str, Any]) -> bool:
    """Return True when others can see a video: not private, and not one that YouTube refused."""
    status = video.get("status") or {}
    return status.get("privacyStatus") in VISIBILITIES and status.get("uploadStatus") not in GONE_STATES


def tags(video: Mapping[str, Any]) -> list[str]:
    """Return a video's tags."""
    return [str(tag) for tag in (video.get("snippet") or {}).get("tags") or ()]


def remote(account: Account, video: dict[str, Any]) -> Remote:
    """Return one video as the engine knows posts: its text is the description."""
    remote_id, snippet = str(video.get("id") or ""), video.get("snippet") or {}
    return Remote(
        remote_id=remote_id,
        url=video_url(account, remote_id),
        text=str(snippet.get("description") or ""),
        created_at=_time(snippet.get("publishedAt")),
        ours=any(delivery_code.is_ours(tag) for tag in tags(video)),
        raw=video,
    )


def comment(item: Mapping[str, Any], post_id: str, account: Account) -> Comment:
    """Return one comment below the video `post_id`."""
    snippet, remote_id = item.get("snippet") or {}, str(item.get("id") or "")
    parent = snippet.get("parentId")
    status = snippet.get("moderationStatus")
    return Comment(
        remote_id=remote_id,
        post_id=post_id,
        parent_id=str(parent) if parent else None,
        author=str(snippet.get("authorDisplayName") or "").removeprefix("@"),
        author_id=author_id(item),
        text=comment_text(item),
        created_at=_time(snippet.get("publishedAt")),
        hidden=None if status is None else status != "published",
        ours=author_id(item) == account.remote_id,
        url=comment_url(account, post_id, remote_id),
        raw=dict(item),
    )


def comment_remote(account: Account, item: dict[str, Any], video_id: str) -> Remote:
    """Return one comment of our own as a post of ours."""
    remote_id = str(item.get("id") or "")
    return Remote(
        remote_id=remote_id,
        url=comment_url(account, video_id, remote_id),
        text=comment_text(item),
        created_at=_time((item.get("snippet") or {}).get("publishedAt")),
        ours=True,
        raw=item,
    )


def comment_text(item: Mapping[str, Any]) -> str:
    """Return what a comment says: as it was typed where YouTube tells, else as it is shown."""
    snippet = item.get("snippet") or {}
    return str(snippet.get("textOriginal") or snippet.get("textDisplay") or "")


def author_id(item: Mapping[str, Any]) -> str:
    """Return the channel of whoever wrote a comment."""
    return str((((item.get("snippet") or {}).get("authorChannelId")) or {}).get("value") or "")


def top_comment(thread: Mapping[str, Any]) -> dict[str, Any]:
    """Return the comment that a thread begins with."""
    found = (thread.get("snippet") or {}).get("topLevelComment")
    return found if isinstance(found, dict) else {}


def told_replies(thread: Mapping[str, Any]) -> tuple[list[dict[str, Any]], bool]:
    """Return the answers that came with a thread, and whether these are all."""
    found = [one for one in (thread.get("replies") or {}).get("comments") or [] if isinstance(one, dict)]
    return found, len(found) >= int((thread.get("snippet") or {}).get("totalReplyCount") or 0)


def metrics(video: Mapping[str, Any]) -> Metrics:
    """Return the counts; YouTube writes them as text and leaves out what the channel hides."""
    counts = video.get("statistics") or {}
    return Metrics(
        views=_count(counts, "viewCount"),
        likes=_count(counts, "likeCount"),
        replies=_count(counts, "commentCount"),
        raw=dict(counts),
    )


def profile(channel: Mapping[str, Any]) -> Profile:
    """Return what stands above a channel's videos; its links are in no answer, its picture's address changes."""
    snippet = channel.get("snippet") or {}
    return Profile(
        name=str(snippet.get("title") or ""),
        handle=str(snippet.get("customUrl") or "").removeprefix("@"),
        text=str(snippet.get("description") or ""),
    )


def uploads_playlist(channel: Mapping[str, Any]) -> str:
    """Return the list in which all of a channel's videos stand; raises Temporary when it is not told."""
    found = ((channel.get("contentDetails") or {}).get("relatedPlaylists") or {}).get("uploads")
    if not found:
        raise Temporary("YouTube did not say where the channel's videos are", status=200)
    return str(found)


def video_ids(playlist_items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the ids of the videos on a page of a playlist."""
    found = [(item.get("contentDetails") or {}).get("videoId") for item in playlist_items]
    return [str(one) for one in found if one]


def video_url(account: Account, remote_id: str) -> str:
    """Return the address people see; in the sandbox, of its page of the channel."""
    if account.mode == "sandbox":
        root = account.api_base.rstrip("/").removesuffix("/youtube")
        return f"{root}/see/youtube/{account.handle.lstrip('@')}/status/{remote_id}/"
    return f"https://www.youtube.com/watch?v={remote_id}"


def comment_url(account: Account, video_id: str, comment_id: str) -> str:
    """Return the address of a comment below its video."""
    video = video_url(account, video_id)
    return f"{video}{'&' if '?' in video else '?'}lc={comment_id}"


def _declared(account: Account) -> dict[str, Any]:
    """What the department declares of all its videos (settings `made_for_kids`, `embeddable`)."""
    return {
        "selfDeclaredMadeForKids": bool(account.settings.get("made_for_kids", False)),
        "embeddable": bool(account.settings.get("embeddable", True)),
        "license": "youtube",
    }


def _count(counts: Mapping[str, Any], name: str) -> int | None:
    value = counts.get(name)
    return int(value) if value is not None else None


def _time(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Temporary("YouTube answered a time we cannot read", status=200) from error
    if found.tzinfo is None:
        raise Temporary("YouTube answered a time without its zone", status=200)
    return found
