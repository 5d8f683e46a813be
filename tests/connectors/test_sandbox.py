"""The sandbox network itself: its doors, its pages, its memory, and its manners towards bad input."""

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import Request

import pytest

from connectors.contract import Act
from connectors.errors import Refused
from connectors.sandbox.faults import Rule
from connectors.sandbox.server import Running, running
from tests.connectors.conftest import PNG, Answered, Speaker, fetch, get, must_have, post

ROOT = Path(__file__).resolve().parents[2]
POSTED = {"text": "Coffee with a cop", "created_at": "2026-11-01T09:00:00-06:00"}


def refused(url: str, body: Any) -> str:
    """Post and return the reason of the 400."""
    with pytest.raises(Answered) as caught:
        post(url, body)
    assert caught.value.code == 400
    return str(json.loads(caught.value.body)["error"])


def test_truth_has_exactly_the_documented_keys(speaker: Speaker) -> None:
    speaker.publish(media=(speaker.image(),))
    (line,) = speaker.truth()
    assert list(line) == ["account", "id", "text", "media", "key", "created_at", "deleted_at", "arrived_at"]


def test_truth_can_be_asked_by_account_and_time(network: Running) -> None:
    made = post(f"{network.base_url}/_seed", {"account": {"platform": "x", "handle": "Truth"}, "posts": [POSTED]})
    for name in ("x/Truth", "Truth", made["remote_id"]):
        (line,) = get(f"{network.base_url}/_posts?account={name}").splitlines()
        assert json.loads(line)["created_at"] == "2026-11-01T15:00:00.000000+00:00"
    assert get(f"{network.base_url}/_posts?account=Truth&since=2100-01-01T00:00:00Z") == ""
    assert get(f"{network.base_url}/_posts?account=Nobody") == ""


def test_an_unreadable_since_is_named(network: Running) -> None:
    with pytest.raises(Answered) as caught:
        get(f"{network.base_url}/_posts?since=yesterday")
    assert "since is 'yesterday'" in json.loads(caught.value.body)["error"]


@pytest.mark.parametrize("platform", ["facebook", "x"])
def test_seeding_the_same_key_again_changes_nothing(network: Running, platform: str) -> None:
    body = {"platform": platform, "handle": "Seeded", "posts": [{**POSTED, "key": "demo-1"}]}
    first, second = post(f"{network.base_url}/_seed", body), post(f"{network.base_url}/_seed", body)
    assert first["posts"] == second["posts"]
    assert first["token"] == second["token"]
    assert len(get(f"{network.base_url}/_posts?account={platform}/Seeded").splitlines()) == 1


def test_seeded_history_is_seen_with_image_answers_and_time(network: Running) -> None:
    image = {"mime": "image/png", "alt": "A mug", "data_base64": base64.b64encode(PNG).decode()}
    item = {**POSTED, "media": [image], "comments": [{"text": "See you there", "author": "Neighbor"}]}
    body = {"platform": "facebook", "handle": "History", "name": "History & co", "posts": [item]}
    (made,) = post(f"{network.base_url}/_seed", body)["posts"]
    page = get(f"{network.base_url}/see/facebook/History/")
    assert "History &amp; co" in page
    assert "01 Nov 2026, 15:00 UTC" in page
    assert 'alt="A mug"' in page
    below = get(f"{network.base_url}/see/facebook/History/posts/{made['id'].partition('_')[2]}/")
    assert "See you there" in below
    source = re.search(r'<img src="([^"]+)"', page)
    assert source
    assert fetch(Request(network.base_url + source[1])) == PNG


def test_a_protected_account_shows_its_posts_to_followers_only(network: Running) -> None:
    image = {"alt": "Badge", "data_base64": "AAAA"}
    body = {
        "account": {"platform": "x", "handle": "Staff", "protected": True, "follower_token": "follow-me"},
        "posts": [{**POSTED, "text": "CANARY", "media": [image]}],
    }
    (made,) = post(f"{network.base_url}/_seed", body)["posts"]
    for path in ("", f"status/{made['id']}/"):
        address = f"{network.base_url}/see/x/Staff/{path}"
        assert "CANARY" not in get(address)
        assert "CANARY" not in get(f"{address}?token=wrong")
        assert "CANARY" in get(f"{address}?token=follow-me")
    inside = get(f"{network.base_url}/see/x/Staff/?token=follow-me")
    source = re.search(r'<img src="([^"?]+)\?token=follow-me"', inside)
    assert source
    with pytest.raises(Answered):
        get(network.base_url + source[1])


