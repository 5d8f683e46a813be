"""Takes a picture in: looks before it decodes, re-encodes it without metadata (P7), seals the original.

Renditions are made here, at upload, never at send. Files are named by their hash and never change. Videos
are `videos`'.
"""

from __future__ import annotations

import hashlib
import io
import uuid
import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import IO, cast

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from pillow_heif import register_heif_opener

from divisions import access
from divisions.errors import BadInput
from divisions.models import Division, User
from divisions.permissions import Right
from posts.models import MediaAsset
from records.services import ledger

register_heif_opener()

PIECE = 1024 * 1024  # of a file that is read in pieces
MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 50_000_000  # 8,660 x 5,773: more than a phone takes, less than a decompression bomb
MAX_SIDE = 2048  # of the rendition; every platform scales down to this or less
MAX_RENDITION_BYTES = 2_000_000  # Bluesky takes no more; X 5 MB, the others more still
QUALITIES = (88, 80, 70, 60)  # of a JPEG, until it is small enough
THUMB_SIDE = 480
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF")


class Blobs:
    """Reads renditions by hash for the connectors (`connectors.contract.BlobReader`)."""

    def read(self, sha256: str) -> bytes:
        """The bytes; raises FileNotFoundError when the storage has lost them."""
        with self.open(sha256) as file:
            return bytes(file.read())

    def open(self, sha256: str) -> IO[bytes]:
        """The same as a file to be read in pieces, for what is too big to hold; whoever opens it closes it."""
        return cast("IO[bytes]", default_storage.open(path_of(sha256)))

    def hash_of(self, sha256: str) -> str:
        """The hash that the stored bytes really have, read in pieces; raises FileNotFoundError as `read`."""
        with self.open(sha256) as file:
            return hash_of(file)


def hash_of(file: IO[bytes]) -> str:
    """The hash of a file from its start, read in pieces; 64 hex digits."""
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()


def path_of(sha256: str) -> str:
    """Where a rendition stands in the private storage."""
    return f"renditions/{sha256[:2]}/{sha256}"


@transaction.atomic
def add(
    *,
    division: Division,
    name: str,
    file: IO[bytes],
    by: User | None,
    alt_text: str = "",
    credit: str = "",
    now: datetime | None = None,
) -> MediaAsset:
    """Take one picture into the division's library.

    Raises BadInput (field `file`) for more than 20 MB, more than 50 megapixels, an unknown format, or a file that is
    cut off; NotAllowed without `draft_post`.
    """
    access.require(by, Right.DRAFT_POST, division)
    data = file.read(MAX_BYTES + 1)
    picture = _decode(data)
    body, mime, size = _rendition(picture)
    thumb = jpeg(_within(picture, THUMB_SIDE))
    original = f"originals/{uuid.uuid4().hex}"
    default_storage.save(original, ContentFile(data))
    asset = MediaAsset(
        division=division,
        uploaded_by=by,
        created_at=now or timezone.now(),
        original_name=name[-200:],
        original_path=original,
        original_sha256=hashlib.sha256(data).hexdigest(),
        sha256=store(body),
        thumb_sha256=store(thumb),
        mime=mime,
        width=size[0],
        height=size[1],
        size_bytes=len(body),
        alt_text=alt_text.strip(),
        credit=credit.strip(),
    )
    asset.full_clean(exclude=["uploaded_by"])
    asset.save()
    remember("posts.media.added", asset, by, now, {"name": asset.original_name, "sha256": asset.sha256})
    return asset


@transaction.atomic
def describe(
    *, asset: MediaAsset, alt_text: str, credit: str, by: User | None, now: datetime | None = None
) -> MediaAsset:
    """Change the picture text and credit in the library; what was approved with the old ones keeps them.

    Raises BadInput (field `alt_text` or `credit`) when one is too long.
    """
    access.require(by, Right.DRAFT_POST, asset.division)
    row = MediaAsset.objects.select_for_update(of=("self",)).select_related("division").get(pk=asset.pk)
    alt_text, credit = alt_text.strip(), credit.strip()
    for field, value, limit in (("alt_text", alt_text, 1000), ("credit", credit, 200)):
        if len(value) > limit:
            raise BadInput(field, f"{len(value)} of {limit} characters.", cure=f"Shorten by {len(value) - limit}.")
    if (row.alt_text, row.credit) == (alt_text, credit):
        return row
    row.alt_text, row.credit = alt_text, credit
    row.save(update_fields=["alt_text", "credit"])
    remember("posts.media.described", row, by, now, {"alt_text": alt_text, "credit": credit})
    return row


