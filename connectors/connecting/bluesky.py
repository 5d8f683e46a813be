"""Connecting a Bluesky account: handle and app password; its server is found from the handle's DID document.

Names: the AT Protocol lexicons of August 2026. An app password cannot delete the account or change its address; with
the main password a session may do everything, so that is said.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from connectors import http
from connectors.bluesky_api import LIVE_BASE, ends_at
from connectors.connecting import findings, wire
from connectors.connecting.contract import App, Asked, Finding, Guide, Opened, Scope, Way, Weight
from connectors.contract import Account
from connectors.errors import ConnectorError, NotAuthorised, NotSupported, Refused

DIRECTORY = "https://plc.directory"
APP_PASSWORD = ("com.atproto.appPass", "com.atproto.appPassPrivileged")


class BlueskyAccount:
    """One account on its own server (PDS)."""

    platform: ClassVar[str] = "bluesky"
    label: ClassVar[str] = "Bluesky"
    ways: ClassVar[tuple[Way, ...]] = (Way.TYPED,)
    before_sign_in: ClassVar[tuple[Asked, ...]] = ()
    asked: ClassVar[tuple[Asked, ...]] = (
        Asked(name="handle", label="Handle", help="Without the @, for example police.example.gov"),
        Asked(name="app_password", label="App password", help="Not the account's own password.", secret=True),
    )
    registers_itself: ClassVar[bool] = False
    renews_by: ClassVar[tuple[str, ...]] = ("refresh_token", "app_password")
    scopes: ClassVar[tuple[Scope, ...]] = ()
    guide: ClassVar[Guide] = Guide(
        who="whoever knows the account's own sign-in, to make an app password",
        before=(
            "Sign in to the account, open Settings, Privacy and security, App passwords, and add one named Substation.",
            "Leave access to direct messages off: Substation does not need it.",
            "Type the app password here. It is shown only once there, and never here.",
        ),
        where="https://bsky.app/settings/app-passwords",
        ends="https://bsky.app/settings/app-passwords",
        stays="Posts stay. The app password stays good until it is deleted there: delete it.",
    )

    def app(self, app: App, typed: Mapping[str, str], redirect_uri: str) -> App:
        """Return the app as it is: none is needed."""
        return app

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str) -> str:
        """Raise NotSupported: an app password is typed in."""
        raise NotSupported("A Bluesky account is connected with an app password")

    def exchange(self, app: App, *, code: str, redirect_uri: str, verifier: str, now: datetime) -> tuple[Opened, ...]:
        """Raise NotSupported: an app password is typed in."""
        raise NotSupported("A Bluesky account is connected with an app password")

    def typed(self, app: App, typed: Mapping[str, str], *, now: datetime) -> tuple[Opened, ...]:
        """Find the account's server, begin a session there and see whose it is."""
        handle, password = typed["handle"].strip().lstrip("@"), typed["app_password"].strip()
        home = app.api_base or _home(handle, now)
        url = f"{home}/xrpc/com.atproto.server.createSession"
        answer = http.request(
            "POST", url, headers={}, json={"identifier": handle, "password": password}, repeatable=True
        )
        body = answer.json() or {}
        if answer.status == 401:
            raise NotAuthorised("handle or app password is wrong", status=401, code="app_password")
        if answer.status != 200 or not body.get("accessJwt"):
            raise wire.problem(answer, [password])
        return (_opened(app, home, handle, password, body),)

    def examine(self, app: App, opened: Opened, *, now: datetime) -> tuple[Finding, ...]:
        """The account answers and is in order, the password is an app password, the clocks."""
        token = opened.secrets.get("access_token", "")
        try:
            session, ahead = wire.get(f"{opened.api_base}/xrpc/com.atproto.server.getSession", token, now=now)
        except ConnectorError as error:
            return (findings.trouble(error),)
        found = [findings.ok("token", "The sign-in works: the account answers.")]
        if session.get("active") is False:
            words = f"The account is {session.get('status') or 'not active'}."
            found.append(Finding(code="standing", weight=Weight.STOP, words=words, cure="Look there, with its owner."))
        if session.get("emailConfirmed") is False:
            cure = "Confirm it in the account's settings: videos need that."
            words = "The account's e-mail address is not confirmed."
            found.append(Finding(code="mail", weight=Weight.WARNING, words=words, cure=cure))
        found += [_kind_of_password(token), findings.ends(None, now, renews=True)]
        return (*found, wire.clock(ahead), findings.second_factor(self.label))

    def revoke(self, app: App, account: Account) -> str:
        """End the session at the server; the app password itself is only deleted by its owner."""
        token = account.secrets.get("refresh_token", "")
        if token:
            url = f"{account.api_base or LIVE_BASE}/xrpc/com.atproto.server.deleteSession"
            answer = http.request("POST", url, headers={"Authorization": f"Bearer {token}"}, repeatable=True)
            if answer.status == 200:
                return "The session is ended. The app password itself has to be deleted there by its owner."
        raise NotSupported("The app password has to be deleted there by its owner")


def _home(handle: str, now: datetime) -> str:
    """Return the server a handle lives on: handle, DID, DID document, service `#atproto_pds`."""
    query = urlencode({"handle": handle})
    found = _public(f"{LIVE_BASE}/xrpc/com.atproto.identity.resolveHandle?{query}")
    did = str(found.get("did") or "")
    if did.startswith("did:web:"):
        document = _public(f"https://{did.removeprefix('did:web:')}/.well-known/did.json")
    elif did.startswith("did:plc:"):
        document = _public(f"{DIRECTORY}/{did}")
    else:
        raise Refused("this handle belongs to no account", cure="Write it as it stands on the account's page.")
    services = [item for item in document.get("service") or () if isinstance(item, dict)]
    homes = [str(item.get("serviceEndpoint")) for item in services if str(item.get("id")).endswith("#atproto_pds")]
    if not homes or not homes[0].startswith("https://"):
        raise Refused("the account does not say on which server it lives", cure="Look at its DID document.")
    return homes[0].rstrip("/")


def _public(url: str) -> dict[str, Any]:
    answer = http.request("GET", url, headers={"Accept": "application/json"}, repeatable=True)
    body = answer.json()
    if answer.status != 200 or body is None:
        raise Refused("this handle was not found", cure="Write it as it stands on the account's page.")
    return body


def _opened(app: App, home: str, handle: str, password: str, body: Mapping[str, Any]) -> Opened:
    token = str(body["accessJwt"])
    ends = ends_at(token)
    name = str(body.get("handle") or handle)
    return Opened(
        remote_id=str(body.get("did") or ""),
        name=name,
        handle=name,
        url=f"https://bsky.app/profile/{name}",
        api_base=app.api_base or home,
        secrets={
            "access_token": token,
            "refresh_token": str(body.get("refreshJwt") or ""),
            "app_password": password,
        },
        ends_at=None if ends is None else datetime.fromtimestamp(ends, UTC),
    )


def _kind_of_password(token: str) -> Finding:
    """What the session says of itself: made with an app password, or with the one that can do everything."""
    try:
        part = token.split(".")[1]
        scope = str(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))).get("scope") or "")
    except (IndexError, ValueError, AttributeError):
        scope = ""
    if scope in APP_PASSWORD:
        return findings.ok("password", "It is an app password: it cannot delete the account.")
    if not scope:
        words = "The server does not say whether this is an app password."
        return Finding(code="password", weight=Weight.UNKNOWN, words=words)
    words = "This is the account's own password: it can do everything there."
    cure = "Make an app password for Substation and sign in with that."
    return Finding(code="password", weight=Weight.STOP, words=words, cure=cure)
