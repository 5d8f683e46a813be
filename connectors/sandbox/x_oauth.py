"""Sign-in to the sandbox's X: OAuth 2 with PKCE, codes of 30 seconds, refresh tokens that rotate, taking back.

Scopes and addresses as in the vendor's OpenAPI file; error bodies are those of RFC 6749, as X uses them there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from aiohttp import BasicAuth, web

from connectors.connecting.sandbox import APPS
from connectors.sandbox import oauth
from connectors.sandbox.network import NETWORK, Network, same
from connectors.sandbox.oauth import CODES, Code
from connectors.sandbox.store import Account, new_token

PREFIX = "/x/2"
APP = APPS["x"]
CODE_LASTS = timedelta(seconds=30)
SCOPES = (
    "tweet.read",
    "tweet.write",
    "users.read",
    "offline.access",
    "media.write",
    "tweet.moderate.write",
)


def routes() -> list[web.RouteDef]:
    """Return the routes of the sign-in; they stand before those of the API."""
    return [
        web.get(f"{PREFIX}/oauth2/authorize", _ask),
        web.post(f"{PREFIX}/oauth2/authorize", _allow),
        web.post(f"{PREFIX}/oauth2/token", _trade),
        web.post(f"{PREFIX}/oauth2/revoke", _revoke),
    ]


async def _ask(request: web.Request) -> web.Response:
    asked = request.query
    known = asked.get("client_id") == APP.client_id and oauth.known_redirect(asked.get("redirect_uri", ""), "x")
    pkce = asked.get("code_challenge") and asked.get("code_challenge_method") == "S256"
    if not known or not pkce or asked.get("response_type") != "code":
        return oauth.shown("<h1>Something went wrong</h1><p>You were not able to give access to the App.</p>", 400)
    wanted = asked.get("scope", "").split()
    if not set(wanted) <= set(SCOPES):
        return oauth.shown("<h1>Something went wrong</h1><p>The App asks for a scope it does not have.</p>", 400)
    accounts = [one.handle for one in request.app[NETWORK].store.accounts() if one.platform == "x"]
    hidden = {key: asked.get(key, "") for key in ("client_id", "redirect_uri", "state", "code_challenge")}
    return oauth.page("X", hidden, wanted, accounts=accounts)


async def _allow(request: web.Request) -> web.Response:
    form = await request.post()
    redirect, state = str(form.get("redirect_uri") or ""), str(form.get("state") or "")
    account = request.app[NETWORK].store.account(f"x/{form.get('account') or ''!s}")
    if form.get("client_id") != APP.client_id or not oauth.known_redirect(redirect, "x") or account is None:
        return oauth.shown("<h1>Something went wrong</h1><p>You were not able to give access to the App.</p>", 400)
    if form.get("answer") != "allow":
        return oauth.back(redirect, {"error": "access_denied", "state": state})
    code = Code(
        client_id=APP.client_id,
        redirect_uri=redirect,
        account=account.id,
        scopes=tuple(str(name) for name in form.getall("scopes", [])),
        challenge=str(form.get("code_challenge") or ""),
        until=datetime.now(UTC),
    )
    ran_out = form.get("wrong") == oauth.RAN_OUT
    text = oauth.keep(request.app[CODES], code, lasts=CODE_LASTS, ran_out=ran_out)
    return oauth.back(redirect, {"code": text, "state": state})


async def _trade(request: web.Request) -> web.Response:
    """A code, or a refresh token, for a fresh pair; the old pair is dead at once."""
    network = request.app[NETWORK]
    form = {key: str(value) for key, value in (await request.post()).items()}
    if form.get("grant_type") == "refresh_token":
        account = network.store.account_by_refresh_token("x", form.get("refresh_token") or "-")
        return _refused("invalid_request") if account is None else _pair(network, account, SCOPES)
    if not _is_ours(request, form):
        return _refused("unauthorized_client", "Missing valid authorization header", 401)
    code = request.app[CODES].pop(form.get("code", ""), None)
    if code is None or not oauth.fits(code, form) or code.until < datetime.now(UTC):
        return _refused("invalid_request", "Value passed for the authorization code was invalid.")
    account = network.store.account(code.account)
    return _refused("invalid_request") if account is None else _pair(network, account, code.scopes)


def _pair(network: Network, account: Account, scopes: tuple[str, ...]) -> web.Response:
    account.token, account.refresh_token = new_token(), new_token()
    network.store.put_account(account)
    body = {"token_type": "bearer", "expires_in": 7200, "access_token": account.token, "scope": " ".join(scopes)}
    if "offline.access" in scopes:
        body["refresh_token"] = account.refresh_token
    return web.json_response(body)


async def _revoke(request: web.Request) -> web.Response:
    form = {key: str(value) for key, value in (await request.post()).items()}
    if not _is_ours(request, form):
        return _refused("unauthorized_client", "Missing valid authorization header", 401)
    store, token = request.app[NETWORK].store, form.get("token") or "-"
    account = store.account_by_token("x", token) or store.account_by_refresh_token("x", token)
    if account is not None:
        account.token, account.refresh_token = new_token(), new_token()
        store.put_account(account)
    return web.json_response({"revoked": True})


def _is_ours(request: web.Request, form: Mapping[str, str]) -> bool:
    """A confidential app proves itself by its secret in the header."""
    try:
        given = BasicAuth.decode(request.headers.get("Authorization", ""))
    except ValueError:
        return False
    return given.login == APP.client_id == form.get("client_id") and same(given.password, APP.client_secret)


def _refused(code: str, words: str = "", status: int = 400) -> web.Response:
    return web.json_response({"error": code, **({"error_description": words} if words else {})}, status=status)
