"""A log around the HTTP layer that checks each call, and each answer, against the platform's own spec.

Where the specs are not at hand the calls are only written down; `test_specs.py` says so.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.http import Answer
from tests.connectors import bluesky_spec, facebook_spec, mastodon_spec, nixle_spec, x_spec, youtube_spec


@dataclass
class Call:
    """One request as the connector worded it, with its answer."""

    method: str
    path: str
    query: dict[str, str]
    json: Any
    form: dict[str, Any]
    headers: dict[str, str]
    body: bytes | None = None
    answer: Answer | None = None


@dataclass
class Log:
    """All calls of a test, oldest first."""

    calls: list[Call] = field(default_factory=list)

    def around(self, request: Callable[..., Answer]) -> Callable[..., Answer]:
        """Wrap the layer's `request`."""

        def recorded(method: str, url: str, **given: Any) -> Answer:
            parts = urlsplit(url)
            call = Call(
                method=method,
                path=parts.path,
                query=dict(parse_qsl(parts.query)),
                json=given.get("json"),
                form={**(given.get("form") or {}), **(given.get("multipart") or {})},
                headers=dict(given["headers"]),
                body=given.get("body"),
            )
            self.calls.append(call)
            _check_request(call)
            call.answer = request(method, url, **given)
            _check_answer(call)
            return call.answer

        return recorded

    def paths(self) -> list[str]:
        """Return `METHOD last-part-of-path` of each call."""
        return [f"{call.method} {call.path.rpartition('/')[2]}" for call in self.calls]


def _check_request(call: Call) -> None:
    if "/xrpc/" in call.path:
        sent = call.json if call.json is not None else call.body
        name = call.path.rpartition("/")[2]
        bluesky_spec.check_request(call.method, name, call.query, sent, call.headers.get("Content-Type", ""))
    elif call.path.startswith("/x/"):
        x_spec.check_request(call.method, call.path.removeprefix("/x"), call.query, call.json, call.form)
    elif call.path.startswith("/facebook/"):
        path = call.path.removeprefix("/facebook/v25.0/")
        facebook_spec.check_request(call.method, path, {**call.query, **call.form})
    elif call.path.startswith("/youtube/"):
        youtube_spec.check_request(
            call.method, call.path.removeprefix("/youtube"), call.query, call.json, call.headers, call.body
        )
    elif call.path.startswith("/nixle/"):
        sent = call.json if call.json is not None else {**call.query, **call.form}
        nixle_spec.check_request(call.method, call.path.removeprefix("/nixle"), sent)
    elif call.path.startswith("/mastodon/"):
        path = call.path.removeprefix("/mastodon")
        mastodon_spec.check_request(call.method, path, call.query, call.json, call.form, call.headers)


def _check_answer(call: Call) -> None:
    assert call.answer is not None
    body = call.answer.json()
    if call.path.startswith("/mastodon/") and call.answer.body[:1] == b"[":
        return mastodon_spec.check_answer(  # a list as it is
            call.method, call.path.removeprefix("/mastodon"), call.answer.status, json.loads(call.answer.body)
        )
    if call.path.startswith("/youtube/") and (body is not None or not call.answer.body):
        return youtube_spec.check_answer(  # an answer without a body is one, too
            call.method, call.path.removeprefix("/youtube"), call.answer.status, body
        )
    if body is None:
        return  # a fault made it unreadable
    if "/xrpc/" in call.path:
        bluesky_spec.check_answer(call.path.rpartition("/")[2], call.answer.status, body)
    elif call.path.startswith("/x/"):
        x_spec.check_answer(call.method, call.path.removeprefix("/x"), call.answer.status, body)
    elif call.path.startswith("/facebook/"):
        facebook_spec.check_answer(call.method, call.path.removeprefix("/facebook/v25.0/"), body)
    elif call.path.startswith("/nixle/"):
        nixle_spec.check_answer(call.method, call.path.removeprefix("/nixle"), call.answer.status, body)
    elif call.path.startswith("/mastodon/"):
        mastodon_spec.check_answer(call.method, call.path.removeprefix("/mastodon"), call.answer.status, body)
