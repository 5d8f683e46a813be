"""How the Everbridge Suite is called (OAuth 2 client credentials or Basic) and what its errors mean.

Everbridge's own pages and its published interface descriptions of 2026 are the source; they carry no licence, so no
copy of them is kept. Its error bodies hold one free text, `message`. What is said lives in `nixle`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote, urlencode

from connectors import account as account_of
from connectors import http
from connectors.contract import Account
from connectors.errors import ConnectorError, Misconfigured, NotAuthorised, Refused, Temporary, Uncertain
from connectors.redaction import redact

Method = Literal["GET", "POST"]
LIVE_BASE = "https://api.everbridge.net"  # Europe: https://api.everbridge.eu, as the channel's address
LOWEST_REFUSAL, FIRST_FAILURE = 400, 500


def call(
    account: Account,
    method: Method,
    path: str,
    *,
    repeatable: bool,
    query: Mapping[str, str] | None = None,
    json: Any = None,
) -> dict[str, Any]:
    """Make one call under `/rest/` and return its JSON object.

    `path` is already quoted. Raises the errors of `errors`; `repeatable` says which way doubt falls.
    """
    url = f"{base(account)}/rest/{path}" + (f"?{urlencode(query)}" if query else "")
    headers = {"Authorization": _authorization(account), "Accept": "application/json"}
    answer = http.request(method, url, headers=headers, json=json, repeatable=repeatable)
    body = answer.json()
    if 200 <= answer.status < 300 and body is not None:
        return body
    raise as_error(answer, account, repeatable)


def new_token(account: Account) -> dict[str, str]:
    """Trade the client's id and secret for a token of about eight hours; nothing else is needed to renew it."""
    secrets = account.secrets
    form = {
        "grant_type": "client_credentials",
        "client_id": secrets["client_id"],
        "client_secret": secrets["client_secret"],
    }
    url = f"{base(account)}/authorization/v1/tokens"
    answer = http.request("POST", url, headers={"Accept": "application/json"}, form=form, repeatable=True)
    body = answer.json() or {}
    if answer.status == 200 and body.get("access_token"):
        return {key: str(body[key]) for key in ("access_token", "expires_in") if body.get(key)}
    if answer.status in (400, 401, 403):
        raise NotAuthorised("Everbridge refuses the client id and secret", status=answer.status)
    raise as_error(answer, account, True)


def base(account: Account) -> str:
    """Return the address below which `/rest/` lies; raises Misconfigured in sandbox mode without one."""
    return account_of.base(account, LIVE_BASE)


def organization(account: Account) -> str:
    """Return the organization's id as it may stand in a path; raises Misconfigured when there is none."""
    if not account.remote_id:
        raise Misconfigured("the Everbridge organization id is not set: connect the account (Account.remote_id)")
    return node(account.remote_id)


def node(remote_id: str) -> str:
    """Return an id as it may stand in a path."""
    return quote(remote_id, safe="")


def as_error(answer: http.Answer, account: Account, repeatable: bool) -> ConnectorError:
    """Return what this answer means. The vendor says of 500 "try again"; a text to thousands of phones is not."""
    words = (answer.json() or {}).get("message")
    known = isinstance(words, str) and bool(words)
    message = redact(str(words) if known else f"HTTP {answer.status}", account.secrets.values())
    facts: dict[str, Any] = {
        "status": answer.status,
        "request_id": answer.headers.get("x-amzn-requestid", ""),
        "body": redact(answer.text()[:8192], account.secrets.values()),
    }
    if answer.status == 401:
        return NotAuthorised(message, **facts)
    if answer.status == 429:
        return Temporary(message, retry_after=_seconds(answer), rate_limited=True, **facts)
    if LOWEST_REFUSAL <= answer.status < FIRST_FAILURE and known:
        return Refused(message, **facts)
    return Temporary(message, **facts) if repeatable else Uncertain(message, **facts)


def is_gone(error: Refused) -> bool:
    """Return True for "there is no such notification"."""
    return error.status == 404


def _seconds(answer: http.Answer) -> float | None:
    """Return when to come back, where it is said at all: Everbridge promises no such header."""
    given = answer.headers.get("retry-after", "")
    return float(given) if given.isdecimal() else None


def _authorization(account: Account) -> str:
    secrets = account.secrets
    if secrets.get("access_token"):
        return f"Bearer {secrets['access_token']}"
    if secrets.get("username") and secrets.get("password"):
        pair = f"{secrets['username']}:{secrets['password']}".encode()
        return f"Basic {b64encode(pair).decode()}"
    raise Misconfigured(
        f"{account.handle or account.platform} has neither an access_token nor username and password: "
        "connect the account"
    )
