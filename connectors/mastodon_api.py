"""How a Mastodon server is called, what its errors mean, and what it says of its own limits. What is said: `mastodon`.

Sources: docs.joinmastodon.org (API 4.7, August 2026) and its OpenAPI file, against which the tests check every request.
Servers that only speak the API differ: errors may be plain text or HTML, limits are others, and none of those known
keeps an Idempotency-Key. So the server is asked, and nothing is assumed.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from connectors import account as account_of
from connectors import http
from connectors.contract import Account
from connectors.errors import ConnectorError, Misconfigured, NotAuthorised, Refused, Temporary, Uncertain
from connectors.redaction import redact

Method = Literal["GET", "POST", "PUT", "DELETE"]
REFUSALS = frozenset({400, 403, 404, 410, 413, 422})
BARE_REFUSALS = frozenset({400, 413, 422})  # believed without Mastodon's own error body: look-alikes and proxies
LIMITS_FOR_S, TRY_AGAIN_S = 24 * 3600.0, 300.0
_BAD_TOKEN = re.compile(r"(?i)invalid (bearer|access) token")
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*rel="?next"?')


def call(
    account: Account,
    method: Method,
    path: str,
    *,
    repeatable: bool,
    query: Mapping[str, str] | None = None,
    json: Any = None,
    multipart: Mapping[str, str | http.FilePart] | None = None,
    headers: Mapping[str, str] | None = None,
) -> http.Answer:
    """Make one call with the account's token and return a good answer (2xx), whatever its body.

    Raises the errors of `errors`; `repeatable` says which way doubt falls.
    """
    url = f"{base(account)}/{path}" + (f"?{urlencode(query)}" if query else "")
    answer = http.request(
        method,
        url,
        headers={
            "Authorization": f"Bearer {account_of.token(account)}",
            "Accept": "application/json",
            **(headers or {}),
        },
        json=json,
        multipart=multipart,
        repeatable=repeatable,
    )
    if 200 <= answer.status < 300:
        return answer
    raise as_error(answer, account, repeatable)


def read(answer: http.Answer, repeatable: bool) -> dict[str, Any]:
    """Return an answer's JSON object; Temporary, or Uncertain where the call may have shown something."""
    body = answer.json()
    if body is None or "error" in body:
        what = "the Mastodon server answered in a way we cannot read"
        raise (Temporary if repeatable else Uncertain)(what, status=answer.status)
    return body


def base(account: Account) -> str:
    """Return the account's own server; raises Misconfigured when it is not known."""
    if not account.api_base:
        raise Misconfigured(f"{account.handle} has no server: set the channel's api_base (https://its-server)")
    return account.api_base.rstrip("/")


def node(remote_id: str) -> str:
    """Return an id as it may stand in a path; raises Misconfigured when there is none."""
    if not remote_id:
        raise Misconfigured("the Mastodon account id is not set: connect the account (Account.remote_id)")
    return quote(remote_id, safe="")


def next_page(answer: http.Answer) -> str | None:
    """Return `max_id` of the `Link` header's next page, or None. The address itself is never followed."""
    found = _NEXT.search(answer.headers.get("link", ""))
    values = parse_qs(urlsplit(found[1]).query).get("max_id") if found else None
    return values[0] if values else None


def as_error(answer: http.Answer, account: Account, repeatable: bool) -> ConnectorError:
    """Return what this answer means, by the table of the module's sources."""
    body = answer.json() or {}
    told = body.get("error")
    words = " – ".join(str(word) for word in (told, body.get("error_description")) if word)
    text = answer.text()[:8192]
    message = redact(words or f"HTTP {answer.status}", account.secrets.values())
    facts: dict[str, Any] = {
        "status": answer.status,
        "request_id": answer.headers.get("x-request-id", ""),
        "body": redact(text, account.secrets.values()),
    }
    if answer.status == 401 or (answer.status == 400 and _BAD_TOKEN.search(text)):
        return NotAuthorised(message, **facts)
    if answer.status == 429:
        return Temporary(message, retry_after=_reset_s(answer), rate_limited=True, **facts)
    if answer.status in BARE_REFUSALS or (answer.status in REFUSALS and told):
        gone = "gone" if answer.status in (404, 410) else ""
        return Refused(message, code=gone, cure=_cure(answer.status), **facts)
    return Temporary(message, **facts) if repeatable else Uncertain(message, **facts)


