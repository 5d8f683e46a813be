"""The commands that scripts hold on to: `deliver_due`, `deliveries`."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.utils import timezone

from posts.states import DeliveryState
from tests.stories import approved

KEYS = [
    "id", "act", "post", "channel", "platform", "key", "state", "due_at", "first_attempt_at", "settled_at",
    "attempts", "remote_id", "remote_url",
]  # fmt: skip


def test_a_tick_without_celery_delivers_and_the_list_says_so(
    department: SimpleNamespace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from posts import tasks

    d = department
    now = timezone.now()
    post = approved(
        d.northeast, d.officer, d.supervisor, channels=[d.northeast_website], now=now - timedelta(minutes=5)
    )
    # Threads of their own would not see this test's transaction.
    monkeypatch.setattr(
        "posts.management.commands.deliver_due.run_tick",
        lambda worker: tasks.run_tick(worker=worker, side_by_side=False),
    )
    call_command("deliver_due", once=True)
    assert capsys.readouterr().out == "1 deliveries taken up\n"
    assert post.deliveries.get().state == DeliveryState.DELIVERED
    call_command("deliveries", since="2h")
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert list(line) == KEYS
    assert (line["channel"], line["state"], line["attempts"]) == ("northeast-website", "delivered", 1)
    call_command("deliveries", since=(now + timedelta(hours=1)).isoformat())
    assert capsys.readouterr().out == ""


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["yesterday", "2026-11-24T08:00:00", "2w", ""])
def test_a_time_that_cannot_be_read_is_named(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        call_command("deliveries", since=wrong)
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("--since: ")
