"""What is YouTube's own: the private film, its session and pieces, captions, quotas, its error table, the sign-in."""

import base64
import hashlib
import io
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
import time_machine

from connectors import delivery_code, youtube_upload
from connectors import youtube_api as api
from connectors import youtube_shapes as shapes
from connectors.contract import Account, Act, Media, Next, Step, Wait
from connectors.errors import (
    ConnectorError,
    Duplicate,
    Misconfigured,
    NotAuthorised,
    NotSupported,
    Refused,
    Temporary,
    Uncertain,
)
from connectors.http import Answer
from connectors.sandbox import seeding, youtube_oauth
from connectors.sandbox import youtube as peer
from connectors.sandbox.store import Post
from tests.connectors import youtube_spec
from tests.connectors.conftest import Blobs, Speaker, post
from tests.connectors.conftest import get as fetch

ACCOUNT = Account(
    platform="youtube",
    handle="PD",
    remote_id="UC1",
    api_base="http://127.0.0.1:8025/youtube",
    mode="sandbox",
    secrets={"access_token": "s3cret-token"},
)
UNIT = 256 * 1024
FILM = bytes(range(256)) * 2500  # 640 kB: three pieces


def answer(status: int, reason: str = "", message: str = "words", **headers: str) -> Answer:
    error = {"code": status, "message": message, "errors": [{"reason": reason, "domain": "youtube"}]}
    return Answer(status, headers, json.dumps({"error": error}).encode())


def long_film(youtube: Speaker) -> Media:
    youtube.account = replace(youtube.account, settings={"upload_piece_bytes": UNIT})
    return youtube.image(content=FILM)


def stored(youtube: Speaker, video_id: str) -> Post:
    found = youtube.network.network.store.post(video_id)
    assert found is not None
    return found


def uploaded(youtube: Speaker, **more: Any) -> tuple[tuple[Step, ...], dict[str, Any]]:
    """Return the steps of a publication and the state after its film is there."""
    steps = youtube.connector.plan(youtube.outgoing(**more))
    state: dict[str, Any] = {}
    for step in steps[:2]:
        state = youtube.through(step, state).state
    return steps, state


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(401, "authError"), NotAuthorised),
        (answer(403, "quotaExceeded"), Temporary),
        (answer(403, "dailyLimitExceeded"), Temporary),
        (answer(403, "rateLimitExceeded"), Temporary),
        (answer(429, "rateLimitExceeded"), Temporary),
        (answer(400, "uploadLimitExceeded"), Temporary),
        (answer(400, "invalidTitle"), Refused),
        (answer(400, "invalidDescription"), Refused),
        (answer(400, "invalidTags"), Refused),
        (answer(403, "forbidden"), Refused),
        (answer(403, "authenticatedUserAccountSuspended"), Refused),
        (answer(404, "videoNotFound"), Refused),
        (answer(500, "backendError"), Uncertain),
        (answer(503, ""), Uncertain),
        (Answer(502, {}, b"<html>bad gateway</html>"), Uncertain),
        (Answer(403, {}, b"<html>a wall in between</html>"), Uncertain),
        (Answer(400, {}, b'{"error": "invalid_request"}'), Uncertain),
        (Answer(302, {"location": "https://elsewhere.example/"}, b""), Uncertain),
    ],
)
def test_each_reason_means_what_the_page_says(given: Answer, expected: type[Exception]) -> None:
    error = api.as_error(given, ACCOUNT, repeatable=False)
    assert type(error) is expected
    assert error.status == given.status


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        ("2026-11-24T14:00:00+00:00", 18),
        ("2026-07-01T14:00:00+00:00", 17),
        ("2026-11-25T07:59:00+00:00", 1 / 60),
        ("2026-11-01T09:30:00+00:00", 22.5),  # the night the clocks go back has 25 hours
    ],
)
def test_a_quota_ends_at_midnight_of_the_pacific_coast(now: str, hours: float) -> None:
    with time_machine.travel(datetime.fromisoformat(now), tick=False):
        error = api.as_error(answer(403, "quotaExceeded"), ACCOUNT, repeatable=True)
    assert isinstance(error, Temporary)
    assert (error.rate_limited, error.retry_after) == (True, hours * 3600)


