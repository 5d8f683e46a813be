"""Connecting Nixle: id and secret of a client of the Everbridge Suite, and the organization's number.

There is no sign-in of a person. What a live channel needs besides (who agreed to sending, regions, types) are settings
of the channel: docs/connectors.md, "Nixle, through Everbridge".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from connectors import nixle_shapes as shapes
from connectors.connecting import findings, wire
from connectors.connecting.contract import App, Asked, Finding, Guide, Opened, Scope, Way, Weight
from connectors.contract import Account
from connectors.errors import ConnectorError, Misconfigured, NotAuthorised, NotSupported, Refused
from connectors.nixle_api import LIVE_BASE, node


class NixleOrganization:
    """One organization at Everbridge."""

    platform: ClassVar[str] = "nixle"
    label: ClassVar[str] = "Nixle"
    ways: ClassVar[tuple[Way, ...]] = (Way.TYPED,)
    before_sign_in: ClassVar[tuple[Asked, ...]] = ()
    asked: ClassVar[tuple[Asked, ...]] = (
        Asked(
            name="organization", label="Organization id", help="A number, in the Suite under Settings, Organization."
        ),
        Asked(name="page", label="Name of the page", help="As in local.nixle.com/your-department", needed=False),
        Asked(name="nixle_client_id", label="Client id"),
        Asked(name="nixle_client_secret", label="Client secret", secret=True),
    )
    registers_itself: ClassVar[bool] = False
    renews_by: ClassVar[tuple[str, ...]] = ("client_secret",)
    scopes: ClassVar[tuple[Scope, ...]] = ()
    guide: ClassVar[Guide] = Guide(
        who="whoever administers your organization at Everbridge",
        before=(
            "Make sure the contract with Everbridge includes Nixle and the use of its interface.",
            "In the Suite make an API client (OAuth, client credentials) for a service account of its own.",
            "Give it the right to launch notifications and public messages of this organization, and nothing else.",
        ),
        where="https://manager.everbridge.net/",
        ends="https://manager.everbridge.net/",
        stays="Every message that went out stays. The client stays good until it is deleted in the Suite: delete it.",
    )

    def app(self, app: App, typed: Mapping[str, str], redirect_uri: str) -> App:
        """Return the app as it is: none is needed."""
        return app

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str) -> str:
        """Raise NotSupported: id and secret are typed in."""
        raise NotSupported("Nixle is connected with the id and secret of a client")

    def exchange(self, app: App, *, code: str, redirect_uri: str, verifier: str, now: datetime) -> tuple[Opened, ...]:
        """Raise NotSupported: id and secret are typed in."""
        raise NotSupported("Nixle is connected with the id and secret of a client")

    def typed(self, app: App, typed: Mapping[str, str], *, now: datetime) -> tuple[Opened, ...]:
        """Fetch a token with the client's id and secret."""
        client = {"client_id": typed["nixle_client_id"].strip(), "client_secret": typed["nixle_client_secret"].strip()}
        url = f"{app.api_base or LIVE_BASE}/authorization/v1/tokens"
        try:
            body = wire.post(url, {"grant_type": "client_credentials", **client})
        except (Refused, Misconfigured, NotAuthorised) as error:
            cure = "Compare them in the Suite."
            raise Refused("the client's id or secret is wrong", cure=cure, code="nixle_client_secret") from error
        lasts = body.get("expires_in")
        organization, page = typed["organization"].strip(), typed.get("page", "").strip()
        return (
            Opened(
                remote_id=organization,
                name=page or f"Organization {organization}",
                handle=page or organization,
                url=f"https://local.nixle.com/{page}/" if page else "",
                api_base=app.api_base,
                secrets={**client, "access_token": str(body.get("access_token") or "")},
                settings={"page": page} if page else {},
                ends_at=now + timedelta(seconds=lasts) if isinstance(lasts, int) and lasts > 0 else None,
            ),
        )

    def examine(self, app: App, opened: Opened, *, now: datetime) -> tuple[Finding, ...]:
        """The organization answers with its places, and what only the department can say."""
        url = f"{app.api_base or LIVE_BASE}/rest/nixleRegionIds/{node(opened.remote_id)}"
        try:
            _, ahead = wire.get(url, opened.secrets.get("access_token", ""), now=now)
        except NotAuthorised:
            words = (
                f"This client may not act for organization {opened.remote_id}, or Nixle is not part of the contract."
            )
            cure = (
                "Whoever administers the organization at Everbridge gives the client the right, or corrects the number."
            )
            return (Finding(code="token", weight=Weight.STOP, words=words, cure=cure),)
        except ConnectorError as error:
            return (findings.trouble(error),)
        found = [findings.ok("token", "The sign-in works: the organization answers.")]
        found += [*_told(app, opened), findings.ends(opened.ends_at, now, renews=True), wire.clock(ahead)]
        return (*found, findings.second_factor(self.label))

    def revoke(self, app: App, account: Account) -> str:
        """Raise NotSupported: the client is deleted in the Suite."""
        raise NotSupported("Everbridge has no call for it: delete the client in the Suite")


def _told(app: App, opened: Opened) -> list[Finding]:
    """What a live channel does not send without: settings that only the department can give."""
    found: list[Finding] = []
    for need in (shapes.require_release, shapes.region_ids):
        try:
            need(opened.account("nixle", app.mode))
        except Misconfigured as error:
            cure = "Whoever administers Substation sets it on the channel once it is connected."
            found.append(Finding(code="settings", weight=Weight.WARNING, words=f"{error.message}.", cure=cure))
    return found
