"""What every platform's sign-in shares: PKCE, calls to token addresses, clocks, and what went wrong in plain words.

No platform is named here. Secrets go in bodies and headers, never in an address.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

from connectors import http
from connectors.connecting.contract import App, Finding, Scope, Weight
from connectors.errors import ConnectorError, Misconfigured, NotAuthorised, Refused, Temporary
from connectors.redaction import redact

MOST_SKEW = timedelta(minutes=2)
AGAIN = "Start again: a code from the platform is good once and for a short time."
KEYS_WRONG = "Compare the app's id and secret with the platform's page of the app, and enter them anew."
REFUSED = {
    "invalid_grant": AGAIN,
    "invalid_code": AGAIN,
    "redirect_uri_mismatch": "Enter the redirect address shown here at the platform, letter by letter.",
    "invalid_scope": "Give the app the permissions listed here at the platform.",
}
_APP = ("invalid_client", "unauthorized_client")


def pkce() -> tuple[str, str]:
    """Return a fresh verifier and its S256 challenge (RFC 7636)."""
    verifier = secrets.token_urlsafe(64)
    return verifier, challenge(verifier)


def challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def address(base: str, query: Mapping[str, str]) -> str:
    """Return an address with its query, spaces as %20."""
    return f"{base}?{urlencode(query, quote_via=quote)}"


def question(app: App, scopes: Iterable[Scope], *, redirect_uri: str, state: str, challenge: str) -> dict[str, str]:
    """Return the query of a page that asks the person (OAuth 2 code with PKCE)."""
    return {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(scope.name for scope in scopes),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }


def trade(app: App, *, code: str, redirect_uri: str, verifier: str) -> dict[str, str]:
    """Return the form that trades a code for a token; whether the app's secret goes with it, each platform says."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
        "client_id": app.client_id,
    }


def basic(app: App) -> dict[str, str]:
    """Return the header by which an app with a secret proves itself; none for an app without."""
    if not app.client_secret:
        return {}
    pair = f"{quote(app.client_id, safe='')}:{quote(app.client_secret, safe='')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def post(url: str, form: Mapping[str, str], *, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Post a form to a platform's token address and return its JSON object.

    Raises Refused with the cure, Misconfigured for an app the platform does not know, Temporary for the rest. Nothing
    that was posted stands in the message.
    """
    sent = {"Accept": "application/json", **(headers or {})}
    answer = http.request("POST", url, headers=sent, form=form, repeatable=True)
    body = answer.json()
    if 200 <= answer.status < 300 and body is not None and not body.get("error"):
        return body
    raise problem(answer, form.values())


def get(url: str, token: str, *, now: datetime) -> tuple[dict[str, Any], timedelta | None]:
    """Read a JSON object with a bearer token; also returns by how much their clock is ahead of ours."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    answer = http.request("GET", url, headers=headers, repeatable=True)
    body = answer.json()
    if 200 <= answer.status < 300 and body is not None and not body.get("error"):
        return body, skew(answer, now)
    raise problem(answer, [token])


def delete(url: str, token: str) -> dict[str, Any]:
    """Delete something with a bearer token; returns the answer's JSON object, empty where there is none."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    answer = http.request("DELETE", url, headers=headers, repeatable=True)
    body = answer.json() or {}
    if 200 <= answer.status < 300 and not body.get("error"):
        return body
    raise problem(answer, [token])


def problem(answer: http.Answer, secret: Any = ()) -> ConnectorError:
    """Return what an answer that was no success means, with the platform's own words."""
    body = answer.json() or {}
    error, nested = body.get("error"), body.get("error")
    code = str(error) if isinstance(error, str) else ""
    words = str(body.get("error_description") or body.get("detail") or body.get("message") or body.get("title") or "")
    if isinstance(nested, dict):
        words = str(nested.get("error_user_msg") or nested.get("message") or "")
        code = str(nested.get("status") or nested.get("code") or "")
    said = redact(words or code or f"HTTP {answer.status}", [str(value) for value in secret])
    if code in _APP:
        return Misconfigured(f"The platform does not know this app: {said}. {KEYS_WRONG}", status=answer.status)
    if answer.status == 401:
        return NotAuthorised(said, status=answer.status, code=code)
    if 400 <= answer.status < 500 and answer.status != 429:
        return Refused(said, cure=REFUSED.get(code, AGAIN), status=answer.status, code=code)
    return Temporary(said, status=answer.status, code=code)


def skew(answer: http.Answer, now: datetime) -> timedelta | None:
    """Return how far the platform's clock is ahead of ours (negative: behind); None = it does not say."""
    try:
        theirs = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return None
    return (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)) - now


def clock(ahead: timedelta | None) -> Finding:
    """Say whether the two clocks agree: signatures and expiry dates need that."""
    if ahead is None:
        return Finding(code="clock", weight=Weight.UNKNOWN, words="The platform does not tell its time.")
    if abs(ahead) <= MOST_SKEW:
        return Finding(code="clock", weight=Weight.OK, words="The clocks agree.")
    minutes = round(abs(ahead).total_seconds() / 60)
    late = "behind" if ahead > timedelta(0) else "ahead of"
    return Finding(
        code="clock",
        weight=Weight.WARNING,
        words=f"This server's clock is {minutes} min {late} the platform's.",
        cure="Whoever runs the server sets its clock by the network (NTP); signed calls fail otherwise.",
    )
