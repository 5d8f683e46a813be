"""How YouTube's Data API v3 is called (OAuth 2), how a file is sent to an upload session, and what its errors mean.

Paths and parameters: the vendor's discovery document, revision 20261104, against which the tests check every request.
Reasons and limits: its pages "Errors" and "Quota calculator" (2026). The upload protocol is Google's own
("resumable uploads"). What is said lives in `youtube`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from connectors import account as account_of
from connectors import http
from connectors.contract import Account
from connectors.errors import ConnectorError, Misconfigured, NotAuthorised, Refused, Temporary, Uncertain
from connectors.redaction import redact

Method = Literal["GET", "POST", "PUT", "DELETE"]
LIVE_BASE = "https://youtube.googleapis.com"
LIVE_TOKEN = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address
GOOGLE = "googleapis.com"
PACIFIC = ZoneInfo("America/Los_Angeles")  # quotas end at its midnight
A_DAY_S = 24 * 3600.0
DAILY = frozenset({"quotaExceeded", "dailyLimitExceeded"})
TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
CHANNELS_CAP = "uploadLimitExceeded"
GONE = frozenset({"videoNotFound", "commentNotFound", "notFound", "processingFailure"})
LOST = (404, 410)  # an upload session that is no longer there
CURES = {
    "invalidTitle": "Write a title of at most 100 characters, without < and >.",
    "invalidDescription": "Write a description of at most 5,000 bytes, without < and >.",
    "invalidTags": "Look at the setting tags of the channel.",
    "invalidCategoryId": "Look at the setting category of the channel.",
    "forbidden": "Somebody who manages the channel must connect it again, with all permissions.",
    "insufficientPermissions": "Somebody who manages the channel must connect it again, with all permissions.",
    "youtubeSignupRequired": "Make a YouTube channel for this Google account first.",
    "authenticatedUserAccountSuspended": "YouTube has suspended the account: look there.",
    "commentsDisabled": "Comments are switched off for this video.",
}
_RANGE = re.compile(r"bytes=0-(\d+)")


def call(
    account: Account,
    method: Method,
    path: str,
    *,
    repeatable: bool,
    query: Mapping[str, str],
    json: Any = None,
) -> dict[str, Any]:
    """Make one call under `/youtube/v3/` and return its JSON object, empty where the answer has no body.

    Raises the errors of `errors`; `repeatable` says which way doubt falls.
    """
    url = f"{base(account)}/youtube/v3/{path}?{urlencode(query)}"
    answer = http.request(method, url, headers=_headers(account), json=json, repeatable=repeatable)
    return _object(answer, account, repeatable)


def start_session(account: Account, query: Mapping[str, str], video: Mapping[str, Any], mime: str, size: int) -> str:
    """Announce a film and return the address its bytes go to: a credential, good for days. Nothing shows by it."""
    url = f"{base(account)}/resumable/upload/youtube/v3/videos?{urlencode(query)}"
    headers = {
        **_headers(account),
        "X-Upload-Content-Type": mime,
        "X-Upload-Content-Length": str(size),
    }
    answer = http.request("POST", url, headers=headers, json=video, repeatable=True)
    address = answer.headers.get("location", "")
    if not 200 <= answer.status < 300 or not address:
        raise as_error(answer, account, True)
    return _own_address(account, address)


def send(account: Account, session: str, chunk: bytes, content_range: str) -> http.Answer:
    """Send a piece of a film, or ask with none how far it has got; the answer is for `received` and `as_error`."""
    headers = {**_headers(account), "Content-Range": content_range}
    return http.request("PUT", _own_address(account, session), headers=headers, body=chunk, repeatable=True)


def send_caption(account: Account, query: Mapping[str, str], body: bytes, content_type: str) -> dict[str, Any]:
    """Send one track of captions with what describes it, both in one body."""
    url = f"{base(account)}/upload/youtube/v3/captions?{urlencode(query)}"
    headers = {**_headers(account), "Content-Type": content_type}
    return _object(http.request("POST", url, headers=headers, body=body, repeatable=True), account, True)


def received(answer: http.Answer) -> int:
    """Return how many bytes a session has, from its 308: no range = none."""
    found = _RANGE.fullmatch(answer.headers.get("range", "").strip())
    return int(found[1]) + 1 if found else 0


def renewed(account: Account) -> dict[str, str]:
    """Trade the refresh token for a new access token; Google sends a new refresh token only when it changes."""
    secrets = account.secrets
    form = {
        "grant_type": "refresh_token",
        "refresh_token": secrets["refresh_token"],
        "client_id": secrets.get("client_id", ""),
        "client_secret": secrets.get("client_secret", ""),
    }
    url = f"{base(account)}/token" if account.api_base else LIVE_TOKEN
    answer = http.request("POST", url, headers={"Accept": "application/json"}, form=form, repeatable=True)
    body = answer.json() or {}
    if answer.status == 200 and body.get("access_token"):
        names = ("access_token", "refresh_token", "expires_in", "scope")
        return {name: str(body[name]) for name in names if body.get(name)}
    if body.get("error") in ("invalid_grant", "invalid_client", "unauthorized_client"):
        raise NotAuthorised("Google no longer renews this sign-in: connect the channel again", status=answer.status)
    raise as_error(answer, account, True)


def base(account: Account) -> str:
    """Return the address below which everything lies; raises Misconfigured in sandbox mode without one."""
    return account_of.base(account, LIVE_BASE)


def channel(account: Account) -> str:
    """Return the channel's id; raises Misconfigured when there is none."""
    if not account.remote_id:
        raise Misconfigured("the YouTube channel's id is not set: connect the account (Account.remote_id)")
    return account.remote_id


