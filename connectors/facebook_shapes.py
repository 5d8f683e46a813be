"""Facebook's answers as the contract's shapes. Pure; no call is made here.

Field names: the vendor's specs of Graph v25.0 (PagePost, Comment).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from connectors.contract import Account, Comment, Health, Metrics, Profile, Remote
from connectors.errors import Temporary

NEEDED_SCOPES = ("pages_manage_posts", "pages_manage_engagement", "pages_read_engagement")
SANDBOX_APP = "100000000000001"


def data(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items of a list; raises Temporary when the answer is no list."""
    data = body.get("data")
    if not isinstance(data, list):
        raise Temporary("Facebook answered a list without its data", status=200)
    return [item for item in data if isinstance(item, dict)]


def after(body: dict[str, Any]) -> str | None:
    """Return the cursor of the next page, or None on the last."""
    paging = body.get("paging") or {}
    after = (paging.get("cursors") or {}).get("after")
    return str(after) if after and paging.get("next") else None


def remote(account: Account, item: dict[str, Any]) -> Remote:
    """Return one post as the engine knows posts."""
    remote_id = str(item.get("id") or "")
    return Remote(
        remote_id=remote_id,
        url=str(item.get("permalink_url") or fallback_url(remote_id)),
        text=str(item.get("message") or ""),
        created_at=_time(item.get("created_time")),
        ours=_ours(account, item),
        links=tuple(_links(item)),
        pictures=_pictures(item),
        raw=item,
    )


def _ours(account: Account, item: dict[str, Any]) -> bool | None:
    app = str(account.settings.get("app_id") or (SANDBOX_APP if account.mode == "sandbox" else ""))
    return str((item.get("application") or {}).get("id") or "") == app if app else None


def _links(item: dict[str, Any]) -> list[str]:
    attached = (item.get("attachments") or {}).get("data") or []
    keys = ("unshimmed_url", "url")
    return [str(entry[key]) for entry in attached for key in keys if isinstance(entry.get(key), str)]


def _pictures(item: dict[str, Any]) -> int | None:
    """How many pictures a post carries: one each, or an album with its parts. Asked for and not there is none."""
    attached = (item.get("attachments") or {}).get("data") or []
    groups = [((entry.get("subattachments") or {}).get("data") or [entry]) for entry in attached]
    types = [str(part.get("type") or "") for group in groups for part in group]
    if "album" in types:  # its parts were not told
        return None
    return sum(kind.startswith(("photo", "animated_image", "video")) for kind in types)


def profile(item: dict[str, Any]) -> Profile:
    """Return what stands above a Page's posts; what is empty is left out of the answer."""
    words = [str(item[key]).strip() for key in ("about", "description") if item.get(key)]
    return Profile(
        name=str(item.get("name") or ""),
        handle=str(item.get("username") or ""),
        text="\n\n".join(words),
        link=str(item.get("website") or ""),
    )


def comment(post_id: str, item: dict[str, Any], page_id: str) -> Comment:
    """Return one comment on `post_id`; that of the Page `page_id` is our own."""
    author = item.get("from") or {}
    return Comment(
        remote_id=str(item.get("id") or ""),
        post_id=post_id,
        parent_id=(item.get("parent") or {}).get("id"),
        author=str(author.get("name") or ""),
        author_id=str(author.get("id") or ""),
        text=str(item.get("message") or ""),
        created_at=_time(item.get("created_time")),
        hidden=item.get("is_hidden"),
        ours=bool(page_id) and str(author.get("id") or "") == page_id,
        url=str(item.get("permalink_url") or ""),
        raw=item,
    )


def comment_remote(item: dict[str, Any]) -> Remote:
    """Return one comment of our own as a post of ours."""
    return Remote(
        remote_id=str(item.get("id") or ""),
        url=str(item.get("permalink_url") or ""),
        text=str(item.get("message") or ""),
        created_at=_time(item.get("created_time")),
        ours=True,
        raw=item,
    )


def metrics(body: dict[str, Any]) -> Metrics:
    """Return the counts a post carries; what is not told is None."""
    return Metrics(
        likes=_summary(body.get("reactions")),
        replies=_summary(body.get("comments")),
        shares=(body.get("shares") or {}).get("count"),
        raw=body,
    )


def _summary(edge: Any) -> int | None:
    total = (edge.get("summary") or {}).get("total_count") if isinstance(edge, dict) else None
    return total if isinstance(total, int) else None


def health(facts: dict[str, Any]) -> Health:
    """Return what `debug_token` says, naming each missing permission."""
    scopes = tuple(str(scope) for scope in facts.get("scopes") or ())
    ends = [facts.get(key) for key in ("expires_at", "data_access_expires_at")]
    dates = [datetime.fromtimestamp(end, UTC) for end in ends if isinstance(end, int) and end > 0]
    missing = [scope for scope in NEEDED_SCOPES if scope not in scopes]
    return Health(
        ok=bool(facts.get("is_valid", True)) and not missing,
        expires_at=min(dates, default=None),
        scopes=scopes,
        warnings=tuple(f"the permission {scope} is missing" for scope in missing),
    )


def _time(value: Any) -> datetime:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Temporary("Facebook answered a time we cannot read", status=200) from error


def fallback_url(remote_id: str) -> str:
    """Return the address Facebook leads on from, where it gave no better one."""
    return f"https://www.facebook.com/{remote_id}"


def comment_url(post_url: str, comment_id: str) -> str:
    """Return the address of a comment below its post."""
    if not post_url:
        return fallback_url(comment_id)
    glue = "&" if "?" in post_url else "?"
    return f"{post_url}{glue}{urlencode({'comment_id': comment_id.rpartition('_')[2]})}"
