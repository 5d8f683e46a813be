"""X's answers as the contract's shapes. Pure; no call is made here.

The spec's names (`edit_history_post_ids`, `repost_count`) and those of older pages (`edit_history_tweet_ids`,
`retweet_count`) live side by side: both are read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connectors.contract import Account, Comment, Metrics, Profile, Remote
from connectors.errors import Temporary

SANDBOX_APP = "Substation sandbox"


def remote(account: Account, item: dict[str, Any]) -> Remote:
    """Return one post as the engine knows posts, with its short links put back."""
    remote_id = str(item.get("id") or "")
    urls = _urls(item)
    return Remote(
        remote_id=remote_id,
        url=post_url(account, remote_id),
        text=_expanded(str(item.get("text") or ""), urls),
        created_at=_time(item.get("created_at")),
        ours=_ours(account, item),
        links=tuple(url["expanded_url"] for url in urls),
        pictures=len((item.get("attachments") or {}).get("media_keys") or []),
        versions=tuple(version for version in history(item) if version != remote_id),
        answers=_replied_to(item),
        raw=item,
    )


def comment(account: Account, post_id: str, item: dict[str, Any], users: dict[str, str]) -> Comment:
    """Return one answer on `post_id`; `users` maps author ids to names. X leads to a post under any name."""
    author_id = str(item.get("author_id") or "")
    replied = _replied_to(item)
    return Comment(
        remote_id=str(item.get("id") or ""),
        post_id=post_id,
        parent_id=replied if replied and replied != post_id else None,
        author=users.get(author_id, ""),
        author_id=author_id,
        text=_expanded(str(item.get("text") or ""), _urls(item)),
        created_at=_time(item.get("created_at")),
        ours=author_id == account.remote_id,
        url=post_url(account, str(item.get("id") or "")),
        raw=item,
    )


def profile(item: dict[str, Any]) -> Profile:
    """Return what stands above a user's posts, with its short links put back."""
    entities = item.get("entities") or {}
    link = _urls({"entities": entities.get("url") or {}})
    return Profile(
        name=str(item.get("name") or ""),
        handle=str(item.get("username") or ""),
        text=_expanded(str(item.get("description") or ""), _urls({"entities": entities.get("description") or {}})),
        link=link[0]["expanded_url"] if link else str(item.get("url") or ""),
        picture=str(item.get("profile_image_url") or ""),
    )


def metrics(item: dict[str, Any]) -> Metrics:
    """Return a post's public counts; what is not told is None."""
    counts = item.get("public_metrics") or {}
    shares = counts.get("repost_count", counts.get("retweet_count"))
    return Metrics(
        views=counts.get("impression_count"),
        likes=counts.get("like_count"),
        replies=counts.get("reply_count"),
        shares=shares,
        raw=counts,
    )


def history(item: dict[str, Any]) -> list[str]:
    """Return the ids of a post's versions, oldest first."""
    found = item.get("edit_history_post_ids") or item.get("edit_history_tweet_ids") or []
    return [str(entry) for entry in found]


def referenced(item: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a post answers or quotes."""
    found = item.get("referenced_posts") or item.get("referenced_tweets") or []
    return [entry for entry in found if isinstance(entry, dict)]


def post_url(account: Account, remote_id: str) -> str:
    """Return the address people see; in the sandbox, of its page of the account."""
    handle = account.handle.lstrip("@")
    if account.mode == "sandbox":
        root = account.api_base.rstrip("/").removesuffix("/x")
        return f"{root}/see/x/{handle}/status/{remote_id}/"
    return f"https://x.com/{handle}/status/{remote_id}"


def _ours(account: Account, item: dict[str, Any]) -> bool | None:
    app = str(account.settings.get("app_name") or (SANDBOX_APP if account.mode == "sandbox" else ""))
    source = item.get("source")
    return source == app if app and source else None


def _urls(item: dict[str, Any]) -> list[dict[str, str]]:
    found = (item.get("entities") or {}).get("urls") or []
    return [
        {"url": str(entry.get("url") or ""), "expanded_url": str(entry["expanded_url"])}
        for entry in found
        if isinstance(entry, dict) and entry.get("expanded_url")
    ]


def _expanded(text: str, urls: list[dict[str, str]]) -> str:
    for entry in urls:
        if entry["url"]:
            text = text.replace(entry["url"], entry["expanded_url"])
    return text


def _replied_to(item: dict[str, Any]) -> str:
    """Return the id of the post that a post answers; empty for none."""
    found = [ref.get("id") for ref in referenced(item) if ref.get("type") == "replied_to"]
    return str(found[0] or "") if found else ""


def _time(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Temporary("X answered a time we cannot read", status=200) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
