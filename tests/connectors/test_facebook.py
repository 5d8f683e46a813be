"""What is Facebook's own: the staged way, its error table, its usage header."""

import json
from dataclasses import replace
from typing import Any

import pytest

from connectors import facebook_graph as graph
from connectors.contract import Account, Act
from connectors.errors import Duplicate, Misconfigured, NotAuthorised, Refused, Temporary, Uncertain
from connectors.http import Answer
from connectors.sandbox import facebook_oauth as peer
from tests.connectors.conftest import Speaker, post

ACCOUNT = Account(platform="facebook", handle="PD", remote_id="1", secrets={"access_token": "s3cret-token"})
LINK = "https://pd.example.org/news/1-road-closed/"


def answer(code: Any, message: str = "words", status: int = 400, sub: int = 0, **headers: str) -> Answer:
    error = {"message": message, "code": code, "error_subcode": sub, "fbtrace_id": "trace-1"}
    return Answer(status, headers, json.dumps({"error": error}).encode())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(190, sub=463), NotAuthorised),
        (answer(102), NotAuthorised),
        (answer(4), Temporary),
        (answer(17), Temporary),
        (answer(32), Temporary),
        (answer(613), Temporary),
        (answer(80001), Temporary),
        (answer(341), Temporary),
        (answer(10), Refused),
        (answer(200), Refused),
        (answer(299), Refused),
        (answer(3), Refused),
        (answer(506), Duplicate),
        (answer(368, "It looks like you already posted this."), Duplicate),
        (answer(368, "Temporarily blocked for policies violations."), Refused),
        (answer(100), Refused),
        (answer(1, status=500), Uncertain),
        (answer(2, status=500), Uncertain),
        (answer(99999), Uncertain),
        (Answer(502, {}, b"<html>bad gateway</html>"), Uncertain),
        (Answer(200, {}, b"<html>"), Uncertain),
        (Answer(302, {"location": "https://elsewhere.example/"}, b""), Uncertain),
    ],
)
def test_each_code_means_what_the_page_says(given: Answer, expected: type[Exception]) -> None:
    error = graph.as_error(given, ACCOUNT, repeatable=False)
    assert type(error) is expected
    assert error.status == given.status


def test_doubt_is_temporary_where_a_repeat_shows_nothing() -> None:
    assert isinstance(graph.as_error(answer(2, status=500), ACCOUNT, repeatable=True), Temporary)


def test_an_error_carries_code_trace_and_a_body_without_secrets() -> None:
    given = answer(100, "Unknown s3cret-token", sub=33)
    error = graph.as_error(given, ACCOUNT, repeatable=False)
    assert (error.code, error.request_id) == ("100/33", "trace-1")
    assert "s3cret" not in error.body + str(error) + repr(error)
    assert "[secret]" in error.body


def test_a_body_is_kept_to_four_kilobytes() -> None:
    error = graph.as_error(Answer(502, {}, b"x" * 100_000), ACCOUNT, repeatable=False)
    assert len(error.body) == 4096


def test_the_time_to_regain_access_is_read_from_the_usage_header() -> None:
    usage = json.dumps({"1": [{"estimated_time_to_regain_access": 3}, {"estimated_time_to_regain_access": 7}]})
    error = graph.as_error(answer(32, **{"x-business-use-case-usage": usage}), ACCOUNT, repeatable=True)
    assert isinstance(error, Temporary)
    assert (error.retry_after, error.rate_limited) == (420, True)
    for broken in ("", "[]", "{", '{"1": 5}', '{"1": [{"estimated_time_to_regain_access": null}]}'):
        error = graph.as_error(answer(4, **{"x-business-use-case-usage": broken}), ACCOUNT, repeatable=True)
        assert isinstance(error, Temporary)
        assert error.retry_after is None


def test_publishing_is_staged_and_every_step_is_repeatable(facebook: Speaker) -> None:
    steps = facebook.connector.plan(facebook.outgoing(media=(facebook.image(), facebook.image("Another"))))
    assert [step.name for step in steps] == ["photo-1", "photo-2", "draft", "address", "publish"]
    assert all(step.repeatable for step in steps)


def test_photos_go_unpublished_as_files_with_their_description(facebook: Speaker) -> None:
    facebook.publish(media=(facebook.image(),))
    photo, draft, _, publish = facebook.calls.calls
    assert photo.form["published"] == "false"
    assert photo.form["alt_text_custom"] == "A map of the closed road"
    assert photo.form["source"].mime == "image/png"
    assert "url" not in photo.form
    assert draft.form["published"] == "false"
    assert publish.form == {"is_published": "true"}


def test_the_token_stands_in_the_header_and_in_no_address(facebook: Speaker) -> None:
    facebook.publish()
    token = facebook.account.secrets["access_token"]
    for call in facebook.calls.calls:
        assert call.headers["Authorization"] == f"Bearer {token}"
        assert token not in call.path + str(call.query) + str(call.form)


def test_an_app_secret_proves_every_call(facebook: Speaker) -> None:
    secrets = {**facebook.account.secrets, "app_secret": "app-s3cret"}
    facebook.account = replace(facebook.account, secrets=secrets)
    facebook.publish(media=(facebook.image(),))
    proofs = {call.form.get("appsecret_proof") or call.query.get("appsecret_proof") for call in facebook.calls.calls}
    assert len(proofs) == 1
    assert len(str(proofs.pop())) == 64


def test_a_link_without_images_is_a_card(facebook: Speaker) -> None:
    facebook.publish(link=LINK)
    draft = facebook.calls.calls[0]
    assert (draft.form["message"], draft.form["link"]) == ("Road closed", LINK)
    (found,) = facebook.connector.find(facebook.account, facebook.probe(link=LINK))
    assert LINK in found.links


def test_only_our_own_apps_posts_can_be_edited(facebook: Speaker) -> None:
    name = f"facebook/{facebook.account.handle}"
    body = {"account": name, "fault": "outside_post", "value": "Theirs"}
    (theirs,) = post(f"{facebook.network.base_url}/_control", body)["posts"]
    with pytest.raises(Refused) as caught:
        facebook.say(facebook.outgoing("Ours now", act=Act.EDIT, target=theirs))
    assert "administrator" in caught.value.cure


def test_a_post_that_is_gone_cannot_be_edited_and_says_so(facebook: Speaker) -> None:
    with pytest.raises(Refused, match="does not exist"):
        facebook.say(facebook.outgoing("x", act=Act.EDIT, target=f"{facebook.account.remote_id}_1"))


def test_verify_names_each_missing_permission(facebook: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "SCOPES", ("pages_read_engagement",))
    health = facebook.connector.verify(facebook.account)
    assert not health.ok
    assert health.warnings == (
        "the permission pages_manage_posts is missing",
        "the permission pages_manage_engagement is missing",
    )


def test_a_strange_version_is_named(facebook: Speaker) -> None:
    strange = replace(facebook.account, settings={"graph_version": "../v1"})
    with pytest.raises(Misconfigured, match="graph_version"):
        facebook.connector.list_own(strange, None, None)


def test_an_id_cannot_change_the_path(facebook: Speaker) -> None:
    with pytest.raises(Refused):
        facebook.say(facebook.outgoing(act=Act.RESTORE, target=f"{facebook.account.remote_id}_1/../../../_clear"))
    assert facebook.calls.calls[-1].path.count("/") == 3
