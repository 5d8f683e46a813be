"""Ninety made-up days with known gaps: the wall's order, the divisions' order and the calendar are exactly these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from divisions.access import rights
from divisions.models import Channel, Division
from moderation.models import CheckRound
from moderation.selectors import heat, league, wall
from moderation.states import Level
from posts.models import Delivery, Post
from tests import stories
from tests.people import registered
from tests.stories import NOW

CHICAGO = "America/Chicago"


@dataclass(frozen=True)
class Story:
    """One account's 90 days: it posted every `every` days until `gap` days ago; what else is wrong with it."""

    slug: str
    place: str
    cadence: int | None
    every: int
    gap: int
    state: str = ""  # of one more delivery, an hour ago
    checked: int = 1  # days since its last check round; the rhythm is a week
    facts: dict[str, Any] = field(default_factory=dict)


# From worst to calm: the level, the worst reason, how long it is silent. It is saved in another order.
STORIES = (
    Story("flagged", "central", 7, 3, 4, facts={"state": "needs_attention", "state_reason": "The sign-in ended"}),
    Story("token-over", "northeast", 7, 3, 3, facts={"token_expires_at": NOW - timedelta(hours=1)}),
    Story("failed", "northeast", 7, 3, 1, state="failed"),
    Story("silent-60", "central", 7, 7, 60),
    Story("silent-23", "northeast", 7, 7, 23),
    Story("daily-2", "northeast", 1, 1, 2),
    Story("unchecked", "central", 7, 2, 1, checked=20),
    Story("token-soon", "northeast", 7, 3, 2, facts={"token_expires_at": NOW + timedelta(days=9, hours=1)}),
    Story("doubt", "northeast", 7, 3, 1, state="uncertain"),
    Story("just-late", "central", 7, 7, 10),
    Story("no-duty", "central", 7, 3, 4, facts={"duty_officer": None}),
    Story("busy", "central", 1, 1, 1),
    Story("in-step", "northeast", 7, 7, 7),
    Story("no-promise", "northeast", None, 30, 80),
)


@pytest.fixture(autouse=True)
def _at_nine_in_chicago() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def history(department: SimpleNamespace) -> dict[str, Channel]:
    """Nothing but the made-up accounts, saved in another order than the expected one."""
    Division.objects.update(intro="Who we are.", address="1 Main Street", phone_desk="555-0100", hours="Always")
    post = stories.live(department.northeast, department.officer, department.supervisor, now=NOW - timedelta(days=89))
    Channel.objects.update(state="retired")
    mixed = sorted(STORIES, key=lambda story: story.slug[::-1])
    made = Channel.objects.bulk_create(_channel(story, department) for story in mixed)
    registered()
    channels = {channel.slug: channel for channel in made}
    Delivery.objects.bulk_create(row for story in STORIES for row in _deliveries(story, channels[story.slug], post))
    CheckRound.objects.bulk_create(_round(story, channels[story.slug], department) for story in STORIES)
    return channels


def _channel(story: Story, d: SimpleNamespace) -> Channel:
    usual = {"duty_officer": d.officer, "created_at": NOW - timedelta(days=90), "url": "https://a.example/"}
    return Channel(
        slug=story.slug, division=getattr(d, story.place), platform="facebook", name=story.slug, handle=story.slug,
        cadence_days=story.cadence, **{**usual, **story.facts},
    )  # fmt: skip


def _deliveries(story: Story, channel: Channel, post: Post) -> Iterator[Delivery]:
    for days in range(story.gap, 90, story.every):
        yield _delivery(channel, post, NOW - timedelta(days=days), "delivered")
    if story.state:
        yield _delivery(channel, post, NOW - timedelta(hours=1), story.state)


def _delivery(channel: Channel, post: Post, at: datetime, state: str) -> Delivery:
    key, times = (
        f"{channel.slug}-{at.isoformat()}",
        dict.fromkeys(("due_at", "ready_at", "grace_until", "state_at"), at),
    )
    settled = None if state == "uncertain" else at
    return Delivery(post=post, channel=channel, payload={}, key=key[:64], state=state, settled_at=settled, **times)


