"""The PostgreSQL of a bare machine: started, recognised and stopped on every kind of bad morning."""

import os
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.embedded import children, identity, postgres
from config.embedded.postgres import QUICK, Postgres
from config.local import LocalError

PASSWORD = "of-the-tests"
is_root = os.geteuid() == 0


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder, made once, under a folder that only its owner may enter."""
    parent = tmp_path_factory.mktemp("closed")
    parent.chmod(0o700)
    postgres.make_data_folder(parent / "postgres", PASSWORD)
    return parent / "postgres"


@pytest.fixture
def server(data: Path) -> Iterator[Postgres]:
    server = Postgres(data, PASSWORD, children.free_port(), data.parent / "log", options=QUICK)
    yield server
    server.stop()


def test_it_answers_as_ours_and_stops_at_once_for_its_clients(server: Postgres):
    server.start()
    assert server.is_ours()
    server.make_database()
    server.make_database()
    link = psycopg.connect(server.url())
    facts = link.execute("SELECT lower('Ä'), 'Z' < 'a', current_setting('TimeZone')").fetchone()
    server.stop()
    link.close()
    assert facts == ("ä", True, "UTC")
    assert postgres.running_pid(server.data) is None


def test_nobody_comes_in_without_the_password(server: Postgres):
    server.start()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.url("postgres").replace(PASSWORD, "guess"), connect_timeout=2)


def test_the_folders_above_keep_their_permissions(server: Postgres):
    above = list(server.data.parents)[:-1]
    before = [(path, path.stat().st_mode, path.stat().st_uid) for path in above]
    server.start()
    assert [(path, path.stat().st_mode, path.stat().st_uid) for path in above] == before
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


def test_a_pid_file_whose_number_another_program_has_now_does_not_block(server: Postgres):
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n1\n1\n\n127.0.0.1\n")
    server.start()
    assert server.is_ours()


def test_an_empty_pid_file_does_not_block(server: Postgres):
    (server.data / "postmaster.pid").write_text("")
    server.start()
    assert server.is_ours()


def test_it_starts_again_after_a_kill(server: Postgres):
    server.start()
    assert server.child
    server.child.kill()
    server.child.wait()
    server.child = None
    server.start()
    assert server.is_ours()


def test_a_port_in_use_is_left_to_its_owner(server: Postgres):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        server.port = mute.getsockname()[1]
        server.start()
        assert server.port != mute.getsockname()[1]
        assert server.is_ours()


def test_a_stranger_on_our_port_is_not_taken_for_ours(server: Postgres):
    server.start()
    other = Postgres(server.data.parent / "other", PASSWORD, server.port, server.log)
    assert not other.is_ours()


def test_a_second_start_on_the_same_folder_is_refused(server: Postgres):
    server.start()
    with pytest.raises(LocalError, match="already runs"):
        Postgres(server.data, PASSWORD, 0, server.log).start()


def test_a_server_left_by_an_earlier_run_is_found_and_stopped(server: Postgres):
    server.start()
    assert server.child
    assert postgres.running_pid(server.data) == server.child.pid
    assert postgres.running_port(server.data) == server.port
    server.child.send_signal(signal.SIGINT)
    server.child.wait()
    postgres.stop_orphan(server.data)
    assert postgres.running_pid(server.data) is None


def test_a_folder_of_another_version_names_the_cure(server: Postgres):
    version = server.data / "PG_VERSION"
    ours = version.read_text()
    version.write_text("15\n")
    try:
        with pytest.raises(LocalError, match=r"made by PostgreSQL 15.*\n.*make demo-reset"):
            server.start()
    finally:
        version.write_text(ours)


def test_a_half_made_folder_is_made_anew(tmp_path: Path):
    (tmp_path / "postgres.new" / "base").mkdir(parents=True)
    postgres.make_data_folder(tmp_path / "postgres", PASSWORD)
    assert (tmp_path / "postgres" / "PG_VERSION").exists()
    assert not (tmp_path / "postgres.new").exists()


def test_another_users_folder_names_the_cure(data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "geteuid", lambda: data.stat().st_uid + 1)
    with pytest.raises(LocalError, match=r"belongs to user .*\nCure: .*chown"):
        identity.prefix(data)


@pytest.mark.skipif(not is_root, reason="only root needs a trick")
def test_root_takes_the_place_of_the_folders_owner(tmp_path: Path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    assert "--reuid=12345" in identity.prefix(folder)


@pytest.mark.skipif(not is_root, reason="only root needs a trick")
def test_root_without_user_namespaces_runs_it_as_nobody(tmp_path: Path):
    tmp_path.chmod(0o700)
    log = tmp_path / "log"
    server = Postgres(tmp_path / "postgres", PASSWORD, 0, log, options=QUICK, namespaces=False)
    server.start()
    try:
        assert server.is_ours()
        assert server.data.stat().st_uid == identity.NOBODY
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    finally:
        server.stop()


@pytest.mark.skipif(not is_root, reason="only root needs a trick")
def test_a_folder_made_with_namespaces_says_so_where_there_are_none(data: Path):
    with pytest.raises(LocalError, match=r"user namespaces.*\nCure: make demo-reset"):
        identity.prefix(data, namespaces=False)


def test_binaries_that_are_not_installed_name_the_cure(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LocalError, match=r"no embedded PostgreSQL.*\nCure: set DATABASE_URL"):
        postgres.binary("postgres")


def test_the_environment_of_the_caller_does_not_reach_the_server(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("LANG", "tr_TR.UTF-8")
    clean = postgres.clean_env()
    assert "PGPORT" not in clean
    assert clean["LC_ALL"] == "C"
    assert shutil.which("true", path=clean["PATH"])
    assert subprocess.run(["true"], env=clean, check=False).returncode == 0
