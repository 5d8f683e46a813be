"""The demo's film: drawn picture by picture, its captions beside it. The same bytes every time on one set of libraries.

Must not live here: how a scene is drawn (scenes/), pictures that stand still (pictures.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
from PIL import Image

from config.demo.scenes import bicycles

RATE, SECONDS = 10, 5
ALT = {
    "bike-lock": "A blue bicycle stands at a metal rack. A gold lock comes in and closes round its fork and the rack, "
    "then a red one round the front wheel and the rack.",
}
CAPTIONS = {
    "bike-lock": (
        "WEBVTT\n\n00:00.200 --> 00:02.400\nOne lock through the frame and the rack.\n\n"
        "00:02.600 --> 00:04.800\nOne through the wheel and the rack.\n"
    ),
}
_SCENES: dict[str, Callable[[float], Image.Image]] = {"bike-lock": bicycles.lock_film}


@cache
def draw(name: str) -> bytes:
    """The film of that name as MP4 (H.264, no sound, 5 s); KeyError: no film has that name."""
    scene = _SCENES[name]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        with av.open(str(path), "w") as out:
            track: Any = out.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "24"})
            track.width, track.height, track.pix_fmt = *bicycles.FILM, "yuv420p"
            for number in range(RATE * SECONDS):
                frame: Any = av.VideoFrame.from_image(scene(number / RATE))  # type: ignore[no-untyped-call]
                frame.pts = number
                out.mux(track.encode(frame))
            out.mux(track.encode())
        return path.read_bytes()
