"""A post in the words of schema.org, for search engines. A data block: no browser runs it, so the policy lets it be."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from posts.selectors.published import Picture, Published

# Inside <script> only these could end the block; as JSON escapes they mean the same.
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


def article(post: Published, *, publisher: str) -> SafeString:
    """The `<script type="application/ld+json">` element of a post."""
    block = json.dumps(_article(post, publisher), ensure_ascii=False).translate(_ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{block}</script>')  # noqa: S308


def _article(post: Published, publisher: str) -> dict[str, Any]:
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": post.title,
        "description": post.excerpt,
        "datePublished": post.at.isoformat(),
        "dateModified": post.changed_at.isoformat(),
        "inLanguage": post.revision.language,
        "mainEntityOfPage": f"{settings.BASE_URL}{post.url}",
        "author": _body(post.division.name, post.division.get_absolute_url()),
        "publisher": _body(publisher, "/"),
    }
    if post.pictures:
        data["image"] = [f"{settings.BASE_URL}{picture.still_url}" for picture in post.pictures]
    if films := [_film(post, picture) for picture in post.pictures if picture.is_video]:
        data["video"] = films
    if post.was_wrong:
        data["correction"] = {
            "@type": "CorrectionComment",
            "text": post.was_wrong,
            "datePublished": post.changed_at.isoformat(),
        }
    if post.revision.expires_at:
        data["expires"] = post.revision.expires_at.isoformat()
    return data


def _body(name: str, path: str) -> dict[str, str]:
    return {"@type": "GovernmentOrganization", "name": name, "url": f"{settings.BASE_URL}{path}"}


def _film(post: Published, film: Picture) -> dict[str, Any]:
    return {
        "@type": "VideoObject",
        "name": post.title,
        "description": film.alt,
        "thumbnailUrl": f"{settings.BASE_URL}{film.still_url}",
        "contentUrl": f"{settings.BASE_URL}{film.url}",
        "uploadDate": post.at.isoformat(),
        "duration": f"PT{round((film.duration_ms or 0) / 1000)}S",
    }
