"""The database: version, migrations, the guards that keep the record append-only, who owns the ledger."""

from __future__ import annotations

import re
from datetime import datetime

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import RunSQL

from config.doctor.seen import Seen, fine, named, stop, warn

LEAST_POSTGRES = 15
ROOMS = ("records", "divisions", "posts", "moderation", "config")
_RAISED = re.compile(r"ALTER TABLE (\w+) ENABLE ALWAYS TRIGGER (\w+)|DROP TRIGGER (?:IF EXISTS )?(\w+) ON (\w+)")
_THERE = """
    SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgenabled = 'A' AND c.relnamespace = current_schema()::regnamespace
"""
_OWNER = """
    SELECT pg_has_role(current_user, c.relowner, 'USAGE'), current_user
    FROM pg_class c WHERE c.oid = 'records_ledgerentry'::regclass
"""


def postgres(now: datetime) -> Seen:
    """The database answers and is new enough."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            number = int(cursor.fetchone()[0])
    except (OperationalError, InterfaceError) as error:
        at = connection.settings_dict
        where = f"{at['HOST'] or 'the local socket'}:{at['PORT'] or 5432}, database {at['NAME']}"
        return stop(
            f"no answer from {where} ({type(error).__name__}): nothing can be sent or read",
            "Start PostgreSQL, or set DATABASE_URL to where it is and to a role that may sign in.",
        )
    return version(number)


def version(number: int) -> Seen:
    """Judge a server_version_num (150004 = 15.4)."""
    said = f"PostgreSQL {number // 10000}.{number % 10000}"
    if number < LEAST_POSTGRES * 10000:
        return stop(said, f"Use PostgreSQL {LEAST_POSTGRES} or newer.")
    return fine(said)


def migrations(now: datetime) -> Seen:
    """Every migration of this code is applied."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        waiting = named([f"{step.app_label}.{step.name}" for step, _ in plan])
        return stop(f"{len(plan)} not applied: {waiting}", "manage.py migrate, with the role that owns the tables.")
    return fine(f"all {len(executor.loader.applied_migrations)} applied")


def guards(now: datetime) -> Seen:
    """The triggers that refuse to change the ledger and what was approved are there, also for replication roles."""
    wanted = expected_guards()
    with connection.cursor() as cursor:
        cursor.execute(_THERE)
        there = set(cursor.fetchall())
    missing = sorted(f"{name} on {table}" for table, name in wanted - there)
    if missing:
        return stop(
            f"missing or not ENABLE ALWAYS: {named(missing)}",
            "Find out who took them down before anything else; then ALTER TABLE … ENABLE ALWAYS TRIGGER …, or restore.",
        )
    return fine(f"{len(wanted)} triggers guard the ledger and what was approved")


def expected_guards() -> set[tuple[str, str]]:
    """(table, trigger) of every guard that the migrations raise, read from the migrations themselves."""
    executor = MigrationExecutor(connection)
    graph, wanted = executor.loader.graph, set[tuple[str, str]]()
    leaves = [node for node in graph.leaf_nodes() if node[0] in ROOMS]
    order = dict.fromkeys(node for leaf in leaves for node in graph.forwards_plan(leaf) if node[0] in ROOMS)
    for node in order:
        for operation in graph.nodes[node].operations:
            if isinstance(operation, RunSQL):
                _follow(str(operation.sql), wanted)
    return wanted


def _follow(sql: str, wanted: set[tuple[str, str]]) -> None:
    for table, raised, dropped, below in _RAISED.findall(sql):
        if raised:
            wanted.add((table, raised))
        else:
            wanted.discard((below, dropped))


def ledger_owner(now: datetime) -> Seen:
    """The role that serves pages does not own the ledger: only an owner can take its guards down."""
    with connection.cursor() as cursor:
        cursor.execute(_OWNER)
        owns, role = cursor.fetchone()
    if owns and not settings.LOCAL:
        return warn(
            f"the role {role} owns the ledger table and could take its guards down",
            "Run web and worker with a role that has only SELECT and INSERT there (docs/operations.md).",
        )
    return fine(f"role {role}" + (", owner of its own small database" if owns else ", which cannot change the ledger"))
