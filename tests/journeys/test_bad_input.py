"""P13 at every address: whatever is typed into it or sent to it, there is an answer and never a fault.

What one form says about one field is tested beside that form; here rubbish goes into every field of every form.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from divisions.models import User
from posts.models import Draft
from tests import stories
from tests.journeys.page_forms import form_in
from tests.rights import table
from tests.rights.world import World, browser
from tests.stories import NOW

RUBBISH = {
    "nothing": "",
    "a NUL": "a\x00b",
    "controls and a turned direction": "\x01\x1b[31m\u202eabc\u2028\ufffe",
    "very long": "x" * 70_000,
    "a huge number": "9" * 40,
    "no date": "9999-99-99",
    "the last date": "9999-12-31",
    "markup": "<script>alert(1)</script>{{ 7 }}",
    "a wild address": "http://[::1",
}
QUERY_NAMES = (
    "page", "q", "day", "date", "view", "division", "kind", "stage", "where", "channel", "platform", "show", "for",
    "ask", "scope", "mine", "next", "start", "entries",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _five_past_nine() -> Iterator[None]:
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        yield


@pytest.fixture
def world(department: SimpleNamespace, superuser: User) -> World:
    """One of everything."""
    return World(department)


@pytest.fixture
def smo(world: World) -> Client:
    """A browser of the one who may do most."""
    return browser("central officer")


def fault(client: Client, how: str, path: str, data: dict[str, Any] | None = None) -> str:
    """What went wrong on our side, in words; empty when the request was answered. Changes are taken back."""
    try:
        with transaction.atomic():
            answer: Any = client.generic(how, path) if data is None else client.post(path, data)
            if answer.streaming:
                answer.getvalue()
            transaction.set_rollback(True)
    except Exception as error:
        return f"{how} {path[:80]}: {type(error).__name__}: {str(error)[:120]}"
    return f"{how} {path[:80]}: {answer.status_code}" if answer.status_code >= 500 else ""


def test_rubbish_behind_the_question_mark_is_answered_everywhere(world: World, smo: Client) -> None:
    readable = {row.name: row for row in table.rows() if row.how == "GET" and row.expected["central officer"] == "200"}
    bad = ["%00", "%ED%A0%BD", "9" * 40, "9999-12-31", "x" * 2_000, quote("http://[::1")]
    faults = []
    for row in readable.values():
        path = world.address(row.name, row.thing)
        for value in bad:
            faults.append(fault(smo, "GET", f"{path}?{'&'.join(f'{name}={value}' for name in QUERY_NAMES)}"))
    assert [line for line in faults if line] == []


def test_ids_and_names_that_cannot_be_are_not_there(world: World, smo: Client) -> None:
    odd = ("999999999", "9" * 18, "9" * 30, "-1", "0", "x" * 3000, "%00", "%ED%A0%BD", "..%2F..%2Fetc", "%F0%9F%A6%84")
    faults, found = [], set()
    for row in table.rows():
        if row.thing == "-" or row.name.startswith("account_"):
            continue
        path = world.address(row.name, row.thing)
        parts = reversed(path.strip("/").split("/"))  # an id, a name, or what we signed
        part = next(p for p in parts if p[0].isdigit() or p in row.thing or "." in p or ":" in p)
        for value in odd:
            address = path.replace(part, value, 1)
            faults.append(fault(smo, row.how, address, {} if row.how == "POST" else None))
            found.add(smo.get(address).status_code)
    assert [line for line in faults if line] == []
    assert found <= {302, 404, 405}, found


def test_rubbish_in_every_field_of_every_form_is_answered(world: World, smo: Client) -> None:
    faults = []
    for row in table.rows():
        data = world.data(row.name, row.thing) if row.how == "POST" else {}
        for field in data:
            for value in RUBBISH.values():
                broken = world.data(row.name, row.thing) | {field: value}
                faults.append(fault(smo, "POST", world.address(row.name, row.thing), broken))
    assert [line for line in faults if line] == []


def test_rubbish_in_every_field_of_the_composer_is_answered(world: World) -> None:
    desk = browser("officer")
    path = world.address("posts:compose", "draft")
    shown = form_in(desk.get(path), "compose")
    faults = []
    other_channels = {name for name in shown if name.startswith(("own-", "words-"))} - {
        f"{part}-{world.d.facebook_northeast.pk}" for part in ("own", "words")
    }
    for act in ("edit", "preview"):  # the one saves, the other looks at what would go out
        for field in set(shown) - other_channels:
            for value in RUBBISH.values():
                broken = shown | {field: value}
                faults.append(fault(desk, "POST", path.replace("edit", act), broken))
    assert [line for line in faults if line] == []


def test_a_body_that_is_no_form_is_answered(world: World, smo: Client) -> None:
    for row in table.rows():
        if row.how != "POST":
            continue
        path = world.address(row.name, row.thing)
        for kind, body in (("application/json", b"[1"), ("multipart/form-data", b"--x"), ("text/plain", b"\xff" * 99)):
            with transaction.atomic():
                answer = smo.post(path, body, content_type=kind)
                transaction.set_rollback(True)
            assert answer.status_code < 500, (path, kind)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": "", "text": ""}, "text"),
        ({"when": "at", "wall_day": "2026-11-23", "wall_clock": "10:00"}, "has passed"),
        ({"when": "at", "wall_day": "", "wall_clock": ""}, "time"),
        ({"channels": []}, "hannel"),
        ({"expires_on": "9999-12-31"}, "The year 9999 is out of reach."),
    ],
)
def test_what_cannot_go_out_is_said_on_submitting_and_nothing_typed_is_lost(
    world: World, changes: dict[str, Any], said: str
) -> None:
    desk = browser("officer")
    path = world.address("posts:compose", "draft")
    typed = form_in(desk.get(path), "compose") | {"title": "Kept as typed", "fact-where": "400 block of Elm"} | changes
    answer = desk.post(path.replace("edit", "submit"), typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "400 block of Elm" in page
    assert ("Kept as typed" in page) == bool(typed["title"])
    world.posts["draft"].refresh_from_db()
    assert world.posts["draft"].stage == "draft"


@pytest.mark.parametrize(("platform", "limit"), [("facebook", 63_206), ("x", 280)])
def test_a_text_too_long_for_a_platform_is_counted_there_and_kept(world: World, platform: str, limit: int) -> None:
    d = world.d
    channel = {"facebook": d.facebook_northeast, "x": d.x_department}[platform]
    post = stories.draft(d.northeast, d.officer, channels=[d.facebook_northeast, d.x_department])
    desk, path = browser("officer"), f"/desk/posts/{post.pk}/edit/"
    words = "word " * (limit // 5 + 20)
    typed = form_in(desk.get(path), "compose") | {f"own-{channel.pk}": "on", f"words-{channel.pk}": words}
    answer = desk.post(path.replace("edit", "submit"), typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f"{limit:,}" in page or f"{limit}" in page
    assert words.strip()[:2_000] in page
    assert Draft.objects.get(post=post).post.stage == "draft"
