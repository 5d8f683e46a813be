"""Sessions of the sandbox's Bluesky: signed in by app password, renewed by refresh token, ended by time.

An account has one session at a time and one app password, which its page of settings shows. Tokens made by a sign-in
look like the real ones and say when they end; one given to the account by `POST /_accounts` lasts for ever.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from html import escape
from typing import Any

from aiohttp import web

from connectors.bluesky_api import ends_at
from connectors.sandbox.bluesky_answers import failed, refuse
from connectors.sandbox.faults import Rule
from connectors.sandbox.network import NETWORK, Network, same
from connectors.sandbox.store import Account

ACCESS_S, REFRESH_S = 7_200, 90 * 24 * 3600
HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'self'", "Cache-Control": "no-store"}


def routes(prefix: str) -> list[web.RouteDef]:
    """Return the calls that make sessions, and the page that shows app passwords."""
    return [
        web.post(f"{prefix}/com.atproto.server.createSession", _create),
        web.post(f"{prefix}/com.atproto.server.refreshSession", _refresh),
        web.get("/bluesky/settings/app-passwords", _app_passwords),
    ]


def caller(network: Network, request: web.Request) -> Account | web.Response:
    """Return whose session this is, or the refusal."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not given:
        return failed(401, "AuthMissing", "Authentication Required")
    account = network.store.account_by_token("bluesky", given)
    if account is None or not same(given, account.token):
        return failed(400, "InvalidToken", "Token could not be verified")
    ends = ends_at(given)
    if ends is not None and ends < time.time():
        return refuse("expired", Rule(account="*", fault="expired"))
    return account


def app_password(account: Account) -> str:
    """Return the account's app password: made up, always the same."""
    letters = base64.b32encode(hashlib.sha256(f"app {account.id}".encode()).digest()).decode().lower()
    return "-".join(letters[n : n + 4] for n in range(0, 16, 4))


def session(account: Account, origin: str) -> dict[str, Any]:
    """Return what a server says of a session, its tokens left out."""
    service = {
        "id": "#atproto_pds",
        "type": "AtprotoPersonalDataServer",
        "serviceEndpoint": f"{origin}/bluesky",
    }
    return {
        "did": account.remote_id,
        "handle": account.handle,
        "email": "desk@sandbox.example",
        "emailConfirmed": True,
        "didDoc": {"id": account.remote_id, "alsoKnownAs": [f"at://{account.handle}"], "service": [service]},
        "active": True,
    }


async def _create(request: web.Request) -> web.Response:
    network, given = request.app[NETWORK], await _fields(request)
    name = str(given.get("identifier") or "").lstrip("@")
    account = network.store.account(f"bluesky/{name}") or network.store.account_by_remote("bluesky", name)
    if account is None or not same(str(given.get("password") or ""), app_password(account)):
        return failed(401, "AuthenticationRequired", "Invalid identifier or password")
    return _begun(network, account, str(request.url.origin()))


async def _refresh(request: web.Request) -> web.Response:
    network = request.app[NETWORK]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    account = network.store.account_by_refresh_token("bluesky", given) if given else None
    ends = ends_at(given)
    if account is None or (ends is not None and ends < time.time()):
        return failed(400, "ExpiredToken", "Token has been revoked")
    return _begun(network, account, str(request.url.origin()))


def _begun(network: Network, account: Account, origin: str) -> web.Response:
    account.token = _jwt(account, "com.atproto.appPass", ACCESS_S)
    account.refresh_token = _jwt(account, "com.atproto.refresh", REFRESH_S)
    network.store.put_account(account)
    tokens = {"accessJwt": account.token, "refreshJwt": account.refresh_token}
    return web.json_response({**session(account, origin), **tokens})


def _jwt(account: Account, scope: str, lasts_s: int) -> str:
    now = int(time.time())
    claims = {
        "scope": scope,
        "sub": account.remote_id,
        "aud": "did:web:sandbox.example",
        "iat": now,
        "exp": now + lasts_s,
        "jti": secrets.token_urlsafe(8),
    }
    parts = [json.dumps(part).encode() for part in ({"typ": "at+jwt", "alg": "none"}, claims)]
    written = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts]
    return ".".join([*written, secrets.token_urlsafe(24)])


async def _app_passwords(request: web.Request) -> web.Response:
    """What a person would find in the account's settings."""
    accounts = [one for one in request.app[NETWORK].store.accounts() if one.platform == "bluesky"]
    rows = "".join(f"<li>@{escape(one.handle)} <code>{app_password(one)}</code></li>" for one in accounts)
    body = f"<h1>App passwords</h1><p>Made up, for this sandbox only.</p><ul>{rows or '<li>No account yet.</li>'}</ul>"
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>App passwords · sandbox</title>'
        f'<link rel="stylesheet" href="/see/style.css"></head><body><main>{body}</main></body></html>'
    )
    return web.Response(text=text, content_type="text/html", headers=HEADERS)


async def _fields(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
