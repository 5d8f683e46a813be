"""Sign-in to the sandbox's Mastodon: register an app, ask a person, trade the code, take the token back.

As documented for 4.3 and later: PKCE with S256, codes good once and for ten minutes, tokens that do not expire. The
person here only picks one of the made-up accounts. Registered apps are not kept: what they are stands in their id.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from connectors.sandbox.mastodon_shapes import MASTODON, SCOPES
from connectors.sandbox.network import NETWORK, same
from connectors.sandbox.store import new_token

PREFIX = MASTODON.prefix
CODE_LASTS = timedelta(minutes=10)
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a person allowed: for which app, until when, to which challenge."""

    account: str
    client_id: str
    redirect_uri: str
    scope: str
    challenge: str
    until: datetime


CODES: web.AppKey[dict[str, Code]] = web.AppKey("mastodon-codes", dict)


def routes() -> list[web.RouteDef]:
    """Return what a client needs to get a token and to give it back."""
    return [
        web.get(f"{PREFIX}/.well-known/oauth-authorization-server", _discover),
        web.post(f"{PREFIX}/api/v1/apps", _register),
        web.get(f"{PREFIX}/oauth/authorize", _ask),
        web.post(f"{PREFIX}/oauth/authorize", _allow),
        web.post(f"{PREFIX}/oauth/token", _trade),
        web.post(f"{PREFIX}/oauth/revoke", _revoke),
    ]


async def _discover(request: web.Request) -> web.Response:
    base = f"{request.url.origin()}{PREFIX}"
    body = {
        "issuer": f"{base}/",
        "service_documentation": "https://docs.joinmastodon.org/",
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "app_registration_endpoint": f"{base}/api/v1/apps",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "userinfo_endpoint": f"{base}/oauth/userinfo",
        "scopes_supported": ["read", "write", *SCOPES.split()],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }
    return web.json_response(body)


async def _register(request: web.Request) -> web.Response:
    given = await _fields(request)
    uris = given.get("redirect_uris")
    uris = uris if isinstance(uris, list) else str(uris or "").split()
    if not given.get("client_name") or not uris:
        return web.json_response({"error": "Validation failed: Application name can't be blank"}, status=422)
    scopes = str(given.get("scopes") or "read")
    facts = {"name": given["client_name"], "uris": uris, "scopes": scopes}
    client_id = base64.urlsafe_b64encode(json.dumps(facts).encode()).decode().rstrip("=")
    body = {
        "id": str(len(client_id)),
        "name": given["client_name"],
        "website": given.get("website"),
        "scopes": scopes.split(),
        "redirect_uri": "\n".join(uris),
        "redirect_uris": uris,
        "vapid_key": "made-up",
        "client_id": client_id,
        "client_secret": _secret_of(client_id),
        "client_secret_expires_at": 0,
    }
    return web.json_response(body)


async def _ask(request: web.Request) -> web.Response:
    """Show the person what is asked for and let them pick an account."""
    app, asked = _app(request.query.get("client_id", "")), request.query
    if app is None or asked.get("redirect_uri") not in app["uris"] or asked.get("response_type") != "code":
        return _page("<h1>Not possible</h1><p>The app, its address or the kind of answer is not known here.</p>", 400)
    scope = asked.get("scope", "read")
    if not set(scope.split()) <= set(app["scopes"].split()):
        return _page("<h1>Not possible</h1><p>The app asks for more than it was registered for.</p>", 400)
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in asked.items()
    )
    accounts = [one for one in request.app[NETWORK].store.accounts() if one.platform == "mastodon"]
    choices = "".join(f"<option>{escape(one.handle)}</option>" for one in accounts)
    wanted = "".join(f"<li>{escape(one)}</li>" for one in scope.split())
    return _page(
        f"<h1>{escape(str(app['name']))} asks for access</h1><p>It wants to:</p><ul>{wanted}</ul>"
        f'<form method="post">{hidden}<p><label>Account <select name="account">{choices}</select></label></p>'
        '<p><button name="answer" value="allow">Authorize</button> '
        '<button name="answer" value="deny">Deny</button></p></form>'
    )


