"""The benchmarks' own helpers: the cheap platform answers what our connectors take for a success."""

from __future__ import annotations

import json
import os

import pytest

from benchmarks import _ground, _place, _platform
from posts.services import flow


def test_the_cheap_platform_gives_x_a_new_id_every_time() -> None:
    answers = [_platform._answer("POST", "x/2/tweets", b"{}") for _ in range(2)]
    assert [status for status, _ in answers] == [201, 201]
    first, second = (json.loads(body)["data"]["id"] for _, body in answers)
    assert first != second


def test_the_cheap_platform_answers_all_three_steps_of_facebook() -> None:
    draft = json.loads(_platform._answer("POST", "facebook/7/feed", b"")[1])
    address = json.loads(_platform._answer("GET", f"facebook/{draft['id']}?fields=permalink_url", b"")[1])
    published = json.loads(_platform._answer("POST", f"facebook/{draft['id']}", b"")[1])
    assert draft["id"]
    assert address["permalink_url"]
    assert published["success"] is True


def test_a_request_is_complete_when_its_body_is_there() -> None:
    assert _platform._length(b"POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 12") == 12
    assert _platform._length(b"GET / HTTP/1.1\r\nHost: a") == 0


def test_the_floor_has_as_many_calls_in_flight_as_a_flow_of_ours() -> None:
    assert _place.CALLS_AT_ONCE == flow.CALLS_AT_ONCE


def test_counts_can_be_changed_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _ground.whole("POSTS", 7) == 7
    monkeypatch.setenv("BENCH_POSTS", "9")
    assert _ground.whole("POSTS", 7) == 9


def test_memory_and_cpu_of_a_process_are_read_from_the_kernel() -> None:
    if not os.path.exists("/proc/self/stat"):
        pytest.skip("Linux only")
    assert _place.rss_mb(os.getpid()) > 1
    assert _place.cpu_s(os.getpid()) > 0