def is_gone(error: Refused) -> bool:
    """Return True for "there is no such post (any more)", said by Mastodon and not by something before it."""
    return error.code == "gone"


def _cure(status: int) -> str:
    if status == 403:
        return "The token lacks a permission, or the server holds the account back: connect the account again."
    return "Use a smaller file." if status == 413 else ""


def _reset_s(answer: http.Answer) -> float | None:
    """Return seconds until `X-RateLimit-Reset` (an ISO time), by the server's own clock where it tells it."""
    try:
        reset = datetime.fromisoformat(answer.headers["x-ratelimit-reset"])
    except (KeyError, ValueError):
        return None
    try:
        now = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        now = datetime.now(UTC)
    return max((_aware(reset) - _aware(now)).total_seconds(), 1.0)


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one server says of itself; None = it does not say. `keeps_keys`: Mastodon, which keeps Idempotency-Keys."""

    max_text: int | None = None
    url_length: int | None = None
    max_media: int | None = None
    max_bytes: int | None = None
    alt_max: int | None = None
    mime: tuple[str, ...] = ()
    version: str = ""
    keeps_keys: bool = False


_known: dict[str, tuple[float, Limits]] = {}
_known_lock = threading.Lock()


def limits(account: Account) -> Limits:
    """Return what the account's server says, asked once in 24 hours and process.

    A server that cannot be asked says nothing (`Limits()`); it is asked again after five minutes.
    """
    where = base(account)
    with _known_lock:
        until, known = _known.get(where, (0.0, Limits()))
    if time.monotonic() < until:
        return known
    try:
        found, lasts = ask_limits(account), LIMITS_FOR_S
    except ConnectorError:
        found, lasts = known, TRY_AGAIN_S
    with _known_lock:
        _known[where] = (time.monotonic() + lasts, found)
    return found


def forget_limits() -> None:
    """Ask every server anew from now on."""
    with _known_lock:
        _known.clear()


def ask_limits(account: Account) -> Limits:
    """Read `/api/v2/instance`, or version 1 of it where there is none. Raises the errors of `errors`."""
    try:
        return limits_of(read(call(account, "GET", "api/v2/instance", repeatable=True), True))
    except (Refused, Temporary) as error:
        if error.status not in (200, 404):
            raise
    return limits_of(read(call(account, "GET", "api/v1/instance", repeatable=True), True))


def limits_of(body: Mapping[str, Any]) -> Limits:
    """Read an instance's own description of itself, either version. Pure."""
    rules = _part(body, "configuration")
    statuses, media = _part(rules, "statuses"), _part(rules, "media_attachments")
    kinds = media.get("supported_mime_types")
    return Limits(
        max_text=_number(statuses.get("max_characters") or body.get("max_toot_chars")),
        url_length=_number(statuses.get("characters_reserved_per_url")),
        max_media=_number(statuses.get("max_media_attachments")),
        max_bytes=_number(media.get("image_size_limit")),
        alt_max=_number(media.get("description_limit")),
        mime=tuple(str(kind) for kind in kinds) if isinstance(kinds, list) else (),
        version=str(body.get("version") or ""),
        keeps_keys=_number(_part(body, "api_versions").get("mastodon")) is not None,
    )


def limits_from(kept: Mapping[str, Any]) -> Limits:
    """Read limits that were kept as JSON; what does not fit is left out."""
    known = {name: _number(kept.get(name)) for name in ("max_text", "url_length", "max_media", "max_bytes", "alt_max")}
    mime = kept.get("mime")
    return Limits(
        **known,
        mime=tuple(map(str, mime)) if isinstance(mime, list) else (),
        version=str(kept.get("version") or ""),
        keeps_keys=kept.get("keeps_keys") is True,
    )


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
