"""A Mastodon API of somebody else's making, on loopback: keys, images, edits, pages, threads.

The mock shows that our requests are understood by a server we did not write; it checks neither media nor limits of
calls and names no app, so those are the sandbox's to play. Skipped with the reason where it is not installed
(`python tests/peers/install.py`).
"""

import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from connectors import http, mastodon_api, registry
from connectors.contract import Account, Act, Done
from connectors.errors import NotAuthorised, Refused, Temporary, Uncertain
from connectors.http import Answer
from connectors.sandbox.server import Running
from tests.connectors import mastodon_spec, wire
from tests.connectors.conftest import Blobs, Speaker
from tests.peers import install, process

LINK = "https://pd.example.org/news/1-road-closed/"
TOKEN = "mock_token"  # the ready account's, as the mock's page says


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """Start the mock once, in memory, on a port the system chose."""
    why = install.MASTODON.missing()
    if why:
        pytest.skip(f"the mock of Mastodon cannot be asked: {why}")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
    words = [str(install.MASTODON.folder / "bin" / "mastodon_mock"), "serve", "--in-memory"]
    words += ["--host", "127.0.0.1", "--port", port]
    with process.running(words, cwd=install.MASTODON.folder, env={}, ready=_address) as found:
        yield found


def _address(line: str) -> str | None:
    found = re.search(r"running on (http://127\.0\.0\.1:\d+)", line)
    return found[1] if found else None


@pytest.fixture
def police(base_url: str, network: Running, calls: wire.Log) -> Iterator[Speaker]:
    """The mock's ready account; what earlier tests left is deleted."""
    http.configure(outbound_allow=[base_url.removeprefix("http://")])
    mastodon_api.forget_limits()
    connector = registry.get("mastodon")
    blobs = Blobs()
    account = Account(
        platform="mastodon", handle="testuser", api_base=base_url, secrets={"access_token": TOKEN}, blobs=blobs
    )
    me = mastodon_api.read(
        mastodon_api.call(account, "GET", "api/v1/accounts/verify_credentials", repeatable=True), True
    )
    account = replace(account, remote_id=str(me["id"]))
    speaker = Speaker("mastodon", connector, account, network, blobs, calls)
    for post in shown(speaker):
        speaker.say(speaker.outgoing(act=Act.WITHDRAW, target=post.remote_id))
    calls.calls.clear()
    yield speaker
    for call in calls.calls:
        _judge(call)


def _judge(call: wire.Call) -> None:
    """What went there is what the spec describes, as it is for the sandbox."""
    mastodon_spec.check_request(call.method, call.path, call.query, call.json, call.form, call.headers)


def shown(speaker: Speaker) -> tuple[Any, ...]:
    """What the server keeps of the account, newest first."""
    return tuple(speaker.connector.list_own(speaker.account, None, None).items)


def test_a_post_keeps_its_words_link_image_and_description(police: Speaker) -> None:
    text = "Café № 7 – closed & <open>\n\nSecond paragraph 🚓"
    receipt = police.publish(text, link=LINK, media=(police.image('A map with "two" roads'),))
    (post,) = shown(police)
    assert (post.remote_id, post.url, post.pictures) == (receipt.remote_id, receipt.url, 1)
    assert post.text.split() == f"{text}\n{LINK}".split()
    assert [item["description"] for item in post.raw["media_attachments"]] == ['A map with "two" roads']
    assert (post.raw["visibility"], post.raw["language"]) == ("public", "en")


def test_the_same_key_eight_times_at_once_is_one_post(police: Speaker) -> None:
    (step,) = police.connector.plan(police.outgoing("Road closed"))
    with ThreadPoolExecutor(8) as at_once:
        results = list(at_once.map(lambda _: police.connector.run(police.account, step, {}), range(8)))
    assert len({result.receipt.remote_id for result in results if isinstance(result, Done)}) == 1
    assert len(shown(police)) == 1