async def _allow(request: web.Request) -> web.Response:
    """Send the person back with a code, or with their no."""
    given = await _fields(request)
    app, redirect = _app(str(given.get("client_id") or "")), str(given.get("redirect_uri") or "")
    account = request.app[NETWORK].store.account(f"mastodon/{given.get('account')}")
    if app is None or redirect not in app["uris"] or account is None:
        return _page("<h1>Not possible</h1><p>The app or the account is not known here.</p>", 400)
    state = {"state": str(given["state"])} if given.get("state") else {}
    if given.get("answer") != "allow":
        return _back(redirect, {"error": "access_denied", **state})
    code = secrets.token_urlsafe(24)
    request.app[CODES][code] = Code(
        account=account.id,
        client_id=str(given["client_id"]),
        redirect_uri=redirect,
        scope=str(given.get("scope") or "read"),
        challenge=str(given.get("code_challenge") or ""),
        until=datetime.now(UTC) + CODE_LASTS,
    )
    return _page(f"<h1>Code</h1><p>{code}</p>") if redirect == OUT_OF_BAND else _back(redirect, {"code": code, **state})


async def _trade(request: web.Request) -> web.Response:
    """Trade a code for the account's token; a code is good once."""
    given = await _fields(request)
    client_id = str(given.get("client_id") or "")
    if not same(str(given.get("client_secret") or ""), _secret_of(client_id)):
        return _refused("invalid_client", "Client authentication failed due to unknown client.", 401)
    code = request.app[CODES].pop(str(given.get("code") or ""), None)
    if code is None or not _fits(code, given, client_id):
        return _refused("invalid_grant", "The provided authorization grant is invalid, expired or revoked.", 400)
    account = request.app[NETWORK].store.account(code.account)
    if account is None:
        return _refused("invalid_grant", "The account is gone.", 400)
    body = {"access_token": account.token, "token_type": "Bearer", "scope": code.scope}
    return web.json_response({**body, "created_at": int(datetime.now(UTC).timestamp())})


async def _revoke(request: web.Request) -> web.Response:
    """Make a token useless at once."""
    network, given = request.app[NETWORK], await _fields(request)
    client_id = str(given.get("client_id") or "")
    if not same(str(given.get("client_secret") or ""), _secret_of(client_id)):
        return _refused("unauthorized_client", "You are not authorized to revoke this token", 403)
    account = network.store.account_by_token("mastodon", str(given.get("token") or "-"))
    if account is not None:
        account.token = new_token()
        network.store.put_account(account)
    return web.json_response({})


def _fits(code: Code, given: Mapping[str, Any], client_id: str) -> bool:
    verifier = str(given.get("code_verifier") or "")
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return (
        given.get("grant_type") == "authorization_code"
        and code.client_id == client_id
        and code.redirect_uri == given.get("redirect_uri")
        and datetime.now(UTC) <= code.until
        and (not code.challenge or same(digest, code.challenge))
    )


def _app(client_id: str) -> dict[str, Any] | None:
    """Read back what an app is from its id; None for one that was made up."""
    try:
        facts = json.loads(base64.urlsafe_b64decode(client_id + "=" * (-len(client_id) % 4)))
    except ValueError:
        return None
    return facts if isinstance(facts, dict) and {"name", "uris", "scopes"} <= set(facts) else None


def _secret_of(client_id: str) -> str:
    return hashlib.sha256(f"sandbox {client_id}".encode()).hexdigest() if client_id else ""


async def _fields(request: web.Request) -> Mapping[str, Any]:
    """Return a JSON or form body; both are taken by Mastodon."""
    if request.content_type != "application/json":
        return await request.post()
    try:
        body = await request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _refused(code: str, words: str, status: int) -> web.Response:
    return web.json_response({"error": code, "error_description": words}, status=status)


def _back(redirect: str, query: Mapping[str, str]) -> web.Response:
    glue = "&" if urlsplit(redirect).query else "?"
    return web.Response(status=302, headers={"Location": f"{redirect}{glue}{urlencode(query)}", **HEADERS})


def _page(body: str, status: int = 200) -> web.Response:
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Sign in · sandbox</title>'
        f'<link rel="stylesheet" href="/see/style.css"></head><body><main>{body}</main></body></html>'
    )
    return web.Response(text=text, content_type="text/html", status=status, headers=HEADERS)
