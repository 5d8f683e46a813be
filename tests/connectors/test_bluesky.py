"""What is Bluesky's own: its error table, keys of our choosing, byte offsets, sessions, gates."""

import base64
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import bluesky_api as api
from connectors import bluesky_keys as keys
from connectors import bluesky_shapes as shapes
from connectors import bluesky_text as rich
from connectors.contract import Account, Act, Done, Wait
from connectors.errors import Duplicate, Misconfigured, NotAuthorised, NotSupported, Refused, Temporary
from connectors.http import Answer
from connectors.sandbox import seeding
from connectors.sandbox.bluesky_sessions import app_password
from tests.connectors.bluesky_spec import SPECS
from tests.connectors.conftest import Speaker

INTEROP = SPECS / "bluesky" / "interop"
LINK = "https://pd.example.org/news/1-road-closed/"
DID = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"
ACCOUNT = Account(platform="bluesky", handle="pd.example.org", remote_id=DID, secrets={"access_token": "s3cret-token"})


def told(status: int, error: str = "InvalidRequest", message: str = "words", **headers: str) -> Answer:
    return Answer(status, headers, json.dumps({"error": error, "message": message}).encode())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (told(400, "ExpiredToken"), NotAuthorised),
        (told(400, "InvalidToken"), NotAuthorised),
        (told(401, "AuthMissing"), NotAuthorised),
        (told(401, "AuthenticationRequired"), NotAuthorised),
        (told(401, "SomethingNew"), NotAuthorised),
        (told(401, "AccountTakedown"), Refused),
        (told(401, "AccountDeactivated"), Refused),
        (told(400), Refused),
        (told(400, "BlobNotFound"), Refused),
        (told(400, "RecordNotFound"), Refused),
        (told(400, "InvalidSwap"), Duplicate),
        (told(400, message="No service configured for app.bsky.feed.getPosts"), NotSupported),
        (told(413, "PayloadTooLarge"), Refused),
        (told(429, "RateLimitExceeded"), Temporary),
        (Answer(429, {}, b"slow down"), Temporary),
        (told(500, "InternalServerError"), Temporary),
        (Answer(502, {}, b"<html>"), Temporary),
        (Answer(403, {}, b"<html>challenge</html>"), Temporary),
        (Answer(200, {}, b"<html>"), Temporary),
    ],
)
def test_each_answer_means_what_the_page_says(given: Answer, expected: type[Exception]) -> None:
    error = api.as_error(given, ACCOUNT)
    assert type(error) is expected
    assert error.status == given.status


def test_the_wait_is_what_the_server_says_in_either_of_its_ways() -> None:
    first = api.as_error(told(429, **{"retry-after": "45"}), ACCOUNT)
    headers = {"ratelimit-reset": "1000000090", "date": "Sun, 09 Sep 2001 01:46:40 GMT"}
    second = api.as_error(told(429, **headers), ACCOUNT)
    assert isinstance(first, Temporary)
    assert isinstance(second, Temporary)
    assert (first.retry_after, second.retry_after) == (45, 90)
    assert first.rate_limited
    assert second.rate_limited


interop_only = pytest.mark.skipif(not INTEROP.is_dir(), reason="the public interoperability files are not at hand")


def lines(name: str) -> list[str]:
    found = (INTEROP / name).read_text().splitlines()
    return [line for line in found if line.strip() and not line.startswith("#")]


@interop_only
def test_keys_are_told_from_what_is_none_as_the_public_files_say() -> None:
    assert all(keys.is_tid(line) for line in lines("tid_syntax_valid.txt"))
    assert not any(keys.is_tid(line) for line in lines("tid_syntax_invalid.txt"))


@given(st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), st.text(max_size=40))
def test_a_key_is_the_same_for_the_same_delivery_and_known_again(at: datetime, key: str) -> None:
    first = keys.tid(at, key)
    assert first == keys.tid(at, key)
    assert keys.is_tid(first)
    assert keys.made_here(first)
    made = keys.time_of(first)
    assert made is not None
    assert abs(made - at) < timedelta(seconds=18)


def test_keys_of_one_moment_differ_by_delivery_and_keep_the_order_of_time() -> None:
    at = datetime(2026, 11, 24, 14, tzinfo=UTC)
    assert len({keys.tid(at, f"delivery-{n}") for n in range(60)}) == 60
    later = [keys.tid(at + timedelta(minutes=n), "a") for n in range(50)]
    assert later == sorted(later)


