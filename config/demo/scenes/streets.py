"""Scenes on the street: barriers, maps, crossings, water.

One function a picture; its length is coordinates, not logic. Must not live here: shapes any scene could use.
"""

from config.demo.scenes.canvas import (
    BARK,
    BLUE,
    CREAM,
    GOLD,
    HONEY,
    ICE,
    INK,
    LEAF,
    PALE,
    RED,
    SAGE,
    SLATE,
    WHITE,
    Canvas,
    tint,
)
from config.demo.scenes.parts import ROAD, cone, houses, wheel


def road_closed() -> Canvas:
    """A striped barrier and cones across a road."""
    c = Canvas(1600, 900, ICE)
    c.fade("#cfe0f2", "#f6f3ea", 0, 520)
    houses(c, 520, ("#c9d3df", "#dcd3c3", "#b7c6d8"), CREAM, seed=5)
    c.rect(0, 516, 1600, 384, SAGE)
    c.poly("560,516 1040,516 1600,900 0,900", ROAD)
    for near, far, half in ((560, 540, 6), (650, 610, 9), (780, 710, 14)):
        c.poly([(800 - half * 0.7, far), (800 + half * 0.7, far), (800 + half, near), (800 - half, near)], PALE)
    c.haze("300,792 800,776 1300,792 800,816", "#000000", 0.3, 14)
    for x in (400, 1164):
        c.rect(x, 440, 36, 350, SLATE, 4)
        c.rect(x - 60, 772, 156, 26, SLATE, 6)
    for y in (482, 620):
        _stripes(c, 330, y, 940, 84)
    c.rect(610, 330, 380, 190, GOLD, 14)
    c.rect(624, 344, 352, 162, INK, 8)
    c.rect(630, 350, 340, 150, HONEY, 6)
    c.text(800, 396, "ROAD", INK, 58)
    c.text(800, 456, "CLOSED", INK, 58)
    for x in (210, 1390):
        cone(c, x, 840, 1.15)
    return c


def _stripes(c: Canvas, x: float, y: float, w: float, h: float) -> None:
    board = Canvas(round(w), round(h), WHITE)
    for left in range(-200, round(w), 132):
        board.poly([(left, h), (left + 66, h), (left + 66 + h, 0), (left + h, 0)], "#d4572f")
    scaled = board.image
    c.image.paste(scaled, (round(x * 2), round(y * 2)))
    c.rect(x, y + h - 8, w, 8, tint("#000000", 0.18))


def street_map() -> Canvas:
    """A map with one street closed and the way round it."""
    c = Canvas(1600, 900, "#efeadf")
    c.blob("-60,640 260,700 560,830 760,960 -60,960", "#bcd6ea")
    c.rect(1060, 90, 330, 240, "#cfe3cd", 18)
    for x, y, r in ((1130, 160, 26), (1230, 230, 34), (1320, 150, 28), (1190, 280, 20)):
        c.dot(x, y, r, "#9cc3a2")
    for row, y in enumerate((-40, 130, 390, 650)):
        for column, x in enumerate((60, 370, 680)):
            if row < 3 or column == 2:
                c.rect(x, y, 250, 130 if row == 0 else 210, "#e0d8c8", 10)
    c.rect(1060, 390, 330, 210, "#e0d8c8", 10)
    c.rect(1060, 650, 330, 210, "#e0d8c8", 10)
    for points in (
        ((0, 365), (1600, 365)),
        ((0, 110), (1600, 110)),
        ((0, 625), (1600, 625)),
        ((340, 0), (340, 900)),
        ((650, 0), (650, 900)),
        ((995, 0), (995, 900)),
        ((1440, 0), (1440, 900)),
    ):
        c.line(points, WHITE, 40)
    c.line([(650, 365), (995, 365)], RED, 18)
    for x in range(676, 990, 60):
        c.line([(x, 365), (x + 26, 365)], WHITE, 6)
    c.dot(822, 365, 52, RED)
    c.rect(790, 355, 64, 20, WHITE, 3)
    c.line("200,365 650,365 650,625 995,625 995,365 1290,365", BLUE, 16)
    c.poly("1284,328 1352,365 1284,402", BLUE)
    c.dot(200, 365, 26, BLUE)
    c.dot(200, 365, 11, WHITE)
    return c


