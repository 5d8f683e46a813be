"""The reference Bluesky server itself, on loopback: what it keeps, refuses and answers a second time.

Skipped with the reason where it is not installed (`python tests/peers/install.py`). It has no view of the network, so
threads, counts and profiles are the sandbox's to play.
"""

import json
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import Request

import pytest

from connectors import http, registry
from connectors.bluesky_shapes import put
from connectors.contract import Account, Act, Done, Wait
from connectors.errors import ConnectorError, Duplicate, NotAuthorised, NotSupported, Refused, Temporary
from connectors.http import Answer
from connectors.sandbox.server import Running
from tests.connectors import wire
from tests.connectors.conftest import PNG, Blobs, Speaker, fetch, numbers
from tests.peers import install, process

LINK = "https://pd.example.org/news/1-road-closed/"
ODD = "Café № 7 – “closed” 🚓👨‍👩‍👧‍👦 東京 e\u0301"
WRITTEN = unicodedata.normalize("NFC", ODD)
FOLDER, SCRIPT = install.BLUESKY.folder, install.HERE / "pds" / "serve.js"


@dataclass(frozen=True)
class Server:
    """The server under test."""

    base_url: str

    def ask(self, name: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        found: dict[str, Any] = json.loads(
            fetch(Request(f"{self.base_url}/xrpc/com.atproto.server.{name}", json.dumps(body).encode(), headers))
        )
        return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start the server once; it takes its data with it."""
    why = install.BLUESKY.missing()
    if why:
        pytest.skip(f"the reference Bluesky server cannot be asked: {why}")
    shutil.copy(SCRIPT, FOLDER)
    env = {"LOG_ENABLED": "false", "PEER_DATA": str(tmp_path_factory.mktemp("pds"))}
    with process.running(["node", SCRIPT.name, "--limits"], cwd=FOLDER, env=env, ready=_address) as base_url:
        yield Server(base_url=base_url)


def _address(line: str) -> str | None:
    return str(json.loads(line)["base_url"]) if line.startswith('{"base_url"') else None


@pytest.fixture
def police(server: Server, network: Running, calls: wire.Log) -> Speaker:
    """A fresh account with a session made from its app password, as the wizard will make it."""
    http.configure(outbound_allow=[server.base_url.removeprefix("http://")])
    name = f"police{next(numbers)}"
    made = server.ask(
        "createAccount", {"handle": f"{name}.test", "email": f"{name}@pd.example.org", "password": "first-password"}
    )
    password = server.ask("createAppPassword", {"name": "Substation"}, made["accessJwt"])["password"]
    blobs, connector = Blobs(), registry.get("bluesky")
    account = Account(
        platform="bluesky",
        handle=made["handle"],
        remote_id=made["did"],
        api_base=server.base_url,
        secrets={"app_password": password},
        blobs=blobs,
    )
    fresh = connector.refresh(account)
    assert fresh is not None
    account = replace(account, secrets={**account.secrets, **fresh})
    calls.calls.clear()
    return Speaker("bluesky", connector, account, network, blobs, calls)


def shown(speaker: Speaker) -> tuple[Any, ...]:
    """What the server keeps of the account, newest first."""
    return tuple(speaker.connector.list_own(speaker.account, None, None).items)


def test_a_post_with_images_keeps_its_words_descriptions_and_ratios(police: Speaker) -> None:
    images = (
        replace(police.image('A map with "two" roads'), width=1200, height=800),
        police.image("Zweites Bild", content=PNG + b"two"),
    )
    receipt = police.publish(f"{ODD} #Road", link=LINK, media=images)
    (post,) = shown(police)
    assert (post.remote_id, post.text, post.pictures) == (receipt.remote_id, f"{WRITTEN} #Road\n{LINK}", 2)
    assert (post.links, post.ours) == ((LINK,), True)
    embed = post.raw["value"]["embed"]["images"]
    assert [image["alt"] for image in embed] == ['A map with "two" roads', "Zweites Bild"]
    assert embed[0]["aspectRatio"] == {"width": 1200, "height": 800}
    assert post.raw["value"]["langs"] == ["en"]
    assert receipt.raw["validationStatus"] == "valid"
    assert receipt.raw["cid"] == post.raw["cid"]


def test_offsets_are_those_of_the_bytes_the_server_keeps(police: Speaker) -> None:
    police.publish(f"{ODD} #Straße ({LINK}).")
    value = shown(police)[0].raw["value"]
    content = value["text"].encode()
    cut = [content[f["index"]["byteStart"] : f["index"]["byteEnd"]].decode() for f in value["facets"]]
    assert cut == ["#Straße", LINK]


def test_a_link_without_images_has_a_card(police: Speaker) -> None:
    police.publish("Road closed", title="Oak Street", link=LINK)
    embed = shown(police)[0].raw["value"]["embed"]
    assert embed["external"] == {"uri": LINK, "title": "Oak Street", "description": "pd.example.org"}


def test_a_handle_that_somebody_has_becomes_a_mention_and_another_stays_text(police: Speaker) -> None:
    police.publish(f"With @{police.account.handle} and @nobody-at-all.test")
    value = shown(police)[0].raw["value"]
    (facet,) = value["facets"]
    assert facet["features"] == [{"$type": "app.bsky.richtext.facet#mention", "did": police.account.remote_id}]
    start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
    assert value["text"].encode()[start:end].decode() == f"@{police.account.handle}"


def test_exactly_the_limit_goes_out_and_one_more_is_refused(police: Speaker) -> None:
    police.publish("é" * 300)
    with pytest.raises(Refused, match="grapheme"):
        police.publish("é" * 301)
    family = "👨‍👩‍👧‍👦"
    with pytest.raises(Refused, match="3000"):
        police.publish(family * 150)
    assert len(shown(police)) == 1


def test_the_same_record_eight_times_at_once_is_one_post(police: Speaker) -> None:
    (step,) = police.connector.plan(police.outgoing("Road closed"))
    with ThreadPoolExecutor(8) as at_once:
        results = list(at_once.map(lambda _: police.connector.run(police.account, step, {}), range(8)))
    assert all(isinstance(result, Done) for result in results)
    assert len({result.receipt.raw["cid"] for result in results}) == 1
    assert len(shown(police)) == 1


def test_an_answer_swallowed_at_every_step_leaves_one_post(police: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server acts, we hear nothing, and everything is said again: twice at each step."""
    swallow = Swallowing(http.request)
    monkeypatch.setattr(http, "request", swallow)
    outgoing = police.outgoing("Road closed", link=LINK, media=(police.image(),))
    state: dict[str, Any] = {}
    for step in police.connector.plan(outgoing):
        swallow.left = 2
        for _ in range(2):
            with pytest.raises(Temporary):
                police.run(step, state)
        result = police.run(step, state)
        state = getattr(result, "state", state)
    assert isinstance(result, Done)
    assert len(shown(police)) == 1


class Swallowing:
    """Lets calls through and loses their answers, while any are `left` to lose."""

    def __init__(self, request: Callable[..., Answer]) -> None:
        self.request, self.left = request, 0

    def __call__(self, *args: Any, **given: Any) -> Answer:
        answer = self.request(*args, **given)
        if self.left:
            self.left -= 1
            raise Temporary("said, and not heard")
        return answer


def test_other_words_under_our_key_are_never_overwritten(police: Speaker) -> None:
    (step,) = police.connector.plan(police.outgoing("Road closed"))
    police.run(step, {})
    step.payload["record"]["text"] = "Something else"
    with pytest.raises(Duplicate, match="Record was at"):
        police.run(step, {})
    assert [post.text for post in shown(police)] == ["Road closed"]


def test_an_image_the_server_has_dropped_goes_up_again(police: Speaker) -> None:
    upload, step = police.connector.plan(police.outgoing("Road closed", media=(police.image(),)))
    state = police.run(upload, {}).state
    state["blobs"]["1"]["ref"]["$link"] = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
    first = police.run(step, state)
    assert isinstance(first, Wait)
    second = police.run(step, first.state)
    assert isinstance(second, Wait)
    assert isinstance(police.run(step, second.state), Done)
    assert shown(police)[0].pictures == 1


def test_an_answer_names_the_start_of_the_thread_and_what_it_answers(police: Speaker) -> None:
    first = police.publish("Road closed")
    second = police.say(police.outgoing("Until six.", act=Act.REPLY, target=first.remote_id))
    police.say(police.outgoing("Until eight.", act=Act.REPLY, target=second.remote_id))
    reply = {post.text: post.raw["value"].get("reply") for post in shown(police)}["Until eight."]
    assert (reply["root"]["uri"], reply["parent"]["uri"]) == (first.remote_id, second.remote_id)


def test_it_is_found_by_its_id_its_words_and_its_link(police: Speaker) -> None:
    receipt = police.publish("Road closed", link=LINK)
    for probe in (
        police.probe(remote_id=receipt.remote_id),
        police.probe(text="Road closed", link=LINK),
        police.probe(link=LINK),
    ):
        (found,) = police.connector.find(police.account, probe)
        assert found.remote_id == receipt.remote_id
    assert police.connector.find(police.account, police.probe(text="Bridge closed", link=LINK)) == ()


def test_a_post_is_taken_away_and_a_second_time_is_done_too(police: Speaker) -> None:
    receipt = police.publish("Road closed")
    for _ in range(2):
        police.say(police.outgoing(act=Act.WITHDRAW, target=receipt.remote_id))
        assert shown(police) == ()
    assert police.connector.find(police.account, police.probe(Act.WITHDRAW, target_id=receipt.remote_id)) == ()


def test_an_answer_is_hidden_by_the_threads_gate_and_shown_again(police: Speaker, server: Server) -> None:
    first = police.publish("Road closed")
    below = police.say(police.outgoing("Until six.", act=Act.REPLY, target=first.remote_id))
    for act, hidden in ((Act.HIDE, [below.remote_id]), (Act.HIDE, [below.remote_id]), (Act.RESTORE, [])):
        receipt = police.say(police.outgoing(act=act, target=below.remote_id))
        assert receipt.raw["validationStatus"] == "valid"
        rkey = first.remote_id.rpartition("/")[2]
        query = f"repo={police.account.remote_id}&collection=app.bsky.feed.threadgate&rkey={rkey}"
        gate = json.loads(fetch(Request(f"{server.base_url}/xrpc/com.atproto.repo.getRecord?{query}")))["value"]
        assert (gate["hiddenReplies"], gate["post"]) == (hidden, first.remote_id)


def test_own_posts_are_paged_through(police: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.bluesky.PAGE_SIZE", 2)
    for n in range(5):
        police.publish(f"Post {n}", planned_at=police.began + timedelta(minutes=n))
    texts: list[str] = []
    cursor, pages = None, 0
    while pages == 0 or cursor:
        page = police.connector.list_own(police.account, cursor, None)
        texts += [post.text for post in page.items]
        cursor, pages = page.next_cursor, pages + 1
    assert texts == [f"Post {n}" for n in reversed(range(5))]


def test_a_session_is_renewed_by_its_refresh_token_and_says_when_it_ends(police: Speaker) -> None:
    health = police.connector.verify(police.account)
    assert health.ok
    assert health.expires_at is not None
    assert timedelta(minutes=100) < health.expires_at - datetime.now(UTC) <= timedelta(hours=2)
    fresh = police.connector.refresh(police.account)
    assert fresh is not None
    assert all(fresh.values())
    assert police.calls.calls[-1].path.endswith("refreshSession")
    again = replace(police.account, secrets={**police.account.secrets, **fresh})
    assert police.connector.verify(again).ok


def test_a_dead_refresh_token_is_replaced_by_signing_in_anew(police: Speaker) -> None:
    broken = replace(police.account, secrets={**police.account.secrets, "refresh_token": "nonsense"})
    assert police.connector.refresh(broken) is not None
    assert police.calls.paths()[-1] == "POST com.atproto.server.createSession"
    without = {"access_token": "nonsense", "refresh_token": "nonsense"}
    with pytest.raises(NotAuthorised):
        police.connector.refresh(replace(police.account, secrets=without))


def test_a_wrong_token_is_not_authorised(police: Speaker) -> None:
    wrong = replace(police.account, secrets={"access_token": "nonsense"})
    assert not police.connector.verify(wrong).ok
    with pytest.raises(NotAuthorised):
        police.connector.run(wrong, police.connector.plan(police.outgoing("Road closed"))[0], {})
    assert shown(police) == ()


def test_signing_in_too_often_says_when_to_come_back(police: Speaker) -> None:
    wrong = replace(police.account, secrets={"app_password": "wrong-password", "identifier": "nobody.test"})
    with ThreadPoolExecutor(8) as at_once:
        ends = list(at_once.map(lambda _: _outcome(police, wrong), range(35)))
    assert any(isinstance(end, NotAuthorised) for end in ends)
    limited = [end for end in ends if isinstance(end, Temporary)]
    assert limited
    assert all(end.rate_limited and 0 < (end.retry_after or 0) <= 300 for end in limited)


def _outcome(police: Speaker, account: Account) -> ConnectorError | None:
    try:
        police.connector.refresh(account)
    except ConnectorError as error:
        return error
    return None


def test_what_needs_the_networks_view_is_not_supported_without_one(police: Speaker) -> None:
    police.publish("Road closed")
    (post,) = shown(police)
    with pytest.raises(NotSupported):
        police.connector.fetch_comments(police.account, post, None)
    with pytest.raises(NotSupported):
        police.connector.metrics(police.account, [post])


def test_the_reference_server_would_overwrite_without_our_guard(police: Speaker) -> None:
    """Why `swapRecord: null` is sent: without it other words under the key replace a post in silence."""
    (step,) = police.connector.plan(police.outgoing("Road closed"))
    police.run(step, {})
    body = put(police.account, step.payload, {})
    del body["swapRecord"]
    body["record"] = {**body["record"], "text": "Something else"}
    headers = {"Authorization": f"Bearer {police.account.secrets['access_token']}"}
    url = f"{police.account.api_base}/xrpc/com.atproto.repo.putRecord"
    assert http.request("POST", url, headers=headers, json=body, repeatable=True).status == 200
    assert [post.text for post in shown(police)] == ["Something else"]
