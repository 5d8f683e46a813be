"""The demo's comments stand below posts that are out whenever the demo is loaded, and one waits too long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from config.demo import content
from config.demo.comments import SAID
from moderation.states import UNANSWERED

MIDNIGHT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)  # in Chicago: the youngest that a post of days ago can be


@pytest.mark.parametrize("hour", [0, 9, 23])
def test_every_comment_was_said_after_its_post_went_out(hour: int) -> None:
    now = MIDNIGHT + timedelta(hours=hour)
    out = {(channel, post.title): post for post in content.load(now=now) for channel in post.channels}
    for said in SAID:
        post = out[said.channel, said.title]
        assert post.scenario is None
        assert post.due_at < now - timedelta(hours=said.hours_ago), said


def test_one_account_is_red_for_it_and_no_more() -> None:
    late = {said.channel for said in SAID if said.hours_ago >= 24 and not said.answer and not said.settled}
    assert late == {"facebook-southeast"}
    assert UNANSWERED.act == timedelta(hours=24)
