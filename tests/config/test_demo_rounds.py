"""The demo's ninety days of check rounds: signed every week, late exactly where the demo says so."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from config.demo import rounds as demo
from divisions.access import rights
from divisions.models import Channel, User
from moderation.models import CheckRound, Task
from moderation.selectors import rounds
from moderation.services import look
from tests.stories import NOW

LATE = {"facebook-northeast": 13, "x-department": 2, "nixle": 9}


@pytest.fixture
def told(department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> User:
    """The stock accounts with the demo's history; the network is not asked."""
    late = {slug: days + 7 for slug, days in LATE.items()}
    monkeypatch.setattr(demo, "LAST_SIGNED", {**late, "facebook-central": 6})
    monkeypatch.setattr(demo, "FINDINGS", (demo.Finding("nixle", 2, "inside", "A radio code.", "Explained."),
                                           demo.Finding("nixle", 0, "tone", "A joke.")))  # fmt: skip
    monkeypatch.setattr(look, "look_at_new", lambda **more: 0)
    department.smo.email = "smo@demo.example"
    department.smo.save()
    with time_machine.travel(NOW, tick=False):
        demo.tell(now=NOW)
    return department.smo  # type: ignore[no-any-return]


def test_rounds_are_late_exactly_where_the_history_has_gaps(told: Any) -> None:
    late = rounds.overdue(rights(told), now=NOW)
    assert {row.channel.slug: rounds.days_late(row.due_at, NOW) for row in late} == LATE
    due = CheckRound.objects.filter(signed_at=None, due_at__gte=NOW)
    assert [row.channel.slug for row in due] == ["facebook-central"]


def test_every_account_was_signed_for_thirteen_weeks_in_a_row(told: Any) -> None:
    for channel in Channel.objects.filter(slug__in=[*LATE, "facebook-central", "x-staff"]):
        signed = list(CheckRound.objects.filter(channel=channel, signed_at__isnull=False).order_by("signed_at"))
        assert len(signed) == demo.WEEKS
        assert {b.signed_at - a.signed_at for a, b in pairwise(signed)} == {timedelta(days=7)}
        assert all(row.due_at == row.signed_at for row in signed)


def test_what_was_found_was_put_right_but_for_the_last(told: Any) -> None:
    assert list(Task.objects.filter(done_at=None).values_list("code", flat=True)) == ["tone"]
    assert Task.objects.get(code="inside").done_note == "Explained."