def test_a_protected_accounts_posts_are_hidden_from_other_users_of_the_api(x: Speaker) -> None:
    body = {"account": {"platform": "x", "handle": "Staff2", "protected": True}, "posts": [POSTED]}
    staff = post(f"{x.network.base_url}/_seed", body)
    with pytest.raises(Refused):
        x.connector.list_own(replace(x.account, remote_id=staff["remote_id"]), None, None)


def test_pages_escape_whatever_is_said(speaker: Speaker) -> None:
    must_have(speaker, speaker.platform != "youtube", "angle brackets")
    receipt = speaker.publish('<script>alert("1")</script> & https://a.example/"onclick="x')
    page = get(receipt.url)
    assert "<script>" not in page
    assert 'onclick="x' not in page


def test_every_page_is_whole_and_named(speaker: Speaker) -> None:
    receipt = speaker.publish()
    base = speaker.network.base_url
    for url in (f"{base}/", f"{base}/see/", f"{base}/see/{speaker.platform}/{speaker.account.handle}/", receipt.url):
        page = get(url)
        assert page.startswith('<!doctype html><html lang="en">')
        assert page.count("<h1>") == 1
        assert "<title>" in page
    assert "body" in get(f"{base}/see/style.css")


def test_what_is_not_there_is_404(network: Running) -> None:
    for path in ("see/x/Nobody/", "see/x/Nobody/status/1/", "see/nowhere/Nobody/", "nothing"):
        with pytest.raises(Answered) as caught:
            get(f"{network.base_url}/{path}")
        assert caught.value.code == 404


def test_a_deleted_post_is_gone_for_followers_and_kept_in_the_truth(speaker: Speaker) -> None:
    must_have(speaker, speaker.can(Act.WITHDRAW), "withdrawal")
    receipt = speaker.publish()
    speaker.say(speaker.outgoing(act=Act.WITHDRAW, target=receipt.remote_id))
    with pytest.raises(Answered) as caught:
        get(receipt.url)
    assert caught.value.code == 404
    name = f"{speaker.platform}/{speaker.account.handle}"
    (line,) = get(f"{speaker.network.base_url}/_posts?account={name}").splitlines()
    assert json.loads(line)["deleted_at"]


def test_an_old_version_leads_followers_to_the_new_one(x: Speaker) -> None:
    first = x.publish("Old words")
    x.say(x.outgoing("New words", act=Act.EDIT, target=first.remote_id))
    page = get(first.url)
    assert "New words" in page
    assert "edited" in page


def test_more_than_a_page_of_posts_can_be_leafed_through(network: Running) -> None:
    posts = [{"text": f"Post {n:03}", "created_at": f"2026-10-01T{n // 60:02}:{n % 60:02}:00Z"} for n in range(120)]
    post(f"{network.base_url}/_seed", {"account": {"platform": "x", "handle": "Many"}, "posts": posts})
    address, seen = f"{network.base_url}/see/x/Many/", []
    while address:
        page = get(address)
        seen += re.findall(r"Post \d{3}", page)
        older = re.search(r'<a href="(\?[^"]+)">Older posts', page)
        address = f"{network.base_url}/see/x/Many/{older[1]}" if older else ""
    assert seen == [f"Post {n:03}" for n in reversed(range(120))]


@pytest.mark.parametrize(
    ("door", "body", "reason"),
    [
        ("_accounts", {"platform": "orkut", "handle": "PD"}, "platform must be one of facebook, x"),
        ("_accounts", {"platform": "x"}, "handle a name without /"),
        ("_accounts", {"platform": "x", "handle": "PD", "colour": 1}, "colour is no field of an account"),
        ("_accounts", "PD", "an account is a JSON object"),
        ("_control", {"fault": "earthquake"}, "it must be one of latency, 500"),
        ("_control", {"fault": "500", "p": "often"}, "p is a number"),
        ("_control", {"fault": "outside_post", "account": "x/Nobody"}, "is not known"),
        ("_control", [], "the body is a JSON object"),
        ("_seed", {"account": "x/Nobody", "posts": []}, "POST /_accounts"),
        ("_seed", {"platform": "x", "handle": "PD", "posts": {}}, "posts is a list"),
        ("_seed", {"platform": "x", "handle": "PD", "posts": [{"created_at": "now"}]}, "created_at is 'now'"),
        ("_seed", {"platform": "x", "handle": "PD", "posts": [{"words": "x"}]}, "words is no field of a post"),
        ("_seed", {"platform": "x", "handle": "PD", "posts": [{"media": [{"alt": "x"}]}]}, "data_base64"),
        ("_seed", {"platform": "x", "handle": "PD", "posts": [{"media": [{"data_base64": "?"}]}]}, "not base64"),
    ],
)
def test_bad_input_is_answered_with_the_field_and_the_cure(network: Running, door: str, body: Any, reason: str) -> None:
    assert reason in refused(f"{network.base_url}/{door}", body)


