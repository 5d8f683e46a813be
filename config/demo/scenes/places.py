"""Places in the city: parks, buildings, rooms, weather over roofs.

One function a picture; its length is coordinates, not logic. Must not live here: shapes any scene could use.
"""

from config.demo.scenes.canvas import (
    BARK,
    BLUE,
    BRICK,
    CREAM,
    GOLD,
    GREEN,
    HONEY,
    ICE,
    LEAF,
    MIST,
    NAVY,
    NIGHT,
    PALE,
    PEACH,
    SAGE,
    SAND,
    SILVER,
    SLATE,
    STEEL,
    VIOLET,
    WHITE,
    Canvas,
    tint,
)


def library() -> Canvas:
    """A small branch library with steps, columns and trees."""
    c = Canvas(1600, 900, ICE)
    c.fade("#cfe0f2", "#fbf4e4", 0, 700)
    c.rect(0, 690, 1600, 210, SAGE)
    c.poly("620,690 980,690 1180,900 420,900", "#e0d8c8")
    for x, s in ((170, 1.2), (1440, 1.3), (330, 0.8), (1290, 0.8)):
        c.rect(x - 12 * s, 540, 24 * s, 160, BARK)
        c.dot(x, 470, 110 * s, LEAF)
        c.dot(x - 50 * s, 520, 70 * s, GREEN)
    c.rect(400, 330, 800, 360, "#e9d7bd")
    c.rect(370, 306, 860, 40, BRICK, 4)
    c.poly("560,310 800,160 1040,310", BRICK)
    c.poly("620,300 800,188 980,300", "#f3e6d2")
    c.poly("736,280 800,262 864,280 864,228 800,210 736,228", NAVY)
    c.line([(800, 214), (800, 260)], WHITE, 5)
    c.rect(560, 346, 480, 44, "#f3e6d2")
    c.text(800, 369, "LIBRARY", NAVY, 38)
    c.rect(724, 450, 152, 240, NAVY, 4)
    c.rect(738, 464, 58, 226, "#6c93c6", 3)
    c.rect(804, 464, 58, 226, "#6c93c6", 3)
    for x in (440, 1080):
        c.rect(x, 430, 80, 170, "#6c93c6", 4)
        c.rect(x + 37, 430, 6, 170, WHITE)
        c.rect(x, 512, 80, 6, WHITE)
    for x in (580, 660, 900, 980):
        c.rect(x, 390, 38, 300, WHITE)
        c.rect(x - 8, 390, 54, 20, PALE)
        c.rect(x - 8, 672, 54, 18, PALE)
    for step in range(3):
        c.rect(540 - step * 24, 686 + step * 20, 520 + step * 48, 20, PALE if step % 2 else SILVER)
    return c


def park_lights() -> Canvas:
    """A park path at night; one lamp in the row is dark."""
    c = Canvas(1600, 900, NIGHT)
    c.fade("#0d1b30", "#2a4468", 0, 560)
    for x, y in (
        (120, 90),
        (330, 160),
        (560, 70),
        (790, 150),
        (1010, 60),
        (1240, 130),
        (1480, 80),
        (1380, 220),
    ):
        c.dot(x, y, 3, tint(WHITE, 0.7))
    c.dot(1300, 150, 52, CREAM)
    c.dot(1278, 138, 50, "#132542")
    for x, r in ((80, 150), (270, 110), (1130, 120), (1340, 160), (1540, 130), (560, 90)):
        c.dot(x, 520 - r * 0.3, r, "#12284a")
    c.rect(0, 540, 1600, 360, "#163450")
    c.blob("700,540 780,540 900,640 860,740 1180,930 240,930 480,760 640,660", "#3d5672")
    lamps = (
        (420, 800, 1.0, True),
        (1180, 770, 0.9, False),
        (560, 660, 0.66, True),
        (960, 640, 0.6, True),
        (760, 575, 0.4, True),
    )
    for x, y, size, on in lamps:
        top = y - 470 * size
        if on:
            c.haze(
                [(x - 250 * size, y), (x, y - 46 * size), (x + 250 * size, y), (x, y + 46 * size)],
                HONEY,
                0.42,
                22 * size,
            )
            c.glow(x, top, 250 * size, "#ffd97a", 0.7)
        c.rect(x - 7 * size, top, 14 * size, 470 * size, "#0a1526", 5)
        c.rect(x - 22 * size, y - 18 * size, 44 * size, 20 * size, "#0a1526", 4)
        c.dot(x, top, 36 * size, "#fff3cf" if on else "#33465f")
        c.rect(x - 30 * size, top - 46 * size, 60 * size, 14 * size, "#0a1526", 6)
    c.rect(170, 700, 190, 18, BARK, 4)
    c.rect(170, 654, 190, 16, BARK, 4)
    for x in (186, 330):
        c.rect(x, 650, 12, 110, "#0a1526")
    return c


