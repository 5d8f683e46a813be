"""How Facebook's Graph API is called and what its errors mean. What is said to it lives in `facebook`.

Codes from the vendor's "Handling Errors" and "Rate Limits"; "code 2, please retry" may have published, so
it is
Uncertain wherever the call could show something (arsduo/koala issue 699).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

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

LIVE_BASE = "https://graph.facebook.com"
VERSION = "v25.0"

TOKEN = frozenset({190, 102})
USAGE = frozenset({4, 17, 32, 613, 80001, 341})
PERMISSION = frozenset({3, 10, *range(200, 300)})
SAME_AGAIN, HELD_BACK, BAD_REQUEST = 506, 368, 100
GONE = "100/33"


def call(
    account: Account,
    method: str,
    path: str,
    *,
    repeatable: bool,
    query: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    multipart: Mapping[str, str | http.FilePart] | None = None,
) -> dict[str, Any]:
    """Make one Graph call and return its JSON object.

    `path` is ids and edges, already quoted. Raises the errors of `errors`; `repeatable` says which way
    doubt falls.
    """
    proof = _proof(account)
    parameters = {**(query or {}), **(proof if form is None and multipart is None else {})}
    url = f"{_base(account)}/{path}" + (f"?{urlencode(parameters)}" if parameters else "")
    answer = http.request(
        method,
        url,
        headers={"Authorization": f"Bearer {account_of.token(account)}", "Accept": "application/json"},
        form=None if form is None else {**form, **proof},
        multipart=None if multipart is None else {**multipart, **proof},
        repeatable=repeatable,
    )
    body = answer.json()
    if 200 <= answer.status < 300 and body is not None and "error" not in body:
        return body
    raise as_error(answer, account, repeatable)


def node(remote_id: str) -> str:
    """Return an id as it may stand in a path; raises Misconfigured when there is none."""
    if not remote_id:
        raise Misconfigured("the Page's id is not set: connect the account (Account.remote_id)")
    return quote(remote_id, safe="_")


def as_error(answer: http.Answer, account: Account, repeatable: bool) -> ConnectorError:
    """Return what this answer means, by the table of the module's sources."""
    error = _error_object(answer)
    number = error.get("code")
    code = number if isinstance(number, int) else 0
    words = str(error.get("error_user_msg") or error.get("message") or f"HTTP {answer.status}")
    message = redact(words, account.secrets.values())
    facts = _facts(answer, error, account)
    if code in TOKEN:
        return NotAuthorised(message, **facts)
    if code in USAGE or answer.status == 429:
        return Temporary(message, retry_after=_regain_s(answer), rate_limited=True, **facts)
    if code == SAME_AGAIN or (code == HELD_BACK and "already posted this" in words.lower()):
        return Duplicate(message, **facts)
    if code in PERMISSION:
        return Refused(message, cure="An administrator must grant the app this permission.", **facts)
    if code == HELD_BACK:
        return Refused(message, cure="Facebook holds the account back: look at its support inbox.", **facts)
    if code == BAD_REQUEST:
        return Refused(message, **facts)
    return Temporary(message, **facts) if repeatable else Uncertain(message, **facts)


def is_gone(error: Refused) -> bool:
    """Return True for "that object does not exist (any more)"."""
    return error.code == GONE


def _base(account: Account) -> str:
    base = account_of.base(account, LIVE_BASE)
    version = str(account.settings.get("graph_version") or VERSION)
    if not re.fullmatch(r"v\d+\.\d+", version):
        raise Misconfigured(f"graph_version is {version!r}; write it like {VERSION}")
    return f"{base}/{version}"


def _proof(account: Account) -> dict[str, str]:
    secret = account.secrets.get("app_secret", "")
    if not secret:
        return {}
    digest = hmac.new(secret.encode(), account_of.token(account).encode(), hashlib.sha256).hexdigest()
    return {"appsecret_proof": digest}


def _error_object(answer: http.Answer) -> dict[str, Any]:
    body = answer.json() or {}
    error = body.get("error")
    return error if isinstance(error, dict) else {}


def _facts(answer: http.Answer, error: Mapping[str, Any], account: Account) -> dict[str, Any]:
    code, sub = error.get("code"), error.get("error_subcode")
    return {
        "status": answer.status,
        "code": "" if code is None else f"{code}/{sub}" if sub else str(code),
        "request_id": str(error.get("fbtrace_id") or answer.headers.get("x-fb-trace-id", "")),
        "body": redact(answer.text()[:8192], account.secrets.values()),
    }


def _regain_s(answer: http.Answer) -> float | None:
    """Return the longest time to regain access, which the usage header states in minutes."""
    try:
        usage = json.loads(answer.headers.get("x-business-use-case-usage", ""))
        minutes = [
            float(entry.get("estimated_time_to_regain_access", 0)) for entries in usage.values() for entry in entries
        ]
    except (ValueError, TypeError, AttributeError):
        return None
    longest = max(minutes, default=0.0)
    return longest * 60 if longest > 0 else None