def test_the_channels_own_cap_makes_its_film_wait_and_nothing_else() -> None:
    error = api.as_error(answer(400, "uploadLimitExceeded"), ACCOUNT, repeatable=True)
    assert isinstance(error, Temporary)
    assert (error.rate_limited, error.retry_after) == (False, 24 * 3600)


def test_an_error_carries_its_reason_a_cure_and_a_body_without_secrets() -> None:
    error = api.as_error(answer(400, "invalidTitle", "Bad s3cret-token"), ACCOUNT, repeatable=False)
    assert isinstance(error, Refused)
    assert (error.code, "100 characters" in error.cure) == ("invalidTitle", True)
    assert "s3cret" not in error.body + str(error) + repr(error)


def test_publishing_is_staged_and_every_step_is_repeatable(youtube: Speaker) -> None:
    film = replace(youtube.image(), captions=youtube.blobs.keep(b"WEBVTT"))
    steps = youtube.connector.plan(youtube.outgoing(media=(film,)))
    assert [step.name for step in steps] == ["session", "send", "processed", "caption", "publish"]
    assert all(step.repeatable for step in steps)


def test_a_film_is_announced_privately_with_its_mark(youtube: Speaker) -> None:
    youtube.account = replace(youtube.account, settings={"tags": ["police"], "category": "22"})
    youtube.publish("Lock your bicycle.", title="How to lock a bicycle", key="delivery-1")
    announced = youtube.calls.calls[0]
    assert announced.query == {"part": "snippet,status"}
    assert announced.json["status"]["privacyStatus"] == "private"
    assert announced.json["status"]["selfDeclaredMadeForKids"] is False
    assert announced.json["snippet"] == {
        "title": "How to lock a bicycle",
        "description": "Lock your bicycle.",
        "tags": [delivery_code.of("delivery-1"), "police"],
        "categoryId": "22",
        "defaultLanguage": "en",
    }
    assert youtube.calls.calls[-1].json["status"]["privacyStatus"] == "public"


def test_followers_see_title_words_and_film(youtube: Speaker) -> None:
    receipt = youtube.publish("Lock your bicycle.", title="How to lock a bicycle")
    page = fetch(receipt.url)
    assert "How to lock a bicycle" in page
    assert "<video controls" in page
    (shown,) = youtube.truth()
    assert [item["mime"] for item in shown["media"]] == ["video/mp4"]


def test_subscribers_are_not_told_where_the_channel_wants_that(youtube: Speaker) -> None:
    youtube.account = replace(youtube.account, settings={"notify_subscribers": False, "visibility": "unlisted"})
    youtube.publish()
    assert youtube.calls.calls[0].query["notifySubscribers"] == "false"
    assert youtube.calls.calls[-1].json["status"]["privacyStatus"] == "unlisted"


def test_a_long_film_goes_up_in_pieces_and_the_state_tells_how_far(youtube: Speaker) -> None:
    session, send, *_ = youtube.connector.plan(youtube.outgoing(media=(long_film(youtube),)))
    state = youtube.run(session, {}).state
    offsets = []
    result = youtube.run(send, state)
    while isinstance(result, Wait):
        offsets.append(result.state["offset"])
        assert result.not_before <= datetime.now(UTC)
        result = youtube.run(send, result.state)
    assert isinstance(result, Next)
    assert offsets == [UNIT, 2 * UNIT]
    ranges = [call.headers["Content-Range"] for call in youtube.calls.calls[1:]]
    assert ranges == ["bytes 0-262143/640000", "bytes 262144-524287/640000", "bytes 524288-639999/640000"]
    assert list(result.state) == ["video_id"]
    (film,) = stored(youtube, result.state["video_id"]).media
    assert film["sha256"] == hashlib.sha256(FILM).hexdigest()


