"""An account that something due within hours needs is looked at before, while a person can still do something."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from config import tasks
from config.celery import app
from divisions.models import Channel, Notice
from divisions.services import channels
from divisions.states import ChannelState
from posts.services import hold
from tests import stories
from tests.network import SandboxNetwork
from tests.stories import NOW

HOUR = timedelta(hours=1)


def looked(channel: Channel, age: timedelta | None, **facts: Any) -> None:
    Channel.objects.filter(pk=channel.pk).update(checked_at=None if age is None else NOW - age, **facts)


def needed() -> list[str]:
    return [channel.slug for channel in tasks.needed_soon(now=NOW)]


@pytest.fixture
def due(department: SimpleNamespace) -> SimpleNamespace:
    """A post due on Northeast's Facebook page in two hours, one on X and Central's page at night."""
    d = department
    stories.approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T11:00", channels=[d.facebook_northeast])
    stories.approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T22:00", channels=[d.x_department])
    return d


def test_only_accounts_that_are_needed_within_hours_are_looked_at(due: SimpleNamespace) -> None:
    assert needed() == ["facebook-northeast"]


@pytest.mark.parametrize(("age_h", "is_asked"), [(None, True), (3, True), (2.9, False), (0.1, False)])
def test_a_look_is_good_for_three_hours(due: SimpleNamespace, age_h: float | None, is_asked: bool) -> None:
    looked(due.facebook_northeast, None if age_h is None else age_h * HOUR)
    assert needed() == (["facebook-northeast"] if is_asked else [])


@pytest.mark.parametrize(("age_h", "is_asked"), [(0.6, True), (0.4, False)])
def test_a_sign_in_that_ends_before_the_post_is_due_is_looked_at_oftener(
    due: SimpleNamespace, age_h: float, is_asked: bool
) -> None:
    looked(due.facebook_northeast, age_h * HOUR, token_expires_at=NOW + 2 * HOUR)
    assert needed() == (["facebook-northeast"] if is_asked else [])


def test_the_account_that_is_needed_first_comes_first(due: SimpleNamespace) -> None:
    d = due
    stories.approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T10:30", channels=[d.x_department])
    assert needed() == ["x-department", "facebook-northeast"]


def test_held_posts_and_paused_accounts_need_no_look(due: SimpleNamespace) -> None:
    channels.move_channel(channel=due.facebook_northeast, to=ChannelState.PAUSED, by=None)
    assert needed() == []
    channels.move_channel(channel=due.facebook_northeast, to=ChannelState.CONNECTED, by=None)
    hold.place(scope="all", reason="A major incident", by=due.smo, now=NOW)
    assert needed() == []


@pytest.mark.django_db(transaction=True)
def test_a_dead_sign_in_is_told_before_the_post_is_due(network: SandboxNetwork) -> None:
    from tests.people import stock

    d, now = stock(), timezone.now()
    channels.set_credentials(channel=d.facebook_northeast, secrets={"access_token": "revoked"}, by=None)
    clock = (now + 2 * HOUR).astimezone(tz=None)
    post = stories.approved(d.northeast, d.officer, d.supervisor, channels=[d.facebook_northeast], now=now)
    post.deliveries.update(due_at=clock, ready_at=clock)
    assert tasks.look_ahead() == 1
    assert Channel.objects.get(slug="facebook-northeast").state == ChannelState.NEEDS_ATTENTION
    said = set(Notice.objects.filter(kind="account_broken").values_list("subject", flat=True))
    assert said == {"Northeast Patrol Division on Facebook needs you"}
    assert tasks.look_ahead() == 0


def test_the_beat_brings_it() -> None:
    app.loader.import_default_modules()
    brought = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert "config.tasks.look_ahead" in brought
    assert brought <= set(app.tasks)
