"""An upload's address is a key: it stands sealed in the row while the upload lasts, and the connector gets it back."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.fernet import Fernet

from connectors.contract import Done, Next, Receipt
from divisions.errors import BadInput
from posts.models import Delivery
from posts.services import deliver, step_state
from posts.services.begin import Call
from posts.states import DeliveryState
from tests.stories import NOW, approved

DUE = NOW + timedelta(minutes=1)
ADDRESS = "https://up.example/session-key-77"
KEPT = {"session": ADDRESS, "offset": 5}


def test_sealed_opens_again_and_twice_is_once() -> None:
    once = step_state.sealed(KEPT)
    assert ADDRESS not in json.dumps(once)
    assert once["offset"] == 5
    assert step_state.sealed(once) == once
    assert step_state.opened(once) == KEPT


def test_a_state_without_an_address_stays_as_it_is() -> None:
    assert step_state.opened(step_state.sealed({"ids": ["1"]})) == {"ids": ["1"]}


def test_a_lost_key_says_which_setting(settings: Any) -> None:
    once = step_state.sealed(KEPT)
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(BadInput, match="FIELD_KEYS"):
        step_state.opened(once)


@pytest.mark.django_db
def test_the_row_never_holds_the_address(department: SimpleNamespace) -> None:
    d = department
    post = approved(d.northeast, d.officer, d.supervisor, channels=[d.facebook_northeast], now=NOW)
    row = post.deliveries.get()
    seen: list[Any] = []

    def run(call: Call) -> Next | Done:
        stored = Delivery.objects.get(pk=row.pk).step_state
        seen.append((ADDRESS in json.dumps(stored), step_state.opened(stored)))
        if call.step.name == "publish":
            return Done(Receipt(remote_id="1", url="https://facebook.example/1"))
        return Next(dict(KEPT))

    lanes = deliver.claim(now=DUE, worker="test")
    for lane, rows in lanes.items():
        deliver.run_lane(lane, rows, worker="test", clock=lambda: DUE, run=run)
    row.refresh_from_db()
    assert row.state == DeliveryState.DELIVERED
    assert seen == [(False, {}), (False, KEPT), (False, KEPT)]
