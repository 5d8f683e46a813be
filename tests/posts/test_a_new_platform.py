"""A platform nobody knew yesterday: its module (here), one line in the registry, and a post goes the whole way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import ClassVar

import pytest

from connectors import registry
from connectors.base import BaseConnector
from connectors.contract import (
    Account,
    Act,
    Capabilities,
    Done,
    Outgoing,
    Page,
    Policy,
    Probe,
    Receipt,
    Remote,
    Result,
    State,
    Step,
)
from divisions.models import Channel
from posts.models import Post
from posts.selectors import candidate
from posts.services import withdraw
from posts.states import DeliveryState
from tests.stories import NOW, approved, draft, tick

SHOWN: dict[str, str] = {}


class Semaphore(BaseConnector):
    """Flags on a hill: 120 characters, an id of our own, gone when it is taken down."""

    platform: ClassVar[str] = "semaphore"
    ambiguous_policy: ClassVar[Policy] = Policy.REPEAT

    def capabilities(self, account: Account | None = None) -> Capabilities:
        return Capabilities(max_text=120, counter="characters", withdraw=True, list_own=True, idempotency="client_key")

    def plan(self, outgoing: Outgoing) -> tuple[Step, ...]:
        if outgoing.act is Act.WITHDRAW and outgoing.target:
            return (Step(name="lower", repeatable=True, payload={"id": outgoing.target.remote_id}),)
        if outgoing.act is Act.PUBLISH:
            return (Step(name="raise", repeatable=True, payload={"id": outgoing.key, "text": outgoing.text}),)
        raise self._cannot(outgoing.act.value)

    def run(self, account: Account, step: Step, state: State) -> Result:
        remote_id = step.payload["id"]
        if step.name == "raise":
            SHOWN[remote_id] = step.payload["text"]
        else:
            SHOWN.pop(remote_id, None)
        return Done(Receipt(remote_id=remote_id, url=f"https://hill.example/{remote_id}"))

    def find(self, account: Account, probe: Probe) -> tuple[Remote, ...]:
        wanted = probe.target_id or probe.remote_id or probe.key
        return tuple(self._remote(key) for key in SHOWN if key == wanted)

    def list_own(self, account: Account, cursor: str | None, since: datetime | None) -> Page[Remote]:
        return Page(items=tuple(map(self._remote, SHOWN)), next_cursor=None)

    def _remote(self, key: str) -> Remote:
        made = datetime.now(UTC)
        return Remote(remote_id=key, url=f"https://hill.example/{key}", text=SHOWN[key], created_at=made, ours=True)


@pytest.fixture
def hill(department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Channel]:
    """An account there: the one line, and a row."""
    monkeypatch.setitem(registry._CONNECTORS, "semaphore", Semaphore)
    registry.get.cache_clear()
    yield Channel.objects.create(
        slug="semaphore-northeast", division=department.northeast, platform="semaphore", name="The hill", mode="sandbox"
    )
    SHOWN.clear()
    registry.get.cache_clear()


def _approved(d: SimpleNamespace, hill: Channel) -> Post:
    return approved(
        d.northeast, d.officer, d.supervisor, text="Oak Street is closed.", channels=[d.northeast_website, hill]
    )


@pytest.mark.django_db
def test_it_is_counted_sent_taken_down_and_proven(department: SimpleNamespace, hill: Channel) -> None:
    d = department
    long = draft(d.northeast, d.officer, text="Oak Street is closed. " * 6, channels=[hill])
    (preview,) = candidate.look(long.draft, now=NOW).previews
    assert (preview.rendered.limit, [p.code for p in preview.rendered.problems]) == (120, ["TOO_LONG"])
    post = _approved(d, hill)
    for minutes in (1, 2):
        tick(NOW + timedelta(minutes=minutes))
    row = post.deliveries.get(channel=hill)
    assert (row.state, row.remote_url) == (DeliveryState.DELIVERED, f"https://hill.example/{row.remote_id}")
    assert list(SHOWN.values()) == ["Oak Street is closed."]
    asked = NOW + timedelta(minutes=3)
    withdraw.ask(post=post, ground="consent", reason="The family asked for it.", by=d.supervisor, now=asked)
    for minutes in (4, 5):
        tick(NOW + timedelta(minutes=minutes))
    row.refresh_from_db()
    assert row.state == DeliveryState.WITHDRAWN
    assert SHOWN == {}


@pytest.mark.django_db
def test_by_hand_it_is_counted_as_its_own_connector_counts(department: SimpleNamespace, hill: Channel) -> None:
    d = department
    Channel.objects.filter(pk=hill.pk).update(mode="hand_off")
    post = _approved(d, hill)
    for minutes in (1, 2):
        tick(NOW + timedelta(minutes=minutes))
    assert post.deliveries.get(channel=hill).state == DeliveryState.AWAITING_PROOF
    assert registry.get("semaphore", "hand_off").capabilities().max_text == 120
