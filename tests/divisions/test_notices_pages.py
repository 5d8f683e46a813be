"""The bell, the list, and the table of choices."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from divisions.models import Notice
from divisions.notice_kinds import Way
from divisions.services import notices
from tests.counting import queries_of
from tests.stories import NOW


def tell(*people: Any, subject: str = "Something happened", path: str = "/desk/posts/", **more: Any) -> None:
    notices.tell(people, subject, "In two words.", path, now=NOW, **more)


def test_the_bell_counts_what_was_not_seen(department: SimpleNamespace, as_: Any) -> None:
    client = as_(department.officer)
    assert "Notices, new" not in client.get("/desk/").content.decode()
    tell(department.officer, subject="First")
    tell(department.officer, subject="Second")
    tell(department.smo, subject="Not for them")
    page = client.get("/desk/").content.decode()
    assert "Notices, new: " in page
    assert 'count--waiting">2<' in page


def test_the_bell_costs_no_query(department: SimpleNamespace, as_: Any) -> None:
    client = as_(department.officer)
    queries_of(client, "/desk/notices/choices/")
    before = queries_of(client, "/desk/notices/choices/")
    tell(department.officer)
    assert queries_of(client, "/desk/notices/choices/") == before


def test_following_a_notice_leads_to_the_thing_and_has_it_seen(department: SimpleNamespace, as_: Any) -> None:
    tell(department.officer)
    row = Notice.objects.get()
    answer = as_(department.officer).get(f"/desk/notices/{row.pk}/")
    assert (answer.status_code, answer["Location"]) == (302, "/desk/posts/")
    row.refresh_from_db()
    assert row.seen_at is not None


def test_a_notice_never_leads_off_the_site(department: SimpleNamespace, as_: Any) -> None:
    for path in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        tell(department.officer, path=path, key=path)
    for row in Notice.objects.all():
        assert as_(department.officer).get(f"/desk/notices/{row.pk}/")["Location"] == "/desk/notices/"


def test_the_list_is_paginated_newest_first_and_as_cheap_for_many(department: SimpleNamespace, as_: Any) -> None:
    client = as_(department.officer)
    tell(department.officer, subject="The first of all")
    few = queries_of(client, "/desk/notices/")
    for number in range(30):
        tell(department.officer, subject=f"Number {number}")
    assert queries_of(client, "/desk/notices/") <= few
    page = client.get("/desk/notices/").content.decode()
    assert page.index("Number 29") < page.index("Number 28")
    assert "The first of all" not in page
    assert "The first of all" in client.get("/desk/notices/?page=2").content.decode()


def test_new_alone_is_shown_and_all_are_marked_at_once(department: SimpleNamespace, as_: Any) -> None:
    client = as_(department.officer)
    tell(department.officer, subject="Seen before")
    notices.see(by=department.officer)
    tell(department.officer, subject="Still new")
    page = client.get("/desk/notices/?show=new").content.decode()
    assert ("Still new" in page, "Seen before" in page) == (True, False)
    client.post("/desk/notices/seen/")
    assert "Nothing is new." in client.get("/desk/notices/?show=new").content.decode()
    assert "Seen before" in client.get("/desk/notices/").content.decode()


def test_choices_are_saved_as_they_were_ticked(department: SimpleNamespace, as_: Any) -> None:
    client, officer = as_(department.officer), department.officer
    page = client.get("/desk/notices/choices/").content.decode()
    assert 'name="mail-post_live"' in page
    assert 'name="desk-hold"' not in page, "what stays on is no box"
    client.post("/desk/notices/choices/", {"mail-post_live": "1"})
    ways = notices.ways_of([officer.pk])
    assert ways[officer.pk, "post_live"] == {Way.MAIL}
    assert ways[officer.pk, "hold"] == {Way.DESK}
    assert ways[officer.pk, "check_task"] == set()
    assert ways[officer.pk, "digest_weekly"] == set(Way), "not on offer, not touched"
