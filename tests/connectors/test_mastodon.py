"""What is Mastodon's own: its error table, keys kept for an hour, HTML, limits read from the server, look-alikes."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

from connectors import mastodon_api as api
from connectors import mastodon_shapes as shapes
from connectors.contract import Account, Act, Next, Wait
from connectors.errors import NotAuthorised, NotSupported, Refused, Temporary, Uncertain
from connectors.http import Answer
from connectors.mastodon_html import words
from tests.connectors import mastodon_spec
from tests.connectors.conftest import Answered, Speaker, fetch, get, post

ACCOUNT = Account(
    platform="mastodon",
    handle="PD",
    remote_id="1",
    api_base="https://social.example",
    secrets={"access_token": "s3cret-token"},
)
LINK = "https://pd.example.org/news/1-road-closed-near-the-old-bridge/"


def told(status: int, words: str = "words", **headers: str) -> Answer:
    return Answer(status, headers, json.dumps({"error": words}).encode())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (told(401), NotAuthorised),
        (Answer(401, {}, b"no"), NotAuthorised),
        (Answer(400, {}, b"Invalid Bearer token"), NotAuthorised),
        (told(400), Refused),
        (told(403), Refused),
        (told(404), Refused),
        (told(410), Refused),
        (told(422), Refused),
        (Answer(422, {}, b"<html>"), Refused),
        (Answer(413, {}, b"<html>nginx</html>"), Refused),
        (Answer(403, {}, b"<html>challenge</html>"), Uncertain),
        (Answer(404, {}, b"<html>no such site</html>"), Uncertain),
        (told(429), Temporary),
        (Answer(429, {}, b""), Temporary),
        (told(500), Uncertain),
        (Answer(503, {}, b""), Uncertain),
        (Answer(302, {"location": "https://elsewhere.example/"}, b""), Uncertain),
    ],
)
def test_each_answer_means_what_the_page_says(given: Answer, expected: type[Exception]) -> None:
    error = api.as_error(given, ACCOUNT, repeatable=False)
    assert type(error) is expected
    assert error.status == given.status


def test_doubt_is_temporary_where_a_repeat_shows_nothing() -> None:
    assert isinstance(api.as_error(Answer(503, {}, b""), ACCOUNT, repeatable=True), Temporary)


def test_only_mastodons_own_word_means_that_a_post_is_gone() -> None:
    gone = api.as_error(told(404), ACCOUNT, repeatable=True)
    assert isinstance(gone, Refused)
    assert api.is_gone(gone)
    assert not isinstance(api.as_error(Answer(404, {}, b"<html>"), ACCOUNT, repeatable=True), Refused)


def test_the_reset_is_an_iso_time_reckoned_by_the_servers_own_clock() -> None:
    headers = {"x-ratelimit-reset": "2001-09-09T01:48:10.000Z", "date": "Sun, 09 Sep 2001 01:46:40 GMT"}
    error = api.as_error(told(429, **headers), ACCOUNT, repeatable=False)
    assert isinstance(error, Temporary)
    assert (error.retry_after, error.rate_limited) == (90, True)
    error = api.as_error(told(429, **{"x-ratelimit-reset": "soon"}), ACCOUNT, repeatable=False)
    assert isinstance(error, Temporary)
    assert error.retry_after is None


@pytest.mark.parametrize(
    ("html", "text", "links"),
    [
        ("<p>One</p><p>Two<br />three</p>", "One\n\nTwo\nthree", ()),
        ("<p>A &amp; B &lt;c&gt; &#39;d&#39;</p>", "A & B <c> 'd'", ()),
        (
            '<p><a href="https://a.example/x/y"><span class="invisible">https://</span>'
            '<span class="ellipsis">a.example/x</span><span class="invisible">/y</span></a></p>',
            "https://a.example/x/y",
            ("https://a.example/x/y",),
        ),
        ('<p><a href="https://h/tags/road" class="mention hashtag">#<span>Road</span></a></p>', "#Road", ()),
        ('<p>Hi <a href="https://b.example/@ann" class="u-url mention">@<span>ann</span></a>!</p>', "Hi @ann@b!", ()),
        ("just words", "just words", ()),
        ("<p>a<script>alert(1)</script>b</p>", "ab", ()),
        ("", "", ()),
    ],
)
def test_html_is_read_back_into_what_was_written(html: str, text: str, links: tuple[str, ...]) -> None:
    assert words(html, {"https://b.example/@ann": "ann@b"}) == (text, links)


def test_what_is_read_back_is_what_was_said(mastodon: Speaker) -> None:
    text = f"Line one & <two>\nline two\n\nNew paragraph #Road {LINK} – end"
    mastodon.publish(text, link=LINK)
    (shown,) = mastodon.connector.list_own(mastodon.account, None, None).items
    assert shown.text == text
    assert shown.links == (LINK,)


def test_images_go_up_with_their_descriptions_before_the_status(mastodon: Speaker) -> None:
    mastodon.publish(media=(mastodon.image(), mastodon.image("", content=b"\x89PNG two")))
    assert mastodon.calls.paths() == ["POST media", "POST media", "POST statuses"]
    first, second, status = mastodon.calls.calls
    assert first.form["description"] == "A map of the closed road"
    assert "description" not in second.form
    assert len(status.json["media_ids"]) == 2
    assert (status.json["visibility"], status.json["language"]) == ("public", "en")
    assert "scheduled_at" not in status.json


def test_an_upload_still_processed_waits_and_asks_again(mastodon: Speaker) -> None:
    item = replace(mastodon.image(content=b"GIF89a moving"), mime="image/gif")
    upload, status = mastodon.connector.plan(mastodon.outgoing(media=(item,)))
    first = mastodon.connector.run(mastodon.account, upload, {})
    assert isinstance(first, Wait)
    assert timedelta(0) < first.not_before - datetime.now(UTC) <= timedelta(seconds=3)
    second = mastodon.connector.run(mastodon.account, upload, first.state)
    assert isinstance(second, Wait)
    third = mastodon.connector.run(mastodon.account, upload, second.state)
    assert isinstance(third, Next)
    assert third.state == {"media": {"1": first.state["processing"]}}
    assert [call.answer.status for call in mastodon.calls.calls if call.answer] == [202, 206, 200]
    mastodon.run(status, third.state)
    assert len(mastodon.truth()) == 1


def test_the_same_key_again_is_the_same_status(mastodon: Speaker) -> None:
    outgoing = mastodon.outgoing("Road closed")
    first, second = mastodon.say(outgoing), mastodon.say(outgoing)
    assert first.remote_id == second.remote_id
    assert mastodon.calls.calls[0].headers["Idempotency-Key"] == outgoing.key
    assert [line["key"] for line in mastodon.truth()] == [outgoing.key]


def test_a_language_is_sent_as_two_letters(mastodon: Speaker) -> None:
    mastodon.publish("Calle cerrada", language="es-US")
    assert mastodon.calls.calls[0].json["language"] == "es"


def test_an_edit_carries_its_images_again(mastodon: Speaker) -> None:
    image = mastodon.image()
    first = mastodon.publish(media=(image,))
    mastodon.say(mastodon.outgoing("Open again", act=Act.EDIT, target=first.remote_id, media=(image,)))
    (shown,) = mastodon.truth()
    assert (shown["id"], shown["text"]) == (first.remote_id, "Open again")
    assert [item["alt"] for item in shown["media"]] == [image.alt]
    mastodon.say(mastodon.outgoing("No picture", act=Act.EDIT, target=first.remote_id))
    assert mastodon.truth()[0]["media"] == []


@pytest.mark.parametrize("act", [Act.HIDE, Act.RESTORE])
def test_hiding_one_answer_is_nothing_mastodon_can_do(mastodon: Speaker, act: Act) -> None:
    with pytest.raises(NotSupported):
        mastodon.connector.plan(mastodon.outgoing(act=act, target="1"))


def test_limits_come_from_the_server_and_are_asked_once(mastodon: Speaker) -> None:
    can = mastodon.connector.capabilities(mastodon.account)
    assert (can.max_text, can.url_length, can.media.count, can.media.alt_max) == (500, 23, 4, 1500)
    assert mastodon.connector.capabilities(mastodon.account) == can
    assert mastodon.calls.paths() == ["GET instance"]


def test_limits_of_a_server_that_cannot_be_asked_are_those_of_the_table(mastodon: Speaker) -> None:
    mastodon.fault("500")
    assert mastodon.connector.capabilities(mastodon.account) == mastodon.connector.capabilities()
    assert mastodon.connector.capabilities(mastodon.account) == mastodon.connector.capabilities()
    assert mastodon.calls.paths() == ["GET instance"]


def test_a_post_as_long_as_a_lookalike_allows_is_no_problem_there(lookalike: Speaker) -> None:
    can = lookalike.connector.capabilities(lookalike.account)
    assert (can.max_text, can.url_length, can.media.count, can.idempotency) == (5000, 25, 6, "none")
    outgoing = lookalike.outgoing("a" * 4_974, link="https://pd.example.org/x")
    assert lookalike.connector.render(outgoing, can).problems == ()
    assert lookalike.connector.render(outgoing, can).count == 5_000
    lookalike.say(outgoing)
    assert len(lookalike.truth()) == 1


@pytest.fixture
def lookalike(mastodon: Speaker) -> Speaker:
    """The same account on a server that only speaks the API."""
    mastodon.account = replace(mastodon.account, api_base=f"{mastodon.network.base_url}/lookalike")
    return mastodon


def test_a_lookalike_makes_two_posts_of_one_key_so_absence_there_is_no_leave_to_repeat(lookalike: Speaker) -> None:
    outgoing = lookalike.outgoing("Road closed")
    lookalike.say(outgoing)
    lookalike.say(outgoing)
    assert len(lookalike.truth()) == 2
    with pytest.raises(Temporary, match="does not refuse a second copy"):
        lookalike.connector.find(lookalike.account, lookalike.probe(text="Bridge closed"))


def test_on_mastodon_absence_is_leave_to_repeat_for_as_long_as_the_key_is_kept(mastodon: Speaker) -> None:
    assert mastodon.connector.find(mastodon.account, mastodon.probe(text="Bridge closed")) == ()
    late = replace(mastodon.probe(text="Bridge closed"), since=mastodon.began - timedelta(hours=2))
    with pytest.raises(Temporary, match="too long ago"):
        mastodon.connector.find(mastodon.account, late)


def test_a_swallowed_answer_and_a_repeat_leave_one_post_on_mastodon(mastodon: Speaker) -> None:
    outgoing = mastodon.outgoing("Road closed", media=(mastodon.image(),))
    upload, status = mastodon.connector.plan(outgoing)
    state = mastodon.run(upload, {}).state
    mastodon.fault("drop_after_accept", count=1)
    with pytest.raises(Uncertain):
        mastodon.run(status, state)
    mastodon.run(status, state)
    assert len(mastodon.truth()) == 1


def test_an_answer_of_the_server_before_it_is_not_taken_for_the_post(mastodon: Speaker) -> None:
    with pytest.raises(Uncertain):
        api.read(Answer(200, {}, b"<html>maintenance</html>"), repeatable=False)


def test_verify_says_whose_token_it_is_and_what_the_server_is(lookalike: Speaker) -> None:
    health = lookalike.connector.verify(lookalike.account)
    assert health.ok
    assert "only speaks Mastodon's API" in health.warnings[0]
    other = lookalike.connector.verify(replace(lookalike.account, remote_id="99"))
    assert not other.ok
    assert lookalike.account.handle in other.warnings[0]


def test_ours_cannot_be_told_where_no_app_is_named(lookalike: Speaker) -> None:
    lookalike.publish("Road closed")
    (shown,) = lookalike.connector.list_own(lookalike.account, None, None).items
    assert shown.ours is None


def test_metrics_count_what_is_told_and_no_views() -> None:
    counted = shapes.metrics({"favourites_count": 3, "reblogs_count": 0})
    assert (counted.likes, counted.shares, counted.replies, counted.views) == (3, 0, None, None)


def test_the_next_page_is_read_from_the_link_header_and_never_followed() -> None:
    link = '<https://evil.example/x?limit=40&max_id=12>; rel="next", <https://a.example/?min_id=40>; rel="prev"'
    assert api.next_page(Answer(200, {"link": link}, b"[]")) == "12"
    assert api.next_page(Answer(200, {"link": '<https://a.example/?min_id=40>; rel="prev"'}, b"[]")) is None
    assert api.next_page(Answer(200, {}, b"[]")) is None


def test_a_server_of_version_1_only_is_read_too() -> None:
    found = api.limits_of({"version": "2.75 (compatible; snac)", "max_toot_chars": 100_000})
    assert (found.max_text, found.url_length, found.keeps_keys) == (100_000, None, False)


class TestSignIn:
    """The sandbox's authorization, as a wizard will use it."""

    REDIRECT = "https://desk.example.org/back/"

    def test_a_code_is_traded_once_for_a_token_that_works_until_it_is_taken_back(self, mastodon: Speaker) -> None:
        base = f"{mastodon.network.base_url}/mastodon"
        app = self.register(base)
        verifier, challenge = "v" * 43, "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
        asked = {
            "client_id": app["client_id"],
            "redirect_uri": self.REDIRECT,
            "response_type": "code",
            "scope": "read:accounts write:statuses",
            "state": "s1",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        page = get(f"{base}/oauth/authorize?{urlencode(asked)}")
        assert "Substation asks for access" in page
        assert "<li>write:statuses</li>" in page
        answer = self.answer(base, {**asked, "account": mastodon.account.handle, "answer": "allow"})
        assert answer["state"] == ["s1"]
        trade = {
            "grant_type": "authorization_code",
            "client_id": app["client_id"],
            "client_secret": app["client_secret"],
            "redirect_uri": self.REDIRECT,
            "code": answer["code"][0],
        }
        with pytest.raises(Answered):
            post(f"{base}/oauth/token", {**trade, "code_verifier": "another"})
        answer = self.answer(base, {**asked, "account": mastodon.account.handle, "answer": "allow"})
        trade = {**trade, "code": answer["code"][0], "code_verifier": verifier}
        token = post(f"{base}/oauth/token", trade)
        mastodon_spec.check_answer("POST", "/oauth/token", 200, token)
        assert (token["token_type"], "expires_in" in token) == ("Bearer", False)
        with pytest.raises(Answered) as again:
            post(f"{base}/oauth/token", trade)
        assert again.value.code == 400
        mastodon.account = replace(mastodon.account, secrets={"access_token": token["access_token"]})
        assert mastodon.connector.verify(mastodon.account).ok
        keys = {name: app[name] for name in ("client_id", "client_secret")}
        post(f"{base}/oauth/revoke", {**keys, "token": token["access_token"]})
        assert not mastodon.connector.verify(mastodon.account).ok

    def test_a_no_comes_back_as_a_no(self, mastodon: Speaker) -> None:
        base = f"{mastodon.network.base_url}/mastodon"
        app = self.register(base)
        given = {"client_id": app["client_id"], "redirect_uri": self.REDIRECT, "state": "s2", "answer": "deny"}
        answer = self.answer(base, {**given, "account": mastodon.account.handle})
        assert answer == {"error": ["access_denied"], "state": ["s2"]}

    def test_neither_an_unknown_app_nor_another_address_nor_more_rights_are_asked_for(self, mastodon: Speaker) -> None:
        base = f"{mastodon.network.base_url}/mastodon"
        app = self.register(base)
        good = {"client_id": app["client_id"], "redirect_uri": self.REDIRECT, "response_type": "code"}
        for wrong in ({"client_id": "made-up"}, {"redirect_uri": "https://evil.example/"}, {"scope": "admin:write"}):
            with pytest.raises(Answered) as caught:
                get(f"{base}/oauth/authorize?{urlencode({**good, **wrong})}")
            assert caught.value.code == 400

    def test_the_server_says_how_to_sign_in(self, mastodon: Speaker) -> None:
        base = f"{mastodon.network.base_url}/mastodon"
        found = json.loads(get(f"{base}/.well-known/oauth-authorization-server"))
        mastodon_spec.check_answer("GET", "/.well-known/oauth-authorization-server", 200, found)
        assert found["token_endpoint"] == f"{base}/oauth/token"
        assert found["code_challenge_methods_supported"] == ["S256"]

    def register(self, base: str) -> Any:
        scopes = "read:accounts read:statuses write:statuses write:media"
        body = {"client_name": "Substation", "redirect_uris": [self.REDIRECT], "scopes": scopes}
        app = post(f"{base}/api/v1/apps", body)
        mastodon_spec.check_answer("POST", "/api/v1/apps", 200, app)
        return app

    def answer(self, base: str, form: Mapping[str, str]) -> dict[str, list[str]]:
        """Press a button of the page; returns what the person is sent back with."""

        class Stay(HTTPRedirectHandler):
            def redirect_request(self, *_: Any) -> None:
                return None

        asked = Request(f"{base}/oauth/authorize", urlencode(form).encode())
        try:
            build_opener(Stay).open(asked, timeout=5)
        except Exception as error:  # urllib's HTTPError is an answer, too
            with error:  # type: ignore[attr-defined]
                return parse_qs(urlsplit(error.headers["Location"]).query)  # type: ignore[attr-defined]
        raise AssertionError("nobody was sent back")


def test_a_page_shows_what_followers_see(mastodon: Speaker) -> None:
    receipt = mastodon.publish(link=LINK, media=(mastodon.image(),))
    page = get(f"{mastodon.network.base_url}/see/mastodon/{mastodon.account.handle}/")
    assert f'href="{LINK}"' in page
    assert 'alt="A map of the closed road"' in page
    assert fetch(Request(receipt.url))
