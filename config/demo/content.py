"""Reads the demo's posts: thirty days of made-up history and a few days ahead, as plain frozen values.

Lives here: posts/*.yaml -> DemoPost, with moments and phone numbers filled in for the `now` given. Must not
live here: the database, services, pictures' bytes (pictures.py). The loader walks `load(now=...)` in order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from config.demo import films
from config.demo.moments import due, moment, say_date, say_hours, say_moment, say_time
from config.demo.pictures import ALT, CREDIT
from posts.kinds import SPECS

FOLDER = Path(__file__).parent
DEPARTMENT = FOLDER / "department.yaml"
OWN_WORDS = {"x_text": "x", "nixle_text": "nixle"}  # key in the file -> platform whose variant it is
NEEDED = frozenset({"key", "kind", "title", "text", "channels", "at"})
KEYS = NEEDED | {"by", "dates", "facts", "fault", "film", "language", "missing", "picture", "review_note", "scenario"}
KEYS |= frozenset(OWN_WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPicture:
    """A drawn picture (or film) by its name; `alt` is empty only where the demo wants it missing."""

    name: str
    alt: str
    credit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPost:
    """One made-up post.

    `channels` holds channel slugs plus "page" (the division's public page and feed) and "internal" (its staff
    feed). `own_words` maps a platform to its variant; every other channel takes `text`. `facts` are the kind's own
    (posts.kinds), as the composer's form would send them. `due_at` is in the division's zone: before `now` it is
    history. `scenario` names what the loader must leave undone:
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
    facts: Mapping[str, str] = field(default_factory=dict)
    expires_on: date | None = None
    picture: DemoPicture | None = None
    film: DemoPicture | None = None
    scenario: str | None = None
    fault: Mapping[str, str] | None = None
    review_note: str = ""
    missing: tuple[str, ...] = ()

    @property
    def wall_time(self) -> str:
        """`due_at` as the composer's field holds it."""
        return f"{self.due_at:%Y-%m-%dT%H:%M}"

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
    raw = entry.get("facts", {})
    times = _times(raw, local)
    words = _words(division, times, entry.get("dates", {}), local)
    known = {"tips_phone": division["phone_tips"], "question": entry["title"]}
    return DemoPost(
        key=entry["key"],
        division=division["slug"],
        kind=entry["kind"],
        audience=file.get("audience", "public"),
        by=entry.get("by", file.get("by", f"officer.{division['slug']}@demo.example")),
        title=_fill(entry["title"], words),
        text=_fill(entry["text"], words),
        language=entry.get("language", "en"),
        channels=tuple(entry["channels"]),
        due_at=due_at,
        own_words={to: _fill(entry[key], words) for key, to in OWN_WORDS.items() if key in entry},
        facts=_facts(entry["kind"], raw, times, known),
        expires_on=_expires_on(raw, due_at),
        picture=_picture(entry.get("picture")),
        film=_film(entry.get("film")),
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


def _expires_on(raw: Mapping[str, Any], due_at: datetime) -> date | None:
    days = raw.get("expires_days")
    return None if days is None else due_at.date() + timedelta(days=days)


def _times(raw: Mapping[str, Any], now: datetime) -> dict[str, datetime]:
    """The file's relative times by the product's names: starts_at, ends_at, happened_at."""
    times: dict[str, datetime] = {}
    if "starts" in raw:
        times["starts_at"] = moment(now, raw["starts"])
    if "ends" in raw:
        hour, minute = map(int, raw["ends"].split(":"))
        times["ends_at"] = times["starts_at"].replace(hour=hour, minute=minute)
    if "ends_day" in raw:
        times["ends_at"] = moment(now, {"time": "18:00"} | raw["ends_day"])
    if "happened" in raw:
        times["happened_at"] = moment(now, raw["happened"])
    return times


def _facts(
    kind: str, raw: Mapping[str, Any], times: Mapping[str, datetime], known: Mapping[str, str]
) -> dict[str, str]:
    """What the kind asks for and nothing else, as the composer's form would send it."""
    said = {key: value for key, value in raw.items() if isinstance(value, str)}
    walls = {name: f"{when:%Y-%m-%dT%H:%M}" for name, when in times.items()}
    facts = dict(known) | said | walls
    return {fact.name: facts[fact.name] for fact in SPECS[kind].facts if fact.name in facts}


def _words(
    division: dict[str, Any], times: Mapping[str, datetime], dates: Mapping[str, Any], now: datetime
) -> dict[str, str]:
    """What a text may name in braces; an unknown name is a KeyError, so no brace reaches a reader."""
    words = {"desk": division["phone_desk"], "tips": division["phone_tips"]}
    words |= {name: say_date(moment(now, spec)) for name, spec in dates.items()}
    for fact, when in times.items():
        name = fact.removesuffix("_at")
        words |= {name: say_moment(when), f"{name}_date": say_date(when), f"{name}_time": say_time(when)}
    if "starts_at" in times and "ends_at" in times:
        words["hours"] = say_hours(times["starts_at"], times["ends_at"])
    return words


def _fill(template: str, words: Mapping[str, str]) -> str:
    """The text with its words filled in; "p.m." brings its own full stop."""
    return template.format_map(words).replace(".m..", ".m.")


def _film(name: str | None) -> DemoPicture | None:
    return DemoPicture(name=name, alt=films.ALT[name], credit=CREDIT) if name else None


def _picture(raw: str | Mapping[str, str] | None) -> DemoPicture | None:
    if raw is None:
        return None
    named = {"name": raw} if isinstance(raw, str) else dict(raw)
    name = named["name"]
    return DemoPicture(name=name, alt=named.get("alt", ALT[name]), credit=named.get("credit", CREDIT))
