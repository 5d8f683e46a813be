"""Lists that no other test counts: they ask the database as often for thirty rows as for three."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests import stories
from tests.counting import queries_of


def fill(d: SimpleNamespace, count: int) -> None:
    """So many more of everything that a list shows."""
    for number in range(count):
        card = stories.asset(d.northeast, d.officer, alt=f"Card {number}", size=(64 + number, 64))
        words: dict[str, Any] = {"title": f"Number {number}", "pictures": [card]}
        stories.live(d.northeast, d.officer, d.supervisor, **words)
        stories.approved(d.northeast, d.officer, d.supervisor, channels=[d.facebook_northeast], **words)
        stories.submitted(d.northeast, d.officer, **words)


LISTS = (
    ("officer", "/desk/channels/facebook-northeast/"),
    ("officer", "/desk/channels/northeast-website/"),
    ("officer", "/desk/posts/?where=delivered"),
    ("officer", "/desk/media/?for={draft}"),
    ("supervisor", "/desk/review/{waiting}/"),
    ("officer", "/desk/calendar/?view=month"),
    ("officer", "/desk/calendar/?view=list"),
    ("officer", "/northeast/feed.atom"),
    ("officer", "/news/?division=northeast&kind=update"),
    ("officer", "/official/?q=northeast"),
)


def test_a_list_asks_as_many_queries_for_many_rows_as_for_few(department: SimpleNamespace, as_: Any) -> None:
    d = department
    names = {
        "draft": stories.draft(d.northeast, d.officer).pk,
        "waiting": stories.submitted(d.northeast, d.officer).post_id,
    }
    people = {who: as_(getattr(d, who)) for who, _ in LISTS}

    def counted() -> dict[str, int]:
        return {path: queries_of(people[who], path.format(**names)) for who, path in LISTS}

    fill(d, 2)
    few = counted()
    fill(d, 8)
    many = counted()
    assert {path: count for path, count in many.items() if count > few[path]} == {}