def test_after_a_break_youtube_is_asked_how_far_it_got(youtube: Speaker) -> None:
    session, send, *_ = youtube.connector.plan(youtube.outgoing(media=(long_film(youtube),)))
    state = youtube.run(session, {}).state
    youtube.run(send, state)  # a piece arrived, and the worker died before it could write that down
    later = datetime.now(UTC) + timedelta(minutes=2)
    with time_machine.travel(later, tick=True):
        result = youtube.run(send, state)
    assert youtube.calls.calls[-1].headers["Content-Range"] == "bytes */640000"
    assert isinstance(result, Wait)
    assert result.state["offset"] == UNIT


def test_a_queue_so_slow_that_every_word_is_stale_still_gets_on(youtube: Speaker) -> None:
    session, send, *_ = youtube.connector.plan(youtube.outgoing(media=(long_film(youtube),)))
    state = youtube.run(session, {}).state
    for number in range(1, 5):
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2 * number), tick=True):
            state = youtube.run(send, state).state
    assert state["offset"] == UNIT


def test_a_piece_sent_twice_is_passed_over(youtube: Speaker) -> None:
    session, send, *_ = youtube.connector.plan(youtube.outgoing(media=(long_film(youtube),)))
    state = youtube.run(session, {}).state
    youtube.run(send, state)
    result = youtube.run(send, state)
    assert isinstance(result, Wait)
    assert result.state["offset"] == UNIT
    assert isinstance(youtube.through(send, result.state), Next)


@pytest.mark.parametrize("fault", ["drop_after_accept", "malformed", "500"])
def test_answers_swallowed_at_every_piece_leave_one_whole_film(youtube: Speaker, fault: str) -> None:
    session, send, *_ = youtube.connector.plan(youtube.outgoing(media=(long_film(youtube),)))
    state = youtube.run(session, {}).state
    for _ in range(3):
        youtube.fault(fault, count=1, value="accepted")
        try:
            result = youtube.run(send, state)
        except Temporary:
            youtube.fault("none")
            result = youtube.run(send, state)
        state = result.state
    assert isinstance(result, Next)
    (video,) = youtube.network.network.store.everything(f"youtube/{youtube.account.handle}")
    assert video.media[0]["sha256"] == hashlib.sha256(FILM).hexdigest()


def _lose_sessions(youtube: Speaker) -> None:
    """Forget all uploads under way, as the platform does after a while."""
    youtube.network.network.uploads.clear()


def test_a_lost_session_of_a_film_that_is_there_makes_no_second_one(youtube: Speaker) -> None:
    session, send, *_ = youtube.connector.plan(youtube.outgoing(media=(long_film(youtube),)))
    state = youtube.run(session, {}).state
    before = youtube.through(send, state)
    _lose_sessions(youtube)
    after = youtube.through(send, state)
    assert isinstance(after, Next)
    assert after.state == before.state
    store = youtube.network.network.store
    assert len(store.everything(f"youtube/{youtube.account.handle}")) == 1


def test_a_lost_session_of_a_film_that_is_not_there_is_begun_anew(youtube: Speaker) -> None:
    youtube.publish("Another video of the channel")
    session, send, *rest = youtube.connector.plan(youtube.outgoing(media=(long_film(youtube),)))
    state = youtube.run(session, {}).state
    state = youtube.run(send, state).state
    _lose_sessions(youtube)
    result = youtube.through(send, state)
    assert isinstance(result, Next)
    assert list(result.state) == ["video_id"]
    state = result.state
    for step in rest:
        state = getattr(youtube.through(step, state), "state", state)
    assert len(youtube.truth()) == 2


class Opening(Blobs):
    """Files in pieces, as a media store gives them; counts what was read whole."""

    whole = 0

    def read(self, sha256: str) -> bytes:
        self.whole += 1
        return super().read(sha256)

    def open(self, sha256: str) -> io.BytesIO:
        return io.BytesIO(super().read(sha256))


