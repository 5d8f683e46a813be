"""Connecting an X account: OAuth 2 with PKCE, or the four OAuth 1.0a keys of the department's own app.

Scopes and addresses: the vendor's OpenAPI file 2.167. The keys do not end and sign each call: for one account of a
department they are the calmer choice; OAuth 2 renews itself every two hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from oauthlib import oauth1

from connectors import http
from connectors.connecting import findings, wire
from connectors.connecting.contract import App, Asked, Finding, Guide, Opened, Scope, Way, Weight
from connectors.contract import Account
from connectors.errors import ConnectorError, NotSupported
from connectors.x_api import LIVE_BASE, OAUTH1_KEYS

ME = {"user.fields": "name,username,protected"}
WHO = "Whoever signs in to the account"


class XAccount:
    """One X account, protected or not."""

    platform: ClassVar[str] = "x"
    label: ClassVar[str] = "X"
    ways: ClassVar[tuple[Way, ...]] = (Way.SIGN_IN, Way.TYPED)
    registers_itself: ClassVar[bool] = False
    renews_by: ClassVar[tuple[str, ...]] = ("refresh_token",)
    before_sign_in: ClassVar[tuple[Asked, ...]] = ()
    asked: ClassVar[tuple[Asked, ...]] = (
        Asked(name="consumer_key", label="API key", help="App, Keys and tokens, Consumer keys."),
        Asked(name="consumer_secret", label="API key secret", secret=True),
        Asked(
            name="oauth_token",
            label="Access token",
            help="Made on the same page while signed in to the account, with read and write permission.",
            secret=True,
        ),
        Asked(name="oauth_token_secret", label="Access token secret", secret=True),
    )
    scopes: ClassVar[tuple[Scope, ...]] = (
        Scope(name="tweet.read", gives="read the account's posts and prove that one is there", needed=True),
        Scope(name="tweet.write", gives="post or delete posts", needed=True),
        Scope(name="users.read", gives="tell which account it is", needed=True),
        Scope(name="offline.access", gives="stay signed in for more than two hours", needed=True),
        Scope(name="media.write", gives="attach pictures", opens=("media",)),
        Scope(name="tweet.moderate.write", gives="hide answers", opens=("hide",)),
    )
    guide: ClassVar[Guide] = Guide(
        who="whoever knows the account's own sign-in at X; sign out of other X accounts first",
        before=(
            "Make a project and an app in X's developer portal, with the account itself or one that manages it.",
            "Under User authentication settings choose Read and write, and type Web App.",
            "Enter the redirect address below as callback address.",
            "Copy Client id and Client secret (Keys and tokens, OAuth 2.0) into the fields here.",
        ),
        where="https://developer.x.com/en/portal/dashboard",
        ends="https://x.com/settings/connected_apps",
    )

    def app(self, app: App, typed: Mapping[str, str], redirect_uri: str) -> App:
        """Return the app as it is stored; X has one address for all."""
        return app

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str) -> str:
        """Return X's page that asks the person."""
        query = wire.question(app, self.scopes, redirect_uri=redirect_uri, state=state, challenge=challenge)
        return wire.address(f"{_base(app)}/2/oauth2/authorize", query)

    def exchange(self, app: App, *, code: str, redirect_uri: str, verifier: str, now: datetime) -> tuple[Opened, ...]:
        """Trade the code, which lives 30 seconds, and ask whose token it is."""
        form = wire.trade(app, code=code, redirect_uri=redirect_uri, verifier=verifier)
        body = wire.post(f"{_base(app)}/2/oauth2/token", form, headers=wire.basic(app))
        secrets = {key: str(body[key]) for key in ("access_token", "refresh_token") if body.get(key)}
        secrets |= {"client_id": app.client_id, **({"client_secret": app.client_secret} if app.client_secret else {})}
        lasts = body.get("expires_in")
        user, _ = _me(app, secrets, now)
        return (_opened(app, user, secrets, tuple(str(body.get("scope", "")).split()), _until(lasts, now)),)

    def typed(self, app: App, typed: Mapping[str, str], *, now: datetime) -> tuple[Opened, ...]:
        """Sign one call with the four keys and see whose they are."""
        secrets = {key: typed[key].strip() for key in OAUTH1_KEYS}
        user, _ = _me(app, secrets, now)
        return (_opened(app, user, secrets, None, None),)

    def examine(self, app: App, opened: Opened, *, now: datetime) -> tuple[Finding, ...]:
        """The account answers, each permission, how long it lasts, the clocks."""
        try:
            user, ahead = _me(app, opened.secrets, now)
        except ConnectorError as error:
            return (findings.trouble(error),)
        found = [findings.ok("token", f"The sign-in works: @{user.get('username') or opened.handle} answers.")]
        if opened.scopes is None:
            words = "With these keys X does not say beforehand whether they may post; the first post shows it."
            cure = "In X's developer portal the app needs Read and write, and keys made after that was chosen."
            found.append(Finding(code="scopes", weight=Weight.UNKNOWN, words=words, cure=cure))
        else:
            found += findings.scopes(self.scopes, opened.scopes, who=WHO)
        found.append(findings.ends(opened.ends_at, now, renews=bool(opened.secrets.get("refresh_token"))))
        return (*found, wire.clock(ahead), findings.second_factor(self.label))

    def revoke(self, app: App, account: Account) -> str:
        """Take back an OAuth 2 sign-in; the four keys are only made useless in X's own portal."""
        token = account.secrets.get("refresh_token") or account.secrets.get("access_token")
        if not token:
            raise NotSupported("The four keys are made useless in X's developer portal (Keys and tokens, Revoke)")
        wire.post(
            f"{_base(app)}/2/oauth2/revoke", {"token": token, "client_id": app.client_id}, headers=wire.basic(app)
        )
        return "X has taken the sign-in back."


