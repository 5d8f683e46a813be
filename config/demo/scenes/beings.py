"""Animals and people; people only from behind or in outline, never a face.

One function a picture; its length is coordinates, not logic. Must not live here: shapes any scene could use.
"""

from config.demo.scenes.canvas import (
    BARK,
    BLUE,
    GOLD,
    ICE,
    INK,
    MIST,
    NAVY,
    RED,
    SILVER,
    SLATE,
    STEEL,
    WHITE,
    Canvas,
    tint,
)


def k9_dusk() -> Canvas:
    """A sitting dog in outline on a hill, against a large low moon."""
    c = Canvas(1600, 900, NAVY)
    c.fade("#22365c", "#f0a878", 0, 760)
    c.glow(980, 470, 520, "#ffe3b8", 0.6)
    c.dot(980, 470, 236, "#fff0d2")
    c.blob("-80,700 300,600 700,640 1100,590 1700,660 1700,960 -80,960", "#5b4a5e")
    c.blob("-80,820 400,740 900,700 1300,730 1700,800 1700,980 -80,980", "#1c2440")
    dog = "#141b33"
    c.blob(
        "866,716 850,640 874,560 914,500 934,440 970,410 1016,420 1030,470 1036,540 1050,620 1050,716 960,730",
        dog,
    )
    c.blob("846,718 832,660 860,610 920,610 950,660 946,718", dog)
    c.blob("938,446 934,390 962,350 1010,344 1036,368 1084,388 1098,408 1080,426 1036,430 1020,470 970,476", dog)
    c.poly("946,384 950,290 1000,352", dog)
    c.poly("984,360 1004,284 1030,362", dog)
    c.line("858,706 800,700 768,660", dog, 28, soft=True)
    c.line("1026,640 1030,716 1066,718", dog, 34)
    c.line([(944, 462), (1028, 476)], RED, 16)
    for x in range(0, 1600, 38):
        c.line([(x, 790 - (x * 13) % 40), (x + 10, 756 - (x * 13) % 40)], "#1c2440", 6)
    return c


def lost_dog() -> Canvas:
    """A brown dog with a red collar lying on a mat."""
    c = Canvas(1600, 900, "#e6ecf2")
    c.rect(0, 620, 1600, 280, "#c3ad92")
    c.rect(0, 606, 1600, 18, WHITE)
    c.rect(1180, 250, 420, 470, "#a98058", 6)
    c.rect(1150, 226, 450, 40, BARK, 6)
    c.oval(720, 770, 620, 66, STEEL)
    c.oval(720, 764, 560, 50, MIST)
    coat, dark = "#8f5f3c", "#6f472b"
    c.line("1080,700 1190,690 1236,630", dark, 40, soft=True)
    c.blob("430,760 440,640 560,560 760,540 960,560 1090,640 1110,750 900,782 600,782", coat)
    c.blob("900,780 860,690 930,610 1060,620 1120,710 1090,782", dark)
    c.rect(880, 738, 240, 48, coat, 24)
    c.blob("470,780 450,660 480,560 580,540 640,620 640,780", coat)
    c.rect(330, 730, 300, 54, coat, 27)
    c.line("456,566 520,606 610,590", RED, 40, soft=True)
    c.dot(506, 630, 22, GOLD)
    c.blob("360,510 356,420 420,350 540,340 620,410 620,520 560,590 470,600", coat)
    c.blob("300,510 330,468 420,460 470,510 440,580 340,576", "#a8764f")
    c.oval(316, 506, 32, 25, INK)
    c.line("326,552 376,566 420,548", dark, 8, soft=True)
    c.blob("540,350 600,350 670,440 670,540 620,560 574,480", dark)
    c.line("400,452 426,464 454,452", INK, 9, soft=True)
    return c


def missing_person() -> Canvas:
    """A plain outline of head and shoulders; nobody's likeness."""
    c = Canvas(1200, 1200, ICE)
    c.fade("#e6eef8", "#cddcee", 0, 1200)
    c.dot(600, 640, 470, "#dbe6f3")
    c.blob("170,1240 200,1000 340,860 500,806 700,806 860,860 1000,1000 1030,1240", STEEL)
    c.rect(520, 690, 160, 170, "#3f679f", 60)
    c.oval(600, 530, 178, 218, STEEL)
    c.arc(600, 530, 158, 198, (200, 300), tint(WHITE, 0.25), 14)
    c.dot(930, 330, 128, WHITE)
    c.ring(930, 330, 112, NAVY, 22)
    c.line([(1012, 412), (1100, 500)], NAVY, 44)
    c.arc(930, 330, 74, 74, (190, 260), MIST, 16)
    return c