def test_another_apps_key_is_not_taken_for_ours() -> None:
    at = keys.microseconds(datetime(2026, 11, 24, 14, tzinfo=UTC))
    theirs = [keys.encoded((at + n * 1_000) << 10 | 5) for n in range(5_000)]
    assert sum(map(keys.made_here, theirs)) <= 3  # once in 16,384 by chance
    assert not keys.made_here("self")
    assert keys.time_of("self") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"See ({LINK}).", [LINK]),
        ("https://a.example/x_(y) and https://b.example/?q=1!", ["https://a.example/x_(y)", "https://b.example/?q=1"]),
        ("#Road #1st #123 ##no a#b #Straße, #東京", ["#Road", "#1st", "#Straße", "#東京"]),
        (f"👨‍👩‍👧‍👦 é {LINK}#part #tag", [f"{LINK}#part", "#tag"]),
        ("#" + "a" * 65, []),
        ("nothing here, me@example.org", []),
        ("https://", []),
    ],
)
def test_facets_cover_exactly_their_bytes(text: str, expected: list[str]) -> None:
    content = text.encode()
    found = rich.facets(text)
    cut = [content[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode() for one in found]
    assert cut == expected


@given(st.text(st.sampled_from("a é#🚓/.:@-\n東") | st.characters(codec="utf-8"), max_size=60))
def test_no_facet_reaches_beyond_the_text_or_into_a_letter(text: str) -> None:
    text = f"{text} https://a.example/{text} #{text}"
    content = text.encode()
    ends = 0
    for one in rich.facets(text):
        start, end = one["index"]["byteStart"], one["index"]["byteEnd"]
        assert ends <= start < end <= len(content)
        content[start:end].decode()
        ends = end


def test_mentions_are_found_and_mail_addresses_are_not() -> None:
    text = "With @Ann.bsky.social, me@example.org, @nodot and https://a.example/@who.example"
    assert [handle for _, _, handle in rich.mentions(text)] == ["ann.bsky.social"]


def test_every_step_can_be_repeated_and_the_record_is_fixed_beforehand(bluesky: Speaker) -> None:
    outgoing = bluesky.outgoing("Road closed", link=LINK, media=(bluesky.image(),))
    steps = bluesky.connector.plan(outgoing)
    assert all(step.repeatable for step in steps)
    record = steps[-1].payload["record"]
    assert (record["createdAt"], record["langs"]) == (shapes.stamp(outgoing.planned_at), ["en"])
    assert steps[-1].payload["rkey"] == keys.tid(outgoing.planned_at, outgoing.key)


def test_images_carry_description_and_ratio_in_their_order(bluesky: Speaker) -> None:
    bluesky.publish(media=(replace(bluesky.image("One"), width=1200, height=800), bluesky.image("", content=b"two")))
    assert bluesky.calls.paths() == ["POST com.atproto.repo.uploadBlob"] * 2 + ["POST com.atproto.repo.putRecord"]
    images = bluesky.calls.calls[-1].json["record"]["embed"]["images"]
    assert [image["alt"] for image in images] == ["One", ""]
    assert images[0]["aspectRatio"] == {"width": 1200, "height": 800}
    assert bluesky.calls.calls[0].headers["Content-Type"] == "image/png"
    assert bluesky.calls.calls[-1].json["swapRecord"] is None


def test_an_edit_is_nothing_bluesky_can_do(bluesky: Speaker) -> None:
    with pytest.raises(NotSupported):
        bluesky.connector.plan(bluesky.outgoing(act=Act.EDIT, target=f"at://{DID}/app.bsky.feed.post/1"))
    assert bluesky.connector.capabilities().edit.when == "none"


def test_what_is_no_address_of_a_record_is_our_own_fault(bluesky: Speaker) -> None:
    (step,) = bluesky.connector.plan(bluesky.outgoing(act=Act.WITHDRAW, target="123"))
    with pytest.raises(Misconfigured, match="at://"):
        bluesky.run(step, {})


def test_the_very_words_are_what_is_found_not_another_post_with_the_same_link(bluesky: Speaker) -> None:
    bluesky.publish("Road closed", link=LINK)
    assert len(bluesky.connector.find(bluesky.account, bluesky.probe(text="Road closed", link=LINK))) == 1
    assert bluesky.connector.find(bluesky.account, bluesky.probe(text="Road open", link=LINK)) == ()


def hiding(covered: str, target: str, **more: Any) -> dict[str, Any]:
    text = f"é {covered} é"
    start = len("é ".encode())
    facet = {
        "index": {"byteStart": start, "byteEnd": start + len(covered.encode())},
        "features": [{"$type": "app.bsky.richtext.facet#link", "uri": target}],
    }
    return {"text": text, "facets": [facet], **more}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (hiding(LINK, LINK), f"é {LINK} é"),
        (hiding("pd.example.org/news", "https://evil.example/"), "é https://evil.example/ é"),
        (hiding("click here", "https://evil.example/"), "é click here (https://evil.example/) é"),
        ({"text": "a", "embed": {"external": {"uri": "https://evil.example/"}}}, "a\nhttps://evil.example/"),
        ({"text": f"a {LINK}", "embed": {"external": {"uri": LINK}}}, f"a {LINK}"),
        ({"text": "é", "facets": [{"index": {"byteStart": 0, "byteEnd": 99}, "features": [{"uri": "u"}]}]}, "é"),
        ({}, ""),
    ],
)
def test_what_is_read_back_says_where_it_really_leads(value: dict[str, Any], text: str) -> None:
    assert shapes._led_to(value) == text