def _base(app: App) -> str:
    return app.api_base or LIVE_BASE


def _until(lasts: Any, now: datetime) -> datetime | None:
    return now + timedelta(seconds=lasts) if isinstance(lasts, int) and lasts > 0 else None


def _me(app: App, secrets: Mapping[str, str], now: datetime) -> tuple[dict[str, Any], timedelta | None]:
    """Ask whose sign-in this is; also by how much X's clock is ahead."""
    url = f"{_base(app)}/2/users/me?{urlencode(ME)}"
    if "oauth_token" not in secrets:
        body, ahead = wire.get(url, secrets.get("access_token", ""), now=now)
    else:
        signed = {"Authorization": _signature(url, secrets), "Accept": "application/json"}
        answer = http.request("GET", url, headers=signed, repeatable=True)
        body, ahead = answer.json() or {}, wire.skew(answer, now)
        if answer.status != 200:
            raise wire.problem(answer, secrets.values())
    user = body.get("data")
    return (user if isinstance(user, dict) else {}), ahead


def _signature(url: str, secrets: Mapping[str, str]) -> str:
    client = oauth1.Client(
        secrets["consumer_key"],
        client_secret=secrets["consumer_secret"],
        resource_owner_key=secrets["oauth_token"],
        resource_owner_secret=secrets["oauth_token_secret"],
    )
    return str(client.sign(url, http_method="GET")[1]["Authorization"])


def _opened(
    app: App,
    user: Mapping[str, Any],
    secrets: Mapping[str, str],
    scopes: tuple[str, ...] | None,
    ends_at: datetime | None,
) -> Opened:
    handle = str(user.get("username") or "")
    return Opened(
        remote_id=str(user.get("id") or ""),
        name=str(user.get("name") or handle),
        handle=handle,
        url=f"https://x.com/{handle}",
        api_base=app.api_base,
        secrets=dict(secrets),
        settings={"protected": bool(user.get("protected"))},
        scopes=scopes,
        ends_at=ends_at,
    )
