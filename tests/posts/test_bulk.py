"""Many posts at once are the same rows and entries as the single services write, and ask the same rights."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models import Model

from divisions.errors import NotAllowed, NotVisible
from posts.errors import OwnWork, StopsOpen
from posts.models import Approval, Draft, DraftVariant, Post, Review, Revision, Variant
from posts.services import bulk
from posts.services.bulk import Written
from posts.states import DeliveryState
from records.models import LedgerEntry
from tests.network import SandboxNetwork
from tests.stories import NOW, approved, tick

ROOM = (Post, Draft, DraftVariant, Revision, Variant, Approval, Review)
TIMES = {"stage_at", "approved_at", "at", "state_at"}  # the story approves a minute later
OWN = {"id", "post", "revision", "draft", "variant", "key", "payload", "payload_hash", "content_hash"}
WALL = "2026-11-24T11:30:00"


def _written(d: SimpleNamespace, **more: Any) -> Written:
    facts: dict[str, Any] = {
        "channel": d.facebook_northeast,
        "officer": d.officer,
        "supervisor": d.supervisor,
        "kind": "update",
        "title": "Oak Street is closed until four",
        "text": "A water main broke. Use Elm Street.",
        "wall_time": WALL,
        "zone": "America/Chicago",
    }
    return Written(**{**facts, **more})


def _facts(row: Model) -> dict[str, Any]:
    return {f.name: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name not in OWN | TIMES}


def test_bulk_writes_what_the_single_services_write(department: SimpleNamespace) -> None:
    d = department
    before = LedgerEntry.objects.order_by("-seq").values_list("seq", flat=True)[0]
    words = _written(d)
    single = approved(
        d.northeast, d.officer, d.supervisor, channels=[d.facebook_northeast], text=words.text, due=WALL, now=NOW
    )
    middle = LedgerEntry.objects.order_by("-seq").values_list("seq", flat=True)[0]
    (delivery,) = bulk.write_and_approve([words], now=NOW)
    for model in ROOM:
        one, other = model._default_manager.order_by("pk")
        assert _facts(one) == _facts(other), model
    one, other = single.deliveries.get(), delivery
    assert _facts(one) == _facts(other)
    assert one.payload == other.payload
    seen = LedgerEntry.objects.filter(seq__gt=before).order_by("seq")
    mine = [(e.type, e.actor_id, sorted(e.data)) for e in seen.filter(seq__gt=middle)]
    assert mine == [(e.type, e.actor_id, sorted(e.data)) for e in seen.filter(seq__lte=middle)]


def test_bulk_posts_pass_the_gate_and_go_out(department: SimpleNamespace, network: SandboxNetwork) -> None:
    d = department
    made = bulk.write_and_approve([_written(d, text=f"Street {n} is closed.") for n in range(3)], now=NOW)
    tick(made[0].due_at + timedelta(seconds=1))
    assert {row.state for row in Post.objects.get(pk=made[0].post_id).deliveries.all()} == {DeliveryState.DELIVERED}
    assert network.texts(d.facebook_northeast)[::-1] == [f"Street {n} is closed." for n in range(3)]


def test_bulk_asks_the_rights_and_the_checks(department: SimpleNamespace) -> None:
    d = department
    with pytest.raises(OwnWork):
        bulk.write_and_approve([_written(d, officer=d.supervisor)], now=NOW)
    with pytest.raises(NotAllowed):
        bulk.write_and_approve([_written(d, supervisor=d.colleague)], now=NOW)
    with pytest.raises(NotVisible):
        bulk.write_and_approve([_written(d, officer=d.stranger)], now=NOW)
    with pytest.raises(StopsOpen):
        bulk.write_and_approve([_written(d, wall_time="2020-01-01T00:00:00")], now=NOW)
    assert not Post.objects.exists()