def test_an_answer_swallowed_at_every_step_leaves_one_post(police: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    swallow = Swallowing(http.request)
    monkeypatch.setattr(http, "request", swallow)
    state: dict[str, Any] = {}
    for step in police.connector.plan(police.outgoing("Road closed", link=LINK, media=(police.image(),))):
        swallow.next = True
        with pytest.raises(Temporary if step.repeatable else Uncertain):
            police.run(step, state)
        result = police.run(step, state)
        state = getattr(result, "state", state)
    assert isinstance(result, Done)
    assert [post.remote_id for post in shown(police)] == [result.receipt.remote_id]


class Swallowing:
    """Lets calls through and loses the answer of the next one."""

    def __init__(self, request: Callable[..., Answer]) -> None:
        self.request, self.next = request, False

    def __call__(self, *args: Any, **given: Any) -> Answer:
        answer = self.request(*args, **given)
        if self.next:
            self.next = False
            raise (Temporary if given["repeatable"] else Uncertain)("said, and not heard")
        return answer


def test_an_edit_keeps_the_post_and_a_withdrawal_ends_it_twice(police: Speaker) -> None:
    image = police.image()
    first = police.publish("Road closed until six.", media=(image,))
    edit = police.outgoing("Road closed until eight.", act=Act.EDIT, target=first.remote_id, media=(image,))
    assert police.say(edit).remote_id == first.remote_id
    (post,) = shown(police)
    assert (post.text, post.pictures) == ("Road closed until eight.", 1)
    for _ in range(2):
        police.say(police.outgoing(act=Act.WITHDRAW, target=first.remote_id))
        assert shown(police) == ()
    assert police.connector.find(police.account, police.probe(Act.WITHDRAW, target_id=first.remote_id)) == ()


def test_an_answer_stands_in_the_thread_and_is_not_taken_for_the_publics(police: Speaker) -> None:
    first = police.publish("Road closed")
    reply = police.say(police.outgoing("Until six.", act=Act.REPLY, target=first.remote_id))
    found = {post.remote_id: post for post in shown(police)}
    assert found[reply.remote_id].raw["in_reply_to_id"] == first.remote_id
    page = police.connector.fetch_comments(police.account, found[first.remote_id], None)
    assert [(item.remote_id, item.ours) for item in page.items] == [(reply.remote_id, True)]
    counts = police.connector.metrics(police.account, [found[first.remote_id]])
    assert counts[first.remote_id].replies == 1


def test_it_is_found_by_its_id_its_words_and_its_link(police: Speaker) -> None:
    receipt = police.publish("Road closed", link=LINK)
    for probe in (
        police.probe(remote_id=receipt.remote_id),
        police.probe(text=f"Road closed\n{LINK}"),
        police.probe(link=LINK),
    ):
        (found,) = police.connector.find(police.account, probe)
        assert found.remote_id == receipt.remote_id
    assert police.connector.find(police.account, police.probe(text="Bridge closed")) == ()


def test_own_posts_are_paged_by_the_link_header(police: Speaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.mastodon.PAGE_SIZE", 2)
    for n in range(5):
        police.publish(f"Post {n}")
    texts: list[str] = []
    cursor, pages = None, 0
    while pages == 0 or cursor:
        page = police.connector.list_own(police.account, cursor, None)
        texts += [post.text for post in page.items]
        cursor, pages = page.next_cursor, pages + 1
    assert texts == [f"Post {n}" for n in reversed(range(5))]


def test_limits_and_their_refusal_are_the_servers(police: Speaker) -> None:
    can = police.connector.capabilities(police.account)
    assert (can.max_text, can.url_length, can.media.count, can.idempotency) == (500, 23, 4, "key_header")
    with pytest.raises(Refused) as caught:
        police.publish("a" * 501)
    assert caught.value.status == 422


def test_a_wrong_token_is_not_authorised(police: Speaker) -> None:
    wrong = replace(police.account, secrets={"access_token": "another"})
    assert not police.connector.verify(wrong).ok
    assert police.connector.verify(police.account).ok
    (step,) = police.connector.plan(police.outgoing("Road closed"))
    with pytest.raises(NotAuthorised):
        police.connector.run(wrong, step, {})
    assert shown(police) == ()


def test_the_profile_is_read(police: Speaker) -> None:
    found = police.connector.profile(police.account)
    assert (found.name, found.handle) == ("Test User", "testuser")
