"""How a Bluesky server (PDS) is called, its sessions, and what its errors mean. What is said lives in `bluesky`.

Sources: the AT Protocol lexicons of August 2026, against which the tests check every request, and the reference server
run in the tests. Every call of ours can be repeated (records go under a key of our own), so doubt is always Temporary.
"""

from __future__ import annotations

import base64
import json as json_module
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from connectors import account as account_of
from connectors import http
from connectors.contract import Account
from connectors.errors import (
    ConnectorError,
    Duplicate,
    Misconfigured,
    NotAuthorised,
    NotSupported,
    Refused,
    Temporary,
)
from connectors.redaction import redact

LIVE_BASE = "https://bsky.social"
SESSION_S = 7_200
DEAD_TOKEN = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"})
HELD_BACK = frozenset({"AccountTakedown", "AccountDeactivated", "AccountSuspended"})
GONE = frozenset({"RecordNotFound", "NotFound"})
NO_SERVICE = "no service configured"

Query = Mapping[str, str | Sequence[str]]


def call(
    account: Account,
    method: Literal["GET", "POST"],
    name: str,
    *,
    query: Query | None = None,
    json: Any = None,
    body: bytes | None = None,
    mime: str = "",
) -> dict[str, Any]:
    """Make one call of the method `name` with the account's session and return its JSON object.

    Raises the errors of `errors`, Uncertain never.
    """
    headers = {"Authorization": f"Bearer {token(account)}", **({"Content-Type": mime} if mime else {})}
    return _answered(account, method, name, headers, query=query, json=json, body=body)


def record(account: Account, query: Query) -> dict[str, Any]:
    """Read one record (`repo`, `collection`, `rkey`) with its content id; Refused (`is_gone`) where there is none."""
    return call(account, "GET", "com.atproto.repo.getRecord", query=query)


def renewed(account: Account) -> dict[str, str]:
    """Return a fresh session: by the refresh token, or anew by the app password where that has died.

    Nothing is returned that is empty. Raises NotAuthorised when neither works; the old secrets stay as they were.
    """
    refresh = account.secrets.get("refresh_token", "")
    if refresh:
        try:
            headers = {"Authorization": f"Bearer {refresh}"}
            return _session(account, _answered(account, "POST", "com.atproto.server.refreshSession", headers))
        except NotAuthorised:
            if not account.secrets.get("app_password"):
                raise
    return _session(account, _signed_in(account))


def _signed_in(account: Account) -> dict[str, Any]:
    password = account.secrets.get("app_password", "")
    if not password:
        raise NotAuthorised("the session has ended and there is no app password: connect the account again")
    wanted = {"identifier": account.secrets.get("identifier") or did(account), "password": password}
    return _answered(account, "POST", "com.atproto.server.createSession", {}, json=wanted)


def _session(account: Account, body: Mapping[str, Any]) -> dict[str, str]:
    """Read a session: both tokens, for how long, and where the account lives."""
    access, refresh = str(body.get("accessJwt") or ""), str(body.get("refreshJwt") or "")
    if not access or not refresh:
        raise Temporary("the Bluesky server answered a session without its tokens", status=200)
    if body.get("did") != did(account):
        raise NotAuthorised(f"the session belongs to {body.get('handle')} ({body.get('did')}), not to this account")
    ends = ends_at(access)
    left = SESSION_S if ends is None else max(60, int(ends - time.time()))
    found = {"access_token": access, "refresh_token": refresh, "expires_in": str(left)}
    home = _home(account, body.get("didDoc"))
    return {**found, **({"service_endpoint": home} if home else {})}


def did(account: Account) -> str:
    """Return the account's DID; raises Misconfigured when it is not known."""
    if not account.remote_id:
        raise Misconfigured("the account's DID is not set: connect the account (Account.remote_id)")
    return account.remote_id


def token(account: Account) -> str:
    """Return the access token. Raises Misconfigured without any secret, NotAuthorised while there is no session."""
    found = account.secrets.get("access_token", "")
    if found:
        return found
    if account.secrets.get("app_password") or account.secrets.get("refresh_token"):
        raise NotAuthorised("there is no session yet")
    raise Misconfigured(f"{account.handle or account.platform} has no app_password: connect the account")


def base(account: Account) -> str:
    """Return the account's server: the one its DID document named, else the one that was set, else Bluesky's."""
    found = account_of.base(account, LIVE_BASE)
    return (account.secrets.get("service_endpoint") or found).rstrip("/")


def ends_at(jwt: str) -> float | None:
    """Return when a token ends (seconds since 1970), as it says itself; None when it does not. Checks nothing."""
    parts = jwt.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json_module.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return float(claims["exp"])
    except (ValueError, KeyError, TypeError):
        return None


def as_error(answer: http.Answer, account: Account) -> ConnectorError:
    """Return what this answer means, by the table of the module's sources."""
    body = answer.json() or {}
    code, words = str(body.get("error") or ""), str(body.get("message") or "")
    message = redact(words or code or f"HTTP {answer.status}", account.secrets.values())
    facts: dict[str, Any] = {
        "status": answer.status,
        "code": code,
        "body": redact(answer.text()[:8192], account.secrets.values()),
    }
    if answer.status == 429:
        return Temporary(message, retry_after=_wait_s(answer), rate_limited=True, **facts)
    if not 400 <= answer.status < 500 or not code:
        return Temporary(message, **facts)
    if code in HELD_BACK:
        return Refused(message, cure="Bluesky holds the account back: an administrator must look into it.", **facts)
    if code in DEAD_TOKEN or answer.status == 401:
        return NotAuthorised(message, **facts)
    if code == "InvalidSwap":
        return Duplicate(message, **facts)
    if NO_SERVICE in words.lower():
        return NotSupported(message, **facts)
    return Refused(message, **facts)


def is_gone(error: Refused) -> bool:
    """Return True for "there is no such record (any more)"."""
    return error.code in GONE


def _answered(
    account: Account,
    method: Literal["GET", "POST"],
    name: str,
    headers: Mapping[str, str],
    *,
    query: Query | None = None,
    json: Any = None,
    body: bytes | None = None,
) -> dict[str, Any]:
    url = f"{base(account)}/xrpc/{name}" + (f"?{urlencode(query, doseq=True)}" if query else "")
    given = {"Accept": "application/json", **headers}
    answer = http.request(method, url, headers=given, json=json, body=body, repeatable=True)
    found = answer.json()
    if answer.status == 200 and found is not None and not isinstance(found.get("error"), str):
        return found
    raise as_error(answer, account)


def _home(account: Account, document: Any) -> str:
    """Return the server that a DID document names, or "". Only an encrypted one is believed, but for the sandbox."""
    services = document.get("service") if isinstance(document, dict) else None
    for service in services if isinstance(services, list) else []:
        if not isinstance(service, dict) or not str(service.get("id") or "").endswith("#atproto_pds"):
            continue
        parts = urlsplit(str(service.get("serviceEndpoint") or ""))
        if parts.hostname and "@" not in parts.netloc and (parts.scheme == "https" or account.mode == "sandbox"):
            return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
    return ""


def _wait_s(answer: http.Answer) -> float | None:
    """Return seconds until the limit is over: `Retry-After`, else `RateLimit-Reset` by the server's own clock."""
    try:
        return max(float(answer.headers["retry-after"]), 1.0)
    except (KeyError, ValueError):
        pass
    try:
        reset = float(answer.headers["ratelimit-reset"])
    except (KeyError, ValueError):
        return None
    try:
        now = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError):
        now = time.time()
    return max(reset - now, 1.0)
