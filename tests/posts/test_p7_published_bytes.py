"""P7: published bytes carry no location, device, author or thumbnail metadata; and what is refused at the door."""

from __future__ import annotations

import io
import struct
import zlib
from types import SimpleNamespace

import pytest
from django.core.files.storage import default_storage
from PIL import Image, PngImagePlugin

from divisions.errors import BadInput, NotAllowed, NotVisible
from posts.models import MediaAsset
from posts.services import media
from posts.services.media import MAX_BYTES, Blobs
from tests.stories import NOW, picture

SECRETS = (b"32.7767", b"SECRETCAM", b"Jane Author", b"GPS", b"photoshop", b"Exif", b"secret-comment")


def _with_everything(fmt: str) -> io.BytesIO:
    """A picture that says where, with what and by whom it was taken, in every way its format knows."""
    out = io.BytesIO()
    image = Image.new("RGB", (800, 600), "teal")
    exif = Image.Exif()
    exif[0x010F] = "SECRETCAM"
    exif[0x013B] = "Jane Author"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[29] = "N", (32.0, 46.0, 36.12), "2026:11:24"
    save: dict[str, object] = {"exif": exif}
    if fmt == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Author", "Jane Author secret-comment 32.7767")
        info.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>Jane Author photoshop 32.7767</x:xmpmeta>")
        save["pnginfo"] = info
    if fmt == "JPEG":
        save |= {"comment": b"secret-comment 32.7767", "xmp": b"<x:xmpmeta>photoshop Jane Author</x:xmpmeta>"}
    image.save(out, fmt, **save)
    out.seek(0)
    return out


def _add(d: SimpleNamespace, file: io.BytesIO, name: str = "photo.jpg") -> MediaAsset:
    return media.add(division=d.northeast, name=name, file=file, by=d.officer, alt_text="A teal card", now=NOW)


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_the_rendition_and_the_thumbnail_carry_no_metadata(department: SimpleNamespace, fmt: str) -> None:
    source = _with_everything(fmt)
    assert any(secret in source.getvalue() for secret in SECRETS), "the source must carry what is to be removed"
    row = _add(department, source)
    for sha in (row.sha256, row.thumb_sha256):
        data = Blobs().read(sha)
        assert [s for s in SECRETS if s in data] == []
        read = Image.open(io.BytesIO(data))
        assert dict(read.getexif()) == {}
        assert not set(read.info) & {"exif", "xmp", "comment", "icc_profile", "XML:com.adobe.xmp", "Author"}


def test_a_turned_photo_is_published_upright(department: SimpleNamespace) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    row = _add(department, picture(size=(400, 200), exif=exif))
    assert (row.width, row.height) == (200, 400)


def test_the_original_is_sealed_and_kept(department: SimpleNamespace) -> None:
    source = _with_everything("JPEG")
    row = _add(department, source)
    with default_storage.open(row.original_path) as file:
        assert file.read() == source.getvalue()


def test_a_large_photo_is_scaled_to_what_platforms_take(department: SimpleNamespace) -> None:
    row = _add(department, picture(size=(5000, 3000)))
    assert (row.width, row.height) == (2048, 1229)


def _bomb() -> io.BytesIO:
    """A PNG that says 20,000 x 20,000 pixels in a few bytes."""
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    out = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks:
        out += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return io.BytesIO(out)


def _truncated() -> io.BytesIO:
    data = picture(size=(900, 900)).getvalue()
    return io.BytesIO(data[: len(data) // 2])


BAD = {
    "empty": (lambda: io.BytesIO(b""), "empty"),
    "30 MB": (lambda: io.BytesIO(b"\xff\xd8" + b"0" * (MAX_BYTES + 1)), "20 MB"),
    "20,000 x 20,000 px": (_bomb, "at most 50 million"),
    "truncated": (_truncated, "damaged or cut off"),
    "not an image": (lambda: io.BytesIO(b"%PDF-1.7 not a picture"), "not a picture"),
    "svg": (lambda: io.BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "not a picture"),
}


@pytest.mark.parametrize(("make", "says"), BAD.values(), ids=BAD)
def test_a_bad_upload_is_refused_with_its_cure_and_leaves_nothing(
    department: SimpleNamespace, make: object, says: str
) -> None:
    with pytest.raises(BadInput, match=says) as refusal:
        _add(department, make())  # type: ignore[operator]
    assert refusal.value.field == "file"
    assert refusal.value.cure
    assert not MediaAsset.objects.exists()


def test_only_those_who_may_draft_add_to_a_library(department: SimpleNamespace) -> None:
    d = department
    with pytest.raises(NotVisible):
        media.add(division=d.northeast, name="a.jpg", file=picture(), by=d.stranger)
    with pytest.raises(NotAllowed):
        media.add(division=d.northeast, name="a.jpg", file=picture(), by=d.auditor)