def test_a_body_that_is_not_json_is_named(network: Running) -> None:
    request = Request(f"{network.base_url}/_control", b"{")
    with pytest.raises(Answered) as caught:
        fetch(request)
    assert json.loads(caught.value.body)["error"] == "the body is not JSON"


def test_one_remote_id_belongs_to_one_account(network: Running) -> None:
    post(f"{network.base_url}/_accounts", {"platform": "x", "handle": "First", "remote_id": "4711"})
    again = {"platform": "x", "handle": "Second", "remote_id": "4711"}
    assert "belongs to x/First" in refused(f"{network.base_url}/_accounts", again)


def test_a_list_of_accounts_is_made_at_once_and_keeps_its_tokens(network: Running) -> None:
    wanted = [{"platform": "facebook", "handle": f"List{n}"} for n in range(3)]
    first = post(f"{network.base_url}/_accounts", wanted)["accounts"]
    second = post(f"{network.base_url}/_accounts", wanted)["accounts"]
    assert [a["token"] for a in first] == [a["token"] for a in second]
    listed = json.loads(get(f"{network.base_url}/_accounts"))["accounts"]
    assert {a["account"] for a in first} <= {a["account"] for a in listed}
    assert all("token" not in a for a in listed)


def test_the_same_seed_spoils_the_same_calls() -> None:
    def fired() -> list[bool]:
        rule = Rule(account="*", fault="500", p=0.3, seed=7)
        return [rule.fires(("x/PD",), writing=True, speaking=True) for _ in range(50)]

    assert fired() == fired()
    assert 5 < sum(fired()) < 25


def test_a_fault_of_one_account_leaves_the_others_alone(facebook: Speaker, x: Speaker) -> None:
    facebook.fault("500")
    x.publish()
    assert len(x.truth()) == 1


def test_clear_forgets_posts_and_faults_and_keeps_accounts(tmp_path: Path) -> None:
    with running(tmp_path / "state.sqlite3") as network:
        made = post(f"{network.base_url}/_seed", {"platform": "x", "handle": "PD", "posts": [POSTED]})
        post(f"{network.base_url}/_control", {"fault": "500"})
        post(f"{network.base_url}/_clear", {})
        assert get(f"{network.base_url}/_posts") == ""
        assert network.network.faults.rules == []
        assert post(f"{network.base_url}/_accounts", {"platform": "x", "handle": "PD"})["token"] == made["token"]
        post(f"{network.base_url}/_clear", {"accounts": True})
        assert json.loads(get(f"{network.base_url}/_accounts")) == {"accounts": []}


def test_its_own_process_survives_kill_9_with_all_it_knew(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "state.sqlite3"
    with started(state) as (process, base):
        made = post(f"{base}/_seed", {"platform": "x", "handle": "PD", "posts": [POSTED]})
        before = get(f"{base}/_posts")
        process.kill()
    with started(state) as (process, base):
        assert get(f"{base}/_posts") == before
        assert post(f"{base}/_accounts", {"platform": "x", "handle": "PD"})["token"] == made["token"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


class started:
    """`python -m connectors.sandbox` on a free port while the block runs."""

    def __init__(self, state: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "connectors.sandbox", "--port", str(self.port), "--state", str(state)]
        self.process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})

    def __enter__(self) -> tuple[subprocess.Popen[bytes], str]:
        base = f"http://127.0.0.1:{self.port}"
        for _ in range(200):
            try:
                get(f"{base}/_posts")
                return self.process, base
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the sandbox did not answer")

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(10)