def as_error(answer: http.Answer, account: Account, repeatable: bool) -> ConnectorError:
    """Return what this answer means, by the reason it names."""
    error = _error_object(answer)
    reason, words = _reason(error), str(error.get("message") or f"HTTP {answer.status}")
    message = redact(words, account.secrets.values())
    facts: dict[str, Any] = {
        "status": answer.status,
        "code": reason,
        "request_id": answer.headers.get("x-guploader-uploadid", ""),
        "body": redact(answer.text()[:8192], account.secrets.values()),
    }
    if answer.status == 401:
        return NotAuthorised(message, **facts)
    if reason in DAILY:
        return Temporary(message, retry_after=_until_midnight_s(), rate_limited=True, **facts)
    if reason in TOO_FAST or answer.status == 429:
        return Temporary(message, retry_after=_seconds(answer), rate_limited=True, **facts)
    if reason == CHANNELS_CAP:  # this film waits; the channel's comments and edits go on
        return Temporary(message, retry_after=A_DAY_S, **facts)
    if 400 <= answer.status < 500 and error:
        return Refused(message, cure=CURES.get(reason, ""), **facts)
    return Temporary(message, **facts) if repeatable else Uncertain(message, **facts)


def is_gone(error: Refused) -> bool:
    """Return True for "there is no such video (or comment, any more)"."""
    return error.status == 404 or error.code in GONE


def _object(answer: http.Answer, account: Account, repeatable: bool) -> dict[str, Any]:
    if 200 <= answer.status < 300:
        if not answer.body:
            return {}
        body = answer.json()
        if body is not None and "error" not in body:
            return body
    raise as_error(answer, account, repeatable)


def _headers(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bearer {account_of.token(account)}", "Accept": "application/json"}


def _own_address(account: Account, address: str) -> str:
    """Return a session's address where it is one of Google's (or of the account's own host): the token goes there."""
    parts, own = urlsplit(address), urlsplit(base(account))
    host = parts.hostname or ""
    google = parts.scheme == "https" and (host == GOOGLE or host.endswith(f".{GOOGLE}")) and "@" not in parts.netloc
    if (parts.scheme, parts.netloc) == (own.scheme, own.netloc) or google:
        return address
    raise Temporary("YouTube named an upload address that is not Google's", status=200)


def _error_object(answer: http.Answer) -> dict[str, Any]:
    error = (answer.json() or {}).get("error")
    return error if isinstance(error, dict) else {}


def _reason(error: Mapping[str, Any]) -> str:
    several = error.get("errors")
    first = several[0] if isinstance(several, list) and several else {}
    return str(first.get("reason") or "") if isinstance(first, dict) else ""


def _until_midnight_s() -> float:
    """Return seconds until quotas start anew: the next midnight of the Pacific coast."""
    now = datetime.now(UTC)
    tomorrow = now.astimezone(PACIFIC).date() + timedelta(days=1)
    midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=PACIFIC)
    return float(math.ceil((midnight - now).total_seconds()))


def _seconds(answer: http.Answer) -> float | None:
    given = answer.headers.get("retry-after", "")
    return float(given) if given.isdecimal() else None
