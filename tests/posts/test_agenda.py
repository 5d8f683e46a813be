"""What a tick finds to do, and what it costs when there is nothing."""

from __future__ import annotations

import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from posts import tasks
from posts.models import Delivery, Heartbeat, Post
from posts.services import agenda
from posts.states import DeliveryState, Stage
from tests.stories import approved, submitted

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def row(department: SimpleNamespace) -> Delivery:
    """A delivery that is due in an hour."""
    d = department
    post = approved(d.northeast, d.officer, d.supervisor, channels=[d.facebook_northeast], now=NOW)
    Delivery.objects.filter(post=post).update(ready_at=NOW + timedelta(hours=1))
    return Delivery.objects.get(post=post, channel=d.facebook_northeast)


def test_an_idle_tick_is_one_query_and_says_that_somebody_looked(
    row: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_repeats_at", time.monotonic())
    with CaptureQueriesContext(connection) as seen:
        assert tasks.run_tick(worker="test") == 0
    assert len(seen) == 1
    assert Heartbeat.objects.get(name="tick").beat_at >= NOW


@pytest.mark.parametrize(
    ("found", "facts"),
    [
        ("lapsed", {"state": "in_flight", "lease_until": NOW - timedelta(seconds=1), "claimed_by": "gone"}),
        ("late", {"grace_until": NOW - timedelta(seconds=1)}),
        ("late", {"state": "awaiting_proof", "grace_until": NOW - timedelta(days=1, seconds=1)}),
        ("unanswered", {"state": "uncertain", "look_at": NOW}),
        ("platforms", {"ready_at": NOW}),
    ],
)
def test_what_needs_a_tick_is_found(row: Delivery, found: str, facts: dict[str, Any]) -> None:
    before = agenda.read(now=NOW)
    assert (before.overdue, before.lapsed, before.late, before.unanswered, before.platforms) == (False,) * 4 + ((),)
    Delivery.objects.filter(pk=row.pk).update(**facts)
    after = agenda.read(now=NOW)
    changed = {name for name in agenda.Agenda.__slots__ if getattr(before, name) != getattr(after, name)}
    assert changed == {found}


def test_a_hand_off_is_not_late_for_a_day(row: Delivery) -> None:
    late = {"state": DeliveryState.AWAITING_PROOF, "grace_until": NOW - timedelta(hours=23)}
    Delivery.objects.filter(pk=row.pk).update(**late)
    assert not agenda.read(now=NOW).late


def test_a_review_that_ran_out_is_found(department: SimpleNamespace) -> None:
    d = department
    revision = submitted(d.northeast, d.officer, channels=[d.facebook_northeast], now=NOW)
    assert not agenda.read(now=NOW).overdue
    Post.objects.filter(pk=revision.post_id, stage=Stage.IN_REVIEW).update(approve_by=NOW - timedelta(seconds=1))
    assert agenda.read(now=NOW).overdue
