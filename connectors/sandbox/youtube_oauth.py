"""Sign-in to the sandbox's YouTube: Google's OAuth 2 with PKCE; a refresh token comes once and stays good.

Addresses as Google's below one base; error bodies are those of RFC 6749, as Google uses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from aiohttp import web

from connectors.connecting.sandbox import APPS
from connectors.sandbox import oauth
from connectors.sandbox.network import NETWORK, Network, same
from connectors.sandbox.oauth import CODES, Code
from connectors.sandbox.store import Account, new_token
from connectors.youtube_shapes import NEEDED_SCOPE

PREFIX = "/youtube"
APP = APPS["youtube"]
CODE_LASTS = timedelta(minutes=10)
SCOPES = (NEEDED_SCOPE, "https://www.googleapis.com/auth/youtube.readonly")
LASTS_S = 3599


def routes() -> list[web.RouteDef]:
    """Return the routes of the sign-in."""
    return [
        web.get(f"{PREFIX}/o/oauth2/v2/auth", _ask),
        web.post(f"{PREFIX}/o/oauth2/v2/auth", _allow),
        web.post(f"{PREFIX}/token", _trade),
        web.post(f"{PREFIX}/revoke", _revoke),
    ]


async def _ask(request: web.Request) -> web.Response:
    asked = request.query
    known = asked.get("client_id") == APP.client_id and oauth.known_redirect(asked.get("redirect_uri", ""), "youtube")
    if not known or asked.get("response_type") != "code":
        return oauth.shown("<h1>Access blocked</h1><p>This app’s request is invalid.</p>", 400)
    wanted = asked.get("scope", "").split()
    if not wanted or not set(wanted) <= set(SCOPES):
        return oauth.shown("<h1>Access blocked</h1><p>Some requested scopes were invalid.</p>", 400)
    channels = [one.handle for one in request.app[NETWORK].store.accounts() if one.platform == "youtube"]
    kept = ("client_id", "redirect_uri", "state", "code_challenge", "access_type")
    return oauth.page("YouTube", {name: asked.get(name, "") for name in kept}, wanted, accounts=channels)


async def _allow(request: web.Request) -> web.Response:
    form = await request.post()
    redirect, state = str(form.get("redirect_uri") or ""), str(form.get("state") or "")
    account = request.app[NETWORK].store.account(f"youtube/{form.get('account') or ''!s}")
    if form.get("client_id") != APP.client_id or not oauth.known_redirect(redirect, "youtube") or account is None:
        return oauth.shown("<h1>Access blocked</h1><p>This app’s request is invalid.</p>", 400)
    if form.get("answer") != "allow":
        return oauth.back(redirect, {"error": "access_denied", "state": state})
    offline = ("offline",) if form.get("access_type") == "offline" else ()
    code = Code(
        client_id=APP.client_id,
        redirect_uri=redirect,
        account=account.id,
        scopes=(*(str(name) for name in form.getall("scopes", [])), *offline),
        challenge=str(form.get("code_challenge") or ""),
        until=datetime.now(UTC),
    )
    text = oauth.keep(request.app[CODES], code, lasts=CODE_LASTS, ran_out=form.get("wrong") == oauth.RAN_OUT)
    return oauth.back(redirect, {"code": text, "state": state, "scope": " ".join(code.scopes)})


async def _trade(request: web.Request) -> web.Response:
    """A code for both tokens, or a refresh token for a new access token alone."""
    network = request.app[NETWORK]
    form = {key: str(value) for key, value in (await request.post()).items()}
    if form.get("client_id") and not _is_ours(form):
        return _refused("invalid_client", 401)
    if form.get("grant_type") == "refresh_token":
        account = network.store.account_by_refresh_token("youtube", form.get("refresh_token") or "-")
        return _refused("invalid_grant") if account is None else _tokens(network, account, (NEEDED_SCOPE,), False)
    if form.get("grant_type") != "authorization_code" or not _is_ours(form):
        return _refused("invalid_client" if form.get("grant_type") else "invalid_request")
    code = request.app[CODES].pop(form.get("code", ""), None)
    if code is None or not oauth.fits(code, form) or code.until < datetime.now(UTC):
        return _refused("invalid_grant")
    account = network.store.account(code.account)
    scopes = tuple(name for name in code.scopes if name != "offline")
    return _refused("invalid_grant") if account is None else _tokens(network, account, scopes, "offline" in code.scopes)


def _tokens(network: Network, account: Account, scopes: tuple[str, ...], with_refresh: bool) -> web.Response:
    account.token = new_token()
    network.store.put_account(account)
    body = {
        "access_token": account.token,
        "expires_in": LASTS_S,
        "scope": " ".join(scopes),
        "token_type": "Bearer",
    }
    return web.json_response({**body, "refresh_token": account.refresh_token} if with_refresh else body)


async def _revoke(request: web.Request) -> web.Response:
    """Take a sign-in back: neither token is good any more."""
    store, token = request.app[NETWORK].store, str((await request.post()).get("token") or "-")
    account = store.account_by_token("youtube", token) or store.account_by_refresh_token("youtube", token)
    if account is None:
        return _refused("invalid_token")
    account.token, account.refresh_token = new_token(), new_token()
    store.put_account(account)
    return web.json_response({})


def _is_ours(form: Mapping[str, str]) -> bool:
    return form.get("client_id") == APP.client_id and same(form.get("client_secret", ""), APP.client_secret)


def _refused(code: str, status: int = 400) -> web.Response:
    return web.json_response({"error": code, "error_description": "Bad Request"}, status=status)
