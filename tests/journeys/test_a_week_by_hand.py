"""A whole week of the department's thirteen accounts with no key at all: every item ends proven, and nothing is called.

Each account posts once a day, by its own officer, approved by another; a person posts it and pastes the link.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from connectors import http
from divisions import access
from divisions.models import Channel, User
from divisions.selectors import register
from divisions.services import load_department
from posts.models import Attempt, Delivery
from posts.selectors import stuck
from posts.services import decide
from posts.states import DeliveryState
from tests.stories import NOW, approved, tick

pytestmark = pytest.mark.django_db
FILE = Path(__file__).resolve().parents[2] / "config" / "demo" / "department.yaml"
DAYS = 7


@pytest.fixture
def by_hand() -> list[Channel]:
    """The department of the demo, every account by hand."""
    data: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    for channel in data["channels"]:
        channel |= {"mode": "hand_off"}
    load_department.load(data, now=NOW - timedelta(days=1))
    rows = Channel.objects.filter(mode="hand_off").exclude(platform__in=["website", "feed", "internal"])
    return list(rows.select_related("division").order_by("slug"))


def _people(channel: Channel) -> SimpleNamespace:
    slug = channel.division.slug
    found = {user.email.split("@")[0]: user for user in User.objects.all()}
    return SimpleNamespace(officer=found[f"officer.{slug}"], supervisor=found[f"supervisor.{slug}"])


def test_every_item_of_the_week_ends_proven(by_hand: list[Channel]) -> None:
    assert len(by_hand) == register.counted() == 13
    said = len(http.tally())
    people = {channel.pk: _people(channel) for channel in by_hand}
    for day in range(DAYS):
        morning = NOW + timedelta(days=day)
        for channel in by_hand:
            who = people[channel.pk]
            approved(
                channel.division, who.officer, who.supervisor, channels=[channel], audience=channel.audience,
                title=f"Day {day + 1}", text=f"Day {day + 1}: Oak Street is open.", now=morning,
            )  # fmt: skip
        tick(morning + timedelta(minutes=2))
        waiting = Delivery.objects.filter(state=DeliveryState.AWAITING_PROOF).select_related("channel")
        assert {row.channel_id for row in waiting} == {channel.pk for channel in by_hand}
        for row in waiting:
            link = f"{row.channel.url.rstrip('/')}/posts/{day + 1}"
            decide.prove(delivery=row, link=link, by=people[row.channel_id].officer, now=morning + timedelta(hours=1))
    rows = Delivery.objects.filter(channel__in=by_hand)
    assert rows.count() == 13 * DAYS
    assert set(rows.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
    assert not rows.filter(remote_url="").exists()
    assert not Attempt.objects.exists()
    assert len(http.tally()) == said
    mine = access.rights(User.objects.get(email="smo@demo.example"))
    assert {channel.division_id for channel in by_hand} <= mine.visible_division_ids()
    assert sum(stuck.counts(mine, now=NOW + timedelta(days=DAYS), is_fresh=True).values()) == 0
