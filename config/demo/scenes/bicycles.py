"""Scenes with a bicycle in them.

One function a picture; its length is coordinates, not logic. Must not live here: shapes any scene could use.
"""

from functools import cache

from PIL import Image, ImageDraw

from config.demo.scenes.canvas import (
    BARK,
    BLUE,
    CREAM,
    GOLD,
    GREEN,
    HONEY,
    ICE,
    INK,
    LEAF,
    MINT,
    NAVY,
    RED,
    SLATE,
    WHITE,
    Canvas,
    tint,
)
from config.demo.scenes.parts import bicycle, cone, houses


def bicycle_sticker() -> Canvas:
    """A bicycle; a lens shows the numbered sticker on its frame."""
    c = Canvas(1600, 900, MINT)
    c.rect(0, 770, 1600, 130, "#bfe6d9")
    c.haze("300,786 700,776 1120,786 700,800", GREEN, 0.3, 8)
    bicycle(c, 430, 780, 1.12, GREEN)
    c.line([(1120, 460), (1300, 640)], SLATE, 34)
    c.dot(990, 320, 212, NAVY)
    c.dot(990, 320, 190, ICE)
    c.poly("812,402 1150,214 1176,262 840,452", GREEN)
    c.rect(862, 262, 256, 116, WHITE, 12)
    c.rect(862, 262, 256, 36, BLUE, 12)
    c.rect(862, 284, 256, 14, BLUE)
    c.text(990, 338, "0 4 1 7", INK, 52)
    c.arc(990, 320, 168, 168, (200, 250), tint(WHITE, 0.9), 12)
    return c


def bike_rodeo() -> Canvas:
    """Cones in a winding line on a parking lot, and a child's bicycle."""
    c = Canvas(1600, 900, ICE)
    c.fade("#cfe4f4", "#fdf6e3", 0, 380)
    for x, s in ((100, 1.1), (300, 0.8), (1240, 0.9), (1480, 1.2)):
        c.rect(x - 10, 300, 20, 100, BARK)
        c.dot(x, 260, 90 * s, LEAF)
    c.rect(0, 376, 1600, 524, "#4b5562")
    for x in range(-100, 1700, 230):
        c.poly([(x, 376), (x + 14, 376), (x - 60, 470), (x - 80, 470)], tint(WHITE, 0.6))
    path = [(-40, 700), (200, 560), (430, 760), (690, 570), (930, 770), (1180, 600), (1420, 780), (1660, 680)]
    c.line(path, tint(HONEY, 0.85), 14, soft=True)
    for x, y, s in (
        (250, 700, 0.75),
        (490, 610, 0.65),
        (735, 720, 0.85),
        (985, 630, 0.7),
        (1230, 745, 0.9),
        (1450, 640, 0.7),
    ):
        cone(c, x, y, s)
    c.haze("260,858 460,848 660,858 460,872", "#000000", 0.4, 8)
    bicycle(c, 330, 866, 0.52, RED)
    c.line("40,110 800,190 1560,110", SLATE, 4, soft=True)
    for x, color in (
        (160, GOLD),
        (360, BLUE),
        (560, RED),
        (760, GREEN),
        (960, GOLD),
        (1160, BLUE),
        (1360, RED),
    ):
        sag = 186 - 76 * ((x - 800) / 760) ** 2
        c.poly([(x - 34, sag - 4), (x + 34, sag - 4), (x, sag + 66)], color)
    return c


FILM = (960, 540)


@cache
def _at_the_rack() -> Image.Image:
    """Where the film takes place, without its locks, as big as the film."""
    c = Canvas(1600, 900, MINT)
    c.fade("#e8f3ee", "#cfe3da", 0, 900)
    houses(c, 600, ("#d7e4dc", "#e9e2d2", "#c9dbe2"), CREAM, seed=31)
    c.rect(0, 596, 1600, 304, "#b7bec6")
    c.line("1040,770 1040,420 1120,360 1200,420 1200,770", SLATE, 26, soft=True)
    bicycle(c, 420, 780, 1.15, BLUE)
    return c.image.resize(FILM, Image.Resampling.LANCZOS)


def lock_film(at_s: float) -> Image.Image:
    """The film at a second, 960 x 540: a gold lock comes to frame and rack, then a red one to the front wheel."""
    picture = _at_the_rack().copy()
    pen = ImageDraw.Draw(picture)
    for starts_s, color, (x, y) in ((0.2, GOLD, (1000, 520)), (2.6, RED, (1090, 690))):
        gone = min(1.0, max(0.0, (at_s - starts_s) / 1.4))
        if not gone:
            continue
        left = (1 - gone) ** 2  # it slows down as it arrives
        cx, cy = (x + 700 * left) * 0.6, (y - 420 * left) * 0.6
        pen.arc((cx - 58, cy - 42, cx + 58, cy + 42), 70 if gone < 1 else 0, 360, fill=color, width=14)
        pen.rounded_rectangle((cx + 18, cy - 17, cx + 62, cy + 18), radius=6, fill=INK)
    return picture


SCENES = {
    "bicycle-sticker": bicycle_sticker,
    "bike-rodeo": bike_rodeo,
}
