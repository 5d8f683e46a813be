"""What is Nixle's own: one launch made once, its mark, its levels, the release, Everbridge's error table.

Everbridge gives no licence to copy its interface descriptions: our own list of fields judges the calls (`nixle_spec`).
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import delivery_code
from connectors import nixle_api as api
from connectors import nixle_shapes as shapes
from connectors.contract import Account, Act
from connectors.errors import Misconfigured, NotAuthorised, NotSupported, Refused, Temporary, Uncertain
from connectors.http import Answer
from connectors.registry import get
from tests.connectors import nixle_spec
from tests.connectors.conftest import Speaker
from tests.connectors.conftest import get as fetch

ACCOUNT = Account(platform="nixle", handle="PD", remote_id="1", secrets={"access_token": "s3cret-token"})
LINK = "https://pd.example.org/news/1-road-closed/"


def answer(status: int, message: Any = "words", **headers: str) -> Answer:
    return Answer(status, headers, json.dumps({"message": message, "status": status}).encode())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(401), NotAuthorised),
        (answer(400), Refused),
        (answer(403), Refused),
        (answer(404), Refused),
        (answer(409), Refused),
        (answer(415), Refused),
        (answer(429), Temporary),
        (answer(500), Uncertain),
        (answer(503), Uncertain),
        (Answer(502, {}, b"<html>bad gateway</html>"), Uncertain),
        (Answer(403, {}, b"<html>a wall in between</html>"), Uncertain),
        (answer(400, None), Uncertain),
        (Answer(200, {}, b"<html>"), Uncertain),
        (Answer(302, {"location": "https://elsewhere.example/"}, b""), Uncertain),
    ],
)
def test_each_answer_to_a_launch_means_what_the_page_says(given: Answer, expected: type[Exception]) -> None:
    error = api.as_error(given, ACCOUNT, repeatable=False)
    assert type(error) is expected
    assert error.status == given.status


def test_a_limit_counts_as_no_failure_and_may_say_nothing_of_when() -> None:
    error = api.as_error(answer(429), ACCOUNT, repeatable=False)
    assert isinstance(error, Temporary)
    assert (error.rate_limited, error.retry_after) == (True, None)


def test_an_error_has_a_body_without_secrets() -> None:
    error = api.as_error(answer(400, "Unknown s3cret-token"), ACCOUNT, repeatable=False)
    assert "s3cret" not in error.body + str(error) + repr(error)


def test_a_message_is_one_launch_that_is_never_repeated(nixle: Speaker) -> None:
    (step,) = nixle.connector.plan(nixle.outgoing())
    assert (step.name, step.repeatable) == ("launch", False)


def test_the_mark_stands_in_the_title_and_not_in_the_text_message(nixle: Speaker) -> None:
    receipt = nixle.publish("“Road” closed…", key="delivery-1", link=LINK)
    (call,) = nixle.calls.calls
    sms = call.json["publicMessages"]["nixleAlertMessage"]["smsMessage"]
    assert call.json["message"] == {
        "title": f"Road closed [{delivery_code.of('delivery-1')}]",
        "textMessage": f"“Road” closed…\n{LINK}",
    }
    assert sms == '"Road" closed...'
    assert sms in fetch(receipt.url).replace("&quot;", '"')


def test_a_correction_is_a_message_of_its_own_and_marked_as_such(nixle: Speaker) -> None:
    first = nixle.publish("Road closed", key="delivery-1")
    again = nixle.say(nixle.outgoing("Correction: open.", act=Act.REPLY, target=first.remote_id, key="delivery-2"))
    (found,) = nixle.connector.find(nixle.account, nixle.probe(Act.REPLY, key="delivery-2", target_id=first.remote_id))
    assert found.remote_id == again.remote_id != first.remote_id


def test_the_same_words_sent_twice_are_told_apart_by_the_mark(nixle: Speaker) -> None:
    first, second = (nixle.publish("Boil water", key=key) for key in ("delivery-1", "delivery-2"))
    for key, receipt in (("delivery-1", first), ("delivery-2", second)):
        (found,) = nixle.connector.find(nixle.account, nixle.probe(key=key, text="Boil water"))
        assert found.remote_id == receipt.remote_id


def test_nothing_is_edited_or_taken_back(nixle: Speaker) -> None:
    for act in (Act.EDIT, Act.WITHDRAW, Act.HIDE, Act.RESTORE):
        with pytest.raises(NotSupported):
            nixle.connector.plan(nixle.outgoing(act=act, target="1"))


@pytest.mark.parametrize(
    ("kind", "setting", "expected"),
    [("safety_alert", "", 3), ("safety_alert", "community", 3), ("event", "", 1), ("", "advisory", 2), ("", "", 1)],
)
def test_the_level_comes_from_the_kind_and_else_from_the_account(
    nixle: Speaker, kind: str, setting: str, expected: int
) -> None:
    nixle.account = replace(nixle.account, settings={"level": setting})
    nixle.publish(kind=kind)
    assert nixle.calls.calls[-1].json["publicMessages"]["nixleAlertMessage"]["type"] == expected


def test_the_accounts_places_groups_and_contact_go_along(nixle: Speaker) -> None:
    settings = {
        "region_ids": ["5091"],
        "event_groups": ["Severe weather"],
        "contact": {"name": "Media desk", "phone": "214-555-0100"},
        "broadcast_settings": {"duration": 1},
    }
    nixle.account = replace(nixle.account, settings=settings)
    nixle.publish()
    launch = nixle.calls.calls[-1].json
    alert = launch["publicMessages"]["nixleAlertMessage"]
    assert alert["community"] == {"regionIds": [5091], "contactName": "Media desk", "contactPhone": "214-555-0100"}
    assert alert["eventGroups"] == ["Severe weather"]
    assert launch["broadcastSettings"] == {"duration": 1}


GOOD = {"release": "Assistant chief, 24 Nov 2026", "region_ids": [5091], "types": {"community": 1}}


@pytest.mark.parametrize("missing", ["release", "region_ids", "types"])
def test_a_live_account_sends_nothing_before_each_setting_is_there(nixle: Speaker, missing: str) -> None:
    settings = {name: value for name, value in GOOD.items() if name != missing}
    nixle.account = replace(nixle.account, mode="live", settings=settings)
    with pytest.raises(Misconfigured, match=f"setting {missing}"):
        nixle.publish()
    assert nixle.calls.calls == []
    if missing != "types":
        assert missing in nixle.connector.verify(nixle.account).warnings[0]


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("https://nixle.example/pd", "https://nixle.example/pd"),
        ("test-pd", "https://local.nixle.com/test-pd/"),
        ("", ""),
    ],
)
def test_a_live_account_with_its_settings_sends(nixle: Speaker, page: str, address: str) -> None:
    nixle.account = replace(nixle.account, mode="live", settings={**GOOD, "page": page})
    assert nixle.publish().url == address
    assert nixle.connector.verify(nixle.account).ok


@pytest.mark.parametrize(("name", "value"), [("level", "warning"), ("region_ids", "5091"), ("types", [1, 2, 3])])
def test_a_setting_that_cannot_be_read_is_named(nixle: Speaker, name: str, value: Any) -> None:
    nixle.account = replace(nixle.account, settings={name: value})
    with pytest.raises(Misconfigured, match=name):
        nixle.publish()
    assert nixle.truth() == []


def test_verify_names_a_place_that_is_not_the_departments(nixle: Speaker) -> None:
    nixle.account = replace(nixle.account, settings={"region_ids": [5091, 9999]})
    health = nixle.connector.verify(nixle.account)
    assert (health.ok, health.warnings) == (False, ("the region 9999 is not among yours",))


def test_a_new_token_is_fetched_with_id_and_secret_and_keeps_them(nixle: Speaker) -> None:
    account = nixle.network.network.store.account(f"nixle/{nixle.account.handle}")
    assert account is not None
    secrets = {"client_id": nixle.account.remote_id, "client_secret": account.refresh_token}
    fresh = nixle.connector.refresh(replace(nixle.account, secrets=secrets))
    assert fresh is not None
    assert fresh["client_secret"] == account.refresh_token
    assert fresh["expires_in"] == "28800"
    nixle.account = replace(nixle.account, secrets=fresh)
    nixle.publish()
    assert len(nixle.truth()) == 1


def test_a_refused_client_is_not_authorised_and_names_need_no_token(nixle: Speaker) -> None:
    wrong = replace(nixle.account, secrets={"client_id": nixle.account.remote_id, "client_secret": "wrong-secret"})
    with pytest.raises(NotAuthorised):
        nixle.connector.refresh(wrong)
    named = {"username": nixle.account.handle, "password": nixle.account.secrets["access_token"]}
    nixle.account = replace(nixle.account, secrets=named)
    assert nixle.connector.refresh(nixle.account) is None
    nixle.publish()


def test_other_notifications_of_the_organization_are_none_of_our_business() -> None:
    item = {"id": 1, "createdDate": 1, "message": {"title": "Shift plan", "textMessage": "Call in"}, "source": "Web"}
    assert not shapes.is_public({**item, "publicMessages": {}})
    assert shapes.is_public({**item, "publicMessages": {"nixleAlertMessage": {"smsMessage": "Road closed"}}})
    assert shapes.is_public(item)


def test_what_another_program_of_the_department_sent_is_not_ours() -> None:
    account = replace(ACCOUNT, settings={"service_account": "Substation"})
    item = {"id": 1, "createdDate": 1, "message": {}, "source": "Api", "createdName": "The flood gauge"}
    assert shapes.remote(account, item).ours is False
    assert shapes.remote(account, {**item, "createdName": "Substation"}).ours is True
    assert shapes.remote(account, {**item, "source": "Web", "createdName": "Substation"}).ours is False


def test_counts_say_how_many_it_was_sent_to_and_nothing_of_readers(nixle: Speaker) -> None:
    receipt = nixle.publish(key="delivery-1")
    remotes = nixle.connector.find(nixle.account, nixle.probe(remote_id=receipt.remote_id))
    counts = nixle.connector.metrics(nixle.account, remotes)[receipt.remote_id]
    assert counts.views is None
    assert counts.raw["totalCount"] == 1200


def test_find_goes_through_pages_until_the_moment_asked_for(nixle: Speaker) -> None:
    wanted = nixle.publish("The first", key="delivery-1")
    for number in range(20):
        nixle.publish(f"Message {number}")
    (found,) = nixle.connector.find(nixle.account, nixle.probe(key="delivery-1"))
    assert found.remote_id == wanted.remote_id
    late = replace(nixle.probe(key="delivery-1"), since=datetime.now(UTC) + timedelta(minutes=1))
    assert nixle.connector.find(nixle.account, late) == ()


@given(st.text(max_size=40))
def test_a_mark_is_found_again_behind_any_title(title: str) -> None:
    marked = delivery_code.added(title, "delivery-1")
    assert delivery_code.at_the_end(marked) == delivery_code.of("delivery-1")
    assert delivery_code.is_ours(delivery_code.of(title))


def test_words_in_brackets_are_seldom_a_mark() -> None:
    assert delivery_code.at_the_end("Road closed [BULLETIN]") == ""
    assert delivery_code.at_the_end("Road closed") == ""
    assert delivery_code.at_the_end("") == ""


def test_the_list_of_fields_catches_a_call_that_is_not_in_it() -> None:
    with pytest.raises(AssertionError, match="has no GET"):
        nixle_spec.check_request("GET", "/rest/contacts/1", {})
    with pytest.raises(AssertionError, match="takes no"):
        nixle_spec.check_request("GET", "/rest/notifications/1", {"page": "1"})
    with pytest.raises(AssertionError):
        nixle_spec.check_answer("GET", "/rest/notifications/1", 200, {"items": []})


def test_the_sandbox_refuses_a_text_of_two_parts_and_a_place_it_does_not_know(nixle: Speaker) -> None:
    with pytest.raises(Refused, match="160"):
        nixle.publish("a" * 161)
    nixle.account = replace(nixle.account, settings={"region_ids": [1]})
    with pytest.raises(Refused, match="region"):
        nixle.publish()
    assert get("nixle").capabilities().max_text == 160
