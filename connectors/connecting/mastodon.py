"""Connecting a Mastodon account: Substation registers itself at the account's own server, then OAuth with PKCE.

Addresses and scopes: the OpenAPI file of API 4.7. Servers that only speak Mastodon's language take the same way. Each
connection registers an app of its own, whose keys are kept with the account: taking it back touches no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from connectors.connecting import findings, wire
from connectors.connecting.contract import App, Asked, Finding, Guide, Opened, Scope, Way, Weight
from connectors.contract import Account
from connectors.errors import ConnectorError, NotSupported, Refused
from connectors.mastodon_shapes import SANDBOX_APP

NAME = "Substation"
WHO = "Whoever signs in to the account"


class MastodonAccount:
    """One account on its own server."""

    platform: ClassVar[str] = "mastodon"
    label: ClassVar[str] = "Mastodon"
    ways: ClassVar[tuple[Way, ...]] = (Way.SIGN_IN,)
    asked: ClassVar[tuple[Asked, ...]] = ()
    before_sign_in: ClassVar[tuple[Asked, ...]] = (
        Asked(name="server", label="Server", help="Where the account lives, for example social.example.gov"),
    )
    registers_itself: ClassVar[bool] = True
    renews_by: ClassVar[tuple[str, ...]] = ()
    scopes: ClassVar[tuple[Scope, ...]] = (
        Scope(name="read:accounts", gives="tell which account it is", needed=True),
        Scope(name="read:statuses", gives="prove that a post is there", needed=True),
        Scope(name="write:statuses", gives="post, change or delete posts", needed=True),
        Scope(name="write:media", gives="attach pictures", opens=("media",)),
        Scope(name="read:notifications", gives="read the public's answers", opens=("read",)),
    )
    guide: ClassVar[Guide] = Guide(
        who="whoever knows the account's own sign-in at its server",
        before=("Nothing: Substation registers itself at the server when you go on.",),
        where="https://docs.joinmastodon.org/",
        ends="https://docs.joinmastodon.org/user/profile/",
        stays="Posts stay, and other servers keep their copies. On the account's server, Preferences, Account, "
        "Authorized apps shows whether Substation is still there.",
    )

    def app(self, app: App, typed: Mapping[str, str], redirect_uri: str) -> App:
        """Register at the server that was typed, or at the one the account has always lived on."""
        base = app.api_base or _server(typed.get("server", ""))
        form = {
            "client_name": SANDBOX_APP if app.mode == "sandbox" else NAME,
            "redirect_uris": redirect_uri,
            "scopes": " ".join(scope.name for scope in self.scopes),
        }
        body = wire.post(f"{base}/api/v1/apps", form)
        client_id, client_secret = (str(body.get(key) or "") for key in ("client_id", "client_secret"))
        if not client_id or not client_secret:
            raise Refused("the server did not register Substation", cure="Ask whoever runs that server.")
        return replace(app, api_base=base, client_id=client_id, client_secret=client_secret)

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str) -> str:
        """Return the server's page that asks the person."""
        query = wire.question(app, self.scopes, redirect_uri=redirect_uri, state=state, challenge=challenge)
        return wire.address(f"{app.api_base}/oauth/authorize", query)

    def exchange(self, app: App, *, code: str, redirect_uri: str, verifier: str, now: datetime) -> tuple[Opened, ...]:
        """Trade the code for a token without an end, and ask whose it is."""
        form = wire.trade(app, code=code, redirect_uri=redirect_uri, verifier=verifier)
        form |= {"client_secret": app.client_secret}
        body = wire.post(f"{app.api_base}/oauth/token", form)
        token = str(body.get("access_token") or "")
        me, _ = wire.get(f"{app.api_base}/api/v1/accounts/verify_credentials", token, now=now)
        secrets = {"access_token": token, "client_id": app.client_id, "client_secret": app.client_secret}
        granted = body.get("scope")
        return (_opened(app, me, secrets, tuple(granted.split()) if isinstance(granted, str) else None),)

    def typed(self, app: App, typed: Mapping[str, str], *, now: datetime) -> tuple[Opened, ...]:
        """Raise NotSupported: one signs in at the server."""
        raise NotSupported("A Mastodon account is connected by signing in")

    def examine(self, app: App, opened: Opened, *, now: datetime) -> tuple[Finding, ...]:
        """The account answers and is in order, each permission, the clocks."""
        token = opened.secrets.get("access_token", "")
        try:
            me, ahead = wire.get(f"{opened.api_base}/api/v1/accounts/verify_credentials", token, now=now)
        except ConnectorError as error:
            return (findings.trouble(error),)
        found = [findings.ok("token", "The sign-in works: the account answers.")]
        if me.get("suspended") is True or me.get("limited") is True:
            words = "The server has suspended or limited this account."
            cure = "Ask whoever runs the server; posts may be seen by nobody."
            found.append(Finding(code="standing", weight=Weight.WARNING, words=words, cure=cure))
        found += findings.scopes(self.scopes, opened.scopes, who=WHO)
        found.append(findings.ends(None, now, renews=False))
        return (*found, wire.clock(ahead), findings.second_factor(self.label))

    def revoke(self, app: App, account: Account) -> str:
        """Take the token back at the server, with the keys that were registered for this account."""
        keys = {key: account.secrets.get(key, "") for key in ("client_id", "client_secret")}
        if not all(keys.values()):
            raise NotSupported("The account was connected in another way; remove Substation among its authorized apps")
        wire.post(f"{account.api_base}/oauth/revoke", {**keys, "token": account.secrets.get("access_token", "")})
        return "The server has taken the sign-in back."


def _server(typed: str) -> str:
    """Return the address of a server as people write it; raises Refused for anything that is not a host."""
    parts = urlsplit(typed.strip() if "://" in typed else f"https://{typed.strip()}")
    plain = parts.hostname and parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc)
    if not plain or parts.scheme != "https" or "." not in str(parts.hostname):
        raise Refused("this is not the address of a server", cure="Write it like social.example.gov")
    return f"https://{parts.netloc.lower()}"


def _opened(app: App, me: Mapping[str, Any], secrets: Mapping[str, str], scopes: tuple[str, ...] | None) -> Opened:
    handle = str(me.get("acct") or me.get("username") or "")
    name = SANDBOX_APP if app.mode == "sandbox" else NAME
    return Opened(
        remote_id=str(me.get("id") or ""),
        name=str(me.get("display_name") or handle),
        handle=handle,
        url=str(me.get("url") or ""),
        api_base=app.api_base,
        secrets=dict(secrets),
        settings={"app_name": name},
        scopes=scopes,
    )
