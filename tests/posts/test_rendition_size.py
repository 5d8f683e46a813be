"""A picture's clean copy is small enough for every platform, whatever came in."""

from __future__ import annotations

import io
import os
from types import SimpleNamespace

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from connectors.facts import CAPABILITIES
from posts.services import media
from tests.stories import NOW

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("mode", "fmt"), [("RGB", "JPEG"), ("L", "PNG")])
def test_the_noisiest_picture_still_fits_every_platform(department: SimpleNamespace, mode: str, fmt: str) -> None:
    d, side = department, 2048
    noise = Image.frombytes(mode, (side, side), os.urandom(side * side * len(mode)))
    out = io.BytesIO()
    noise.save(out, fmt, quality=95)
    out.seek(0)
    row = media.add(
        division=d.northeast, name="noise.jpg", file=out, by=d.officer, alt_text="Noise", credit="Test PD", now=NOW
    )
    most = min(c.media.max_bytes for c in CAPABILITIES.values() if c.media.max_bytes and "image" in c.media.kinds)
    assert row.size_bytes <= most
    assert row.size_bytes == default_storage.size(media.path_of(row.sha256))
