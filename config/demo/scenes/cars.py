"""Scenes with a car in them.

One function a picture; its length is coordinates, not logic. Must not live here: shapes any scene could use.
"""

from config.demo.scenes.canvas import (
    CREAM,
    HONEY,
    INK,
    NAVY,
    NIGHT,
    PALE,
    PEACH,
    RED,
    SAND,
    SLATE,
    STEEL,
    WHITE,
    Canvas,
    tint,
)
from config.demo.scenes.parts import ROAD, houses, wheel


def camera_truck() -> Canvas:
    """Night street with a gray pickup, as a shop camera sees it."""
    c = Canvas(1600, 900, NIGHT)
    c.fade("#101c2f", "#243650", 0, 560)
    houses(c, 560, ("#1d2b41", "#22334c", "#1a2639"), "#d8b45a", seed=11)
    c.rect(0, 556, 1600, 30, "#46505e")
    c.rect(0, 586, 1600, 314, "#2a323d")
    for x in range(-60, 1600, 240):
        c.poly([(x, 752), (x + 120, 752), (x + 112, 766), (x - 8, 766)], "#8b8f8a")
    c.haze("1130,596 1580,560 1660,740 1130,650", CREAM, 0.34, 30)
    c.haze("430,716 800,700 1170,716 800,742", "#05090f", 0.7, 16)
    body = "#9aa1a8"
    c.poly("452,560 780,560 836,462 986,462 1052,560 1150,578 1162,672 448,672", body)
    c.rect(448, 556, 330, 20, "#b8bec4")
    c.poly("806,556 850,482 904,482 904,556", "#25384f")
    c.poly("920,556 920,482 976,482 1026,556", "#25384f")
    c.rect(444, 640, 724, 34, "#6f767e", 4)
    c.line([(790, 566), (790, 640)], "#6f767e", 4)
    c.oval(1086, 606, 26, 18, "#7d848b")
    c.rect(1136, 590, 24, 28, "#fff6d6", 5)
    c.rect(446, 588, 14, 34, RED, 3)
    for x in (590, 1040):
        c.dot(x, 676, 66, "#2a323d")
        wheel(c, x, 680, 54)
    for y in range(0, 900, 6):
        c.rect(0, y, 1600, 1.5, tint("#000000", 0.16))
    c.text(46, 50, "CAM 2   REAR LOT", "#dfe8d8", 34, "lm")
    c.dot(1540, 50, 13, "#c8505f")
    return c


def patrol_sunrise() -> Canvas:
    """A plain patrol car from behind, driving into the sunrise."""
    c = Canvas(1600, 900, PEACH)
    c.fade("#5d7fb0", "#f7d9a8", 0, 500)
    c.glow(1130, 430, 460, "#fff1c4", 0.85)
    c.dot(1130, 410, 84, "#fffaea")
    c.blob("-80,520 200,420 520,470 820,500 1100,455 1400,410 1700,520 800,640", "#7d8fae")
    c.rect(0, 494, 1600, 406, "#6f8f6a")
    c.poly("720,494 880,494 1500,900 100,900", ROAD)
    for y, h, half in ((505, 14, 3), (545, 24, 6), (600, 36, 10)):
        c.rect(800 - half, y, half * 2, h, CREAM)
    c.haze("420,830 800,808 1180,830 800,860", "#000000", 0.45, 16)
    c.poly("520,560 580,442 1020,442 1080,560", NAVY)
    c.poly("556,556 604,462 996,462 1044,556", "#b9cbe2")
    c.poly("556,556 604,462 760,462 690,556", "#d3e0f0")
    c.rect(664, 414, 272, 26, SLATE, 8)
    c.rect(664, 414, 128, 26, "#3a6fc4", 8)
    c.rect(808, 414, 128, 26, "#c43a4e", 8)
    c.rect(470, 548, 660, 220, WHITE, 34)
    c.rect(470, 548, 660, 90, NAVY, 34)
    c.rect(470, 600, 660, 40, NAVY)
    c.rect(462, 716, 676, 64, "#2a313c", 18)
    for x in (486, 1014):
        c.rect(x, 622, 100, 48, RED, 12)
        c.rect(x + 10, 632, 46, 18, "#ef8d96", 8)
    c.rect(714, 660, 172, 50, PALE, 6)
    for x in (500, 1010):
        c.rect(x, 776, 92, 62, INK, 14)
    return c


def car_window() -> Canvas:
    """The side of a parked car; a bag lies on the seat, in plain sight."""
    c = Canvas(1600, 900, SAND)
    c.fade("#cbd8e6", "#efe9dc", 0, 900)
    c.poly("120,470 430,130 1280,130 1560,430 1700,470 1700,900 -60,900 -60,520", STEEL)
    c.poly("120,470 430,130 1280,130 1304,156 452,156 170,470", "#6c93c6")
    c.poly("270,446 500,190 812,190 812,446", "#1f3048")
    c.poly("872,446 872,190 1240,190 1450,446", "#1f3048")
    c.rect(930, 250, 96, 226, "#3b4c63", 30)
    c.rect(905, 376, 360, 70, "#33445a", 20)
    c.rect(1046, 302, 190, 132, "#c9772e", 22)
    c.arc(1141, 306, 56, 60, (180, 360), "#8a4f1b", 13)
    c.rect(1046, 346, 190, 16, "#8a4f1b")
    c.rect(1126, 342, 30, 34, HONEY, 6)
    c.rect(540, 270, 90, 176, "#2d3e55", 28)
    for x in (330, 920):
        c.poly([(x + 150, 190), (x + 210, 190), (x + 20, 446), (x - 40, 446)], tint(WHITE, 0.08))
    c.rect(812, 168, 60, 300, STEEL)
    c.rect(872, 446, 700, 24, STEEL)
    c.line([(842, 470), (842, 900)], "#3a619b", 6)
    c.rect(620, 540, 150, 34, "#3a619b", 17)
    c.rect(1300, 540, 150, 34, "#3a619b", 17)
    c.rect(-60, 468, 1760, 14, "#3a619b")
    c.rect(-60, 690, 1760, 22, "#3a619b")
    c.dot(1240, 246, 62, RED)
    c.rect(1232, 210, 16, 46, WHITE, 8)
    c.dot(1240, 276, 10, WHITE)
    return c


SCENES = {
    "camera-truck": camera_truck,
    "patrol-sunrise": patrol_sunrise,
    "car-window": car_window,
}
