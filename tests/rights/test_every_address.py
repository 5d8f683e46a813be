"""Every address there is x everybody who may come, against one table (P5). What the table lacks fails here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from divisions.models import User
from tests.rights import admin_table, table
from tests.rights.admin_world import one_of_each, path_of
from tests.rights.world import COLUMNS, World, browser
from tests.stories import NOW

GROUPS = {
    "nobody and a superuser who belongs nowhere": ("anonymous", "superuser"),
    "Northeast": ("officer", "supervisor", "moderator"),
    "other divisions": ("other officer", "other supervisor", "other moderator"),
    "oversight": ("central officer", "administrator", "records officer", "auditor"),
}


@pytest.fixture(autouse=True)
def _five_past_nine() -> Iterator[None]:
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        yield


@pytest.fixture
def world(department: SimpleNamespace, superuser: User) -> World:
    """One of everything, and a superuser without membership."""
    return World(department)


def names(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """The name of every address; one without a name counts as its namespace and a dash."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from names(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name or '-'}"


def ask(client: Client, how: str, path: str, data: dict[str, Any] | None = None) -> str:
    """The answer as the table writes it; what the request changed is taken back."""
    with transaction.atomic():
        answer: Any = client.get(path) if how == "GET" else client.post(path, data or {})
        transaction.set_rollback(True)
    if answer.streaming:
        answer.getvalue()  # reads the file to its end, which closes it
    return said(answer)


def said(answer: HttpResponse) -> str:
    """The status, or `in` for the way to a sign-in page."""
    way = answer.headers.get("Location", "")
    return "in" if way.startswith(("/accounts/login/", "/admin/login/")) else str(answer.status_code)


def differing(rows: Sequence[table.Row], world: World, columns: Sequence[str]) -> list[str]:
    """A line for each cell that is not what the table says."""
    lines = []
    for column in columns:
        client = browser(column)
        for row in rows:
            got = ask(client, row.how, world.address(row.name, row.thing), world.data(row.name, row.thing))
            if got != row.expected[column]:
                lines.append(
                    f"{row.how} {row.name} ({row.thing}) by {column}: {row.expected[column]} in table, {got} seen"
                )
    return lines


def test_the_table_knows_every_address() -> None:
    known = {row.name for row in table.rows()} | admin_table.names()
    every = set(names(get_resolver()))
    assert sorted(every - known) == [], "addresses that the table lacks"
    assert sorted(known - every) == [], "addresses that are gone"


@pytest.mark.parametrize("group", GROUPS)
def test_every_address_answers_as_the_table_says(world: World, group: str) -> None:
    assert differing(table.rows(), world, GROUPS[group]) == []


def test_every_column_of_the_table_is_tried() -> None:
    assert {column for group in GROUPS.values() for column in group} == set(COLUMNS)


def test_an_address_that_takes_only_post_refuses_get(world: World) -> None:
    rows = table.rows()
    readable = {row.name for row in rows if row.how == "GET"}
    client = browser("central officer")
    only = [row for row in rows if row.how == "POST" and row.name not in readable]
    assert len(only) > 10
    assert {row.name: ask(client, "GET", world.address(row.name, row.thing)) for row in only} == {
        row.name: "405" for row in only
    }


def test_an_address_that_takes_only_get_refuses_post(world: World) -> None:
    rows = table.rows()
    writable = {row.name for row in rows if row.how == "POST"}
    client = browser("central officer")
    only = [r for r in rows if r.how == "GET" and r.name not in writable and r.expected["central officer"] == "200"]
    ours = [row for row in only if not row.name.startswith("account_")]
    seen = {row.name: ask(client, "POST", world.address(row.name, row.thing)) for row in ours}
    assert seen == dict.fromkeys(seen, "405")


def test_a_refusal_inside_ones_division_says_what_and_who_can(world: World) -> None:
    client = browser("moderator")
    rows = [r for r in table.rows() if r.expected["moderator"] == "403" and r.expected["other officer"] == "404"]
    assert len(rows) > 10
    for row in rows:
        with transaction.atomic():
            path, data = world.address(row.name, row.thing), world.data(row.name, row.thing)
            answer = client.get(path) if row.how == "GET" else client.post(path, data)
            transaction.set_rollback(True)
        page = answer.content.decode()
        assert "You may not " in page, row.name
        assert "can give you the right" in page, row.name


def test_what_is_anothers_reads_exactly_like_what_never_was(world: World) -> None:
    client = browser("other officer")
    hidden = client.get(world.address("posts:detail", "draft"))
    absent = client.get("/desk/posts/999999999/")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.content.replace(b"\r", b"") == absent.content.replace(b"\r", b"")


# ---- Django admin


@pytest.mark.parametrize("who", admin_table.PEOPLE)
def test_every_page_of_the_admin_answers_as_its_table_says(world: World, who: str) -> None:
    User.objects.filter(email=COLUMNS["administrator"]).update(is_staff=True)
    things, client = one_of_each(world), browser(who)
    differ = {}
    for name, expected in admin_table.expected(who).items():
        got = ask(client, "GET", path_of(name, things))
        if got != expected:
            differ[name] = f"{expected} in table, {got} seen"
    assert differ == {}
