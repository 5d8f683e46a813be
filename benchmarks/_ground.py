"""What every benchmark stands on: a database of its own that is thrown away, a clock, and one JSON line a figure.

Times are weather: only figures of one run are compared, so every benchmark prints the ratio beside them.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests import servers


@contextmanager
def database() -> Iterator[None]:
    """Give the block a migrated, empty database on a server of its own (or the one DATABASE_URL names)."""
    servers.pytest_load_initial_conftests()
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["TEST"]["NAME"] = f"bench_{os.getpid()}"
    before = connection.settings_dict["NAME"]
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        yield
        connection.creation.destroy_test_db(before, verbosity=0)
    finally:
        servers.pytest_unconfigure()


def median_ms(act: Callable[[], Any], times: int) -> float:
    """Run `act` a few times to warm up, then `times` times; the median in milliseconds."""
    return round(statistics.median(_spent_ms(act, times)), 3)


def least_ms(act: Callable[[], Any], times: int) -> float:
    """The same, the fastest in milliseconds: for what takes so little that a busy neighbour would be measured."""
    return round(min(_spent_ms(act, times)), 3)


def _spent_ms(act: Callable[[], Any], times: int) -> list[float]:
    for _ in range(3):
        act()
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        spent.append((time.perf_counter() - begun) * 1000)
    return spent


def queries(act: Callable[[], Any]) -> int:
    """How many queries `act` makes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        act()
    return len(seen)


def page(path: str) -> Callable[[], None]:
    """A call that opens a desk page as the one person of the made-up department."""
    from django.test import Client

    from divisions.models import User

    client = Client()
    client.force_login(User.objects.get(), backend="django.contrib.auth.backends.ModelBackend")

    def get() -> None:
        answer = client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")

    return get


def whole(name: str, default: int) -> int:
    """A count that the environment may change, for a shorter or longer run: BENCH_POSTS=2000 make bench."""
    return int(os.environ.get(f"BENCH_{name}", default))


def say(benchmark: str, figure: str, value: float, **more: Any) -> None:
    """Print one figure."""
    print(json.dumps({"benchmark": benchmark, "figure": figure, "value": value, **more}), flush=True)
