"""Who calls the sandbox's X: a bearer token, or an OAuth 1.0a signature made again and compared."""

from __future__ import annotations

from aiohttp import web
from oauthlib import oauth1

from connectors.sandbox.network import Network, same
from connectors.sandbox.store import Account


def caller(network: Network, request: web.Request) -> Account | None:
    """Return whose call this is, by bearer token or OAuth 1.0a signature; None = nobody's."""
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        given = header.removeprefix("Bearer ")
        account = network.store.account_by_token("x", given)
        return account if account and same(given, account.token) else None
    if header.startswith("OAuth "):
        return _signer(network, request, header)
    return None


def _signer(network: Network, request: web.Request, header: str) -> Account | None:
    """Return the account whose OAuth 1.0a signature this is, by signing the same request again."""
    fields = dict(pair.strip().split("=", 1) for pair in header.removeprefix("OAuth ").split(","))
    given = {name: value.strip('"') for name, value in fields.items()}
    for account in network.store.accounts():
        keys = account.oauth1
        if keys.get("oauth_token") != given.get("oauth_token") or not keys:
            continue
        client = oauth1.Client(
            keys["consumer_key"],
            client_secret=keys["consumer_secret"],
            resource_owner_key=keys["oauth_token"],
            resource_owner_secret=keys["oauth_token_secret"],
            nonce=given.get("oauth_nonce"),
            timestamp=given.get("oauth_timestamp"),
        )
        _, headers, _ = client.sign(str(request.url), http_method=request.method)  # type: ignore[arg-type]
        return account if same(header, headers["Authorization"]) else None
    return None
