"""How long a text is, in the units each platform counts. Pure; no limits and no cures (see `composing`).

X: the reference rules of twitter-text v3 through its Python port, proven on the public conformance cases.
SMS: 3GPP TS 23.038 default alphabet (septets; the extension table costs two).
"""

from __future__ import annotations

import sys
import threading
import types
import unicodedata
from functools import cache
from importlib import resources
from typing import Any

import regex

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("^{}\\[~]|€\f")
SHORT, MOST_DOTS, EXACT_UP_TO = 1_000, 16, 20_000
GSM_ONE_PART, UCS2_ONE_PART = 160, 70

_FOLDED = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "‚": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "–": "-",
        "—": "-",
        "‑": "-",
        "…": "...",
        "\u00a0": " ",
        "\u202f": " ",
        "•": "*",
    }
)
_PIECES = regex.compile(r"\s+|\S+")
_NAMES = regex.compile(r"[^\s/?&=,;:()@]+")
_GRAPHEME = regex.compile(r"\X")
_URL = regex.compile(r"https?://[^\s<>\"]+", regex.IGNORECASE)
_IMPORTING = threading.Lock()
_MENTION = regex.compile(r"(?<![\w/])@(\w[\w.-]*)@[\w.-]+\w")


def count(text: str, counter: str, url_length: int | None = None) -> int:
    """Return the length of `text` in units of `counter` (the names in `Capabilities.counter`)."""
    if counter == "x_weighted":
        return x_weighted(text)
    if counter == "grapheme":
        return graphemes(text if url_length is None else _as_mastodon_counts(text, url_length))
    if counter == "grapheme+bytes":
        return graphemes(text)
    if counter == "utf8_bytes":
        return utf8_bytes(text)
    if counter == "gsm7":
        return sms_units(text)
    if counter == "characters":
        return len(text)
    raise ValueError(f"no such counter: {counter}")


def x_weighted(text: str) -> int:
    """Return X's weighted length: NFC first, every URL 23, any emoji sequence 2, wide scripts 2.

    The library's search for links takes quadratic time on runs of dots ("a.a.a. …", seconds for a thousand). So it gets
    word by word; a name of more parts than any host has, and all that follows the first `EXACT_UP_TO`, is counted
    letter by letter, without links.
    """
    normal = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    if len(normal) <= SHORT and normal.count(".") <= MOST_DOTS:
        return _weight(normal)
    total = 0
    for piece in _PIECES.finditer(normal):
        if total > EXACT_UP_TO:
            return total + _weight(_without_links(normal[piece.start() :]))
        dots = max((run.count(".") for run in _NAMES.findall(piece[0])), default=0)
        total += _weight(piece[0] if dots <= MOST_DOTS else _without_links(piece[0]))
    return total


def graphemes(text: str) -> int:
    """Return the number of extended grapheme clusters: what a reader calls a character."""
    return len(_GRAPHEME.findall(text))


def utf8_bytes(text: str) -> int:
    """Return the bytes of UTF-8: YouTube counts a description so, up to 5,000 (Data API v3, 2026)."""
    return len(text.encode())


def fold_for_sms(text: str) -> str:
    """Replace typographic quotes, dashes and dots by their plain forms, so that an SMS stays in GSM-7."""
    return unicodedata.normalize("NFC", text).translate(_FOLDED)


def outside_gsm7(text: str) -> str:
    """Return the characters, each once and in order, that no GSM-7 message can hold."""
    return "".join(dict.fromkeys(c for c in text if c not in GSM_BASIC and c not in GSM_EXTENSION))


def sms_units(text: str) -> int:
    """Return septets, or UTF-16 units where one character makes the whole message UCS-2.

    3GPP TS 23.038, tables 6.2.1 and 6.2.1.1: a character of the extension table costs two.
    """
    if outside_gsm7(text):
        return len(text.encode("utf-16-le")) // 2
    return sum(2 if c in GSM_EXTENSION else 1 for c in text)


def sms_limit(text: str) -> int:
    """Return what one part may hold: 160 septets, or 70 units once the message is UCS-2 (3GPP TS 23.040).

    Nixle's own number is 160 (its page "SmartPath FAQ", 2026); nothing says that it joins parts, so one is the limit.
    """
    return UCS2_ONE_PART if outside_gsm7(text) else GSM_ONE_PART


def _weight(text: str) -> int:
    return int(_twitter_text().parse_tweet(text).weightedLength)


def _without_links(text: str) -> str:
    """Return a text of the same weight in which nothing is a link."""
    return text.replace(".", ",")


def _as_mastodon_counts(text: str, url_length: int) -> str:
    shortened = _URL.sub("x" * url_length, text)
    return str(_MENTION.sub(r"@\1", shortened))


@cache
def _twitter_text() -> Any:
    """Import the counter behind a stand-in for the `pkg_resources` it reads one data file with.

    Its release still asks for that module, which current setuptools no longer ships; nothing else of it is
    used.
    """
    stand_in = types.ModuleType("pkg_resources")
    stand_in.resource_string = _read_beside  # type: ignore[attr-defined]
    with _IMPORTING:
        before = sys.modules.get("pkg_resources")
        sys.modules["pkg_resources"] = stand_in
        try:
            import twitter_text
        finally:
            if before is None:
                del sys.modules["pkg_resources"]
            else:
                sys.modules["pkg_resources"] = before
    return twitter_text


def _read_beside(module: str, name: str) -> bytes:
    return resources.files(module.rpartition(".")[0]).joinpath(name).read_bytes()
