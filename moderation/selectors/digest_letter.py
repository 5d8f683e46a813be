"""A kept digest as its mail and its page say it: whole addresses, percentages, widths of bars. Reads no rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import dateformat

from moderation.models import Digest
from moderation.selectors.digest_archive import zone
from moderation.selectors.digest_numbers import NEWS, NUMBERS, OF_DIVISION

WIDEST = 100  # per cent
_NONE = (
    ("quiet", "accounts quieter than they promise"),
    ("uncovered", "accounts with nobody on duty"),
    ("drift", "differences found on accounts"),
    ("failed", "failures"),
    ("direct", "posts without review"),
    ("overdue", "overdue tasks"),
    ("holds", "holds"),
    ("drills", "rehearsals"),
    ("withdrawn", "posts taken down"),
)
NAMES = {Digest.Kind.DAILY: "daily digest", Digest.Kind.WEEKLY: "weekly digest", Digest.Kind.MONTHLY: "monthly report"}
HEADS = {
    "live": "Went out yesterday",
    "trouble": "Did not go out",
    "back": "Sent back by a reviewer",
    "expired": "Not approved in time",
    "due": "Due today",
}


def context(row: Digest, base: str | None = None) -> dict[str, Any]:
    """Everything that the templates of a digest read. `base` = before every address: the site's, for a mail."""
    base = settings.BASE_URL if base is None else base
    kept = row.numbers
    said = {
        "digest": row,
        "name": NAMES[Digest.Kind(row.kind)],
        "title": kept["title"],
        "made": dateformat.format(row.made_at.astimezone(ZoneInfo(zone())), "j F Y, H:i"),
        "lead": kept.get("lead", ""),
        "page_url": base + reverse("moderation:digest", args=[row.pk]),
        "numbers": {code.replace("-", "_"): _number(row, code, base) for code in kept["values"]},
    }
    if row.kind == Digest.Kind.DAILY:
        return said | {"parts": list(_parts(row, base)), "duty": kept["duty"], "duty_url": rows_url(row, "duty", base)}
    return said | {
        "decisions": [{**one, "url": _address(row, one["path"], base)} for one in kept["decisions"]],
        "bars": _bars(row, base),
        "most": max((bar["posts"] for bar in kept["bars"]), default=0) or 1,
        "table": list(_table(row, base)),
        "nothing": _nothing(kept["values"]),
        "more": _more(kept["values"], row),
        "minutes": _span(kept["minutes"]),
        "checked": _share(kept["values"]["rounds-on-time"], kept["values"]["rounds-due"]),
    }


def rows_url(row: Digest, code: str, base: str = "") -> str:
    """The page of the rows behind a number."""
    return base + reverse("moderation:digest_rows", args=[row.pk, code])


def _number(row: Digest, code: str, base: str) -> dict[str, Any]:
    value = row.numbers["values"][code]
    return {"code": code, "value": value, "label": NUMBERS[code].label, "url": rows_url(row, code, base)}


def _table(row: Digest, base: str) -> Iterable[dict[str, Any]]:
    """What a report says of checks, holds and the rest: the words, what stands at the end of the line, its address."""
    found = row.numbers["values"]
    explained = found["drift"] - min(found["drift"], found["drift-open"])
    all_of_it = ", all explained" if found["drift"] and not found["drift-open"] else f", {explained} explained"
    lines = [
        ("rounds-on-time", "Check rounds signed on time", f"{found['rounds-on-time']} of {found['rounds-due']}"),
        ("quiet", "Accounts quieter than they promise", ""),
        ("uncovered", "Accounts with nobody on duty", ""),
        ("drift", f"Differences found on accounts{all_of_it if found['drift'] else ''}", ""),
        ("failed", "Times something did not go out", ""),
        ("direct", "Posts without review, to sample", ""),
        ("overdue", "Tasks overdue", ""),
        ("holds", "Holds", ""),
        ("drills", "Holds rehearsed", ""),
        ("withdrawn", "Posts taken down, each with its ground", ""),
    ]
    for code, words, said in lines:
        yield {
            "code": code,
            "words": words,
            "value": found[code],
            "said": said or found[code],
            "url": rows_url(row, code, base),
        }


def _nothing(found: dict[str, int]) -> str:
    """What there was none of, in one sentence: lines of noughts hide the others."""
    none = [words for code, words in _NONE if not found[code]]
    if not none:
        return ""
    several = f"{', '.join(none[:-1])} and {none[-1]}" if len(none) > 1 else none[0]
    return f"There were no {several}."


def _address(row: Digest, path: str, base: str) -> str:
    """A decision names a page, or a number of the digest."""
    code = path.removeprefix("code:")
    return rows_url(row, code, base) if code != path else base + path


def _bars(row: Digest, base: str) -> list[dict[str, Any]]:
    bars = row.numbers["bars"]
    most = max((bar["posts"] for bar in bars), default=0) or 1
    return [
        {
            **bar,
            "width": max(round(WIDEST * bar["posts"] / most), 4) if bar["posts"] else 0,
            "url": rows_url(row, f"posts{OF_DIVISION}{bar['slug']}", base),
        }
        for bar in bars
    ]


def _parts(row: Digest, base: str) -> Iterable[dict[str, Any]]:
    """A daily digest's lists that have something in them."""
    for code in NEWS:
        value, lines = row.numbers["values"][code], row.numbers["lists"][code]
        if value:
            yield {
                "head": HEADS[code],
                "value": value,
                "lines": [{**line, "url": base + line["path"]} for line in lines],
                "left": value - len(lines),
                "url": rows_url(row, code, base),
            }


def _more(found: dict[str, int], row: Digest) -> str:
    """How the posts compare with the period before."""
    named = "the week before" if row.kind == Digest.Kind.WEEKLY else _month_before(row)
    difference = found["posts"] - found["posts-before"]
    if not found["posts-before"]:
        return f"none {'' if named.startswith('the') else 'in '}{named}"
    if not difference:
        return f"as many as {named}"
    return f"{abs(difference)} {'more' if difference > 0 else 'fewer'} than {named}"


def _month_before(row: Digest) -> str:
    month = row.starts_on.month - 1 or 12
    return dateformat.format(row.starts_on.replace(month=month, day=1), "F")


def _span(minutes: int | None) -> str:
    if minutes is None:
        return ""
    if minutes < 60:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{hours // 24} days"


def _share(part: int, whole: int) -> str:
    return f"{100 * part // whole}%" if whole else "none"


def counted(row: Digest, code: str) -> int | None:
    """What a digest said of a number when it was made; None where it never said it."""
    plain, _, slug = code.partition(OF_DIVISION)
    if not slug:
        value: int | None = row.numbers["values"].get(code)
        return value
    found = {bar["slug"]: bar[plain] for bar in row.numbers.get("bars", ()) if plain in bar}
    return found.get(slug)
