"""A picture or video as the desk's pages draw it: its still, its file, how long it runs. No queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from posts.models import MediaAsset, MediaState, RevisionMedia
from posts.selectors.published import CAPTIONS_MIME, STILL_MIME, clock, file_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """`url` is one picture to draw, empty while there is none; `file` is what it stands for."""

    url: str
    file: str
    alt: str
    credit: str
    width: int
    height: int
    is_video: bool = False
    length: str = ""
    captions: str = ""
    no_speech: bool = False
    state: str = MediaState.READY.value

    @property
    def noun(self) -> str:
        """What to call it."""
        return "video" if self.is_video else "picture"


def of(item: MediaAsset | RevisionMedia) -> Shown:
    """One of the library, or as it was frozen."""
    still = _still(item)
    return Shown(
        url=still,
        file=file_path(item.sha256, item.mime) if item.sha256 else "",
        alt=item.alt_text if isinstance(item, MediaAsset) else item.alt,
        credit=item.credit,
        width=item.width,
        height=item.height,
        is_video=item.is_video,
        length=clock(item.duration_ms),
        captions=file_path(item.captions_sha256, CAPTIONS_MIME) if item.captions_sha256 else "",
        no_speech=item.no_speech,
        state=item.state if isinstance(item, MediaAsset) else MediaState.READY.value,
    )


def all_of(items: Iterable[MediaAsset | RevisionMedia]) -> list[Shown]:
    """Several, in order."""
    return [of(item) for item in items]


def thumb(asset: MediaAsset) -> str:
    """Where the small picture of one in the library is read; empty while a video is being made ready."""
    return file_path(asset.thumb_sha256, STILL_MIME) if asset.thumb_sha256 else ""


def _still(item: MediaAsset | RevisionMedia) -> str:
    if not item.is_video:
        return file_path(item.sha256, item.mime)
    return file_path(item.poster_sha256, STILL_MIME) if item.poster_sha256 else ""
