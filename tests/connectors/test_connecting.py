"""How platforms are connected: what is asked for is what the docs say, addresses hold no secret, words name a cure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors import connecting
from connectors.connecting import findings, sandbox, wire
from connectors.connecting.abilities import abilities, told, without
from connectors.connecting.contract import App, Connecting, MadeHere, Opened, Way, Weight
from connectors.errors import Misconfigured, NotAuthorised, Refused, Temporary
from connectors.facts import CAPABILITIES, PLATFORMS
from connectors.http import Answer

PAGE = Path(__file__).resolve().parents[2] / "docs" / "connectors.md"
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
APP = App(client_id="the-id", client_secret="the-secret", api_base="https://social.example")
SIGNED_IN = [way for way in connecting.PLATFORMS.values() if Way.SIGN_IN in way.ways]


def test_the_table_of_permissions_is_what_is_asked_for() -> None:
    table = PAGE.read_text("utf-8").partition("<!-- scopes")[2].partition("\n\n")[2].partition("\n\n")[0]
    written = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    asked = [
        [way.platform, f"`{scope.name}`", scope.gives, "yes" if scope.needed else "no"]
        for way in connecting.PLATFORMS.values()
        for scope in way.scopes
    ]
    assert written == asked


@pytest.mark.parametrize("way", SIGNED_IN, ids=lambda way: way.platform)
def test_the_way_to_a_platform_carries_state_and_challenge_and_no_secret(way: Connecting) -> None:
    address = way.authorise(APP, redirect_uri="https://here.example/back/", state="the-state", challenge="challenge")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["state"] == "the-state"
    assert asked["redirect_uri"] == "https://here.example/back/"
    assert asked["response_type"] == "code"
    assert set(asked["scope"].replace(",", " ").split()) == {scope.name for scope in way.scopes}
    assert "the-secret" not in address
    if way.platform != "facebook":
        assert (asked["code_challenge"], asked["code_challenge_method"]) == ("challenge", "S256")


@pytest.mark.parametrize("way", connecting.PLATFORMS.values(), ids=lambda way: way.platform)
def test_each_platform_says_who_must_sign_in_and_what_stays(way: Connecting) -> None:
    assert way.guide.who
    assert way.guide.before
    assert way.guide.stays
    here = isinstance(way, MadeHere)  # there is no other side to sign in at or to look at
    assert here or way.guide.where.startswith("https://")
    assert here or way.guide.ends.startswith("https://")
    assert all(one.secret or "secret" not in one.name for one in (*way.asked, *way.before_sign_in))


def test_every_account_of_a_platform_that_is_spoken_to_can_be_connected() -> None:
    spoken = {info.slug for info in PLATFORMS if not info.own and not info.hand_off_only}
    assert spoken == set(connecting.PLATFORMS)
    assert {way.platform for way in connecting.PLATFORMS.values() if isinstance(way, MadeHere)} == {"email", "webhook"}
    with pytest.raises(Misconfigured, match="posted to by hand"):
        connecting.get("nextdoor")


def test_a_verifier_and_its_challenge_are_those_of_the_rfc() -> None:
    assert wire.challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )
    first, second = wire.pkce(), wire.pkce()
    assert first != second
    assert 43 <= len(first[0]) <= 128


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, '{"error":"invalid_grant","error_description":"Code was expired"}', Refused, "Code was expired"),
        (400, '{"error":"redirect_uri_mismatch"}', Refused, "redirect_uri_mismatch"),
        (401, '{"error":"invalid_client"}', Misconfigured, "does not know this app"),
        (401, '{"title":"Unauthorized"}', NotAuthorised, "Unauthorized"),
        (400, '{"error":{"message":"This authorization code has expired.","code":100}}', Refused, "has expired"),
        (429, "{}", Temporary, "HTTP 429"),
        (503, "<html>", Temporary, "HTTP 503"),
        (200, '{"error":"access_denied"}', Temporary, "access_denied"),
    ],
)
def test_what_went_wrong_is_said_in_the_platforms_words_without_what_was_sent(
    status: int, body: str, kind: type[Exception], words: str
) -> None:
    answer = Answer(status=status, headers={}, body=body.replace("Code", "Code the-code-123").encode())
    problem = wire.problem(answer, ["the-code-123"])
    assert isinstance(problem, kind)
    assert words.replace("Code", "") in str(problem)
    assert "the-code-123" not in str(problem)


def test_a_missing_permission_names_itself_its_loss_and_who_can_grant_it() -> None:
    way = connecting.get("x")
    found = findings.scopes(way.scopes, ["tweet.read", "tweet.write", "users.read", "media.write"], who="Whoever")
    lines = {line.code: line for line in found}
    assert lines["scope:offline.access"].weight is Weight.STOP
    assert lines["scope:tweet.moderate.write"].weight is Weight.WARNING
    assert "cannot hide answers" in lines["scope:tweet.moderate.write"].words
    assert lines["scope:offline.access"].cure.startswith("Whoever signs in again")


@pytest.mark.parametrize(
    ("ahead", "weight", "words"),
    [
        (None, Weight.UNKNOWN, "does not tell its time"),
        (timedelta(seconds=-90), Weight.OK, "agree"),
        (timedelta(minutes=7), Weight.WARNING, "7 min behind"),
        (timedelta(minutes=-7), Weight.WARNING, "7 min ahead of"),
    ],
)
def test_clocks_are_compared(ahead: timedelta | None, weight: Weight, words: str) -> None:
    found = wire.clock(ahead)
    assert found.weight is weight
    assert words in found.words


def test_the_end_of_a_sign_in_is_said_and_warned_of() -> None:
    assert findings.ends(None, NOW, renews=False).words == "The sign-in has no end date."
    soon = findings.ends(NOW + timedelta(days=3), NOW, renews=False)
    assert (soon.weight, "27 Nov 2026" in soon.words) == (Weight.WARNING, True)
    assert findings.ends(NOW + timedelta(days=90), NOW, renews=False).weight is Weight.OK


@pytest.mark.parametrize("way", connecting.PLATFORMS.values(), ids=lambda way: way.platform)
def test_what_cannot_be_done_has_a_next_best_act(way: Connecting) -> None:
    here = isinstance(way, MadeHere)
    able, unable = told(way) if here else abilities(CAPABILITIES[way.platform], way.label)
    assert able
    assert all(one.instead for one in unable)
    assert not {one.words for one in able} & {one.words for one in unable}


def test_a_permission_takes_along_what_hangs_on_it() -> None:
    way, can = connecting.get("facebook"), CAPABILITIES["facebook"]
    left = without(can, [scope for scope in way.scopes if scope.name == "pages_manage_engagement"])
    assert (left.comments.read, left.comments.hide, left.comments.reply) == (True, False, False)
    assert without(can, []) == can


def test_an_opened_account_is_kept_and_read_back_and_never_shows_its_secrets() -> None:
    opened = Opened(
        remote_id="1",
        name="Page",
        handle="page",
        secrets={"access_token": "a-token-nobody-sees"},
        scopes=("a", "b"),
        ends_at=NOW,
    )
    assert Opened.from_json(opened.to_json()) == opened
    assert "a-token-nobody-sees" not in repr(opened)
    assert "the-secret" not in repr(APP)


def test_the_sandbox_has_an_app_for_every_sign_in_that_needs_one() -> None:
    needing = {way.platform for way in SIGNED_IN if not way.registers_itself}
    assert needing == set(sandbox.APPS)


@pytest.mark.parametrize("server", ["", "localhost", "http://a.example", "a.example/b", "u@a.example", "a.example?x=1"])
def test_only_the_address_of_a_server_is_taken(server: str) -> None:
    with pytest.raises(Refused, match="not the address of a server"):
        connecting.get("mastodon").app(App(), {"server": server}, "https://here.example/")
