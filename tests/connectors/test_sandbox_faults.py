"""Every way in which the sandbox network can be told to misbehave: for one account, by chance, or call by call."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from connectors.errors import ConnectorError, Duplicate, NotAuthorised, Temporary, Uncertain
from connectors.sandbox.faults import PASSING, Faults, Rule
from tests.connectors.conftest import Answered, Speaker, must_have, must_refuse_twins, post

# fault -> what its value may be, and what a read of the account ends with ("" = it succeeds).
ON_A_READ: dict[str, tuple[Any, type[ConnectorError] | None]] = {
    "latency": (10, None),
    "slow": (20, None),
    "500": (None, Temporary),
    "429": (30, Temporary),
    "expired": (None, NotAuthorised),
    "skew": (900, None),
    "drop_after_accept": (None, None),  # spoils writes only
    "malformed": (None, None),
    "duplicate": (None, None),
}


def _ends_with(speaker: Speaker) -> type[BaseException] | None:
    try:
        speaker.connector.list_own(speaker.account, None, None)
    except ConnectorError as error:
        return type(error)
    return None


def test_every_fault_is_tried_here() -> None:
    assert set(ON_A_READ) == set(PASSING)


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_meets_the_account_it_names_and_no_other(speaker: Speaker, fault: str) -> None:
    value, expected = ON_A_READ[fault]
    speaker.fault(fault, value=value)
    assert _ends_with(speaker) is expected
    speaker.fault("none")
    post(
        f"{speaker.network.base_url}/_control",
        {"account": f"{speaker.platform}/SomebodyElse", "fault": fault, "value": value},
    )
    assert _ends_with(speaker) is None


@pytest.mark.parametrize("fault", [fault for fault in PASSING if fault != "skew"])
def test_the_same_seed_spoils_the_same_calls_of_an_account(fault: str) -> None:
    def spoiled(seed: int) -> list[bool]:
        faults = Faults()
        faults.add(Rule(account="x/PD", fault=fault, p=0.3, seed=seed))
        return [bool(faults.fired(("x/PD",), writing=True, speaking=True)) for _ in range(60)]

    assert spoiled(7) == spoiled(7)
    assert spoiled(7) != spoiled(8)
    assert 5 < sum(spoiled(7)) < 30


def test_a_script_says_what_happens_call_by_call_and_then_all_is_well(speaker: Speaker) -> None:
    must_have(speaker, speaker.platform != "youtube", "list of own posts in one call")
    speaker.fault("script", value=["ok", "500", "ok", {"fault": "429", "value": 30}, "expired"])
    found = [_ends_with(speaker) for _ in range(7)]
    assert found == [None, Temporary, None, Temporary, NotAuthorised, None, None]


def test_a_line_of_a_script_waits_for_a_call_that_it_can_spoil(speaker: Speaker) -> None:
    speaker.fault("script", value=["drop_after_accept"])
    assert _ends_with(speaker) is None
    outgoing = speaker.outgoing("Road closed")
    with pytest.raises((Temporary, Uncertain)):
        speaker.run(speaker.connector.plan(outgoing)[0], {})


def test_two_scripts_of_two_accounts_do_not_meet(facebook: Speaker, x: Speaker) -> None:
    facebook.fault("script", value=["500", "500"])
    x.fault("script", value=["expired"])
    assert [_ends_with(facebook), _ends_with(x), _ends_with(facebook), _ends_with(x)] == [
        Temporary,
        NotAuthorised,
        Temporary,
        None,
    ]


@pytest.mark.parametrize("value", [None, [], "500", ["earthquake"], ["skew"], [{"value": 3}]])
def test_a_script_that_cannot_be_read_is_refused_with_what_it_may_say(speaker: Speaker, value: Any) -> None:
    with pytest.raises(Answered) as caught:
        speaker.fault("script", value=value)
    assert caught.value.code == 400
    assert "drop_after_accept" in json.loads(caught.value.body)["error"]


def test_a_clock_that_is_wrong_shows_in_the_post_and_in_the_answer(speaker: Speaker) -> None:
    if speaker.platform == "bluesky":
        pytest.skip("a record's time is its writer's there")
    speaker.fault("skew", value=900)
    receipt = speaker.publish("Road closed")
    [line] = speaker.truth()
    there = datetime.fromisoformat(line["created_at"])
    here = datetime.fromisoformat(line["arrived_at"])
    assert abs(there - here - timedelta(seconds=900)) < timedelta(seconds=30)
    assert receipt.remote_id == line["id"]


def test_a_limit_says_when_to_come_back_in_the_plain_header_too(x: Speaker) -> None:
    x.fault("429", count=1, value=45)
    token = x.account.secrets["access_token"]
    asked = Request(f"{x.network.base_url}/x/2/users/me", headers={"Authorization": f"Bearer {token}"})
    with pytest.raises(HTTPError) as caught:
        urlopen(asked, timeout=5)
    assert (caught.value.code, caught.value.headers["Retry-After"]) == (429, "45")
    caught.value.close()


def test_a_duplicate_is_refused_as_the_platform_refuses_it(speaker: Speaker) -> None:
    must_refuse_twins(speaker)
    speaker.fault("script", value=["duplicate"])
    with pytest.raises(Duplicate):
        speaker.publish("Road closed")
    assert speaker.truth() == []