def storm_cloud() -> Canvas:
    """Hail and lightning over a row of roofs."""
    c = Canvas(1600, 900, SLATE)
    c.fade("#3c4a60", "#97a5b8", 0, 900)
    for x, y, s, color in (
        (420, 250, 1.0, "#2b374a"),
        (1150, 230, 1.15, "#2b374a"),
        (780, 210, 1.5, "#1f2a3b"),
    ):
        for dx, dy, r in ((-170, 30, 100), (-60, -30, 140), (90, -10, 130), (200, 40, 92)):
            c.dot(x + dx * s, y + dy * s, r * s, color)
        c.rect(x - 270 * s, y + 40 * s, 560 * s, 92 * s, color, 46 * s)
    c.poly("850,390 730,600 810,600 750,780 940,540 850,540 930,390", HONEY)
    number = 7
    for _ in range(64):
        number = (number * 193 + 71) % 4099
        hail, y = number % 1600, 420 + (number * 7) % 330
        c.line([(hail + 10, y - 34), (hail + 2, y - 10)], tint(WHITE, 0.3), 4)
        c.dot(hail, y, 7 + number % 5, "#eaf1f8")
    left = -60.0
    for w, h, wall, roof in (
        (270, 130, BRICK, "#5b2f26"),
        (230, 170, SAND, NAVY),
        (300, 120, MIST, "#3c4a60"),
        (240, 160, PEACH, "#5b2f26"),
        (280, 130, SAGE, "#20463a"),
        (260, 170, SAND, NAVY),
        (240, 120, BRICK, "#5b2f26"),
    ):
        c.rect(left + 16, 900 - h, w - 32, h, wall)
        c.poly([(left, 900 - h), (left + w / 2, 900 - h - 110), (left + w, 900 - h)], roof)
        c.rect(left + w / 2 - 24, 900 - h + 30, 48, 52, HONEY, 3)
        left += w - 14
    return c


def skyline_dusk() -> Canvas:
    """A city skyline at dusk with paper lanterns in the sky."""
    c = Canvas(1600, 900, VIOLET)
    c.fade("#2c2f6b", "#f2b48c", 0, 720)
    c.glow(420, 660, 420, "#ffd9a0", 0.7)
    number, x = 5, -20.0
    while x < 1600:
        number = (number * 61 + 29) % 991
        w, h = 90 + number % 80, 150 + number % 250
        c.rect(x, 720 - h, w, h, "#5b4a86")
        x += w - 8
    number, x = 17, -40.0
    while x < 1620:
        number = (number * 67 + 31) % 983
        w, h = 110 + number % 90, 110 + (number * 3) % 300
        c.rect(x, 720 - h, w, h, "#2b2a5a")
        if number % 3 == 0:
            c.poly([(x, 720 - h), (x + w / 2, 660 - h), (x + w, 720 - h)], "#2b2a5a")
        for row in range(int(h // 44)):
            for column in range(int(w // 36)):
                if (number + row * 3 + column * 5) % 3 == 0:
                    c.rect(x + 14 + column * 34, 736 - h + row * 42, 14, 20, "#ffcf7d", 2)
        x += w + 4
    c.fade("#2b2a5a", "#1b1e45", 716, 184)
    for x in range(20, 1600, 46):
        c.rect(x, 740 + (x * 7) % 130, 60 + x % 50, 4, tint("#ffcf7d", 0.22), 2)
    for x, y, s in (
        (260, 200, 1.0),
        (520, 120, 0.7),
        (760, 270, 1.2),
        (1010, 150, 0.8),
        (1250, 260, 1.05),
        (1430, 110, 0.6),
        (930, 90, 0.5),
    ):
        c.glow(x, y, 120 * s, "#ffb347", 0.6)
        c.blob(
            [
                (x - 34 * s, y - 40 * s),
                (x + 34 * s, y - 40 * s),
                (x + 40 * s, y + 20 * s),
                (x + 24 * s, y + 44 * s),
                (x - 24 * s, y + 44 * s),
                (x - 40 * s, y + 20 * s),
            ],
            "#ffd58a",
        )
        c.rect(x - 22 * s, y + 36 * s, 44 * s, 10 * s, "#b8642c", 3)
    return c


def meeting_chairs() -> Canvas:
    """Rows of empty chairs with an aisle, in front of a white board."""
    c = Canvas(1600, 900, "#eef1ec")
    c.rect(0, 520, 1600, 380, "#cdb08a")
    c.rect(0, 512, 1600, 18, WHITE)
    c.rect(470, 90, 660, 340, SILVER, 10)
    c.rect(486, 106, 628, 308, WHITE, 6)
    c.text(800, 168, "What should we fix first?", NAVY, 42)
    for row, w in enumerate((420, 330, 380)):
        c.dot(570, 236 + row * 58, 11, GOLD)
        c.rect(600, 229 + row * 58, w, 14, MIST, 7)
    c.rect(540, 430, 18, 110, SLATE)
    c.rect(1042, 430, 18, 110, SLATE)
    c.rect(1270, 150, 200, 250, "#cfe0f2", 6)
    c.rect(1364, 150, 12, 250, WHITE)
    c.rect(130, 150, 200, 250, "#cfe0f2", 6)
    c.rect(224, 150, 12, 250, WHITE)
    for row, (count, size) in enumerate(((8, 0.74), (7, 0.92), (6, 1.1))):
        gap = 1200 * size / count
        for index in range(count):
            x = 800 + (index - (count - 1) / 2) * gap + (gap * 0.3 if index >= count / 2 else -gap * 0.3)
            _chair(c, x, 566 + row * 98, size, (STEEL, BLUE, NAVY)[row])
    return c


def _chair(c: Canvas, x: float, y: float, size: float, color: str) -> None:
    c.oval(x, y + 92 * size, 70 * size, 13 * size, tint("#000000", 0.16))
    for dx in (-42, 36):
        c.rect(x + dx * size, y + 10 * size, 8 * size, 84 * size, SLATE)
    c.rect(x - 56 * size, y - 10 * size, 112 * size, 26 * size, color, 9 * size)
    c.rect(x - 50 * size, y - 104 * size, 100 * size, 76 * size, color, 14 * size)
    for dx in (-38, 30):
        c.rect(x + dx * size, y - 34 * size, 8 * size, 30 * size, SLATE)


SCENES = {
    "library": library,
    "park-lights": park_lights,
    "storm-cloud": storm_cloud,
    "skyline-dusk": skyline_dusk,
    "meeting-chairs": meeting_chairs,
}
