"""A process that sends has connections for every platform's flow and settler, whatever the pool is set to."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from psycopg_pool import ConnectionPool

from divisions.states import Platform
from posts.services import pool


def _pool(size: int) -> ConnectionPool[Any]:
    return ConnectionPool("host=127.0.0.1", min_size=1, max_size=size, open=False)


@pytest.mark.parametrize(("before", "after"), [(8, pool.SENDING), (1, pool.SENDING), (100, 100)])
def test_a_small_pool_is_widened_and_a_large_one_left(before: int, after: int) -> None:
    found = _pool(before)
    pool.widen(pool=found)
    assert (found.min_size, found.max_size) == (1, after)


def test_it_is_enough_for_every_platform_at_once() -> None:
    flow_and_settler, ticks_and_look_up = 2, 4 + 1
    assert flow_and_settler * len(Platform) + ticks_and_look_up < pool.SENDING / 2, "the other half is for calls"


def test_the_command_widens_before_it_takes_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(pool, "widen", lambda: done.append("widen"))
    monkeypatch.setattr("posts.management.commands.deliver_due.run_tick", lambda worker: len(done))
    call_command("deliver_due", once=True)
    assert done == ["widen"]
