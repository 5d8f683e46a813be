"""What is X's own: its error table, its two ways to sign, uploads that wait, edits that give a new id."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import x_api as api
from connectors import x_shapes
from connectors.contract import Account, Act, Next, Wait
from connectors.errors import Duplicate, NotAuthorised, Refused, Temporary, Uncertain
from connectors.http import Answer
from connectors.registry import get
from connectors.sandbox import x_shapes as peer_shapes
from connectors.x import _uploaded
from tests.connectors.conftest import Speaker, post

ACCOUNT = Account(platform="x", handle="PD", remote_id="1", secrets={"access_token": "s3cret-token"})
PROBLEMS = "https://api.x.com/2/problems/"
OAUTH1 = {
    "consumer_key": "consumer",
    "consumer_secret": "consumer-s3cret",
    "oauth_token": "user-token",
    "oauth_token_secret": "user-s3cret",
}


def problem(status: int, kind: str = "about:blank", detail: str = "words", **headers: str) -> Answer:
    body = {"title": "Title", "detail": detail, "type": kind, "status": status}
    return Answer(status, headers, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (problem(401), NotAuthorised),
        (problem(403, detail="You are not allowed to create a Tweet with duplicate content."), Duplicate),
        (problem(403), Refused),
        (problem(403, PROBLEMS + "not-authorized-for-resource"), Refused),
        (problem(400, PROBLEMS + "invalid-request"), Refused),
        (problem(404, PROBLEMS + "resource-not-found"), Refused),
        (Answer(400, {}, b'{"code": 324, "message": "media"}'), Refused),
        (problem(429), Temporary),
        (Answer(429, {}, b"Too many"), Temporary),
        (problem(402), Temporary),
        (problem(403, PROBLEMS + "something-new"), Uncertain),
        (problem(400, "https://elsewhere.example/"), Uncertain),
        (Answer(403, {}, b"<html>challenge</html>"), Uncertain),
        (problem(500, PROBLEMS + "internal-error"), Uncertain),
        (Answer(503, {}, b""), Uncertain),
        (Answer(201, {}, b"<html>"), Uncertain),
        (Answer(307, {"location": "https://elsewhere.example/"}, b""), Uncertain),
    ],
)
def test_each_answer_means_what_the_page_says(given: Answer, expected: type[Exception]) -> None:
    error = api.as_error(given, ACCOUNT, repeatable=False)
    assert type(error) is expected
    assert error.status == given.status


def test_doubt_is_temporary_where_a_repeat_shows_nothing() -> None:
    assert isinstance(api.as_error(Answer(503, {}, b""), ACCOUNT, repeatable=True), Temporary)


def test_an_answer_that_looks_fine_but_holds_only_errors_is_read_as_the_error() -> None:
    body = {"errors": [{"type": PROBLEMS + "resource-not-found", "title": "Not Found", "detail": "gone"}]}
    error = api.as_error(Answer(200, {}, json.dumps(body).encode()), ACCOUNT, repeatable=True)
    assert isinstance(error, Refused)
    assert api.is_gone(error)


def test_the_reset_is_reckoned_by_the_servers_own_clock() -> None:
    headers = {"x-rate-limit-reset": "1000000090", "date": "Sun, 09 Sep 2001 01:46:40 GMT"}
    error = api.as_error(problem(429, **headers), ACCOUNT, repeatable=False)
    assert isinstance(error, Temporary)
    assert (error.retry_after, error.rate_limited) == (90, True)
    error = api.as_error(problem(429, **{"x-rate-limit-reset": "soon"}), ACCOUNT, repeatable=False)
    assert isinstance(error, Temporary)
    assert error.retry_after is None


def test_images_are_uploaded_and_described_before_the_post(x: Speaker) -> None:
    x.publish(media=(x.image(), x.image("", content=b"\x89PNG two")))
    assert x.calls.paths() == ["POST upload", "POST metadata", "POST upload", "POST tweets"]
    assert x.calls.calls[1].json["metadata"] == {"alt_text": {"text": "A map of the closed road"}}
    assert len(x.calls.calls[3].json["media"]["media_ids"]) == 2


def test_an_upload_still_processed_waits_and_asks_again(x: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = peer_shapes.media

    def pending(media_id: str, size: int) -> dict[str, Any]:
        return {**plain(media_id, size), "processing_info": {"state": "pending", "check_after_secs": 30}}

    step = x.connector.plan(x.outgoing(media=(x.image(),)))[0]
    monkeypatch.setattr(peer_shapes, "media", pending)
    first = x.run(step, {})
    assert isinstance(first, Wait)
    assert timedelta(seconds=25) < first.not_before - datetime.now(UTC) <= timedelta(seconds=30)
    monkeypatch.setattr(peer_shapes, "media", plain)
    second = x.run(step, first.state)
    assert isinstance(second, Next)
    assert second.state == {"media": {"1": first.state["processing"]}}
    assert x.calls.paths() == ["POST upload", "GET upload"]


def test_an_upload_that_failed_there_is_refused(x: Speaker) -> None:
    step = x.connector.plan(x.outgoing(media=(x.image(),)))[0]
    body = {"data": {"id": "1", "processing_info": {"state": "failed"}}}
    with pytest.raises(Refused, match="could not process"):
        _uploaded(step, {}, body)


def test_the_same_text_again_is_a_duplicate_and_leaves_one_post(x: Speaker) -> None:
    x.publish("Road closed")
    with pytest.raises(Duplicate):
        x.publish("Road closed")
    assert len(x.truth()) == 1


def test_an_edit_names_the_old_post_and_carries_its_images_again(x: Speaker) -> None:
    image = x.image()
    first = x.publish(media=(image,))
    x.say(x.outgoing("Open again", act=Act.EDIT, target=first.remote_id, media=(image,)))
    assert x.calls.calls[-1].json["edit_options"] == {"previous_post_id": first.remote_id}
    (shown,) = x.truth()
    assert [item["alt"] for item in shown["media"]] == [image.alt]


def test_a_post_can_be_edited_five_times_and_only_for_half_an_hour(x: Speaker) -> None:
    target = x.publish("Version 0").remote_id
    for n in range(1, 6):
        target = x.say(x.outgoing(f"Version {n}", act=Act.EDIT, target=target)).remote_id
    with pytest.raises(Refused, match="no longer be edited"):
        x.say(x.outgoing("Version 6", act=Act.EDIT, target=target))
    fresh = x.publish("Another").remote_id
    x.fault("skew", value=31 * 60)
    with pytest.raises(Refused, match="no longer be edited"):
        x.say(x.outgoing("Another one", act=Act.EDIT, target=fresh))


def test_deleting_one_version_deletes_the_chain(x: Speaker) -> None:
    first = x.publish("Version 0")
    x.say(x.outgoing("Version 1", act=Act.EDIT, target=first.remote_id))
    x.say(x.outgoing(act=Act.WITHDRAW, target=first.remote_id))
    assert x.truth() == []


def test_an_oauth_1_signature_is_accepted_and_a_wrong_one_is_not(x: Speaker) -> None:
    body = {"platform": "x", "handle": x.account.handle, "oauth1": OAUTH1}
    post(f"{x.network.base_url}/_accounts", body)
    x.account = replace(x.account, secrets=OAUTH1)
    x.publish(media=(x.image(),))
    assert x.calls.calls[0].headers["Authorization"].startswith("OAuth ")
    assert x.connector.list_own(x.account, None, x.began).items
    x.account = replace(x.account, secrets={**OAUTH1, "oauth_token_secret": "other-s3cret"})
    with pytest.raises(NotAuthorised):
        x.publish("Again")


def test_a_refresh_token_is_traded_once(x: Speaker) -> None:
    network = x.network.network
    account = network.store.account(f"x/{x.account.handle}")
    assert account is not None
    assert x.connector.refresh(x.account) is None
    old = {"access_token": account.token, "refresh_token": account.refresh_token, "client_id": "app"}
    x.account = replace(x.account, secrets=old)
    fresh = x.connector.refresh(x.account)
    assert fresh is not None
    assert fresh["access_token"] != old["access_token"]
    assert fresh["refresh_token"] != old["refresh_token"]
    with pytest.raises(NotAuthorised):
        x.connector.refresh(x.account)
    x.account = replace(x.account, secrets=fresh)
    assert x.connector.verify(x.account).ok


def test_verify_says_when_the_token_is_somebody_elses(x: Speaker) -> None:
    health = x.connector.verify(replace(x.account, remote_id="99"))
    assert not health.ok
    assert x.account.handle in health.warnings[0]


def test_a_live_receipt_leads_to_x_and_a_sandbox_one_to_its_page(x: Speaker) -> None:
    live = replace(x.account, mode="live", api_base="")
    assert x_shapes.post_url(live, "12") == f"https://x.com/{x.account.handle}/status/12"
    assert x_shapes.post_url(x.account, "12").startswith(f"{x.network.base_url}/see/x/")


def test_both_spellings_are_read() -> None:
    new = {"edit_history_post_ids": ["1", "2"], "public_metrics": {"repost_count": 3}}
    old = {"edit_history_tweet_ids": ["1", "2"], "public_metrics": {"retweet_count": 3}}
    for item in (new, old):
        assert x_shapes.history(item) == ["1", "2"]
        assert x_shapes.metrics(item).shares == 3
        assert x_shapes.metrics(item).likes is None


def test_answering_the_public_is_offered_only_where_the_app_may(x: Speaker) -> None:
    connector = get("x")
    assert not connector.capabilities(x.account).comments.reply
    assert connector.capabilities(replace(x.account, settings={"may_reply": True})).comments.reply


def test_an_edited_post_knows_the_ids_it_had_before(x: Speaker) -> None:
    first = x.publish("Road closed on Oak Street")
    edited = x.publish("Road open on Oak Street", act=Act.EDIT, target=first.remote_id)
    (shown,) = x.connector.list_own(x.account, None, None).items
    assert (shown.remote_id, shown.versions) == (edited.remote_id, (first.remote_id,))
