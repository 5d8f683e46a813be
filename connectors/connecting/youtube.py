"""Connecting a YouTube channel: Google's OAuth 2 with PKCE, kept alive without the person (offline).

Addresses and scope: the vendor's discovery document 20261104 and its OAuth pages. The person picks the channel (brand
account) on Google's own page.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from connectors.connecting import findings, wire
from connectors.connecting.contract import App, Asked, Finding, Guide, Opened, Scope, Way, Weight
from connectors.contract import Account
from connectors.errors import ConnectorError, NotSupported
from connectors.youtube_api import LIVE_BASE, LIVE_TOKEN
from connectors.youtube_shapes import NEEDED_SCOPE

LIVE_AUTH = "https://accounts.google.com"
LIVE_REVOKE = "https://oauth2.googleapis.com/revoke"
WHO = "Whoever manages the channel"


class YouTubeChannel:
    """One channel of one Google account."""

    platform: ClassVar[str] = "youtube"
    label: ClassVar[str] = "YouTube"
    ways: ClassVar[tuple[Way, ...]] = (Way.SIGN_IN,)
    asked: ClassVar[tuple[Asked, ...]] = ()
    before_sign_in: ClassVar[tuple[Asked, ...]] = ()
    registers_itself: ClassVar[bool] = False
    renews_by: ClassVar[tuple[str, ...]] = ("refresh_token",)
    scopes: ClassVar[tuple[Scope, ...]] = (
        Scope(name=NEEDED_SCOPE, gives="upload, change or delete videos and read comments", needed=True),
    )
    guide: ClassVar[Guide] = Guide(
        who="somebody who manages the channel; on Google's page pick the channel itself, not the person",
        before=(
            "Make a project in Google Cloud and switch on the YouTube Data API v3.",
            "Set up the consent screen and publish it: while it is in testing, sign-ins end after 7 days.",
            "Make an OAuth client of type Web application and enter the redirect address below.",
            "Copy Client id and Client secret into the fields here.",
        ),
        where="https://console.cloud.google.com/apis/credentials",
        ends="https://myaccount.google.com/connections",
        stays="Videos and comments stay on the channel.",
    )

    def app(self, app: App, typed: Mapping[str, str], redirect_uri: str) -> App:
        """Return the app as it is stored; Google has one address for all."""
        return app

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str) -> str:
        """Return Google's page; `prompt=consent`, for only then a lasting sign-in is given anew."""
        query = wire.question(app, self.scopes, redirect_uri=redirect_uri, state=state, challenge=challenge)
        query |= {"access_type": "offline", "prompt": "consent"}
        return wire.address(f"{app.api_base or LIVE_AUTH}/o/oauth2/v2/auth", query)

    def exchange(self, app: App, *, code: str, redirect_uri: str, verifier: str, now: datetime) -> tuple[Opened, ...]:
        """Trade the code and ask which channel it opens; an account without one opens none."""
        form = wire.trade(app, code=code, redirect_uri=redirect_uri, verifier=verifier)
        form |= {"client_secret": app.client_secret}
        body = wire.post(f"{app.api_base}/token" if app.api_base else LIVE_TOKEN, form)
        keys = ("access_token", "refresh_token", "scope")
        secrets = {key: str(body[key]) for key in keys if body.get(key)}
        granted = tuple(str(body["scope"]).split()) if "scope" in body else None  # "" = nothing at all
        secrets |= {"client_id": app.client_id, "client_secret": app.client_secret}
        lasts = body.get("expires_in")
        ends = now + timedelta(seconds=lasts) if isinstance(lasts, int) and lasts > 0 else None
        found, _ = _mine(app, secrets["access_token"], now)
        return tuple(_opened(app, item, secrets, granted, ends) for item in found)

    def typed(self, app: App, typed: Mapping[str, str], *, now: datetime) -> tuple[Opened, ...]:
        """Raise NotSupported: one signs in at Google."""
        raise NotSupported("A YouTube channel is connected by signing in")

    def examine(self, app: App, opened: Opened, *, now: datetime) -> tuple[Finding, ...]:
        """The channel answers, the permission, that the sign-in lasts, the clocks."""
        try:
            _, ahead = _mine(app, opened.secrets.get("access_token", ""), now)
        except ConnectorError as error:
            return (findings.trouble(error),)
        found = [findings.ok("token", "The sign-in works: the channel answers.")]
        found += findings.scopes(self.scopes, opened.scopes, who=WHO)
        if opened.secrets.get("refresh_token"):
            found.append(findings.ends(opened.ends_at, now, renews=True))
        else:
            cure = "Remove Substation on Google's page of connections, then sign in again here."
            words = "Google gave a sign-in for one hour only."
            found.append(Finding(code="ends", weight=Weight.STOP, words=words, cure=cure))
        return (*found, wire.clock(ahead), findings.second_factor(self.label))

    def revoke(self, app: App, account: Account) -> str:
        """Take the sign-in back at Google."""
        token = account.secrets.get("refresh_token") or account.secrets.get("access_token")
        if not token:
            raise NotSupported("There is no sign-in that Google could take back")
        wire.post(f"{app.api_base}/revoke" if app.api_base else LIVE_REVOKE, {"token": token})
        return "Google has taken the sign-in back."


def _mine(app: App, token: str, now: datetime) -> tuple[list[Mapping[str, Any]], timedelta | None]:
    query = {"part": "id,snippet", "mine": "true"}
    url = wire.address(f"{app.api_base or LIVE_BASE}/youtube/v3/channels", query)
    body, ahead = wire.get(url, token, now=now)
    items = body.get("items")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else [], ahead


def _opened(
    app: App,
    item: Mapping[str, Any],
    secrets: Mapping[str, str],
    granted: tuple[str, ...] | None,
    ends: datetime | None,
) -> Opened:
    snippet = item.get("snippet") or {}
    remote_id = str(item.get("id") or "")
    handle = str(snippet.get("customUrl") or "").removeprefix("@") or remote_id
    return Opened(
        remote_id=remote_id,
        name=str(snippet.get("title") or handle),
        handle=handle,
        url=f"https://www.youtube.com/channel/{remote_id}",
        api_base=app.api_base,
        secrets=dict(secrets),
        scopes=granted,
        ends_at=ends,
    )
