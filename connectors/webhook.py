"""The signed webhook: every post as an event to one https address an administrator named.

Receivers drop repeats by `webhook-id`, so every failure may be tried again with the same bytes and nothing is ever
uncertain. The body is built from the allow-list below, from what was approved and nothing else. Facts and the table
of answers: docs/webhooks.md.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from connectors import composing, http
from connectors.base import BaseConnector
from connectors.contract import (
    Account,
    Act,
    Done,
    Health,
    Outgoing,
    Policy,
    Receipt,
    Result,
    State,
    Step,
)
from connectors.errors import ConnectorError, Misconfigured, NotAuthorised, NotSupported, Refused, Temporary
from connectors.redaction import redact
from connectors.webhook_signing import signature

WITHIN_S = 10.0
ANSWER_BYTES = 64 * 1024
KEPT_CHARS = 1024  # of an answer, beside the attempt
ALERT = "safety_alert"
AGAIN = frozenset({408, 425, 429})
PING_ID = "ping-"
_WORDS = {
    Act.PUBLISH: ("post.published", "alert.issued"),
    Act.EDIT: ("post.updated", "alert.updated"),
    Act.WITHDRAW: ("post.withdrawn", "alert.cancelled"),
}


class Webhook(BaseConnector):
    """Tells one endpoint."""

    platform: ClassVar[str] = "webhook"
    ambiguous_policy: ClassVar[Policy] = Policy.REPEAT

    def plan(self, outgoing: Outgoing) -> tuple[Step, ...]:
        """One event, its body as text that is sent byte for byte. Pure.

        Raises NotSupported for acts that are no event, Misconfigured without what they are done to.
        """
        if outgoing.act not in _WORDS:
            raise NotSupported(f"webhook cannot {outgoing.act.value}: it tells of posts, changes and withdrawals")
        if outgoing.act is not Act.PUBLISH and outgoing.target is None:
            raise Misconfigured(f"a {outgoing.act.value} needs a target: set Outgoing.target")
        payload = {"id": outgoing.key, "post": _post_id(outgoing), "body": canonical(event(outgoing))}
        return (Step(name=outgoing.act.value, repeatable=True, payload=payload),)

    def run(self, account: Account, step: Step, state: State) -> Result:
        """Send the stored body, signed for this moment."""
        answer = _send(account, str(step.payload["id"]), str(step.payload["body"]).encode())
        raw = {"http_status": answer.status, "words": _words(answer, account)}
        return Done(Receipt(remote_id=str(step.payload["post"]), url="", raw=raw))

    def verify(self, account: Account) -> Health:
        """Send a `ping`: the endpoint is good when it takes one."""
        try:
            answer = ping(account, now=datetime.now(UTC))
        except (NotAuthorised, Refused) as error:
            return Health(ok=False, warnings=(f"The endpoint did not take a ping: {error}.",))
        return Health(ok=True, warnings=(f"It answered {answer.status}.",))


def ping(account: Account, *, now: datetime) -> http.Answer:
    """Send a signed `ping`; returns a 2xx answer, raises what any other means."""
    body = canonical({"type": "ping", "timestamp": _moment(now), "data": {}})
    return _send(account, f"{PING_ID}{int(now.timestamp() * 1000)}", body.encode())


def event(outgoing: Outgoing) -> dict[str, Any]:
    """The whole event. Every field stands here by name; nothing of a post gets out by being added elsewhere.

    `version` only grows (Unix seconds of the plan): a receiver keeps the highest it has seen of an `id`.
    """
    plain = outgoing.act is Act.WITHDRAW
    text = "" if plain else composing.compose("webhook", outgoing)
    return {
        "type": _WORDS[outgoing.act][outgoing.kind == ALERT],
        "timestamp": _moment(outgoing.planned_at),
        "data": {
            "id": _post_id(outgoing),
            "version": int(outgoing.planned_at.timestamp()),
            "title": outgoing.title,
            "text": text,
            "html": composing.as_html(text),
            "lang": outgoing.language,
            "media": []
            if plain
            else [
                {"url": item.url or None, "alt": item.alt, "type": item.mime, "sha256": item.sha256}
                for item in outgoing.media
            ],
            "canonical_url": outgoing.link,
            "cap_url": None,
        },
    }


def canonical(value: dict[str, Any]) -> str:
    """JSON with sorted keys and no spaces."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _post_id(outgoing: Outgoing) -> str:
    """The id of the copy, the same in every event about it."""
    return outgoing.target.remote_id if outgoing.target else outgoing.key


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _send(account: Account, message_id: str, body: bytes) -> http.Answer:
    """One POST; returns a 2xx answer, raises what any other means."""
    timestamp = int(datetime.now(UTC).timestamp())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(key, message_id, timestamp, body) for key in _keys(account, timestamp)),
    }
    answer = http.request(
        "POST",
        endpoint(account),
        headers=headers,
        body=body,
        timeout_s=WITHIN_S,
        keep_bytes=ANSWER_BYTES,
        repeatable=True,
    )
    if 200 <= answer.status < 300:
        return answer
    raise as_error(answer, account)


