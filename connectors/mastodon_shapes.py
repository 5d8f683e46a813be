"""Mastodon's answers as the contract's shapes. Pure; no call is made here.

Field names: the OpenAPI file of API 4.7 (Status, Account, Context).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.contract import Account, Comment, Metrics, Profile, Remote
from connectors.errors import Temporary
from connectors.mastodon_html import words

SANDBOX_APP = "Substation sandbox"


def remote(account: Account, item: Mapping[str, Any]) -> Remote:
    """Return one status as the engine knows posts, its HTML read back into words.

    The card below it is the server's own, with an address of its own making: no link of ours.
    """
    text, links = words(str(item.get("content") or ""), _mentioned(item))
    return Remote(
        remote_id=str(item.get("id") or ""),
        url=_url(item),
        text=text,
        created_at=time_of(item.get("created_at")),
        ours=_ours(account, item),
        links=links,
        pictures=len(item.get("media_attachments") or []),
        answers=str(item.get("in_reply_to_id") or ""),
        raw=dict(item),
    )


def comment(post_id: str, item: Mapping[str, Any], own_id: str) -> Comment:
    """Return one answer below `post_id`; `own_id` is the account's."""
    author, parent = item.get("account") or {}, str(item.get("in_reply_to_id") or "")
    return Comment(
        remote_id=str(item.get("id") or ""),
        post_id=post_id,
        parent_id=parent if parent and parent != post_id else None,
        author=str(author.get("display_name") or author.get("acct") or ""),
        author_id=str(author.get("id") or ""),
        text=words(str(item.get("content") or ""), _mentioned(item))[0],
        created_at=time_of(item.get("created_at")),
        ours=str(author.get("id") or "") == own_id,
        url=_url(item),
        raw=dict(item),
    )


def profile(item: Mapping[str, Any]) -> Profile:
    """Return what stands above an account's posts: its words as they were written, the first link of its fields."""
    source = item.get("source") or {}
    written = source.get("note")
    fields = [str(field.get("value") or "") for field in source.get("fields") or item.get("fields") or []]
    links = [link for value in fields for link in (words(value)[1] or ([value] if value.startswith("http") else []))]
    return Profile(
        name=str(item.get("display_name") or ""),
        handle=str(item.get("username") or ""),
        text=str(written) if written is not None else words(str(item.get("note") or ""))[0],
        link=links[0] if links else "",
        picture=str(item.get("avatar_static") or item.get("avatar") or ""),
    )


def metrics(item: Mapping[str, Any]) -> Metrics:
    """Return a status' counts; what is not told is None. Nobody counts views."""
    return Metrics(
        likes=item.get("favourites_count"),
        replies=item.get("replies_count"),
        shares=item.get("reblogs_count"),
        raw={name: item.get(f"{name}_count") for name in ("favourites", "replies", "reblogs", "quotes")},
    )


def time_of(value: Any) -> datetime:
    """Read a time; raises Temporary when it is none."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Temporary("the Mastodon server answered a time we cannot read", status=200) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _url(item: Mapping[str, Any]) -> str:
    return str(item.get("url") or item.get("uri") or "")


def _ours(account: Account, item: Mapping[str, Any]) -> bool | None:
    """By the name of the app that posted it, which only the author's own view tells; None where it is not told."""
    app = str(account.settings.get("app_name") or (SANDBOX_APP if account.mode == "sandbox" else ""))
    name = (item.get("application") or {}).get("name")
    return name == app if app and name else None


def _mentioned(item: Mapping[str, Any]) -> dict[str, str]:
    found = item.get("mentions") or []
    return {str(one["url"]): str(one["acct"]) for one in found if one.get("url") and one.get("acct")}
