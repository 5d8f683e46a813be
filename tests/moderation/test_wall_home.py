"""The number beside "Home" is what the page lists, or the page says how much more there is and where it stands."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from posts.models import Delivery
from tests import stories
from tests.stories import NOW


def _failed(department: SimpleNamespace, number: int) -> None:
    d = department
    post = stories.live(d.northeast, d.officer, d.supervisor, now=NOW)
    Delivery.objects.bulk_create(
        Delivery(
            post=post, channel=d.facebook_northeast, payload={"title": "Words"}, key=f"failed-{n}", state="failed",
            due_at=NOW, ready_at=NOW, grace_until=NOW, state_at=NOW, settled_at=NOW,
        )
        for n in range(number)
    )  # fmt: skip


@pytest.mark.parametrize("number", [1, 8, 11])
def test_the_number_on_home_is_the_rows_or_says_where_the_rest_is(
    department: SimpleNamespace, as_: Any, number: int
) -> None:
    with time_machine.travel(NOW, tick=False):
        _failed(department, number)
        page = as_(department.smo).get("/desk/").content.decode()
    badge = re.search(r'aria-current="page"[^>]*>.*?Home.*?class="count[^"]*">(\d+)', page, re.DOTALL)
    assert badge is not None
    total = int(badge[1])
    listed = page.count('<li class="need')
    assert total >= number
    assert listed == min(total, 8)
    assert (f"The 8 most urgent of {total}." in page) is (total > 8)
    for rest in ("/desk/stuck/", "/desk/checks/tasks/"):
        assert (f'<a href="{rest}">' in page) or total <= 8
