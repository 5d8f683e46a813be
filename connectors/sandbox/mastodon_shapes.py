"""How the sandbox's Mastodon writes things down: statuses as HTML, accounts, media, what a server says of itself. Pure.

Names are those of the OpenAPI file of API 4.7, against which the tests check every answer.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import quote

from connectors.mastodon_shapes import SANDBOX_APP
from connectors.sandbox.store import OUR_APP, Account, Post, Store

IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
SCOPES = "read:accounts read:statuses write:statuses write:media read:notifications"
SHOWN_OF_A_LINK = 30
_PARTS = re.compile(r"(?P<link>https?://[^\s<>\"]+)|(?<![\w&/])#(?P<tag>\w*[^\W\d]\w*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How one server differs from the other."""

    prefix: str
    version: str
    max_text: int
    max_media: int
    url_length: int
    alt_max: int
    keeps_keys: bool
    has_v2: bool
    names_app: bool


MASTODON = Manner(
    prefix="/mastodon",
    version="4.7.0",
    max_text=500,
    max_media=4,
    url_length=23,
    alt_max=1_500,
    keeps_keys=True,
    has_v2=True,
    names_app=True,
)
LOOKALIKE = Manner(
    prefix="/lookalike",
    version="0.20.0 (compatible; Sandbox)",
    max_text=5_000,
    max_media=6,
    url_length=25,
    alt_max=1_500,
    keeps_keys=False,
    has_v2=False,
    names_app=False,
)


def status(store: Store, owner: Account, post: Post, manner: Manner, origin: str) -> dict[str, Any]:
    """Return a status with every field the spec requires, as its own author sees it."""
    counts = len(store.comments(post.root)) if post.id == post.root else 0
    edited = post.updated_at[:19] > post.created_at[:19]
    parent = store.post(post.reply_to) if post.reply_to else None
    parents = None if parent is None else stranger(parent.author)["id"] if parent.author else owner.remote_id
    body: dict[str, Any] = {
        "id": post.id,
        "uri": f"{origin}{manner.prefix}/users/{quote(owner.handle)}/statuses/{post.id}",
        "url": f"{origin}/see/mastodon/{quote(owner.handle)}/status/{post.id}/",
        "created_at": time_of(post.created_at),
        "edited_at": time_of(post.updated_at) if edited else None,
        "account": stranger(post.author) if post.author else account(owner, origin),
        "content": html(post.text, origin),
        "visibility": "public",
        "sensitive": False,
        "spoiler_text": "",
        "language": "en",
        "in_reply_to_id": post.reply_to or None,
        "in_reply_to_account_id": parents,
        "media_attachments": [media(owner, item, origin, ready=True) for item in post.media],
        "mentions": [],
        "tags": [{"name": tag, "url": f"{origin}/tags/{quote(tag)}"} for tag in _tags(post.text)],
        "emojis": [],
        "replies_count": counts,
        "reblogs_count": 0,
        "favourites_count": 0,
        "quotes_count": 0,
        "reblog": None,
        "card": None,
        "poll": None,
    }
    if manner.names_app and not post.author:
        name = SANDBOX_APP if post.app == OUR_APP else "Another app"
        body["application"] = {"name": name, "website": None}
    return body


def account(owner: Account, origin: str) -> dict[str, Any]:
    """Return an account of the network."""
    fields = [{"name": "Website", "value": html(owner.website, origin), "verified_at": None}] if owner.website else []
    return {
        "id": owner.remote_id,
        "username": owner.handle,
        "acct": owner.handle,
        "display_name": owner.name,
        "note": html(owner.bio, origin),
        "uri": f"{origin}/mastodon/users/{quote(owner.handle)}",
        "url": f"{origin}/see/mastodon/{quote(owner.handle)}/",
        "avatar": owner.picture or f"{origin}/avatars/original/missing.png",
        "avatar_static": owner.picture or f"{origin}/avatars/original/missing.png",
        "header": f"{origin}/headers/original/missing.png",
        "header_static": f"{origin}/headers/original/missing.png",
        "locked": owner.protected,
        "bot": False,
        "group": False,
        "indexable": True,
        "discoverable": True,
        "created_at": "2020-01-01T00:00:00.000Z",
        "statuses_count": 0,
        "followers_count": 0,
        "following_count": 0,
        "emojis": [],
        "fields": fields,
    }


def credentials(owner: Account, origin: str) -> dict[str, Any]:
    """Return an account as it sees itself: with what was written, and its rights on the server."""
    fields = [{"name": "Website", "value": owner.website, "verified_at": None}] if owner.website else []
    source: dict[str, Any] = {
        "note": owner.bio,
        "fields": fields,
        "privacy": "public",
        "sensitive": False,
        "language": "en",
        "follow_requests_count": 0,
        "indexable": True,
        "quote_policy": "public",
        "attribution_domains": [],
    }
    role = {"id": "-99", "name": "", "color": "", "permissions": "65536", "highlighted": False}
    return {**account(owner, origin), "source": source, "role": role}


