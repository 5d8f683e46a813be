"""The health pages tell a load balancer and a monitor the truth, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client

from config import health
from posts.models import Heartbeat

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_the_page_answers_200_before_anything_has_ticked(client: Client):
    answer = client.get("/health/")
    assert answer.status_code == 200
    assert answer.json() == {"database": True, "tick": "never", "tick_age_s": None}
    assert client.get("/health/tick/").status_code == 503


@pytest.mark.django_db
@pytest.mark.parametrize(("age_s", "state"), [(1, "fresh"), (60, "fresh"), (61, "late")])
def test_the_tick_is_late_after_a_minute(age_s: int, state: str):
    Heartbeat.objects.create(name="tick", beat_at=NOW - timedelta(seconds=age_s))
    assert health.look(now=NOW) == {"database": True, "tick": state, "tick_age_s": float(age_s)}


@pytest.mark.django_db
def test_a_fresh_tick_is_a_200(client: Client):
    Heartbeat.objects.create(name="tick", beat_at=datetime.now(UTC))
    assert client.get("/health/tick/").status_code == 200


def test_a_database_that_is_away_is_a_503_and_no_crash(client: Client, monkeypatch: pytest.MonkeyPatch):
    def away(*args: object) -> None:
        raise OperationalError("no route")

    monkeypatch.setattr(connection, "cursor", away)
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert answer.json() == {"database": False, "tick": "unknown", "tick_age_s": None}


@pytest.mark.django_db
def test_the_page_takes_no_post(client: Client):
    assert client.post("/health/").status_code == 405
