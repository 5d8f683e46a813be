"""What Substation will and will not be able to do on an account, in sentences made from its capabilities. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from connectors.connecting.contract import MadeHere, Scope
from connectors.contract import Capabilities, EditRules, MediaRules

UNITS = {
    "x_weighted": "characters as X counts them",
    "grapheme": "characters",
    "grapheme+bytes": "characters",
    "utf8_bytes": "bytes",
    "gsm7": "characters of a text message",
    "characters": "characters",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """One thing; `instead` is the next best act where it is not possible."""

    words: str
    instead: str = ""


def without(can: Capabilities, missing: Iterable[Scope]) -> Capabilities:
    """Return what is left of the capabilities where some permissions were not granted."""
    lost = {what for scope in missing for what in scope.opens}
    talk = {name: False for name in ("read", "hide", "reply") if name in lost}
    return replace(
        can,
        media=MediaRules() if "media" in lost else can.media,
        comments=replace(can.comments, **talk),
        metrics=can.metrics and "metrics" not in lost,
    )


def abilities(can: Capabilities, label: str) -> tuple[tuple[Ability, ...], tuple[Ability, ...]]:
    """Return what will be possible, and what will not with the next best act."""
    lines = [*_posting(can, label), *_afterwards(can, label), *_watching(can, label)]
    able = tuple(Ability(words=words) for yes, words, _, _ in lines if yes)
    unable = tuple(Ability(words=lost, instead=instead) for yes, _, lost, instead in lines if not yes)
    return able, unable


def told(way: MadeHere) -> tuple[tuple[Ability, ...], tuple[Ability, ...]]:
    """The same for what we make ourselves, in its own words."""
    able = tuple(Ability(words=words) for words in way.able)
    return able, tuple(Ability(words=words, instead=instead) for words, instead in way.unable)


Line = tuple[bool, str, str, str]


def _posting(can: Capabilities, label: str) -> list[Line]:
    kinds, count = can.media.kinds, can.media.count
    text = "post text of any length" if can.max_text is None else f"post up to {can.max_text:,} {UNITS[can.counter]}"
    described = " with their descriptions" if can.media.alt_max or "image" in kinds else ""
    films = "video" in kinds
    return [
        (
            not can.requires_media,
            text,
            f"post words alone: {label} takes only videos",
            "Post the words elsewhere and link the video.",
        ),
        (
            "image" in kinds,
            f"attach up to {count} pictures{described}",
            "attach pictures",
            "The link leads to the post's own page, which shows them.",
        ),
        *([(True, "upload a video", "", "")] if films else []),
    ]


def _afterwards(can: Capabilities, label: str) -> list[Line]:
    return [
        (
            can.edit.when != "none",
            _edit(can.edit),
            "change a post that is out",
            "A correction goes out as a post of its own, below the old one.",
        ),
        (
            can.withdraw,
            "take a post down and prove that it is gone",
            "take a post down",
            f"Somebody deletes it in {label} and marks that here.",
        ),
        (
            can.list_own,
            "see what others post on the account",
            "see what others post on the account",
            "The check round asks a person to look.",
        ),
    ]


def _watching(can: Capabilities, label: str) -> list[Line]:
    talk = can.comments
    lines: list[Line] = [
        (talk.read, "read the public's answers", "read the public's answers", f"Somebody reads them in {label}."),
    ]
    if talk.read:
        app = f"Open it in {label}, then paste the link here."
        lines.append(
            (talk.hide, "hide an answer under your policy", "hide an answer", f"Report or mute it in {label}.")
        )
        lines.append((talk.reply, "answer the public", "answer the public", app))
    counts = f"Look them up in {label}."
    return [*lines, (can.metrics, "count views, likes and shares", "count views, likes and shares", counts)]


def _edit(rules: EditRules) -> str:
    if rules.when == "window":
        minutes = (rules.window_s or 0) // 60
        return f"change a post for {minutes} minutes, {rules.times} times at most"
    return "change the words of a post, not its pictures" if rules.text_only else "change a post"