def endpoint(account: Account) -> str:
    """The address to call; raises Misconfigured for none, no https, a port nobody allowed.

    In training (mode sandbox) nothing leaves but for what OUTBOUND_ALLOW names.
    """
    url = account.api_base
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:
        host, port, parts = "", 0, urlsplit("")
    if not host or "@" in parts.netloc:
        raise Misconfigured("the webhook has no address that can be called: set its endpoint on the channel's page")
    if not http.is_allowed(host, port) and (parts.scheme != "https" or port != 443):
        raise Misconfigured(f"{host}:{port} is not https on port 443; OUTBOUND_ALLOW may name it")
    if account.mode == "sandbox" and not http.is_allowed(host, port):
        raise Misconfigured(f"this webhook is in training: events do not leave for {host}:{port}")
    return url


def _keys(account: Account, now: int) -> list[str]:
    """The secret in use, and the one before it while the receiver may still check with that."""
    secret = account.secrets.get("secret", "")
    if not secret:
        raise Misconfigured("the webhook has no secret: make one on the channel's page")
    before, until = account.secrets.get("previous", ""), account.secrets.get("previous_until", "")
    return [secret, before] if before and until.isdecimal() and now < int(until) else [secret]


def as_error(answer: http.Answer, account: Account) -> ConnectorError:
    """What an answer other than 2xx means (docs/webhooks.md)."""
    facts: dict[str, Any] = {"status": answer.status, "body": _words(answer, account)}
    if answer.status in AGAIN or answer.status >= 500:
        wait = _retry_after(answer)
        limited = answer.status == 429 and wait is not None
        return Temporary(f"it answered {answer.status}", retry_after=wait, rate_limited=limited, **facts)
    if answer.status == 410:
        return NotAuthorised("it says that this address is gone for good (410)", **facts)
    if 300 <= answer.status < 400:
        return Refused(
            f"it answered {answer.status}, a redirect, which is never followed",
            cure="Set the endpoint to the address where it really is.",
            **facts,
        )
    return Refused(f"it answered {answer.status}", cure="Ask whoever runs the endpoint.", **facts)


def _retry_after(answer: http.Answer) -> float | None:
    said = answer.headers.get("retry-after", "")
    if said.isdecimal():
        return float(min(int(said), 86_400))
    try:
        wait = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(wait, 1.0), 86_400.0)


def _words(answer: http.Answer, account: Account) -> str:
    """The beginning of what it answered, without secrets and without what no database stores."""
    said = answer.body[: KEPT_CHARS * 4].decode("utf-8", "replace").replace("\x00", "")
    return redact(said, account.secrets.values())[:KEPT_CHARS]