def test_a_film_too_big_to_hold_is_read_from_its_place(youtube: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(youtube_upload, "WHOLE", 1000)
    blobs = Opening()
    youtube.blobs = blobs
    youtube.account = replace(youtube.account, blobs=blobs)
    receipt = youtube.publish(media=(long_film(youtube),))
    assert blobs.whole == 0
    (film,) = stored(youtube, receipt.remote_id).media
    assert film["sha256"] == hashlib.sha256(FILM).hexdigest()
    lost = youtube.outgoing(media=(replace(long_film(youtube), sha256="0" * 64),))
    with pytest.raises(Refused, match="is not there"):
        youtube.say(lost)


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/upload",
        "http://upload.googleapis.com/upload",
        "https://googleapis.com.elsewhere.example/",
        "https://user@upload.googleapis.com/",
        "https://notgoogleapis.com/",
        "http://127.0.0.1:8026/youtube/x",
        "",
        "upload?upload_id=1",
    ],
)
def test_an_upload_address_that_is_not_googles_gets_nothing(address: str) -> None:
    with pytest.raises(Temporary, match="not Google's"):
        api._own_address(ACCOUNT, address)


def test_an_upload_address_of_google_or_of_the_account_is_taken() -> None:
    for address in ("https://youtube.googleapis.com/u?upload_id=1", "http://127.0.0.1:8025/youtube/u?upload_id=1"):
        assert api._own_address(ACCOUNT, address) == address


