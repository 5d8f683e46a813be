"""One plain thing on a quiet ground, and the package on the porch.

One function a picture; its length is coordinates, not logic. Must not live here: shapes any scene could use.
"""

import math

from config.demo.scenes.canvas import (
    BARK,
    BLUE,
    BRICK,
    CREAM,
    GOLD,
    GRAY,
    GREEN,
    HONEY,
    INK,
    LEAF,
    NAVY,
    PALE,
    RED,
    ROSE,
    SILVER,
    SLATE,
    STEEL,
    WHITE,
    Canvas,
    tint,
)


def award_ribbon() -> Canvas:
    """A blue rosette on a quiet ground."""
    c = Canvas(1600, 900, CREAM)
    for turn in range(0, 360, 20):
        a, b = math.radians(turn), math.radians(turn + 10)
        c.poly(
            [
                (800, 390),
                (800 + 1300 * math.cos(a), 390 + 1300 * math.sin(a)),
                (800 + 1300 * math.cos(b), 390 + 1300 * math.sin(b)),
            ],
            "#fdf4d8",
        )
    c.haze("560,400 800,180 1060,410 940,830 660,830", BARK, 0.22, 26)
    c.poly("730,500 610,810 690,790 740,860 840,540", NAVY)
    c.poly("870,500 990,810 910,790 860,860 760,540", BLUE)
    for turn in range(0, 360, 18):
        a = math.radians(turn)
        c.dot(800 + 208 * math.cos(a), 380 + 208 * math.sin(a), 46, STEEL if turn % 36 else BLUE)
    c.dot(800, 380, 212, BLUE)
    c.dot(800, 380, 168, WHITE)
    c.dot(800, 380, 152, GOLD)
    c.dot(800, 380, 136, HONEY)
    c.line("730,384 782,436 876,330", WHITE, 34)
    return c


def thermometer() -> Canvas:
    """A thermometer between a warm and a cold half."""
    c = Canvas(1600, 900, "#cfe0f2")
    c.rect(800, 0, 800, 900, "#fbe3c0")
    c.dot(1270, 380, 150, HONEY)
    for turn in range(0, 360, 30):
        dx, dy = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        c.line([(1270 + 190 * dx, 380 + 190 * dy), (1270 + 262 * dx, 380 + 262 * dy)], GOLD, 24)
    for turn in range(0, 180, 60):
        dx, dy = math.cos(math.radians(turn + 30)) * 200, math.sin(math.radians(turn + 30)) * 200
        c.line([(390 - dx, 380 - dy), (390 + dx, 380 + dy)], WHITE, 24)
        for end in (-1, 1):
            ex, ey = 390 + dx * 0.62 * end, 380 + dy * 0.62 * end
            for side in (-50, 50):
                a = math.radians(turn + 30 + side + (180 if end < 0 else 0))
                c.line([(ex, ey), (ex + 76 * math.cos(a), ey + 76 * math.sin(a))], WHITE, 18)
    c.rect(726, 96, 148, 600, WHITE, 74)
    c.dot(800, 716, 126, WHITE)
    c.rect(764, 300, 72, 420, RED, 30)
    c.dot(800, 716, 90, RED)
    c.arc(800, 716, 62, 62, (190, 250), ROSE, 14)
    for y in range(160, 620, 46):
        c.line([(900, y), (900 + (56 if y % 92 == 68 else 34), y)], SLATE, 7)
    return c


def scam_phone() -> Canvas:
    """A phone with an urgent-sounding message and a warning sign."""
    c = Canvas(1600, 900, "#f3eadf")
    c.blob("180,480 420,120 860,60 1320,200 1440,560 1120,840 520,830", "#e8d9c6")
    c.haze("560,820 800,806 1060,820 800,842", "#000000", 0.3, 12)
    c.rect(560, 60, 480, 780, INK, 60)
    c.rect(582, 82, 436, 736, WHITE, 42)
    c.rect(582, 82, 436, 96, PALE, 42)
    c.rect(582, 140, 436, 40, PALE)
    c.dot(640, 134, 26, SILVER)
    c.text(684, 136, "Unknown number", SLATE, 28, "lm")
    c.rect(612, 216, 320, 130, "#e4e8ee", 26)
    c.text(640, 258, "You owe a fine.", INK, 30, "lm")
    c.text(640, 302, "Pay in one hour!", INK, 30, "lm")
    c.rect(612, 366, 340, 86, "#e4e8ee", 26)
    c.text(640, 410, "Buy gift cards now", INK, 30, "lm")
    c.rect(612, 472, 190, 76, "#e4e8ee", 26)
    for x in (660, 706, 752):
        c.dot(x, 510, 11, GRAY)
    c.rect(612, 720, 376, 66, PALE, 33)
    c.poly("1090,470 1290,820 890,820", WHITE)
    c.poly("1090,506 1262,804 918,804", RED)
    c.rect(1074, 590, 32, 120, WHITE, 14)
    c.dot(1090, 754, 20, WHITE)
    return c


def porch_package() -> Canvas:
    """A package on a doorstep under a porch lamp."""
    c = Canvas(1600, 900, "#c8d3df")
    for y in range(0, 720, 60):
        c.rect(0, y, 1600, 4, tint("#000000", 0.07))
    c.rect(600, 90, 400, 640, WHITE, 6)
    c.rect(630, 120, 340, 610, NAVY, 4)
    for x, y, w, h in (
        (664, 160, 122, 200),
        (814, 160, 122, 200),
        (664, 400, 122, 270),
        (814, 400, 122, 270),
    ):
        c.rect(x, y, w, h, "#1f416f", 6)
    c.dot(940, 440, 17, GOLD)
    c.glow(1120, 270, 260, CREAM, 0.75)
    c.rect(1084, 214, 72, 116, SLATE, 8)
    c.rect(1094, 232, 52, 80, HONEY, 6)
    c.rect(0, 724, 1600, 60, "#a9a292")
    c.rect(0, 784, 1600, 116, "#938c7c")
    c.rect(560, 706, 480, 26, "#7d5f45", 6)
    c.haze("1000,740 1200,730 1400,740 1200,756", "#000000", 0.3, 8)
    c.rect(1040, 520, 330, 222, "#c79a66", 6)
    c.rect(1180, 520, 50, 222, "#e0bf93")
    c.rect(1066, 640, 90, 70, WHITE, 4)
    for y in (656, 672, 688):
        c.rect(1076, y, 66, 6, SILVER)
    c.poly("270,742 250,600 430,600 410,742", BRICK)
    c.rect(240, 588, 200, 30, "#a3583f", 6)
    for dx, h in ((-80, 190), (-36, 260), (10, 290), (56, 250), (96, 180)):
        c.blob(
            [(340, 592), (340 + dx - 28, 592 - h * 0.6), (340 + dx, 592 - h), (340 + dx + 26, 592 - h * 0.6)],
            LEAF if dx % 4 else GREEN,
        )
    return c


SCENES = {
    "award-ribbon": award_ribbon,
    "thermometer": thermometer,
    "scam-phone": scam_phone,
    "porch-package": porch_package,
}