def test_a_link_changed_behind_the_same_words_shows_when_read_back(bluesky: Speaker) -> None:
    receipt = bluesky.publish("Road closed", link=LINK, title="Oak Street")
    assert bluesky.connector.list_own(bluesky.account, None, None).items[0].text == f"Road closed\n{LINK}"
    bluesky.fault("outside_edit", value={"id": receipt.remote_id, "link": "https://evil.example/"})
    (shown,) = bluesky.connector.list_own(bluesky.account, None, None).items
    assert shown.text == f"Road closed\n{LINK}\nhttps://evil.example/"


def test_an_answer_to_somebody_of_the_public_stands_in_their_thread(bluesky: Speaker) -> None:
    receipt = bluesky.publish("Road closed")
    comment_id = comment(bluesky, receipt.remote_id)
    bluesky.say(bluesky.outgoing("At six.", act=Act.REPLY, target=comment_id))
    reply = bluesky.calls.calls[-1].json["record"]["reply"]
    assert (reply["root"]["uri"], reply["parent"]["uri"]) == (receipt.remote_id, comment_id)
    assert bluesky.calls.paths()[-2] == "GET app.bsky.feed.getPosts"


def test_a_hidden_answer_is_still_listed_and_marked(bluesky: Speaker) -> None:
    receipt = bluesky.publish("Road closed")
    comment_id = comment(bluesky, receipt.remote_id)
    bluesky.say(bluesky.outgoing(act=Act.HIDE, target=comment_id))
    (remote,) = bluesky.connector.find(bluesky.account, bluesky.probe(remote_id=receipt.remote_id))
    (found,) = bluesky.connector.fetch_comments(bluesky.account, remote, None).items
    assert (found.remote_id, found.hidden, found.parent_id) == (comment_id, True, None)


def test_a_gate_changed_meanwhile_is_read_anew_and_nothing_of_it_is_lost(bluesky: Speaker) -> None:
    receipt = bluesky.publish("Road closed")
    first, second = comment(bluesky, receipt.remote_id), comment(bluesky, receipt.remote_id)
    look, hide = bluesky.connector.plan(bluesky.outgoing(act=Act.HIDE, target=first))
    state = bluesky.run(look, {}).state
    state = bluesky.run(hide, state).state  # the gate as it was
    bluesky.say(bluesky.outgoing(act=Act.HIDE, target=second))
    stale = bluesky.run(hide, state)
    assert isinstance(stale, Wait)
    again = bluesky.run(hide, stale.state)
    assert isinstance(again, Wait)
    assert isinstance(bluesky.run(hide, again.state), Done)
    hidden = bluesky.calls.calls[-1].json["record"]["hiddenReplies"]
    assert set(hidden) == {first, second}


def comment(speaker: Speaker, post_id: str) -> str:
    network = speaker.network.network
    account = network.store.account(f"bluesky/{speaker.account.handle}")
    found = network.store.post(post_id)
    assert account is not None
    assert found is not None
    return seeding.comment(network, account, found, {"text": "When does it open?", "author": "Neighbor"})


def signed_in(speaker: Speaker) -> Account:
    """The account with nothing but its app password."""
    account = speaker.network.network.store.account(f"bluesky/{speaker.account.handle}")
    assert account is not None
    return replace(speaker.account, secrets={"app_password": app_password(account)})