def _round(story: Story, channel: Channel, d: SimpleNamespace) -> CheckRound:
    at = NOW - timedelta(days=story.checked)
    return CheckRound(
        channel=channel, every_days=7, opened_at=at, due_at=at, signed_at=at, signed_by=d.smo, signed_name=d.smo.name
    )


def rows(d: SimpleNamespace) -> list[wall.Row]:
    return wall.rows(rights(d.smo), now=NOW)


def test_the_wall_ranks_the_known_gaps_exactly(department: SimpleNamespace, history: dict[str, Channel]) -> None:
    found = rows(department)
    assert [row.channel.slug for row in found] == [story.slug for story in STORIES]
    assert wall.levels(found) == {"act": 7, "soon": 4, "order": 3}
    silent = {row.channel.slug: round(row.ratio, 2) for row in found if row.is_silent and row.ratio is not None}
    assert silent == {"silent-60": 8.57, "silent-23": 3.29, "daily-2": 2.0, "just-late": 1.43}


def test_the_overdue_rounds_are_exactly_the_ones_left_out(
    department: SimpleNamespace, history: dict[str, Channel]
) -> None:
    found = {row.channel.slug: [reason.code for reason in row.reasons] for row in rows(department)}
    assert [slug for slug, codes in found.items() if "check" in codes] == ["unchecked"]
    assert found["unchecked"] == ["check"]


def test_the_divisions_stand_in_the_order_of_what_needs_somebody(
    department: SimpleNamespace, history: dict[str, Channel]
) -> None:
    every = rows(department)
    found = league.standings(every, rights(department.smo), now=NOW)
    assert [(s.division.slug, s.accounts, s.act, s.soon, s.order) for s in found] == [
        ("northeast", 8, 4, 2, 2),
        ("central", 6, 3, 2, 1),
    ]
    assert [(s.silent, s.failed, s.overdue) for s in found] == [(2, 1, 0), (2, 0, 1)]
    sent = Counter({story.place: 0 for story in STORIES})
    for story in STORIES:
        sent[story.place] += len(range(story.gap, 90, story.every))
    assert {s.division.slug: s.posts for s in found} == sent


def test_the_calendar_shows_each_post_and_each_day_later_than_promised(
    department: SimpleNamespace, history: dict[str, Channel]
) -> None:
    account = next(row.channel for row in rows(department) if row.channel.slug == "silent-23")
    drawn = heat.of_account(account, now=NOW, zone=CHICAGO)
    today = NOW.date()
    assert [(today - day.on).days for day in drawn.days if day.posts] == [86, 79, 72, 65, 58, 51, 44, 37, 30, 23]
    assert [(today - day.on).days for day in drawn.days if day.is_late] == list(range(15, -1, -1))
    assert drawn.words == (
        "10 posts on 10 of the last 90 days. Longest without one: 23 days, from 1 Nov to today. "
        "Later than promised on 16 days."
    )
    assert len(drawn.days) == 90
    assert drawn.months == tuple((day.x, f"{day.on:%b}") for day in drawn.days if day.on.day == 1)


def test_an_account_in_step_was_never_late_and_one_without_a_promise_cannot_be(
    department: SimpleNamespace, history: dict[str, Channel]
) -> None:
    accounts = {row.channel.slug: row.channel for row in rows(department)}
    in_step = heat.of_account(accounts["in-step"], now=NOW, zone=CHICAGO)
    assert in_step.words.endswith("Never later than promised.")
    free = heat.of_account(accounts["no-promise"], now=NOW, zone=CHICAGO)
    assert (free.late, "promised" in free.words) == (0, False)


def test_an_untouched_account_is_in_order_only_inside_its_promise(
    department: SimpleNamespace, history: dict[str, Channel]
) -> None:
    calm = [row for row in rows(department) if row.level is Level.ORDER]
    assert all(row.reason is None and not row.is_silent for row in calm)
