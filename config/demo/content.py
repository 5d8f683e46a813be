"""Reads the demo's posts: thirty days of made-up history and a few days ahead, as plain frozen values.

Lives here: posts/*.yaml -> DemoPost, with moments and phone numbers filled in for the `now` given. Must not
live here: the database, services, pictures' bytes (pictures.py). The loader walks `load(now=...)` in order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from config.demo.moments import due, moment, say_date, say_moment, say_time
from config.demo.pictures import ALT, CREDIT

FOLDER = Path(__file__).parent
DEPARTMENT = FOLDER / "department.yaml"
OWN_WORDS = {"x_text": "x", "nixle_text": "nixle"}  # key in the file -> platform whose variant it is
NEEDED = frozenset({"key", "kind", "title", "text", "channels", "at"})
KEYS = NEEDED | {"by", "dates", "facts", "fault", "language", "missing", "picture", "review_note", "scenario"}
KEYS |= frozenset(OWN_WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPicture:
    """A drawn picture by its name; `alt` is empty only where the demo wants it missing."""

    name: str
    alt: str
    credit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPost:
    """One made-up post.

    `channels` holds channel slugs plus "page" (the division's public page and feed) and "internal" (its staff
    feed). `own_words` maps a platform to its variant; every other channel takes `text`. `due_at` is in the
    division's zone: before `now` it is history. `scenario` names what the loader must leave undone:
    scheduled, due_soon, in_review, changes_requested, draft, failed, partly_live, awaiting_proof; None is
    simply live.
    """

    key: str
    division: str
    kind: str
    audience: str
    by: str
    title: str
    text: str
    language: str
    channels: tuple[str, ...]
    due_at: datetime
    own_words: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None
    picture: DemoPicture | None = None
    scenario: str | None = None
    fault: Mapping[str, str] | None = None
    review_note: str = ""
    missing: tuple[str, ...] = ()

    def words_for(self, platform: str) -> str:
        """The text of this post on that platform."""
        return self.own_words.get(platform, self.text)


@cache
def department() -> dict[str, Any]:
    """department.yaml as read; the shape of `load_department`."""
    loaded: dict[str, Any] = yaml.safe_load(DEPARTMENT.read_text(encoding="utf-8"))
    return loaded


def load(*, now: datetime) -> list[DemoPost]:
    """Every demo post, earliest `due_at` first, as it reads when the demo is loaded at `now` (aware)."""
    posts = []
    for path in sorted((FOLDER / "posts").glob("*.yaml")):
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        posts += [_post(entry, loaded, now) for entry in loaded["posts"]]
    return sorted(posts, key=lambda post: (post.due_at, post.key))


def _post(entry: dict[str, Any], file: dict[str, Any], now: datetime) -> DemoPost:
    _refuse_wrong_keys(entry)
    division = _division(file["division"])
    local = now.astimezone(ZoneInfo(division["zone"]))
    due_at = due(local, entry["at"])
    facts = _facts(entry.get("facts", {}), local, due_at)
    words = _words(division, facts, entry.get("dates", {}), local)
    return DemoPost(
        key=entry["key"],
        division=division["slug"],
        kind=entry["kind"],
        audience=file.get("audience", "public"),
        by=entry.get("by", file.get("by", f"officer.{division['slug']}@demo.example")),
        title=entry["title"].format_map(words),
        text=entry["text"].format_map(words),
        language=entry.get("language", "en"),
        channels=tuple(entry["channels"]),
        due_at=due_at,
        own_words={to: entry[key].format_map(words) for key, to in OWN_WORDS.items() if key in entry},
        facts={key: value for key, value in facts.items() if key != "expires_at"},
        expires_at=facts.get("expires_at"),
        picture=_picture(entry.get("picture")),
        scenario=entry.get("scenario"),
        fault=entry.get("fault"),
        review_note=entry.get("review_note", ""),
        missing=tuple(entry.get("missing", ())),
    )


def _refuse_wrong_keys(entry: dict[str, Any]) -> None:
    unknown, absent = entry.keys() - KEYS, NEEDED - entry.keys()
    if unknown or absent:
        raise ValueError(f"{entry.get('key')}: unknown {sorted(unknown)}, absent {sorted(absent)}")


@cache
def _division(slug: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = department()["divisions"]
    return next(row for row in rows if row["slug"] == slug)


def _facts(raw: Mapping[str, Any], now: datetime, due_at: datetime) -> dict[str, Any]:
    """The file's short forms as moments: starts, ends, happened_at, until, expires_at; the rest as it is."""
    facts: dict[str, Any] = dict(raw)
    if "starts" in facts:
        facts["starts"] = moment(now, facts["starts"])
    if "ends" in facts:
        hour, minute = map(int, facts["ends"].split(":"))
        facts["ends"] = facts["starts"].replace(hour=hour, minute=minute)
    if "ends_day" in facts:
        facts["ends"] = moment(now, {"time": "18:00"} | facts.pop("ends_day"))
    if "happened" in facts:
        facts["happened_at"] = moment(now, facts.pop("happened"))
    if "until_hours" in facts:
        facts["until"] = due_at + timedelta(hours=facts.pop("until_hours"))
    if "expires_days" in facts:
        facts["expires_at"] = due_at + timedelta(days=facts.pop("expires_days"))
    return facts


def _words(
    division: dict[str, Any], facts: Mapping[str, Any], dates: Mapping[str, Any], now: datetime
) -> dict[str, str]:
    """What a text may name in braces; an unknown name is a KeyError, so no brace reaches a reader."""
    words = {"desk": division["phone_desk"], "tips": division["phone_tips"]}
    words |= {name: say_date(moment(now, spec)) for name, spec in dates.items()}
    for name, fact in (("starts", "starts"), ("ends", "ends"), ("happened", "happened_at")):
        if fact in facts:
            when = facts[fact]
            words |= {name: say_moment(when), f"{name}_date": say_date(when), f"{name}_time": say_time(when)}
    if "starts" in facts and "ends" in facts:
        words["hours"] = f"{say_time(facts['starts'])} to {say_time(facts['ends'])}"
    return words


def _picture(raw: str | Mapping[str, str] | None) -> DemoPicture | None:
    if raw is None:
        return None
    named = {"name": raw} if isinstance(raw, str) else dict(raw)
    name = named["name"]
    return DemoPicture(name=name, alt=named.get("alt", ALT[name]), credit=named.get("credit", CREDIT))
