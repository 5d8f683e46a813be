"""A worker looks by itself when nobody ticks, and goes on looking whatever happens. No test waits."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection

from config import lookout
from posts.models import Heartbeat

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def _watch(rounds: int, look: Callable[[], object]) -> None:
    """Watch for some rounds with the clock standing still."""
    waits = iter([False] * rounds + [True])
    lookout.watch(wait=lambda seconds: next(waits), look=look, clock=lambda: NOW)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("age_s", "looks"),
    [(0.2, 0), (0.9, 0), (1.0, 1), (600, 1), (-2, 0), (-600, 1)],
)
def test_it_looks_only_when_nobody_ticked_for_a_second(age_s: float, looks: int) -> None:
    Heartbeat.objects.create(name="tick", beat_at=NOW - timedelta(seconds=age_s))
    seen: list[int] = []
    _watch(1, lambda: seen.append(1))
    assert len(seen) == looks


@pytest.mark.django_db(transaction=True)
def test_it_looks_before_anything_has_ever_ticked() -> None:
    seen: list[int] = []
    _watch(3, lambda: seen.append(1))
    assert len(seen) == 3


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_said_once_and_it_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    answers = [OperationalError("away"), OperationalError("away"), None, OperationalError("away again"), None]
    seen: list[int] = []

    def look() -> None:
        seen.append(1)
        if (error := answers[len(seen) - 1]) is not None:
            raise error

    with caplog.at_level(logging.WARNING, logger="config.lookout"):
        _watch(5, look)
    assert len(seen) == 5
    assert len(caplog.records) == 2


@pytest.mark.django_db(transaction=True)
def test_a_look_that_breaks_does_not_end_the_looking(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(1)
        raise RuntimeError("one poisoned row")

    with caplog.at_level(logging.ERROR, logger="config.lookout"):
        _watch(2, look)
    assert len(seen) == 2
    assert "one poisoned row" in caplog.text


@pytest.mark.django_db
def test_a_process_frozen_inside_a_transaction_is_ended_by_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("1min",)
