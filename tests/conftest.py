"""What every test stands on: loopback only, tables that can be emptied, files that go away."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import override_settings
from pytest_socket import socket_allow_hosts

from tests import chromium, grouping

LOOPBACK = ["127.0.0.1", "::1", "localhost"]
GUARDS = """
    SELECT c.relname, t.tgname, t.tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgtype & 34 = 34 AND t.tgenabled <> 'D'
    AND c.relnamespace = current_schema()::regnamespace ORDER BY 1, 2
"""  # 34 = BEFORE (2) + TRUNCATE (32)
ENABLE = {"A": "ENABLE ALWAYS", "R": "ENABLE REPLICA", "O": "ENABLE"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a browser where there is none."""
    chromium.skip_or_refuse(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep on one worker what would get in each other's way."""
    return grouping.scheduler(config, log)


def pytest_runtest_setup() -> None:
    """Refuse every address but this machine's own."""
    socket_allow_hosts(LOOPBACK, allow_unix_socket=True)


@pytest.fixture(scope="session", autouse=True)
def _tables_that_refuse_truncate_can_be_emptied() -> Iterator[None]:
    """Take down the append-only guards while Django empties the tables after a transaction=True test."""
    plain = DatabaseOperations.execute_sql_flush

    def flush(self: DatabaseOperations, sql_list: list[str]) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(GUARDS)
            guards = cursor.fetchall()
        down = [f'ALTER TABLE "{table}" DISABLE TRIGGER "{name}"' for table, name, _ in guards]
        up = [f'ALTER TABLE "{table}" {ENABLE[state]} TRIGGER "{name}"' for table, name, state in guards]
        return plain(self, [*down, *sql_list, *up])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", flush)
        yield


@pytest.fixture(scope="session", autouse=True)
def _files_go_to_a_folder_of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep uploads out of the checkout."""
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
        yield


@pytest.fixture(autouse=True)
def _limits_start_at_nought() -> Iterator[None]:
    """Forget counted sign-ins, so that no test is refused for what another did."""
    yield
    cache.clear()


pytest_plugins = ["tests.people", "tests.network", "tests.smtp"]
