"""Small videos made on the spot: what a camera would write, with everything that must not be published."""

from __future__ import annotations

import io
import struct
from datetime import datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
from PIL import Image

from divisions.models import Division, User
from posts.models import MediaAsset
from posts.services import videos
from tests.stories import NOW

PLACE, CAMERA, AUTHOR, NOTE, DAY = "+32.7767-096.7970/", "TELLTALE-9", "Jane Author", "secret-comment", "2026-01-02"
SECRETS = tuple(word.encode() for word in (PLACE, CAMERA, AUTHOR, NOTE, DAY, "x264", "Lavf"))
TURNED = (0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)  # a quarter clockwise, as phones note it
CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:01.500\nOak Street is closed.\n"


@cache
def film(
    *,
    seconds: int = 2,
    size: tuple[int, int] = (160, 90),
    codec: str = "libx264",
    sound: str = "aac",
    fmt: str = "mp4",
    rate: int = 10,
    told: bool = True,
) -> bytes:
    """A video file that gets redder by the second; `told` = it says where, when, by whom and with what."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"film.{fmt}"
        with av.open(str(path), "w", format=fmt, options={"movflags": "use_metadata_tags"}) as out:
            picture: Any = out.add_stream(codec, rate=rate)
            picture.width, picture.height, picture.pix_fmt = *size, "yuv420p"
            voice: Any = out.add_stream(sound, rate=48_000) if sound else None
            if voice is not None:
                voice.codec_context.layout = "stereo"
            if told:
                _tell(out, picture)
            for number in range(seconds * rate):
                frame = av.VideoFrame.from_image(Image.new("RGB", size, (number * 10 % 256, 40, 90)))
                frame.pts = number
                out.mux(picture.encode(frame))
            out.mux(picture.encode())
            if voice is not None:
                _hum(out, voice, seconds)
        return path.read_bytes()


def _tell(out: Any, picture: Any) -> None:
    out.metadata.update(
        {
            "location": PLACE,
            "com.apple.quicktime.location.ISO6709": PLACE,
            "com.apple.quicktime.model": CAMERA,
            "make": CAMERA,
            "artist": AUTHOR,
            "comment": NOTE,
            "creation_time": f"{DAY}T03:04:05Z",
        }
    )
    picture.metadata["handler_name"] = CAMERA


def _hum(out: Any, voice: Any, seconds: int) -> None:
    kind = voice.codec_context.format.name
    for number in range(seconds * 48_000 // 1024):
        frame = av.AudioFrame(format=kind, layout="stereo", samples=1024)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 1024, Fraction(1, 48_000)
        out.mux(voice.encode(frame))
    out.mux(voice.encode())


def turned(data: bytes) -> bytes:
    """The same as a phone held upright writes it: pictures lying, and a note how to turn them."""
    at = data.find(b"tkhd") + 44
    return data[:at] + struct.pack(">9i", *TURNED) + data[at + 36 :]


def added(division: Division, by: User, data: bytes | None = None, *, now: datetime = NOW, **more: Any) -> MediaAsset:
    """A video in a division's library that waits for its clean copy."""
    data = film() if data is None else data
    words = {"alt_text": "A red card that gets brighter", "credit": "Test PD, own video", **more}
    return videos.add(
        division=division, name="film.mp4", file=io.BytesIO(data), size_bytes=len(data), by=by, now=now, **words
    )


def ready(division: Division, by: User, *, captions: str = CAPTIONS, now: datetime = NOW, **more: Any) -> MediaAsset:
    """A video that may be said, with captions."""
    asset = added(division, by, now=now, **more)
    made = videos.make_one(now=now)
    assert made is not None
    assert made.pk == asset.pk, "another one waited"
    assert made.is_ready, made.problem
    return videos.caption(asset=made, text=captions, no_speech=not captions, by=by, now=now)