def stranger(name: str) -> dict[str, Any]:
    """Return a member of the public, on a server of their own."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big")
    user = re.sub(r"\W", "_", name)[:30]
    made = Account(platform="mastodon", handle=user, name=name, remote_id=str(10**14 + number))
    return {**account(made, "https://elsewhere.example"), "acct": f"{user}@elsewhere.example"}


def media(owner: Account, item: dict[str, str], origin: str, *, ready: bool) -> dict[str, Any]:
    """Return an attachment; without an address while it is processed."""
    address = f"{origin}/see/mastodon/{quote(owner.handle)}/media/{item['sha256']}"
    return {
        "id": item["id"],
        "type": "image" if item["mime"] != "video/mp4" else "video",
        "url": address if ready else None,
        "preview_url": address if ready else None,
        "remote_url": None,
        "description": item["alt"] or None,
        "meta": {},
        "blurhash": None,
    }


def instance(manner: Manner, origin: str, version: str) -> dict[str, Any]:
    """Return what a server says of itself, by the page of version 1 or 2."""
    domain = origin.partition("//")[2]
    limits: dict[str, Any] = {
        "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
        "statuses": {
            "max_characters": manner.max_text,
            "max_media_attachments": manner.max_media,
            "characters_reserved_per_url": manner.url_length,
        },
        "media_attachments": {
            "supported_mime_types": [*IMAGES, "video/mp4"],
            "description_limit": manner.alt_max,
            "image_size_limit": 16 * 1024 * 1024,
            "image_matrix_limit": 33_177_600,
            "video_size_limit": 103_809_024,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8_294_400,
        },
        "polls": {
            "max_options": 4,
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2_629_746,
        },
    }
    common = {"title": "Sandbox", "version": manner.version, "languages": ["en"], "rules": [], "configuration": limits}
    if version == "v1":
        return {
            **common,
            "uri": domain,
            "short_description": "A made-up server.",
            "description": "A made-up server.",
            "email": "staff@sandbox.example",
            "urls": {"streaming_api": "wss://sandbox.example"},
            "stats": {"user_count": 1, "status_count": 1, "domain_count": 1},
            "registrations": False,
            "approval_required": False,
            "invites_enabled": False,
        }
    more = {
        "urls": {"streaming": "wss://sandbox.example"},
        "vapid": {"public_key": "made-up"},
        "translation": {"enabled": False},
    }
    return {
        **common,
        "configuration": {**limits, **more},
        "domain": domain,
        "source_url": "https://github.com/mastodon/mastodon",
        "description": "A made-up server.",
        "usage": {"users": {"active_month": 1}},
        "thumbnail": {"url": f"{origin}/thumbnail.png"},
        "icon": [],
        "registrations": {"enabled": False, "approval_required": False, "message": None},
        "contact": {"email": "staff@sandbox.example", "account": None},
        "api_versions": {"mastodon": 10},
    }


def html(text: str, origin: str) -> str:
    """Return words as Mastodon shows them: paragraphs, breaks, links cut in three, hashtags."""
    if not text:
        return ""
    paragraphs = re.split(r"\n{2,}", text)
    return "".join(f"<p>{_inline(paragraph, origin)}</p>" for paragraph in paragraphs)


def time_of(at: str) -> str:
    """Return a stored time as Mastodon writes it: milliseconds and Z."""
    return datetime.fromisoformat(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _tags(text: str) -> list[str]:
    return list(dict.fromkeys(match["tag"].lower() for match in _PARTS.finditer(text) if match["tag"]))


def _inline(text: str, origin: str) -> str:
    shown, last = "", 0
    for match in _PARTS.finditer(text):
        shown += escape(text[last : match.start()], quote=False)
        shown += _link(match["link"]) if match["link"] else _tag(match["tag"], origin)
        last = match.end()
    return (shown + escape(text[last:], quote=False)).replace("\n", "<br />")


def _link(address: str) -> str:
    scheme, _, rest = address.partition("://")
    head, tail = escape(rest[:SHOWN_OF_A_LINK]), escape(rest[SHOWN_OF_A_LINK:])
    return (
        f'<a href="{escape(address)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{scheme}://</span><span class="{"ellipsis" if tail else ""}">{head}</span>'
        f'<span class="invisible">{tail}</span></a>'
    )


def _tag(tag: str, origin: str) -> str:
    return f'<a href="{origin}/tags/{quote(tag.lower())}" class="mention hashtag" rel="tag">#<span>{tag}</span></a>'
