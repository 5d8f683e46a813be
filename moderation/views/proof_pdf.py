"""The proof of a quarter as a PDF file: the same rounds, questions and answers as the page, on numbered sheets.

Sets type only; what is proof and who may read it is decided before.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from reportlab import rl_config
from reportlab.lib import colors
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

from divisions.models import Channel
from moderation.models import CheckItem, CheckRound, Task
from moderation.selectors.rounds import Quarter

FONT, BOLD = "Proof", "Proof-Bold"  # Bitstream Vera, which comes with the library: every letter is in the file
INK, QUIET, LINE = colors.HexColor("#1b1b1b"), colors.HexColor("#565c65"), colors.HexColor("#a9aeb1")
MARGIN = 48.0  # points
WIDTHS = (0.34, 0.12, 0.29, 0.25)  # question, answer, what was seen, task
NOTHING = "Nothing was signed for this account in the quarter. A round that is open or late is no proof."
HEADS = ("Question", "Answer", "What was seen or noted", "Task")


def write(
    channel: Channel, quarter: Quarter, rounds: Sequence[CheckRound], *, department: str, zone: str, now: datetime
) -> bytes:
    """The file's bytes. `rounds` as `selectors.rounds.proof` gives them: nothing is asked of the database here."""
    out = io.BytesIO()
    title = f"Check rounds of {channel.name}, {quarter}"
    paper = BaseDocTemplate(
        out, pagesize=letter, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN + 12,
        title=title, author=department, subject="Signed check rounds", lang="en",
    )  # fmt: skip
    frame = Frame(paper.leftMargin, paper.bottomMargin, paper.width, paper.height, 0, 0, 0, 0)
    foot = f"{department}. {title}. Made {_when(now, zone)}."

    def sheet(canvas: Canvas, document: BaseDocTemplate) -> None:
        canvas.setFont(_fonts()[0], 8)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN, MARGIN - 12, foot[:110])
        canvas.drawRightString(letter[0] - MARGIN, MARGIN - 12, f"Page {document.page}")

    paper.addPageTemplates(PageTemplate(frames=[frame], onPage=sheet))
    paper.build(list(_story(channel, quarter, rounds, department, zone, paper.width)))
    return out.getvalue()


def _story(
    channel: Channel, quarter: Quarter, rounds: Sequence[CheckRound], department: str, zone: str, width: float
) -> Iterator[Flowable]:
    yield _words(f"{department}, {channel.division.name}", "small")
    yield _words(f"Check rounds of {channel.name}, {quarter}", "title")
    where = ", ".join(filter(None, [channel.get_platform_display(), channel.handle, channel.url]))
    yield _words(f"{len(rounds)} signed. {where}.", "text")
    if not rounds:
        yield _words(
            "Nothing was signed for this account in the quarter. A round that is open or late is no proof.", "text"
        )
    for row in rounds:
        yield Spacer(0, 14)
        yield from _round(row, zone, width)


def _round(row: CheckRound, zone: str, width: float) -> Iterator[Flowable]:
    assert row.signed_at is not None
    yield _words(f"Signed {_when(row.signed_at, zone)}", "head")
    yield _words(f"by {row.signed_name}, due {_when(row.due_at, zone)}, round {row.pk}", "small")
    lines = [[_words(head, "bold") for head in HEADS]]
    lines += [[_words(text, "cell") for text in _cells(item, zone)] for item in row.items.all()]
    table = Table(lines, colWidths=[width * share for share in WIDTHS], repeatRows=1, splitInRow=1)
    table.setStyle(
        TableStyle([
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, 0), 1, INK),
            ("LINEBELOW", (0, 1), (-1, -1), 0.5, LINE),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
        ])
    )  # fmt: skip
    yield table
    for shot in row.screenshots.all():
        yield _words(f"Picture of the screen, sha256 {shot.sha256}", "small")


def _cells(item: CheckItem, zone: str) -> tuple[str, str, str, str]:
    seen = " ".join(filter(None, [item.detail, item.note]))
    tasks = "\n".join(_task(task, zone) for task in item.tasks.all())
    return f"{item.words}\n{item.get_asked_of_display()}", str(item.get_answer_display()), seen, tasks


def _task(task: Task, zone: str) -> str:
    if task.done_at is None:
        return f"{task.words} (open, for {task.owner.name if task.owner else 'the division'}, due {task.due_on})"
    by = task.done_by.name if task.done_by else "somebody"
    return f"{task.words} (done {_when(task.done_at, zone)} by {by}: {task.done_note})"


def _when(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%-d %b %Y, %H:%M %Z")


def _words(text: str, style: str) -> Paragraph:
    """A paragraph of plain text: a character the typeface lacks is named by its number, never left out."""
    known = _fonts()[2]
    shown = "".join(c if ord(c) in known or c == "\n" else f"[U+{ord(c):04X}]" for c in text)
    return Paragraph(escape(shown).replace("\n", "<br/>"), _styles()[style])


@cache
def _fonts() -> tuple[str, str, frozenset[int]]:
    """Register the two typefaces once a process; returns their names and the characters they hold."""
    rl_config.invariant = 1  # the same rounds give the same bytes, whatever the clock says
    regular, bold = TTFont(FONT, "Vera.ttf"), TTFont(BOLD, "VeraBd.ttf")
    pdfmetrics.registerFont(regular)
    pdfmetrics.registerFont(bold)
    return FONT, BOLD, frozenset(regular.face.charToGlyph)


@cache
def _styles() -> dict[str, ParagraphStyle]:
    regular, bold, _ = _fonts()
    base = ParagraphStyle("text", fontName=regular, fontSize=9.5, leading=13, textColor=INK)
    return {
        "text": base,
        "small": ParagraphStyle("small", base, fontSize=8, leading=11, textColor=QUIET),
        "cell": ParagraphStyle("cell", base, fontSize=8, leading=10.5, splitLongWords=1),
        "bold": ParagraphStyle("bold", base, fontName=bold, fontSize=8, leading=10.5),
        "head": ParagraphStyle("head", base, fontName=bold, fontSize=11.5, leading=15, keepWithNext=1),
        "title": ParagraphStyle("title", base, fontName=bold, fontSize=17, leading=22, spaceAfter=4),
    }
