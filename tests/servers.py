"""An early pytest plugin: real PostgreSQL and Redis for the whole run, before Django reads its settings.

Loaded by `-p tests.servers`. One PostgreSQL and one Redis serve all xdist workers: a database and a Redis
number each. A DATABASE_URL or REDIS_URL that is set already is used as it is.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from config.embedded import children
from config.embedded.postgres import QUICK, Postgres
from config.embedded.redis import Redis

PREFIX = "substation-tests-"
KEY = "ZmllbGQta2V5LW9mLXRoZS10ZXN0cy0zMi1ieXRlcyE="  # 32 bytes, public: it guards nothing
FIXED = {
    "SUBSTATION_TESTING": "1",
    "SECRET_KEY": "the tests' own key, public on purpose, fifty characters long",
    "FIELD_KEYS": KEY,
    "SANDBOX": "1",
    "BASE_URL": "http://testserver",
    "DATABASE_POOL": "8",
    "LOG_LEVEL": "WARNING",
}
FORGOTTEN = ("DEBUG", "EMAIL_URL", "OUTBOUND_ALLOW", "STORAGE", "ALLOWED_HOSTS", "PROXY_COUNT", "SANDBOX_URL")

running: list[Postgres | Redis] = []
folders: list[Path] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start the servers and name them in the environment, which xdist's workers inherit."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        _own_redis_number(worker)
        return
    _sweep()
    for name in FORGOTTEN:
        os.environ.pop(name, None)
    os.environ.update(FIXED)
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = _start_postgres()
    if not os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = _start_redis()


@atexit.register  # a conftest that cannot be imported ends the run before pytest has anything to unconfigure
def pytest_unconfigure() -> None:
    """Stop what was started here; xdist's workers started nothing."""
    while running:
        running.pop().stop()
    while folders:
        shutil.rmtree(folders.pop(), ignore_errors=True)


def _start_postgres() -> str:
    folder = _folder()
    server = Postgres(folder / "data", "tests", children.free_port(), folder / "log", options=QUICK)
    server.start()
    running.append(server)
    return server.url("postgres")


def _start_redis() -> str:
    folder = _folder()
    server = Redis(folder / "redis", "tests", children.free_port(), folder / "log")
    server.start()
    running.append(server)
    return server.url()


def _folder() -> Path:
    folders.append(Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")))
    return folders[-1]


def _sweep() -> None:
    """Remove what a killed run left behind: its number is in the name, its servers ended with it."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        number = folder.name.removeprefix(PREFIX).split("-")[0]
        if number.isdigit() and not children.is_alive(int(number)):
            shutil.rmtree(folder, ignore_errors=True)


def _own_redis_number(worker: str) -> None:
    address, _, number = os.environ["REDIS_URL"].rpartition("/")
    if number.isdigit():
        os.environ["REDIS_URL"] = f"{address}/{(int(number) + 1 + int(worker.removeprefix('gw'))) % 16}"
