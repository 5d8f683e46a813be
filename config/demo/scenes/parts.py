"""Things several scenes show: houses, wheels, cones, bicycles, a table top.

Must not live here: whole scenes.
"""

import math

from config.demo.scenes.canvas import BARK, GRAY, INK, SILVER, SLATE, WHITE, WOOD, Canvas, tint

ROAD = "#3b4350"


def houses(c: Canvas, base: float, walls: tuple[str, ...], lit: str, seed: int = 3) -> None:
    """A row of plain town houses standing on `base`, some windows lit; `seed` varies heights and windows."""
    x, number = -20.0, seed
    while x < c.width:
        number = (number * 73 + 41) % 997
        w, h = 150 + number % 90, 190 + number % 170
        c.rect(x, base - h, w, h, walls[number % len(walls)])
        c.rect(x, base - h, w, 12, tint("#000000", 0.18))
        for row in range(int(h // 80)):
            for column in range(int(w // 62)):
                on = (number + row * 5 + column * 3) % 4 == 0
                c.rect(
                    x + 22 + column * 58,
                    base - h + 38 + row * 78,
                    30,
                    42,
                    lit if on else tint("#000000", 0.22),
                    2,
                )
        x += w + 6


def wheel(c: Canvas, x: float, y: float, r: float) -> None:
    """A tyre with its rim."""
    c.dot(x, y, r, INK)
    c.dot(x, y, r * 0.56, SILVER)
    c.dot(x, y, r * 0.2, SLATE)


def cone(c: Canvas, x: float, y: float, size: float = 1.0) -> None:
    """A traffic cone standing at (x, y)."""
    c.oval(x, y + 2, 86 * size, 15 * size, tint("#000000", 0.22))
    c.poly(
        [
            (x - 52 * size, y - 12 * size),
            (x - 13 * size, y - 170 * size),
            (x + 13 * size, y - 170 * size),
            (x + 52 * size, y - 12 * size),
        ],
        "#e0662f",
    )
    for low, high in ((50, 82), (108, 132)):
        left, right = 52 - 39 * low / 158, 52 - 39 * high / 158
        c.poly(
            [
                (x - left * size, y - (low + 12) * size),
                (x - right * size, y - (high + 12) * size),
                (x + right * size, y - (high + 12) * size),
                (x + left * size, y - (low + 12) * size),
            ],
            WHITE,
        )
    c.rect(x - 76 * size, y - 18 * size, 152 * size, 20 * size, "#b44a1d", 6 * size)


def bicycle(c: Canvas, x: float, y: float, size: float, frame: str) -> None:
    """A bicycle whose wheels stand on `y`; `x` is the rear hub."""
    r = 150 * size
    hub, front, crank = (x, y - r), (x + 500 * size, y - r), (x + 210 * size, y - r)
    seat, head = (x + 140 * size, y - 370 * size), (x + 420 * size, y - 360 * size)
    for wx, wy in (hub, front):
        c.ring(wx, wy, r, INK, 14 * size)
        for turn in range(0, 180, 30):
            dx, dy = math.cos(math.radians(turn)) * r * 0.93, math.sin(math.radians(turn)) * r * 0.93
            c.line([(wx - dx, wy - dy), (wx + dx, wy + dy)], GRAY, 2.5 * size)
        c.dot(wx, wy, 16 * size, SLATE)
    wide = 20 * size
    for a, b in ((hub, crank), (hub, seat), (seat, crank), (seat, head), (crank, head), (head, front)):
        c.line([a, b], frame, wide)
    c.line([seat, (seat[0] - 18 * size, seat[1] - 60 * size)], SLATE, 14 * size)
    c.rect(seat[0] - 84 * size, seat[1] - 84 * size, 132 * size, 30 * size, INK, 15 * size)
    c.line(
        [head, (head[0] - 18 * size, head[1] - 64 * size), (head[0] + 66 * size, head[1] - 92 * size)],
        INK,
        15 * size,
    )
    c.dot(*crank, 40 * size, SLATE)
    c.line([crank, (crank[0] + 40 * size, crank[1] + 62 * size)], INK, 11 * size)
    c.rect(crank[0] + 10 * size, crank[1] + 56 * size, 62 * size, 14 * size, INK, 6 * size)


def table(c: Canvas, y: float) -> None:
    """A wooden table top across the picture, its edge at `y`."""
    c.rect(0, y, c.width, c.height - y, WOOD)
    c.rect(0, y, c.width, 16, BARK)
    for offset in (90, 170):
        c.line([(0, y + offset), (c.width, y + offset)], tint("#000000", 0.06), 4)