def test_the_address_of_a_session_stands_in_no_log_and_no_error(
    youtube: Speaker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    session, send, *_ = youtube.connector.plan(youtube.outgoing())
    state = youtube.run(session, {}).state
    upload_id = parse_qs(urlsplit(state["session"]).query)["upload_id"][0]
    youtube.fault("500", count=1)
    with pytest.raises(ConnectorError) as caught:
        youtube.run(send, state)
    youtube.through(send, state)
    assert upload_id not in caplog.text
    assert upload_id not in repr(caught.value) + str(caught.value) + caught.value.body


def test_a_film_still_processed_is_waited_for(youtube: Speaker) -> None:
    steps, state = uploaded(youtube)
    first = youtube.run(steps[2], state)
    assert isinstance(first, Wait)
    assert timedelta(0) < first.not_before - datetime.now(UTC) <= timedelta(seconds=5)
    assert isinstance(youtube.run(steps[2], first.state), Next)


@pytest.mark.parametrize(
    ("status", "expected", "words"),
    [
        ({"uploadStatus": "failed", "failureReason": "codec"}, Refused, "encoded"),
        ({"uploadStatus": "rejected", "rejectionReason": "length"}, Refused, "length"),
        ({"uploadStatus": "rejected", "rejectionReason": "duplicate"}, Duplicate, "already"),
        ({"uploadStatus": "deleted"}, Refused, "deleted"),
    ],
)
def test_a_film_youtube_will_not_show_is_refused_before_anybody_sees_it(
    youtube: Speaker, status: dict[str, str], expected: type[Exception], words: str
) -> None:
    steps, state = uploaded(youtube)
    film = stored(youtube, state["video_id"])
    film.extra["status"] |= status
    youtube.network.network.store.put_post(film)
    with pytest.raises(expected, match=words):
        youtube.through(steps[2], state)
    assert youtube.truth() == []


def test_captions_go_along_once_however_often_the_step_runs(youtube: Speaker) -> None:
    track = b"WEBVTT\n\n00:00.000 --> 00:02.000\nLock the frame.\n"
    film = replace(youtube.image(), captions=youtube.blobs.keep(track))
    steps, state = uploaded(youtube, media=(film,), language="es")
    for _ in range(2):
        assert isinstance(youtube.through(steps[3], state), Next)
    assert stored(youtube, state["video_id"]).extra["captions"] == {"es": track.decode()}


def test_a_video_that_stays_private_is_not_called_published(youtube: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = peer.shapes.video

    def locked(*args: Any) -> dict[str, Any]:
        video = plain(*args)
        return {**video, "status": {**video.get("status", {}), "privacyStatus": "private"}}

    monkeypatch.setattr(peer.shapes, "video", locked)
    with pytest.raises(Refused, match="keeps the video private") as caught:
        youtube.publish()
    assert "Studio" in caught.value.cure


def test_a_post_without_a_film_is_refused_in_plan_already(youtube: Speaker) -> None:
    with pytest.raises(NotSupported, match="films only"):
        youtube.connector.plan(youtube.outgoing(media=()))


@pytest.mark.parametrize(("name", "value"), [("visibility", "private"), ("upload_piece_bytes", 1000)])
def test_a_setting_that_cannot_be_read_is_named(youtube: Speaker, name: str, value: Any) -> None:
    youtube.account = replace(youtube.account, settings={name: value})
    with pytest.raises(Misconfigured, match=name):
        youtube.publish()
    assert youtube.truth() == []


def test_an_edit_says_again_what_it_does_not_change(youtube: Speaker) -> None:
    receipt = youtube.publish("Old words", title="Old title", key="delivery-1")
    youtube.say(youtube.outgoing("New words", act=Act.EDIT, target=receipt.remote_id, title="New title"))
    snippet = youtube.calls.calls[-1].json["snippet"]
    assert (snippet["title"], snippet["description"]) == ("New title", "New words")
    assert snippet["tags"] == [delivery_code.of("delivery-1")]
    assert (snippet["categoryId"], snippet["defaultLanguage"]) == ("25", "en")
    (found,) = youtube.connector.find(youtube.account, youtube.probe(key="delivery-1"))
    assert (found.text, found.ours) == ("New words", True)


def test_an_edit_of_a_video_that_is_gone_is_refused(youtube: Speaker) -> None:
    with pytest.raises(Refused, match="not there"):
        youtube.say(youtube.outgoing("x", act=Act.EDIT, target="abcdefghijk"))


def _said_by_the_public(youtube: Speaker, video_id: str, text: str, **more: Any) -> str:
    network = youtube.network.network
    account = network.store.account(f"youtube/{youtube.account.handle}")
    found = network.store.post(video_id)
    assert account is not None
    assert found is not None
    return seeding.comment(network, account, found, {"text": text, "author": "Neighbor", **more})


def test_an_answer_to_a_comment_stands_in_its_thread(youtube: Speaker) -> None:
    receipt = youtube.publish()
    comment = _said_by_the_public(youtube, receipt.remote_id, "When does it open?")
    first = youtube.say(youtube.outgoing("At six.", act=Act.REPLY, target=comment, key="delivery-1"))
    assert first.remote_id.startswith(f"{comment}.")
    assert first.url.endswith(f"?lc={first.remote_id}")
    second = youtube.say(youtube.outgoing("Or earlier.", act=Act.REPLY, target=first.remote_id))
    assert second.remote_id.startswith(f"{comment}.")
    probe = youtube.probe(Act.REPLY, target_id=comment, text="At six.")
    (found,) = youtube.connector.find(youtube.account, probe)
    assert found.remote_id == first.remote_id


def test_comments_come_with_all_their_answers_and_those_held_for_review(youtube: Speaker) -> None:
    receipt = youtube.publish()
    (remote,) = youtube.connector.find(youtube.account, youtube.probe(remote_id=receipt.remote_id))
    comment = _said_by_the_public(youtube, receipt.remote_id, "When does it open?")
    held = _said_by_the_public(youtube, receipt.remote_id, "Buy my phones", hidden=True)
    for number in range(7):
        youtube.say(youtube.outgoing(f"Answer {number}", act=Act.REPLY, target=comment))
    page = youtube.connector.fetch_comments(youtube.account, remote, None)
    assert {one.remote_id: one.hidden for one in page.items if not one.ours} == {comment: None, held: True}
    assert [one.parent_id for one in page.items if one.ours] == [comment] * 7
    thread = youtube.connector._of_thread(  # type: ignore[attr-defined]
        youtube.account, {"snippet": {"topLevelComment": {"id": comment}, "totalReplyCount": 7}}
    )
    assert len(thread) == 8


def test_find_knows_a_video_by_its_mark_and_no_other(youtube: Speaker) -> None:
    first = youtube.publish("The same words", key="delivery-1")
    youtube.publish("The same words", key="delivery-2")
    (found,) = youtube.connector.find(youtube.account, youtube.probe(key="delivery-1", text="The same words"))
    assert found.remote_id == first.remote_id


def test_a_private_video_is_neither_listed_nor_found(youtube: Speaker) -> None:
    _, state = uploaded(youtube)
    assert youtube.connector.list_own(youtube.account, None, None).items == ()
    assert youtube.connector.find(youtube.account, youtube.probe(remote_id=state["video_id"])) == ()


def test_counts_that_the_channel_hides_are_none_and_not_nought() -> None:
    counts = shapes.metrics({"statistics": {"viewCount": "12"}})
    assert (counts.views, counts.likes, counts.replies) == (12, None, None)


def test_verify_says_whose_sign_in_it_is_and_what_is_missing(youtube: Speaker) -> None:
    other = replace(youtube.account, remote_id="UCelse")
    health = youtube.connector.verify(other)
    assert (health.ok, "Northeast" in health.warnings[0]) == (False, True)
    few = {**youtube.account.secrets, "scope": "https://www.googleapis.com/auth/youtube.readonly"}
    health = youtube.connector.verify(replace(youtube.account, secrets=few))
    assert (health.ok, "force-ssl is missing" in health.warnings[0]) == (False, True)


def test_a_google_account_without_a_channel_is_named(youtube: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(youtube.connector, "_mine", lambda *_: None)
    assert youtube.connector.verify(youtube.account).warnings == ("this Google account has no YouTube channel",)


def test_a_renewed_sign_in_keeps_the_refresh_token_google_does_not_send_again(youtube: Speaker) -> None:
    made = post(f"{youtube.network.base_url}/_accounts", {"platform": "youtube", "handle": youtube.account.handle})
    secrets = {"access_token": "gone", "refresh_token": made["refresh_token"]}
    fresh = youtube.connector.refresh(replace(youtube.account, secrets=secrets))
    assert fresh is not None
    assert fresh["refresh_token"] == made["refresh_token"]
    assert fresh["expires_in"] == "3599"
    assert youtube.connector.verify(replace(youtube.account, secrets=fresh)).ok
    assert youtube.connector.refresh(replace(youtube.account, secrets={"access_token": "x"})) is None
    with pytest.raises(NotAuthorised, match="connect the channel again"):
        youtube.connector.refresh(replace(youtube.account, secrets={"refresh_token": "taken-back"}))


def test_the_quota_of_the_day_is_a_limit_until_midnight_in_the_sandbox_too(youtube: Speaker) -> None:
    youtube.fault("429", count=1, value=7200)
    with pytest.raises(Temporary) as caught:
        youtube.connector.list_own(youtube.account, None, None)
    assert caught.value.code == "quotaExceeded"
    assert caught.value.rate_limited


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def _form(url: str, fields: dict[str, str]) -> Any:
    opener = build_opener(_NoRedirect)
    try:
        with opener.open(Request(url, urlencode(fields).encode()), timeout=5) as found:
            return found.status, found.headers, json.loads(found.read() or b"{}")
    except OSError as error:
        with error:  # type: ignore[attr-defined]
            return error.code, error.headers, None  # type: ignore[attr-defined]


def test_the_sandboxs_sign_in_trades_a_code_for_both_tokens_once(youtube: Speaker) -> None:
    base, verifier = f"{youtube.network.base_url}/youtube", "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "client_id": youtube_oauth.APP.client_id,
        "redirect_uri": "http://127.0.0.1/desk/channels/connect/youtube/back/",
        "state": "s",
        "code_challenge": challenge,
        "access_type": "offline",
    }
    address = f"{base}/o/oauth2/v2/auth"
    scope = youtube_oauth.NEEDED_SCOPE
    page = fetch(f"{address}?{urlencode({**asked, 'response_type': 'code', 'scope': scope})}")
    assert scope in page
    allowed = {**asked, "account": youtube.account.handle, "scopes": scope, "answer": "allow"}
    status, headers, _ = _form(address, allowed)
    assert status == 302
    code = parse_qs(urlsplit(headers["Location"]).query)["code"][0]
    trade = {
        "grant_type": "authorization_code",
        "client_id": youtube_oauth.APP.client_id,
        "client_secret": youtube_oauth.APP.client_secret,
        "redirect_uri": asked["redirect_uri"],
        "code": code,
        "code_verifier": verifier,
    }
    status, _, tokens = _form(f"{base}/token", trade)
    assert (status, tokens["scope"], bool(tokens["refresh_token"])) == (200, scope, True)
    youtube.account = replace(youtube.account, secrets={"access_token": tokens["access_token"]})
    assert youtube.connector.verify(youtube.account).ok
    assert _form(f"{base}/token", trade)[0] == 400
    assert _form(f"{base}/revoke", {"token": tokens["refresh_token"]})[0] == 200
    assert not youtube.connector.verify(youtube.account).ok
    assert _form(f"{base}/revoke", {"token": tokens["refresh_token"]})[0] == 400


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", "/youtube/v3/video", {"part": "snippet"}, None),
        ("GET", "/youtube/v3/videos", {"id": "1"}, None),
        ("GET", "/youtube/v3/videos", {"part": "snipet"}, None),
        ("GET", "/youtube/v3/videos", {"part": "snippet", "maxResults": "51"}, None),
        ("GET", "/youtube/v3/videos", {"part": "snippet", "colour": "red"}, None),
        ("GET", "/youtube/v3/commentThreads", {"part": "snippet", "moderationStatus": "hidden"}, None),
        ("PUT", "/youtube/v3/videos", {"part": "snippet"}, {"id": "1", "snippet": {"titel": "a"}}),
        ("PUT", "/youtube/v3/videos", {"part": "snippet"}, {"id": "1", "status": {"privacyStatus": "public"}}),
        ("PUT", "/youtube/v3/videos", {"part": "status"}, {"id": "1", "status": {"privacyStatus": "secret"}}),
        ("PUT", "/youtube/v3/videos", {"part": "status"}, {"id": 1, "status": {}}),
        ("DELETE", "/youtube/v3/videos", {"id": "1"}, {}),
    ],
)
def test_a_call_youtube_does_not_know_is_caught(method: str, path: str, query: dict[str, str], body: Any) -> None:
    with pytest.raises(AssertionError):
        youtube_spec.check_request(method, path, query, body, {})


def test_an_answer_youtube_would_not_give_is_caught() -> None:
    with pytest.raises(AssertionError, match="has no colour"):
        youtube_spec.check_answer("GET", "/youtube/v3/videos", 200, {"items": [{"colour": "red"}]})
    with pytest.raises(AssertionError, match="no body"):
        youtube_spec.check_answer("DELETE", "/youtube/v3/videos", 204, {"deleted": True})


def test_the_document_that_travels_with_the_tests_is_googles() -> None:
    if not youtube_spec.WHOLE.exists():
        pytest.skip("the whole discovery document (specs/youtube) is not at hand: nothing to compare with")
    whole = json.loads(youtube_spec.WHOLE.read_text("utf-8"))
    ours = youtube_spec.document()
    assert ours["revision"] == whole["revision"]
    assert _is_part(ours["schemas"], whole["schemas"])
    assert _is_part(ours["resources"], whole["resources"])


def _is_part(small: Any, large: Any) -> bool:
    if isinstance(small, dict):
        return all(name in large and _is_part(value, large[name]) for name, value in small.items())
    return bool(small == large)