def test_an_app_password_makes_a_session_and_its_refresh_token_the_next(bluesky: Speaker) -> None:
    account = signed_in(bluesky)
    first = bluesky.connector.refresh(account)
    assert first is not None
    second = bluesky.connector.refresh(replace(account, secrets={**account.secrets, **first}))
    assert second is not None
    assert second["access_token"] != first["access_token"]
    assert bluesky.calls.paths() == [
        "POST com.atproto.server.createSession",
        "POST com.atproto.server.refreshSession",
    ]
    assert 7_100 < int(second["expires_in"]) <= 7_200
    good = replace(account, secrets={**account.secrets, **second})
    health = bluesky.connector.verify(good)
    assert health.ok
    assert health.expires_at is not None


def test_before_a_session_there_is_none_and_without_any_secret_it_is_our_own_fault(bluesky: Speaker) -> None:
    with pytest.raises(NotAuthorised, match="no session yet"):
        bluesky.connector.list_own(signed_in(bluesky), None, None)
    assert bluesky.connector.refresh(replace(bluesky.account, secrets={})) is None


def test_an_ended_session_that_renews_itself_is_no_reason_to_worry(bluesky: Speaker) -> None:
    bluesky.account = replace(bluesky.account, secrets={**bluesky.account.secrets, "refresh_token": "r"})
    bluesky.fault("expired", count=1)
    assert bluesky.connector.verify(bluesky.account).ok
    bluesky.account = replace(bluesky.account, secrets={"access_token": bluesky.account.secrets["access_token"]})
    bluesky.fault("expired", count=1)
    assert not bluesky.connector.verify(bluesky.account).ok


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"accessJwt": "", "refreshJwt": "r", "did": DID},
        {"accessJwt": "a", "did": DID},
        {"accessJwt": "a", "refreshJwt": None, "did": DID},
    ],
)
def test_an_empty_answer_never_takes_the_place_of_a_good_session(
    body: dict[str, Any], monkeypatch: pytest.MonkeyPatch, bluesky: Speaker
) -> None:
    secrets = {"access_token": "a", "refresh_token": "r"}
    monkeypatch.setattr(api.http, "request", lambda *_, **__: Answer(200, {}, json.dumps(body).encode()))
    with pytest.raises(Temporary):
        bluesky.connector.refresh(replace(ACCOUNT, secrets=secrets))


def test_a_session_of_somebody_else_is_not_taken(bluesky: Speaker) -> None:
    wrong = bluesky.connector.verify(replace(bluesky.account, remote_id=DID))
    assert not wrong.ok
    assert bluesky.account.handle in wrong.warnings[0]
    known = {**signed_in(bluesky).secrets, "identifier": bluesky.account.handle}
    with pytest.raises(NotAuthorised, match="not to this account"):
        bluesky.connector.refresh(replace(bluesky.account, remote_id=DID, secrets=known))


def document(endpoint: Any, kind: str = "#atproto_pds") -> dict[str, Any]:
    return {"service": [{"id": kind, "type": "AtprotoPersonalDataServer", "serviceEndpoint": endpoint}]}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (document("https://morel.host.example"), "https://morel.host.example"),
        (document("https://morel.host.example/"), "https://morel.host.example"),
        (document("http://morel.host.example"), ""),
        (document("https://user@morel.host.example"), ""),
        (document("https://labels.example", "#atproto_labeler"), ""),
        (document(None), ""),
        ({"service": "x"}, ""),
        (None, ""),
    ],
)
def test_an_account_that_lives_elsewhere_is_spoken_to_there(given: Any, expected: str) -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": int(time.time()) + 600}).encode()).decode().rstrip("=")
    body = {"accessJwt": f"h.{claims}.s", "refreshJwt": "r", "did": DID, "didDoc": given}
    found = api._session(ACCOUNT, body)
    assert found.get("service_endpoint", "") == expected
    assert 590 <= int(found["expires_in"]) <= 600
    moved = replace(ACCOUNT, secrets={**ACCOUNT.secrets, **found})
    assert api.base(moved) == (expected or "https://bsky.social")


def test_a_token_that_says_nothing_of_its_end_is_taken_for_two_hours() -> None:
    assert api.ends_at("opaque") is None
    assert api.ends_at("a.!.c") is None
    found = api._session(ACCOUNT, {"accessJwt": "a", "refreshJwt": "r", "did": DID})
    assert found["expires_in"] == "7200"


def test_a_live_receipt_leads_to_bluesky() -> None:
    url = shapes.post_url(ACCOUNT, f"at://{DID}/app.bsky.feed.post/3jzfcijpj2z2a")
    assert url == "https://bsky.app/profile/pd.example.org/post/3jzfcijpj2z2a"


def test_counts_that_are_not_told_are_unknown() -> None:
    found = shapes.metrics({"likeCount": 3, "repostCount": 0})
    assert (found.likes, found.shares, found.replies, found.views) == (3, 0, None, None)
