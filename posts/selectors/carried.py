"""Pictures and videos on their way to a channel: which of them it takes, and how a connector sees them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.contract import Capabilities, Media
from posts.models import MediaAsset, RevisionMedia

_PICTURE, _VIDEO = "image", "video"
_ON_OUR_PAGES = ("poster", "duration_ms", "no_speech")  # of a payload's item; no connector sends these


def takes(item: MediaAsset | RevisionMedia, capabilities: Capabilities) -> bool:
    """Whether a channel can carry it at all. Size, number and file type are findings, not reasons to leave it out.

    A platform that carries nothing (a text message) keeps its pictures, as its connector knows not to send them.
    """
    if item.is_video:
        return _VIDEO in capabilities.media.kinds
    return _PICTURE in capabilities.media.kinds or not capabilities.media.kinds


def of_assets(assets: Iterable[MediaAsset]) -> tuple[Media, ...]:
    """What is in the library, as the connectors see it."""
    return tuple(_media(asset, asset.alt_text) for asset in assets)


def of_rows(rows: Iterable[RevisionMedia]) -> tuple[Media, ...]:
    """What was frozen, as the connectors see it."""
    return tuple(_media(row, row.alt) for row in rows)


def wire(item: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `Media` from one item of a delivery's frozen payload (see `schedule.payload_of`)."""
    return {name: value for name, value in item.items() if name not in _ON_OUR_PAGES}


def _media(item: MediaAsset | RevisionMedia, alt: str) -> Media:
    return Media(
        sha256=item.sha256,
        mime=item.mime,
        alt=alt,
        credit=item.credit,
        width=item.width,
        height=item.height,
        size_bytes=item.size_bytes,
        captions=item.captions_sha256,
    )
