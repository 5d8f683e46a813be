"""P11: the ledger is append-only in the database itself and survives what it describes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from divisions.models import User
from records.models import LedgerEntry
from records.selectors import ledger as reads
from records.services import ledger

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


@pytest.fixture
def entry(db: None) -> LedgerEntry:
    return ledger.append(
        ledger.Entry(type="records.thing.done", subject_type="thing", subject_id=7, occurred_at=NOW, data={"a": 1})
    )


STATEMENTS = {
    "update": "UPDATE records_ledgerentry SET type = 'other'",
    "delete": "DELETE FROM records_ledgerentry",
    "truncate": "TRUNCATE records_ledgerentry",
    "merge": "MERGE INTO records_ledgerentry l USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_the_database_refuses(entry: LedgerEntry, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert LedgerEntry.objects.get(pk=entry.pk).type == "records.thing.done"


def test_replica_mode_does_not_open_the_ledger(entry: LedgerEntry) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute("DELETE FROM records_ledgerentry")


def test_the_orm_is_refused_too(entry: LedgerEntry) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        entry.delete()
    entry.type = "other"
    with pytest.raises(DatabaseError), transaction.atomic():
        entry.save()


def test_an_entry_survives_the_person_it_names(entry: LedgerEntry) -> None:
    user = User.objects.create_user("leaver@test.example", name="Leaver")
    pk = user.pk
    ledger.append(ledger.Entry(type="a.b.c", subject_type="thing", subject_id=8, occurred_at=NOW, by=user))
    user.delete()
    kept = reads.about("thing", 8).get()
    assert (kept.actor_id, kept.actor_label) == (pk, "Leaver <leaver@test.example>")


def test_an_entry_knows_its_transaction(entry: LedgerEntry) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tx = pg_current_xact_id() FROM records_ledgerentry WHERE seq = %s", [entry.seq])
        assert cursor.fetchone() == (True,)


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        ledger.append(ledger.Entry(type="a.b.c", subject_type="thing", subject_id=1, occurred_at=NOW))