@dataclass(frozen=True, slots=True)
class Clean:
    """A picture re-encoded from its pixels alone."""

    body: bytes
    mime: str
    size: tuple[int, int]


def clean(data: bytes) -> Clean:
    """A picture without anything but its pixels, for a room that keeps pictures of its own. Errors as `add`."""
    return Clean(*_rendition(_decode(data)))


def _decode(data: bytes) -> Image.Image:
    if not data:
        raise BadInput("file", "The file is empty.", cure="Choose the picture again.")
    if len(data) > MAX_BYTES:
        raise BadInput("file", "The picture has more than 20 MB.", cure="Save it smaller and try again.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures; the limit below is ours
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise _too_many_pixels(f"{width} × {height}")
            picture.load()
    except Image.DecompressionBombError as error:
        raise _too_many_pixels("far too many") from error
    except UnidentifiedImageError as error:
        raise BadInput(
            "file", "This is not a picture that can be read.", cure="Use a JPEG, PNG, WebP, GIF or HEIC file."
        ) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise BadInput("file", "The picture is damaged or cut off.", cure="Copy it from the camera again.") from error
    return ImageOps.exif_transpose(picture)


def _too_many_pixels(how_many: str) -> BadInput:
    return BadInput(
        "file",
        f"The picture has {how_many} pixels; at most 50 million are taken.",
        cure="Save it at 4000 pixels wide and try again.",
    )


def _rendition(picture: Image.Image) -> tuple[bytes, str, tuple[int, int]]:
    """Re-encode from the pixels alone, so that no location, device, author or thumbnail can survive."""
    small = _within(picture, MAX_SIDE)
    if picture.mode in ("P", "L", "1", "RGBA", "LA"):
        out = io.BytesIO()
        _bare(small).save(out, "PNG", optimize=True)
        if out.tell() <= MAX_RENDITION_BYTES:
            return out.getvalue(), "image/png", small.size
    data = jpeg(small)
    while len(data) > MAX_RENDITION_BYTES:  # noise at its worst quality: fewer pixels
        small = _within(small, max(small.size) * 3 // 4)
        data = jpeg(small)
    return data, "image/jpeg", small.size


def _within(picture: Image.Image, side: int) -> Image.Image:
    copy = _srgb(picture)
    copy.thumbnail((side, side), Image.Resampling.LANCZOS)
    return copy


def _srgb(picture: Image.Image) -> Image.Image:
    rgba = picture.convert("RGBA") if "A" in picture.getbands() or "transparency" in picture.info else None
    flat = Image.new("RGB", picture.size, "white")
    if rgba is not None:
        flat.paste(rgba, mask=rgba.getchannel("A"))
        return flat
    profile = picture.info.get("icc_profile")
    if profile and picture.mode == "RGB":
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"))
            return converted if converted is not None else picture.convert("RGB")
        except ImageCms.PyCMSError:
            return picture.convert("RGB")
    return picture.convert("RGB")


def _bare(picture: Image.Image) -> Image.Image:
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    return bare


def jpeg(picture: Image.Image) -> bytes:
    """The pixels of a picture and nothing else, as a JPEG file; of less quality where it is too big."""
    for quality in QUALITIES:
        out = io.BytesIO()
        _bare(picture).save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= MAX_RENDITION_BYTES:
            break
    return out.getvalue()


def store(data: bytes) -> str:
    """Put bytes into the storage under their own hash; returns it."""
    sha256 = hashlib.sha256(data).hexdigest()
    if not default_storage.exists(path_of(sha256)):
        default_storage.save(path_of(sha256), ContentFile(data))
    return sha256


def remember(kind: str, asset: MediaAsset, by: User | None, now: datetime | None, data: dict[str, object]) -> None:
    """Write a ledger entry about one of the library, in the caller's transaction."""
    ledger.remember(kind, ("media", asset.pk), by=by, now=now, data=data, division=asset.division)
