"""A small flat-drawing canvas over Pillow, and the calm palette all scenes share.

Lives here: shapes, glows, soft curves, the colours. Must not live here: any particular picture. Everything is
drawn at twice the size and scaled down once, so that edges come out smooth and the same on every machine.
"""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFilter, ImageFont

SCALE = 2
JPEG_QUALITY = 86
Point = tuple[float, float]
Path = Sequence[Point] | str  # points, or "x,y x,y …" as in SVG

NAVY, NIGHT, BLUE, STEEL, MIST, ICE = "#162e51", "#0f2038", "#1a4480", "#4a77b4", "#98afd2", "#edf5ff"
INK, SLATE, GRAY, SILVER, PALE, WHITE = "#1c1d1f", "#565c65", "#8d9297", "#c6cace", "#f1f3f6", "#ffffff"
GOLD, HONEY, CREAM, SAND, WOOD, BARK = "#e5a000", "#ffbe2e", "#fef0c8", "#e8dfcf", "#b98f62", "#7a5a3c"
GREEN, LEAF, SAGE, MINT = "#146947", "#2e8367", "#7fb59f", "#dbf6ed"
RED, ROSE, BRICK, PEACH = "#b21d38", "#f8dfe2", "#bf6f57", "#f4c3a0"
VIOLET, LILAC = "#54278f", "#d0c3e9"


def tint(color: str, alpha: float) -> str:
    """The colour at that opacity (0 to 1), as #rrggbbaa."""
    return f"{color}{round(alpha * 255):02x}"


class Canvas:
    """One picture of `width` x `height` units; all coordinates are in those units."""

    def __init__(self, width: int, height: int, ground: str) -> None:
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width * SCALE, height * SCALE), ground)
        self.pen = ImageDraw.Draw(self.image, "RGBA")

    def rect(self, x: float, y: float, w: float, h: float, fill: str, r: float = 0) -> None:
        """A rectangle from its upper left corner, with round corners of radius `r`."""
        box = (x * SCALE, y * SCALE, (x + w) * SCALE - 1, (y + h) * SCALE - 1)
        self.pen.rounded_rectangle(box, radius=r * SCALE, fill=fill)

    def oval(self, x: float, y: float, rx: float, ry: float, fill: str) -> None:
        """An ellipse round its centre."""
        self.pen.ellipse([(x - rx) * SCALE, (y - ry) * SCALE, (x + rx) * SCALE, (y + ry) * SCALE], fill=fill)

    def dot(self, x: float, y: float, r: float, fill: str) -> None:
        """A circle round its centre."""
        self.oval(x, y, r, r, fill)

    def ring(self, x: float, y: float, r: float, fill: str, width: float) -> None:
        """A circle's outline, `width` inwards from `r`."""
        box = [(x - r) * SCALE, (y - r) * SCALE, (x + r) * SCALE, (y + r) * SCALE]
        self.pen.ellipse(box, outline=fill, width=round(width * SCALE))

    def arc(self, x: float, y: float, rx: float, ry: float, turn: tuple[float, float], fill: str, w: float) -> None:
        """Part of an ellipse's outline, from `turn[0]` to `turn[1]` degrees clockwise from three o'clock."""
        box = [(x - rx) * SCALE, (y - ry) * SCALE, (x + rx) * SCALE, (y + ry) * SCALE]
        self.pen.arc(box, turn[0], turn[1], fill=fill, width=round(w * SCALE))

    def poly(self, points: Path, fill: str) -> None:
        """A filled polygon."""
        self.pen.polygon([(x * SCALE, y * SCALE) for x, y in _points(points)], fill=fill)

    def blob(self, points: Path, fill: str) -> None:
        """A filled closed curve that runs smoothly through all points."""
        self.poly(_smooth(_points(points), closed=True), fill)

    def line(self, points: Path, fill: str, width: float, *, soft: bool = False) -> None:
        """A stroke with round ends and joints; `soft` bends it smoothly through the points."""
        path = _smooth(_points(points), closed=False) if soft else _points(points)
        scaled = [(x * SCALE, y * SCALE) for x, y in path]
        self.pen.line(scaled, fill=fill, width=round(width * SCALE), joint="curve")
        if len(fill) == 7:  # a see-through stroke would show its end caps twice
            for x, y in (path[0], path[-1]):
                self.dot(x, y, width / 2 - 0.25, fill)

    def fade(self, top: str, bottom: str, y: float = 0, h: float | None = None) -> None:
        """A band of colour running from `top` to `bottom`, over the whole width."""
        first, last = _rgb(top), _rgb(bottom)
        start, rows = round(y * SCALE), round((self.height - y if h is None else h) * SCALE)
        for row in range(rows):
            share = row / max(rows - 1, 1)
            color = tuple(round(a + (b - a) * share) for a, b in zip(first, last, strict=True))
            self.pen.line([(0, start + row), (self.width * SCALE, start + row)], fill=color)

    def glow(self, x: float, y: float, r: float, color: str, strength: float) -> None:
        """A soft light round a point; `strength` is its opacity in the middle."""
        half = r * 0.55
        around = [(x - half, y), (x, y - half), (x + half, y), (x, y + half)]
        self.haze(around, color, strength, r * 0.3)

    def haze(self, points: Path, color: str, strength: float, blur: float) -> None:
        """A smooth shape with a blurred edge: beams, shadows, light on the ground."""
        small = (self.width // 2, self.height // 2)  # blurred anyway, so drawn small: eight times faster
        mask = Image.new("L", small, 0)
        path = [(px / 2, py / 2) for px, py in _smooth(_points(points), closed=True)]
        ImageDraw.Draw(mask).polygon(path, fill=round(strength * 255))
        mask = mask.filter(ImageFilter.GaussianBlur(blur / 2)).resize(self.image.size, Image.Resampling.BILINEAR)
        self.image.paste(Image.new("RGB", self.image.size, color), mask=mask)
        self.pen = ImageDraw.Draw(self.image, "RGBA")

    def text(self, x: float, y: float, words: str, fill: str, size: float, anchor: str = "mm") -> None:
        """Words in Pillow's own built-in face, so that no font of the machine is needed."""
        font = ImageFont.load_default(size * SCALE)
        self.pen.text((x * SCALE, y * SCALE), words, fill=fill, font=font, anchor=anchor)

    def jpeg(self) -> bytes:
        """The picture as JPEG bytes, without any metadata."""
        out = io.BytesIO()
        small = self.image.resize((self.width, self.height), Image.Resampling.LANCZOS)
        small.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
        return out.getvalue()


def _points(path: Path) -> list[Point]:
    if not isinstance(path, str):
        return list(path)
    pairs = (pair.split(",") for pair in path.split())
    return [(float(x), float(y)) for x, y in pairs]


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _smooth(points: list[Point], *, closed: bool, steps: int = 14) -> list[Point]:
    """A Catmull-Rom curve through the points."""
    count = len(points)
    ring = [points[-1], *points, points[0], points[1]] if closed else [points[0], *points, points[-1]]
    path: list[Point] = []
    for index in range(count if closed else count - 1):
        a, b, c, d = ring[index : index + 4]
        for share in (step / steps for step in range(steps)):
            path.append((_bend(a[0], b[0], c[0], d[0], share), _bend(a[1], b[1], c[1], d[1], share)))
    return path if closed else [*path, points[-1]]


def _bend(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)