def school_crossing() -> Canvas:
    """A crosswalk with a school bus waiting and a stop paddle."""
    c = Canvas(1600, 900, ICE)
    c.fade("#d9e8f7", "#fbf4e4", 0, 470)
    for x, s in ((150, 1.0), (1420, 1.2), (1240, 0.8)):
        c.rect(x - 9, 340, 18, 140, BARK)
        c.blob(
            [
                (x - 90 * s, 330),
                (x - 50 * s, 220),
                (x + 30 * s, 190),
                (x + 92 * s, 270),
                (x + 70 * s, 360),
                (x - 40 * s, 380),
            ],
            LEAF,
        )
    c.rect(0, 462, 1600, 40, "#cfc6b4")
    c.rect(0, 500, 1600, 400, ROAD)
    bus, dark = HONEY, "#c88a00"
    c.haze("240,640 640,628 1040,640 640,660", "#000000", 0.35, 12)
    c.rect(240, 250, 720, 340, bus, 34)
    c.rect(930, 410, 130, 180, bus, 26)
    for x in range(280, 860, 118):
        c.rect(x, 296, 92, 96, "#27415f", 10)
    c.rect(872, 296, 72, 150, "#27415f", 10)
    c.rect(240, 428, 690, 12, INK)
    c.rect(240, 508, 820, 12, dark)
    c.rect(1030, 500, 34, 40, CREAM, 10)
    for x in (380, 900):
        c.dot(x, 590, 66, ROAD)
        wheel(c, x, 594, 56)
    for x in range(40, 1600, 190):
        c.poly([(x + 60, 690), (x + 160, 690), (x + 110, 880), (x - 10, 880)], PALE)
    c.rect(1286, 360, 20, 380, BARK, 8)
    octagon = [
        (1296 + dx, 300 + dy)
        for dx, dy in (
            (-50, -120),
            (50, -120),
            (120, -50),
            (120, 50),
            (50, 120),
            (-50, 120),
            (-120, 50),
            (-120, -50),
        )
    ]
    c.poly(octagon, WHITE)
    c.poly([(1296 + (x - 1296) * 0.91, 300 + (y - 300) * 0.91) for x, y in octagon], RED)
    c.text(1296, 302, "STOP", WHITE, 74)
    return c


def hydrant() -> Canvas:
    """Water from a broken main running over a street, beside a hydrant."""
    c = Canvas(1600, 900, ICE)
    c.fade("#dfe9f3", "#f7f4ec", 0, 540)
    houses(c, 540, ("#d5dbe3", "#e3dac9", "#c6d1dd"), CREAM, seed=23)
    c.rect(0, 536, 1600, 70, "#d8d1c2")
    c.rect(0, 602, 1600, 298, "#59626e")
    c.blob("-100,780 260,690 700,660 1120,690 1500,660 1750,800 1200,920 200,930", "#86b2d6")
    c.blob("140,800 520,730 980,742 1330,800 900,850 380,850", "#b4d3ea")
    for lean, high, color in (
        (-1, 300, "#cfe4f4"),
        (1, 270, "#cfe4f4"),
        (-0.45, 390, "#e6f2fb"),
        (0.5, 360, "#e6f2fb"),
    ):
        top = 740 - high
        c.blob(
            [
                (930, 752),
                (940 + lean * 40, top + 120),
                (950 + lean * 110, top),
                (960 + lean * 190, top + 40),
                (960 + lean * 240, top + 190),
                (960 + lean * 170, top + 90),
                (975 + lean * 70, top + 170),
                (990, 752),
            ],
            color,
        )
    for x, y, r in ((760, 560, 10), (1170, 590, 12), (1120, 480, 8), (820, 470, 9), (1010, 380, 11)):
        c.dot(x, y, r, "#cfe4f4")
    c.oval(430, 716, 150, 22, tint("#000000", 0.25))
    c.rect(356, 420, 148, 290, RED, 16)
    c.rect(330, 680, 200, 34, "#8c1730", 8)
    c.rect(338, 404, 184, 34, "#8c1730", 10)
    c.blob("352,408 372,350 430,324 488,350 508,408 430,414", RED)
    c.rect(412, 296, 36, 36, "#8c1730", 6)
    for x in (300, 500):
        c.rect(x, 504, 62, 74, "#8c1730", 12)
    c.dot(430, 540, 50, "#8c1730")
    c.dot(430, 540, 30, GOLD)
    c.rect(372, 440, 18, 250, tint(WHITE, 0.22), 8)
    return c


SCENES = {
    "road-closed": road_closed,
    "street-map": street_map,
    "school-crossing": school_crossing,
    "hydrant": hydrant,
}
