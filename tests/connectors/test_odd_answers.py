"""Whatever a platform answers, a connector ends in a result or in one of the contract's errors."""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import http
from connectors.contract import Account, Act, Done, Media, Next, Outgoing, Remote, Step, Target, Wait
from connectors.errors import ConnectorError, NotSupported, Uncertain
from connectors.http import Answer
from connectors.registry import get
from tests.connectors.conftest import NOW, PNG, SPEAKERS, Blobs

names = st.sampled_from(
    [
        "id",
        "data",
        "error",
        "errors",
        "code",
        "message",
        "type",
        "paging",
        "meta",
        "created_time",
        "created_at",
        "attachments",
        "entities",
        "urls",
        "from",
        "success",
        "deleted",
        "processing_info",
        "state",
        "summary",
        "uri",
        "cid",
        "value",
        "records",
        "posts",
        "thread",
        "post",
        "author",
        "replies",
        "blob",
        "ref",
        "account",
        "descendants",
        "content",
        "page",
        "result",
        "createdDate",
        "items",
        "snippet",
        "status",
        "privacyStatus",
        "topLevelComment",
        "contentDetails",
        "nextPageToken",
    ]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("2026-11-24T08:00:00Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
answers = st.builds(
    lambda status, body: Answer(status, {}, body),
    st.sampled_from([200, 201, 204, 302, 400, 401, 403, 404, 429, 500]),
    st.dictionaries(names, values, max_size=5).map(lambda body: json.dumps(body).encode()) | st.binary(max_size=20),
)
blobs = Blobs()
IMAGE = {
    "number": "1",
    "sha256": blobs.keep(PNG),
    "mime": "image/png",
    "alt": "a",
    "filename": "a",
    "category": "tweet_image",
}
STATE: dict[str, Any] = {"photos": {"1": "1"}, "media": {"1": "1"}, "post_id": "1_2", "url": "https://a.example/"}
STATE |= {"blobs": {"1": {}}, "thread": {"root": {"uri": "at://1/app.bsky.feed.post/1", "cid": "c"}}}
STATE |= {"session": "http://127.0.0.1:1/s", "size": len(PNG), "offset": 0, "at": NOW.isoformat(), "asked": 5}
STATE |= {"video_id": "abcdefghijk", "kept": {}}
FILM = Media(sha256=blobs.keep(PNG), mime="video/mp4", captions=blobs.keep(b"WEBVTT"))
MEDIA = {"youtube": (FILM,)}
TARGETS = {"bluesky": "at://1/app.bsky.feed.post/1"}


def account(platform: str) -> Account:
    return Account(
        platform=platform,
        handle="PD",
        remote_id="1",
        api_base="http://127.0.0.1:1",
        secrets={"access_token": "s3cret-token"},
        blobs=blobs,
    )


def steps(platform: str) -> list[Step]:
    found = [Step(name=f"{name}-1", repeatable=True, payload=IMAGE) for name in ("photo", "upload", "describe")]
    for act in Act:
        outgoing = Outgoing(
            act=act,
            key="k",
            planned_at=NOW,
            text="a @b.example",
            media=MEDIA.get(platform, ()),
            target=Target(remote_id=TARGETS.get(platform, "1_2")),
        )
        with suppress(NotSupported):
            found += get(platform).plan(outgoing)
    known = {"facebook": {"photo"}, "x": {"upload", "describe"}, "mastodon": {"upload"}, "bluesky": {"upload"}}.get(
        platform, set()
    )
    return [s for s in found if s.name.partition("-")[0] in known or "number" not in s.payload]


@pytest.mark.parametrize("platform", SPEAKERS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(answer=answers)
def test_any_answer_to_a_step_is_understood_or_doubted(platform: str, answer: Answer) -> None:
    logging.getLogger("connectors.base").disabled = True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, "request", lambda *_, **__: answer)
        for step in steps(platform):
            came = outcome(lambda step=step: get(platform).run(account(platform), step, dict(STATE)))
            assert isinstance(came, ConnectorError | Done | Next | Wait)
            assert not (isinstance(came, Uncertain) and step.repeatable)
            json.dumps(getattr(came, "state", None))


@pytest.mark.parametrize("platform", SPEAKERS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(answer=answers)
def test_any_answer_to_a_read_is_understood_or_temporary(platform: str, answer: Answer) -> None:
    logging.getLogger("connectors.base").disabled = True
    connector, known = get(platform), account(platform)
    remote = Remote(remote_id=TARGETS.get(platform, "1_2"), url="", text="", created_at=NOW, ours=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, "request", lambda *_, **__: answer)
        for read in (
            lambda: connector.list_own(known, None, None),
            lambda: connector.fetch_comments(known, remote, None),
            lambda: connector.metrics(known, [remote]),
            lambda: connector.verify(known),
        ):
            assert not isinstance(outcome(read), Uncertain)


def outcome(act: Callable[[], Any]) -> Any:
    """Return what came of it: a result, or one of the contract's errors."""
    try:
        return act()
    except ConnectorError as error:
        return error
