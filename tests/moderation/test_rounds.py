"""Check rounds: what opens when, what the system answers, what a signature freezes."""

import pytest
from django.db import DatabaseError

from moderation.models import CheckRound

pytestmark = pytest.mark.django_db


def test_the_tables_of_check_rounds_refuse_to_be_emptied():
    from django.db import connection, transaction

    for table in ("checkround", "checkitem", "screenshot", "task"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE moderation_{table} CASCADE")
    assert not CheckRound.objects.exists()
