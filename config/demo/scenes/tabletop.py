"""Still lifes on a table, a shelf or a floor.

One function a picture; its length is coordinates, not logic. Must not live here: shapes any scene could use.
"""

import math

from config.demo.scenes.canvas import (
    BARK,
    BLUE,
    BRICK,
    CREAM,
    GOLD,
    GREEN,
    HONEY,
    ICE,
    INK,
    LEAF,
    LILAC,
    MIST,
    NAVY,
    PALE,
    PEACH,
    RED,
    ROSE,
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
from config.demo.scenes.parts import table


def coffee_cups() -> Canvas:
    """Three cups and a coffee pot on a table by a window."""
    c = Canvas(1600, 900, SAND)
    c.rect(930, 80, 480, 420, WHITE, 10)
    c.rect(954, 104, 432, 372, "#cfe0f2")
    c.blob("960,470 966,420 1080,370 1210,412 1370,384 1380,470", SAGE)
    c.rect(1162, 104, 16, 372, WHITE)
    c.rect(954, 282, 432, 14, WHITE)
    c.rect(930, 476, 480, 24, WHITE, 6)
    c.rect(930, 80, 24, 420, WHITE, 6)
    c.rect(1386, 80, 24, 420, WHITE, 6)
    table(c, 640)
    c.haze("150,690 420,676 560,690 360,712", "#000000", 0.3, 10)
    c.blob("214,676 196,560 232,440 252,350 430,350 450,440 486,560 468,676", tint("#6b7d94", 0.55))
    c.blob("214,676 200,590 214,520 468,520 482,590 468,676", "#4a2c1a")
    c.rect(236, 322, 210, 42, NAVY, 12)
    c.rect(322, 288, 40, 40, NAVY, 14)
    c.arc(474, 486, 84, 92, (270, 80), NAVY, 28)
    for x, color, dark in ((640, WHITE, SILVER), (900, BLUE, NAVY), (1160, GOLD, "#b87f00")):
        c.haze([(x - 30, 690), (x + 90, 680), (x + 210, 690), (x + 90, 704)], "#000000", 0.3, 8)
        c.arc(x + 172, 590, 56, 58, (0, 360), color, 24)
        c.blob(
            [
                (x, 500),
                (x + 4, 620),
                (x + 26, 684),
                (x + 90, 692),
                (x + 154, 684),
                (x + 176, 620),
                (x + 180, 500),
            ],
            color,
        )
        c.oval(x + 90, 500, 92, 24, dark)
        c.oval(x + 90, 504, 78, 17, "#5b3620")
        for dx in (56, 112):
            c.line(
                [(x + dx, 450), (x + dx + 18, 410), (x + dx - 10, 366), (x + dx + 10, 322)],
                tint(WHITE, 0.75),
                13,
                soft=True,
            )
    return c


def toy_box() -> Canvas:
    """An open box of new toys with a ribbon."""
    c = Canvas(1600, 900, LILAC)
    c.rect(0, 690, 1600, 210, "#b9a8dc")
    c.haze("420,810 800,790 1190,810 800,840", VIOLET, 0.35, 14)
    fur = "#a9744a"
    for x in (640, 800):
        c.dot(x, 190, 48, fur)
        c.dot(x, 190, 26, PEACH)
    c.oval(720, 276, 124, 112, fur)
    c.oval(720, 316, 54, 42, PEACH)
    c.oval(720, 298, 20, 14, INK)
    for x in (674, 766):
        c.dot(x, 258, 12, INK)
    c.oval(720, 480, 140, 140, fur)
    c.dot(950, 350, 112, RED)
    c.arc(950, 350, 60, 112, (0, 360), WHITE, 14)
    c.rect(838, 343, 224, 14, WHITE)
    c.rect(1030, 300, 120, 180, BLUE, 6)
    c.rect(1046, 318, 88, 60, ICE, 4)
    c.poly("470,250 560,410 420,430", GOLD)
    c.rect(460, 360, 110, 110, LEAF, 8)
    c.poly("380,452 470,400 470,470 380,530", "#a67b4d")
    c.poly("1220,452 1130,400 1130,470 1220,530", "#a67b4d")
    c.rect(430, 452, 740, 356, "#c79a66", 8)
    c.rect(430, 452, 740, 28, "#a67b4d", 6)
    c.rect(760, 452, 80, 356, VIOLET)
    c.blob("800,520 700,460 640,520 700,590", "#6f45ab")
    c.blob("800,520 900,460 960,520 900,590", "#6f45ab")
    c.dot(800, 524, 36, VIOLET)
    return c


def farewell_cake() -> Canvas:
    """A cake with one candle on a stand, and a few paper flags."""
    c = Canvas(1600, 900, "#f6e6dc")
    c.line("-20,90 400,170 800,190 1200,170 1620,90", SLATE, 5, soft=True)
    for x, color in (
        (120, BLUE),
        (320, GOLD),
        (520, LEAF),
        (720, RED),
        (920, BLUE),
        (1120, GOLD),
        (1320, LEAF),
        (1500, RED),
    ):
        y = 192 - 100 * ((x - 800) / 800) ** 2
        c.poly([(x - 52, y - 6), (x + 52, y - 6), (x, y + 100)], color)
    table(c, 720)
    c.haze("480,790 800,774 1130,790 800,812", "#000000", 0.3, 12)
    c.poly("740,700 860,700 920,788 680,788", SILVER)
    c.oval(800, 690, 380, 38, SILVER)
    c.oval(800, 680, 380, 34, PALE)
    c.rect(500, 470, 600, 214, "#e9b9a5", 24)
    c.rect(500, 562, 600, 34, WHITE)
    for x in range(500, 1100, 60):
        c.rect(x, 470, 60, 70 + (x * 7) % 44, WHITE, 28)
    c.oval(800, 474, 300, 46, WHITE)
    for x in (590, 690, 910, 1010):
        c.dot(x, 456, 24, RED)
    c.rect(784, 330, 32, 140, STEEL, 6)
    for y in (350, 386, 422):
        c.poly([(784, y + 16), (816, y), (816, y + 12), (784, y + 28)], WHITE)
    c.glow(800, 280, 150, HONEY, 0.6)
    c.blob("800,222 826,282 800,324 774,282", GOLD)
    c.blob("800,262 814,294 800,318 786,294", CREAM)
    return c


def food_boxes() -> Canvas:
    """A pantry shelf with cans, jars and a sack of rice."""
    c = Canvas(1600, 900, "#e4ece6")
    c.rect(120, 60, 1360, 790, "#d2a877", 10)
    c.rect(150, 90, 1300, 730, "#f2ead9")
    for y in (420, 800):
        c.rect(120, y, 1360, 34, BARK)
    for x, color, label in ((200, RED, CREAM), (340, GREEN, WHITE), (480, STEEL, CREAM), (270, GOLD, WHITE)):
        y = 250 if x != 270 else 80
        c.rect(x, y, 120, 170, SILVER, 12)
        c.rect(x, y + 26, 120, 118, color)
        c.oval(x + 60, y + 86, 36, 30, label)
    for x, inside in ((680, "#c58a4a"), (850, RED), (1020, "#d9b23c")):
        c.rect(x, 200, 136, 220, tint("#9fb6c9", 0.5), 26)
        c.rect(x + 10, 260, 116, 150, inside, 18)
        c.rect(x + 10, 172, 116, 42, NAVY, 8)
        c.rect(x + 28, 300, 80, 60, WHITE, 6)
    c.rect(1200, 236, 210, 184, BLUE, 8)
    c.rect(1200, 236, 210, 44, NAVY, 8)
    c.dot(1305, 346, 44, ICE)
    c.blob("220,800 196,640 236,540 400,530 440,640 420,800 320,812", "#eee3cb")
    c.rect(252, 520, 140, 34, BRICK, 10)
    c.text(322, 690, "RICE", BARK, 64)
    for x, y, color in ((540, 640, HONEY), (760, 640, LEAF), (650, 500, BRICK)):
        c.rect(x, y, 200, 160 if y == 640 else 140, color, 8)
        c.rect(x, y, 200, 30, tint("#000000", 0.16), 8)
        c.rect(x + 40, y + 58, 120, 56, tint(WHITE, 0.85), 6)
    for x, color in ((1040, RED), (1180, GREEN), (1320, GOLD)):
        c.rect(x, 640, 112, 160, SILVER, 10)
        c.rect(x, 666, 112, 108, color)
        c.oval(x + 56, 720, 32, 26, CREAM)
    return c


def get_well_card() -> Canvas:
    """A get-well card beside a vase of flowers."""
    c = Canvas(1600, 900, "#dfe9f3")
    table(c, 690)
    c.haze("420,750 700,736 980,750 700,770", "#000000", 0.3, 10)
    c.poly("820,250 960,190 960,700 820,746", SILVER)
    c.rect(400, 250, 420, 496, WHITE, 6)
    c.rect(424, 274, 372, 448, ROSE, 6)
    for x in (566, 654):
        c.dot(x, 392, 50, RED)
    c.poly("521,414 699,414 610,512", RED)
    c.poly("570,380 650,380 640,440 580,440", RED)
    c.text(610, 586, "Get well soon", NAVY, 46)
    c.rect(520, 640, 180, 6, MIST, 3)
    for sx, sy, x, y, color in (
        (1190, 500, 1090, 250, GOLD),
        (1200, 500, 1200, 180, RED),
        (1210, 500, 1320, 260, VIOLET),
    ):
        c.line([(sx, sy + 60), ((sx + x) / 2 + 10, (sy + y) / 2), (x, y)], GREEN, 12, soft=True)
        for turn in range(0, 360, 60):
            a = math.radians(turn)
            c.dot(x + 44 * math.cos(a), y + 44 * math.sin(a), 34, color)
        c.dot(x, y, 28, CREAM)
    c.blob("1170,470 1090,420 1070,360 1140,390", LEAF)
    c.blob("1230,470 1310,430 1330,370 1262,400", LEAF)
    c.haze("1080,756 1200,744 1330,756 1200,770", "#000000", 0.3, 8)
    c.blob("1130,490 1150,560 1100,660 1130,750 1270,750 1300,660 1250,560 1270,490", STEEL)
    c.oval(1200, 492, 72, 16, NAVY)
    return c


SCENES = {
    "coffee-cups": coffee_cups,
    "toy-box": toy_box,
    "farewell-cake": farewell_cake,
    "food-boxes": food_boxes,
    "get-well-card": get_well_card,
}
