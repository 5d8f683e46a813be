"""Draws the sample pages of this folder into var/gallery/, to judge the look without a database.

Run: `.venv/bin/python docs/gallery/render.py`, then serve var/gallery with any file server (`python -m http.server
-d var/gallery --bind 127.0.0.1 8100`). Only sample markup and invented words live here; nothing in the product
reads this folder.
"""

import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import django
from django.conf import settings
from django.urls import path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = ROOT / "var" / "gallery"
NOW = datetime(2026, 11, 24, 21, 24, tzinfo=UTC)


def _nothing(request: object) -> None:  # a view is needed to reverse an address; nobody calls it
    raise NotImplementedError


names = ("login", "logout", "reset_password", "change_password")
urlpatterns = [path(f"accounts/{name}/", _nothing, name=f"account_{name}") for name in names]


def main() -> None:
    """Render every template of this folder and put the static files beside them."""
    sys.path.insert(0, str(ROOT))
    sys.modules.setdefault("gallery_urls", sys.modules[__name__])
    settings.configure(
        ROOT_URLCONF="gallery_urls", STATIC_URL="/static/", USE_TZ=True, TIME_ZONE="America/Chicago",
        INSTALLED_APPS=["django.contrib.staticfiles"], DEBUG=True,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
                    "DIRS": [ROOT / "templates", HERE],
                    "OPTIONS": {"libraries": {"look": "config.templatetags.look"}}}],
    )  # fmt: skip
    django.setup()
    shutil.rmtree(TARGET, ignore_errors=True)
    shutil.copytree(ROOT / "static", TARGET / "static")
    shutil.copytree(ROOT / "var" / "assets" / "vendor", TARGET / "static" / "vendor")
    shutil.copy(HERE / "sample.svg", TARGET / "sample.svg")
    for template in sorted(HERE.glob("*.html")):
        _draw(template.name)


def _draw(name: str) -> None:
    from django.template.loader import render_to_string
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    context = _context(officer="officer" in name or name in {"composer.html", "home.html"}) | {
        "request": request,
        "csrf_token": "x",
    }
    (TARGET / name).write_text(render_to_string(name, context), encoding="utf-8")


def _area(label: str, icon: str, count: int = 0, tone: str = "", current: str = "") -> dict[str, object]:
    return {"label": label, "icon": icon, "url": "#", "count": count, "count_tone": tone,
            "current": current == label}  # fmt: skip


def _context(officer: bool) -> dict[str, object]:
    return {
        "nav": _officer_nav() if officer else _central_nav(),
        "department": SimpleNamespace(name="Dallas Police Department", short_name="Dallas PD", crest_letters="DPD",
                                      phone="214-555-0100", notice="These pages are not watched around the clock."),
        "now": NOW, "soon": NOW + timedelta(hours=2, minutes=36), "zone": "America/Chicago",
        "yesterday": NOW - timedelta(hours=22), "old": NOW - timedelta(days=23), "states": _states(),
        "bars": _bars(), "preview": _preview(), "form": _sign_in(), "stopped": {"ok": False, "text": "Sending stopped"},
        "hold": {"title": "Posting is on hold for every account", "since": "17:06", "held": 11, "url": "#",
                 "text": "Safety alerts and posts of this incident still go out."},
        "drill": {"title": "Posting would be on hold", "since": "17:06", "drill": True, "text": "Nothing real stops."},
    }  # fmt: skip


def _preview() -> dict[str, object]:
    return {"name": "Northeast Patrol Division", "handle": "@DallasPD", "when": "Tue at 6:00 PM, public",
            "crest": "DPD", "text": "Did you see a green van on Juniper Row?\n\nIt backed into a bus shelter.",
            "cut": True, "count": 338, "limit": "63,206", "pictures": [{"url": "sample.svg", "alt": "A van at night."}],
            "kicker": "Appeal, open until December 24", "title": "Did you see a green van?"}  # fmt: skip


def _sign_in() -> object:
    from django import forms

    class SignIn(forms.Form):
        login = forms.EmailField()
        password = forms.CharField(widget=forms.PasswordInput)

    return SignIn()


def _states() -> dict[str, list[str]]:
    from config import signs

    return {"Deliveries": list(signs.DELIVERIES), "Stages": list(signs.STAGES), "Presences": list(signs.PRESENCES),
            "Findings": list(signs.FINDINGS), "Channels": list(signs.CHANNELS), "Moments": list(signs.MOMENTS),
            "Kinds": list(signs.KINDS)}  # fmt: skip


def _bars() -> dict[str, list[int]]:
    busy = [(7 * n * n + 3 * n) % 9 + 1 for n in range(30)]
    return {"busy": busy, "calm": [v // 3 for v in busy], "few": [int(v > 7) for v in busy],
            "silent": [v // 4 for v in busy[:22]] + [0] * 8}  # fmt: skip


def _frame(**more: object) -> dict[str, object]:
    base = {"department_name": "Dallas Police Department", "department_short": "Dallas PD", "new_post_url": "#",
            "can_post": True, "sending": {"ok": True, "text": "Sending works, 4 s ago"}, "hold": None,
            "today": "Tue 24 Nov, 15:24 CST", "search_url": None, "home_url": "#"}  # fmt: skip
    return base | more


def _officer_nav() -> dict[str, object]:
    return _frame(
        place="Northeast Patrol Division", person_name="Officer, Northeast", person_line="Northeast", initials="NE",
        areas=[_area("Home", "home", 5, current="Home"), _area("Posts", "list"), _area("Calendar", "calendar_today")],
        groups=[{"title": "Northeast", "areas": [_area("Channels", "campaign")]}],
    )  # fmt: skip


def _central_nav() -> dict[str, object]:
    return _frame(
        place="Oversight", person_name="Social media officer", person_line="Oversees 13 accounts", initials="SM",
        areas=[_area("Home", "home"), _area("Review", "check_circle_outline", 10, "waiting"), _area("Posts", "list"),
               _area("Calendar", "calendar_today")],
        groups=[{"title": "Oversight", "areas": [_area("All accounts", "grid_view", 3, "failed", "All accounts")]},
                {"title": "Department", "areas": [_area("Channels", "campaign")]}],
    )  # fmt: skip


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