def horse_square() -> Canvas:
    """A police horse without markings looks at a red balloon on a town square."""
    c = Canvas(1600, 900, ICE)
    c.fade("#d5e4f3", "#fbf3e2", 0, 640)
    for x, w, h, color in (
        (0, 260, 360, "#d9cdbb"),
        (260, 220, 440, "#c9d5e2"),
        (480, 240, 320, "#e4d8c6"),
        (1120, 220, 400, "#d9cdbb"),
        (1340, 280, 330, "#c9d5e2"),
    ):
        c.rect(x, 640 - h, w, h, color)
        for row in range(h // 100):
            for column in range(w // 80):
                c.rect(x + 26 + column * 74, 668 - h + row * 96, 36, 54, tint(NAVY, 0.35), 3)
    c.rect(0, 636, 1600, 264, "#d3cbbc")
    for x in range(-200, 1800, 160):
        c.line([(x, 900), (800 + (x - 800) * 0.55, 636)], tint("#000000", 0.05), 4)
    c.haze("420,838 760,822 1100,838 760,858", "#000000", 0.3, 12)
    coat, dark = "#6b4a33", "#3c281b"
    c.line("500,480 440,540 430,680", dark, 46, soft=True)
    for x, top in ((560, 600), (640, 610), (900, 610), (966, 600)):
        c.line([(x, top), (x + 4, 720), (x, 820)], coat if x in (560, 966) else "#573b29", 46)
        c.rect(x - 28, 806, 60, 30, INK, 8)
    c.blob("500,560 520,460 640,430 820,450 940,430 1010,520 990,620 900,660 700,668 560,660", coat)
    c.blob("900,520 960,380 1020,262 1090,270 1080,380 1030,560 980,600", coat)
    c.blob("1010,290 1040,222 1100,226 1180,300 1226,356 1214,398 1164,402 1090,360 1040,360", coat)
    c.poly("1034,236 1044,172 1082,226", coat)
    c.line("1030,220 980,300 930,430", dark, 40, soft=True)
    c.dot(1108, 286, 11, INK)
    c.dot(1198, 366, 8, INK)
    c.line([(1066, 250), (1120, 366)], BLUE, 12)
    c.line([(1142, 292), (1112, 372)], BLUE, 12)
    c.blob("660,434 700,400 800,410 840,446 830,560 680,556", NAVY)
    c.line([(750, 540), (756, 640)], SLATE, 10)
    c.ring(757, 664, 30, SILVER, 10)
    c.line("1380,700 1366,520 1390,330", SLATE, 4, soft=True)
    c.blob("1390,140 1466,200 1450,290 1390,336 1330,290 1314,200", RED)
    c.arc(1376, 226, 40, 52, (180, 260), "#e98793", 10)
    return c


def recruit_class() -> Canvas:
    """Rows of people in caps, seen from behind, facing a bright stage."""
    c = Canvas(1600, 900, NAVY)
    c.fade("#14294a", "#2d4f82", 0, 900)
    c.haze("300,430 560,60 1040,60 1300,430", "#cfe0f2", 0.55, 60)
    c.rect(330, 410, 940, 70, BARK, 6)
    c.rect(330, 410, 940, 16, "#a98058", 6)
    for x in (400, 1150):
        c.rect(x, 120, 50, 292, BLUE)
        c.rect(x + 16, 120, 18, 292, GOLD)
    c.rect(740, 300, 120, 112, "#a98058", 6)
    for row, (count, size, color) in enumerate(((9, 0.72, "#3a639f"), (8, 0.94, "#2d5189"), (6, 1.25, "#21406f"))):
        gap = 1600 / count
        for index in range(count + 1):
            _from_behind(
                c,
                gap * index + (gap / 2 if row % 2 else 0) - (gap / 2 if row == 2 else 0),
                560 + row * 130,
                size,
                color,
            )
    return c


def _from_behind(c: Canvas, x: float, y: float, size: float, color: str) -> None:
    c.blob(
        [
            (x - 100 * size, y + 260 * size),
            (x - 104 * size, y + 110 * size),
            (x - 60 * size, y + 72 * size),
            (x + 60 * size, y + 72 * size),
            (x + 104 * size, y + 110 * size),
            (x + 100 * size, y + 260 * size),
        ],
        color,
    )
    c.rect(x - 24 * size, y + 30 * size, 48 * size, 60 * size, color, 10 * size)
    c.oval(x, y + 12 * size, 50 * size, 56 * size, color)
    c.oval(x, y - 30 * size, 74 * size, 30 * size, "#0a1830")
    c.rect(x - 54 * size, y - 34 * size, 108 * size, 34 * size, "#0a1830", 8 * size)
    c.rect(x - 54 * size, y - 10 * size, 108 * size, 8 * size, GOLD)


SCENES = {
    "k9-dusk": k9_dusk,
    "lost-dog": lost_dog,
    "missing-person": missing_person,
    "horse-square": horse_square,
    "recruit-class": recruit_class,
}
