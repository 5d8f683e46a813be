"""How X's API v2 is called (OAuth 2 bearer or 1.0a) and what its errors mean. What is said lives in `x`.

Two error bodies are documented: `application/problem+json` with one of nine types, and `{"code",
"message"}`; any other
answer on a call that can show something is Uncertain.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import quote, urlencode

from oauthlib import oauth1

from connectors import account as account_of
from connectors import http
from connectors.contract import Account
from connectors.errors import (
    ConnectorError,
    Duplicate,
    Misconfigured,
    NotAuthorised,
    Refused,
    Temporary,
    Uncertain,
)
from connectors.redaction import redact

Method = Literal["GET", "POST", "PUT", "DELETE"]
LIVE_BASE = "https://api.x.com"
PROBLEMS = "https://api.x.com/2/problems/"
KNOWN_PROBLEMS = frozenset(
    PROBLEMS + name
    for name in (
        "disallowed-resource",
        "field-hydration-failure",
        "field-unauthorized",
        "internal-error",
        "invalid-request",
        "not-authorized-for-field",
        "not-authorized-for-resource",
        "resource-not-found",
        "resource-unavailable",
    )
)
NOT_FOUND = PROBLEMS + "resource-not-found"
UNNAMED = "about:blank"
OAUTH1_KEYS = ("consumer_key", "consumer_secret", "oauth_token", "oauth_token_secret")
SAME_TEXT_CURE = "X already shows this text; change a word."


def call(
    account: Account,
    method: Method,
    path: str,
    *,
    repeatable: bool,
    query: Mapping[str, str] | None = None,
    json: Any = None,
    multipart: Mapping[str, str | http.FilePart] | None = None,
) -> dict[str, Any]:
    """Make one call under `/2/` and return its JSON object.

    Raises the errors of `errors`; `repeatable` says which way doubt falls.
    """
    url = f"{base(account)}/2/{path}" + (f"?{urlencode(query)}" if query else "")
    answer = http.request(
        method,
        url,
        headers={"Authorization": _authorization(account, method, url), "Accept": "application/json"},
        json=json,
        multipart=multipart,
        repeatable=repeatable,
    )
    body = answer.json()
    if 200 <= answer.status < 300 and body is not None and ("data" in body or "errors" not in body):
        return body
    raise as_error(answer, account, repeatable)


def renewed(account: Account) -> dict[str, str]:
    """Trade the refresh token for a new pair; refresh tokens rotate, so save the result before use."""
    secrets = account.secrets
    form = {
        "grant_type": "refresh_token",
        "refresh_token": secrets["refresh_token"],
        "client_id": secrets.get("client_id", ""),
    }
    url = f"{base(account)}/2/oauth2/token"
    answer = http.request("POST", url, headers=_own_proof(secrets), form=form, repeatable=True)
    body = answer.json() or {}
    if answer.status != 200 or not body.get("access_token"):
        if 400 <= answer.status < 500 and answer.status != 429:
            raise NotAuthorised("X refuses the refresh token: connect the account again", status=answer.status)
        raise as_error(answer, account, True)
    fresh = {key: str(body[key]) for key in ("access_token", "refresh_token", "expires_in") if body.get(key)}
    return {**secrets, **fresh}


def _own_proof(secrets: Mapping[str, str]) -> dict[str, str]:
    """An app that has a secret proves itself with it; one without only says its id."""
    if not secrets.get("client_secret"):
        return {}
    pair = f"{quote(secrets.get('client_id', ''), safe='')}:{quote(secrets['client_secret'], safe='')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def base(account: Account) -> str:
    """Return the address below which `/2/` lies; raises Misconfigured in sandbox mode without one."""
    return account_of.base(account, LIVE_BASE)


def node(remote_id: str) -> str:
    """Return an id as it may stand in a path; raises Misconfigured when there is none."""
    if not remote_id:
        raise Misconfigured("the X user id is not set: connect the account (Account.remote_id)")
    return quote(remote_id, safe="")


def as_error(answer: http.Answer, account: Account, repeatable: bool) -> ConnectorError:
    """Return what this answer means, by the table of the module's sources."""
    problem = _problem(answer)
    kind = str(problem.get("type") or "")
    words = str(problem.get("detail") or problem.get("message") or problem.get("title") or "")
    message = redact(words or f"HTTP {answer.status}", account.secrets.values())
    facts: dict[str, Any] = {
        "status": answer.status,
        "code": kind.removeprefix(PROBLEMS) or str(problem.get("code") or ""),
        "request_id": answer.headers.get("x-transaction-id", ""),
        "body": redact(answer.text()[:8192], account.secrets.values()),
    }
    if answer.status == 401:
        return NotAuthorised(message, **facts)
    if answer.status in (402, 429):
        return Temporary(message, retry_after=_reset_s(answer), rate_limited=True, **facts)
    if answer.status == 403 and "duplicate content" in words.lower():
        return Duplicate(message, **facts)
    if answer.status < 500 and _known(problem):
        return Refused(message, **facts)
    return Temporary(message, **facts) if repeatable else Uncertain(message, **facts)


def is_gone(error: Refused) -> bool:
    """Return True for "there is no such post (any more)"."""
    return error.status == 404 or error.code == "resource-not-found"


def _known(problem: Mapping[str, Any]) -> bool:
    if "type" in problem:
        return problem["type"] in KNOWN_PROBLEMS or problem["type"] == UNNAMED
    return "code" in problem and "message" in problem


def _problem(answer: http.Answer) -> dict[str, Any]:
    """Return the error object: the body itself, or the first of `errors` in an answer that looks fine."""
    body = answer.json() or {}
    if answer.status < 300 or ("type" not in body and "code" not in body):
        errors = body.get("errors")
        if isinstance(errors, list) and errors and isinstance(errors[0], dict):
            return errors[0]
    return body


def _reset_s(answer: http.Answer) -> float | None:
    """Return seconds until the limit's reset, by the server's own clock where it tells it."""
    try:
        reset = float(answer.headers["x-rate-limit-reset"])
    except (KeyError, ValueError):
        return None
    try:
        now = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError):
        now = time.time()
    return max(reset - now, 1.0)


def _authorization(account: Account, method: Method, url: str) -> str:
    secrets = account.secrets
    if all(secrets.get(key) for key in OAUTH1_KEYS):
        client = oauth1.Client(
            secrets["consumer_key"],
            client_secret=secrets["consumer_secret"],
            resource_owner_key=secrets["oauth_token"],
            resource_owner_secret=secrets["oauth_token_secret"],
        )
        _, headers, _ = client.sign(url, http_method=method)
        return str(headers["Authorization"])
    if not secrets.get("access_token"):
        raise Misconfigured(
            f"{account.handle or account.platform} has neither an access_token nor all of "
            f"{', '.join(OAUTH1_KEYS)}: connect the account"
        )
    return f"Bearer {secrets['access_token']}"
