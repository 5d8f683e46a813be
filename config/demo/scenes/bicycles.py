"""Scenes with a bicycle in them.

One function a picture; its length is coordinates, not logic. Must not live here: shapes any scene could use.
"""

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


def video_still() -> Canvas:
    """A still from a film: a locked bicycle, with a play button and a caption bar."""
    c = Canvas(1600, 900, MINT)
    c.fade("#e8f3ee", "#cfe3da", 0, 900)
    houses(c, 600, ("#d7e4dc", "#e9e2d2", "#c9dbe2"), CREAM, seed=31)
    c.rect(0, 596, 1600, 304, "#b7bec6")
    c.line("1040,770 1040,420 1120,360 1200,420 1200,770", SLATE, 26, soft=True)
    bicycle(c, 420, 780, 1.15, BLUE)
    c.arc(1066, 640, 96, 70, (0, 360), GOLD, 24)
    c.rect(1096, 612, 74, 58, INK, 10)
    c.dot(800, 420, 126, tint(INK, 0.72))
    c.poly("762,352 762,488 878,420", WHITE)
    c.rect(330, 804, 940, 60, tint(INK, 0.82), 10)
    c.text(800, 834, "Lock the frame and one wheel to something fixed.", WHITE, 36)
    c.rect(0, 884, 1600, 16, tint(INK, 0.3))
    c.rect(0, 884, 560, 16, RED)
    return c


SCENES = {
    "bicycle-sticker": bicycle_sticker,
    "bike-rodeo": bike_rodeo,
    "video-still": video_still,
}
