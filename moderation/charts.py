"""Charts as SVG, drawn on the server: no script, no style of their own, so that any policy lets them through.

The drawing is pygal's; how it looks stands in static/css/digests.css. A chart is never alone: the template prints its
words and its table beside it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from xml.etree.ElementTree import Element, tostring

import pygal
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 800, 220
# pygal looks into every import for its map plug-ins, by a way that Python has deprecated; none of them is used here.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture, the sentence that says the same, and its values as rows."""

    svg: SafeString
    words: str
    rows: tuple[tuple[date, int], ...]


def posts_by_day(days: Sequence[tuple[str, int]]) -> Chart:
    """A column a day; `days` are pairs of an ISO date and a number."""
    rows = tuple((date.fromisoformat(day), n) for day, n in days)
    chart = pygal.Bar(
        width=WIDTH,
        height=HEIGHT,
        show_legend=False,
        margin=8,
        include_x_axis=True,
        x_labels=[f"{day:%-d %b}" for day, _ in rows],
        x_labels_major_every=7,
        show_minor_x_labels=len(rows) <= 7,
        y_labels_major_count=3,
        show_minor_y_labels=False,
        min_scale=2,
        css=[],
        js=[],
        no_prefix=True,
        print_values=False,
        truncate_label=-1,
        formatter=lambda n: f"{n:.0f}",
    )
    chart.add("Posts", [n for _, n in rows])
    return Chart(svg=_safe(chart.render_tree()), words=_words(rows), rows=rows)


def _safe(root: Element) -> SafeString:
    """The drawing without scripts and styles, and hidden from screen readers: they get the words and the table."""
    for parent in list(root.iter()):
        for child in list(parent):
            if str(child.tag).rpartition("}")[2] in ("script", "style", "desc", "title"):
                parent.remove(child)
        for name in [name for name in parent.attrib if name in ("style", "onload")]:
            del parent.attrib[name]
    root.set("class", "digest-chart")
    root.set("aria-hidden", "true")
    root.set("focusable", "false")
    return mark_safe(tostring(root, encoding="unicode"))  # noqa: S308 - drawn from numbers and dates alone


def _words(rows: Sequence[tuple[date, int]]) -> str:
    total = sum(n for _, n in rows)
    if not total:
        return "No post went out."
    most = max(rows, key=lambda row: row[1])
    none = sum(not n for _, n in rows)
    days = f" None went out on {none} of {len(rows)} days." if none else " Some went out every day."
    return f"{total} {'post' if total == 1 else 'posts'}, most on {most[0]:%-d %B} ({most[1]}).{days}"
