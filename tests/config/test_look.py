"""The look holds together: signs, icons, classes and colours exist, and no template breaks the content policy."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.template import Context, Template

from config import signs
from config.templatetags import look
from divisions.models import Channel
from posts.kinds import SPECS, Kind
from posts.states import DeliveryState, Stage

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MAILS = ROOT / "templates" / "emails"  # mail programs know no stylesheets; their rules are their own
PAGES = [path for path in TEMPLATES if MAILS not in path.parents]
NOW = datetime(2026, 11, 24, 23, 45, tzinfo=UTC)  # 17:45 in Dallas
ZONE = "America/Chicago"


def sprite_names() -> set[str]:
    return set(re.findall(r'id="([a-z_0-9]+)"', (ROOT / "var/assets/vendor/img/sprite.svg").read_text()))


def css_classes() -> set[str]:
    sheets = [*(ROOT / "static/css").glob("*.css"), ROOT / "var/assets/vendor/css/uswds.css"]
    return {name for sheet in sheets for name in re.findall(r"\.([a-zA-Z][\w-]*)", sheet.read_text())}


def draw(source: str, **context: object) -> str:
    return Template("{% load look %}" + source).render(Context(context))


def test_every_sign_has_an_icon_in_the_sprite_and_a_tone_in_the_stylesheet():
    icons = {mark.icon for mark in signs.ALL.values()} | {icon for icon, _ in signs.PLATFORMS.values()}
    tones = {f"chip--{mark.tone.split()[0]}" for mark in signs.ALL.values() if mark.tone}
    assert icons <= sprite_names()
    assert tones <= css_classes()


def test_every_state_stage_kind_and_channel_state_has_its_own_sign():
    states = [*DeliveryState.values, *Stage.values, *Kind.values, *Channel._meta.get_field("state").choices]
    keys = [state if isinstance(state, str) else state[0] for state in states]
    assert [key for key in keys if key.lower() not in signs.ALL] == []


def test_every_icon_named_in_a_template_or_by_a_kind_is_in_the_sprite():
    named = {spec.icon for spec in SPECS.values()}
    for path in TEMPLATES:
        named |= set(re.findall(r'{% icon "([^"]+)"', path.read_text()))
    named |= set(re.findall(r'icon="([a-z_]+)"', (ROOT / "config/context.py").read_text()))
    assert named - sprite_names() == set()


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("an inline style", r"\sstyle\s*="),
        ("a style element", r"<style"),
        ("an inline handler", r"\son[a-z]+\s*="),
        ("an htmx handler, which needs eval", r"hx-on"),
        ("an inline script", r"<script(?![^>]*\ssrc=)"),
        ("a link to nowhere", r'href="#"'),
        ("a disabled button without a reason", r"<button[^>]*\sdisabled"),
    ],
)
def test_no_page_carries(what: str, pattern: str):
    guilty = [str(path.relative_to(ROOT)) for path in PAGES if re.search(pattern, path.read_text())]
    assert guilty == [], f"{what} in {guilty}"


def test_every_class_in_a_template_is_described_in_a_stylesheet():
    known = css_classes()
    unknown: dict[str, set[str]] = {}
    for path in PAGES:
        text = re.sub(r"{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.S)
        text = re.sub(r"{{.*?}}", "?", re.sub(r"{[%#].*?[%#]}", " ", text))
        for value in re.findall(r'\bclass="([^"]*)"', text):
            missing = {name for name in value.split() if name not in known and "?" not in name}
            if missing:
                unknown[str(path.relative_to(ROOT))] = missing
    assert unknown == {}


def test_an_unknown_state_is_shown_plainly():
    assert "Some thing" in look.chip("SOME_THING")


def test_a_chip_escapes_its_word():
    assert "<b>" not in look.chip("draft", "<b>bold</b>")


def test_desk_and_public_times_are_said_as_people_read_them():
    assert ">Tue 24 Nov, 17:45<" in draw("{% desk_time at zone %}", at=NOW, zone=ZONE)
    assert ">Tue 24 Nov, 17:45 CST<" in draw("{% desk_time at zone with_zone=True %}", at=NOW, zone=ZONE)
    assert ">November 24, 2026, 5:45 p.m.<" in draw("{% public_time at zone %}", at=NOW, zone=ZONE)
    assert 'datetime="2026-11-24T23:45:00Z"' in draw("{% public_time at zone %}", at=NOW, zone=ZONE)
    assert draw("{% desk_time at %}", at=None) == ""


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, "Today 17:45"), (-1, "Yesterday 17:45"), (1, "Tomorrow 17:45"), (3, "Fri 17:45"), (9, "Thu 3 Dec, 17:45")],
)
def test_a_near_day_is_named(days: int, said: str):
    assert f">{said}<" in look.desk_when(NOW + timedelta(days=days), ZONE, NOW)


def test_spans_are_said_in_one_unit():
    spans = [look.ago(NOW - timedelta(seconds=s), NOW) for s in (4, 720, 18000, 23 * 86400)]
    assert spans == ["4 s ago", "12 min ago", "5 h ago", "23 days ago"]
    assert look.left(NOW + timedelta(minutes=145), NOW) == "2 h 25 min left"
    assert look.left(NOW - timedelta(minutes=1), NOW) == "no time left"


def test_a_sparkline_ends_its_bars_where_the_silence_begins():
    drawn = look.sparkline([1, 2, 0, 0], peak=4, silent=2)
    assert drawn.count("spark__bar") == 2
    assert "spark__silence" in drawn
    assert "<svg" in look.sparkline([])


def luminance(hex_colour: str) -> float:
    parts = [int(hex_colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *((name, ground) for name in ("ink", "soft", "primary", "failed") for ground in
          ("paper", "ground", "rail", "shade")),
        *((name, f"{name}-tint") for name in ("primary", "ok", "due", "waiting", "failed", "old", "new")),
        ("dept-on", "dept"), ("ink", "dept-tint"), ("primary", "dept-tint"), ("ink", "due-tint"),
        ("faint", "paper"), ("paper", "failed"), ("paper", "held"), ("paper", "primary"),
    ],
)  # fmt: skip
def test_text_keeps_its_contrast(text: str, ground: str):
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", (ROOT / "static/css/tokens.css").read_text()))
    assert contrast(tokens[text], tokens[ground]) >= 4.5


def test_building_the_assets_again_changes_nothing():
    stamp = ROOT / "var/assets/vendor/.built"
    before = stamp.stat().st_mtime_ns
    done = subprocess.run([sys.executable, str(ROOT / "static/build.py")], capture_output=True, check=False)
    assert (done.returncode, stamp.stat().st_mtime_ns) == (0, before)


def test_served_third_party_files_name_no_source_map():
    served = [p for p in (ROOT / "var/assets/vendor").rglob("*") if p.suffix in {".js", ".css"}]
    assert served
    assert [p.name for p in served if "sourceMappingURL" in p.read_text()] == []


def test_the_favicon_is_there(client):
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer["Location"]) == (302, "/static/img/favicon.ico")
