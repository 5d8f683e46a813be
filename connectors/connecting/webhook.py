"""Connecting a webhook: an address, a secret that we make, and a signed call that has to be answered with 2xx.

The secret is shown once, before the call, so that the other side can check with it. What it has to check, and the
table of answers: docs/webhooks.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import urlsplit

from connectors import guard, http, webhook
from connectors.connecting import findings
from connectors.connecting.contract import App, Asked, Finding, Guide, Opened, Weight
from connectors.connecting.typed_here import TypedHere
from connectors.contract import Account
from connectors.errors import ConnectorError, Misconfigured, NotAuthorised, NotSupported, Refused, Temporary
from connectors.webhook_signing import new_secret

LONGEST = 300
WHO = "Whoever runs the endpoint"
CLOSED = (401, 403)


class WebhookEndpoint(TypedHere):
    """One address that is told of every post."""

    platform: ClassVar[str] = "webhook"
    label: ClassVar[str] = "Webhook"
    asked: ClassVar[tuple[Asked, ...]] = (
        Asked(
            name="endpoint",
            label="Address of the endpoint",
            help="https on port 443. Keep keys out of it: it can be read here and in the ledger.",
        ),
    )
    hands_out: ClassVar[str] = "secret"
    guide: ClassVar[Guide] = Guide(
        who="whoever runs the endpoint",
        before=(
            "Agree with whoever runs the endpoint on its address: https, port 443, no user or password in it.",
            "They keep the secret you get on the next page, and check each call with it: the signature over the bytes "
            "as they came, a time no more than five minutes old, each webhook-id acted on once.",
            "They answer 2xx within ten seconds and do the work afterwards.",
        ),
        where="https://www.standardwebhooks.com/",
        ends="",
        stays="What was told stays told. The endpoint keeps the secret until somebody deletes it there.",
    )
    able: ClassVar[tuple[str, ...]] = (
        "tell the endpoint of each post, with its words, addresses and descriptions of pictures",
        "tell it of a correction and of a withdrawal",
        "repeat what was not answered, as the same event",
    )
    unable: ClassVar[tuple[tuple[str, str], ...]] = (
        ("see what the endpoint makes of it", "Its answer is kept, and stands on the channel's page Webhook."),
        ("take back what the endpoint passed on", "It gets the withdrawal and has to take its copy down."),
        ("read or hide answers, or count readers", "Whoever runs the endpoint tells you."),
    )

    def typed(self, app: App, typed: Mapping[str, str], *, now: datetime) -> tuple[Opened, ...]:
        """Take an address that can be called, and make its secret. Says nothing to it yet."""
        url = typed["endpoint"].strip()
        if len(url) > LONGEST:
            raise Refused(f"the address is longer than {LONGEST} characters", cure="Ask for a shorter one.")
        try:
            webhook.endpoint(Account(platform="webhook", handle="", mode=app.mode, api_base=url))
            host = _reachable(url)
        except Misconfigured as error:
            cure = "An https address on port 443. An address inside has to be named in OUTBOUND_ALLOW by whoever runs "
            raise Refused(error.message, cure=f"{cure}the server.", code="endpoint") from error
        except Temporary as error:
            raise Refused(error.message, cure="Compare the address.", code="endpoint") from error
        made = {self.hands_out: new_secret()}
        seen = url.replace("/webhook/", "/see/webhook/", 1) if app.mode == "sandbox" and "/webhook/" in url else ""
        return (Opened(remote_id="endpoint", name=host, handle="", url=seen, api_base=url, secrets=made),)

    def examine(self, app: App, opened: Opened, *, now: datetime) -> tuple[Finding, ...]:
        """A call signed well has to be taken, and one signed by somebody else should not be."""
        account = opened.account(self.platform, app.mode)
        try:
            answer = webhook.ping(account, now=now)
        except (NotAuthorised, Refused) as error:
            return (_refused(error),)
        except Misconfigured as error:
            return (findings.trouble(error),)
        except ConnectorError as error:
            cure = f"{WHO} looks why; then check again. Nothing is lost."
            words = f"The endpoint did not answer with 2xx: {error.message}."
            return (Finding(code="reach", weight=Weight.STOP, words=words, cure=cure),)
        taken = findings.ok("ping", f"The endpoint took a signed call (it answered {answer.status}).")
        return (taken, _checks(account, now))

    def revoke(self, app: App, account: Account) -> str:
        """Raise NotSupported: the secret is deleted where the endpoint runs."""
        raise NotSupported("the endpoint keeps the secret until whoever runs it deletes it there")


def _reachable(url: str) -> str:
    """The host of an address that resolves to where connectors may go; raises Misconfigured, Temporary."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    guard.checked_addresses(host, port, http.allowed(), encrypted=parts.scheme == "https")
    return host


def _refused(error: ConnectorError) -> Finding:
    if error.status in CLOSED:
        words = f"The endpoint does not take our signature (it answered {error.status})."
        cure = (
            f"{WHO} puts in the secret, letter by letter, and checks it over the bytes as they came. Then check again."
        )
        return Finding(code="signature", weight=Weight.STOP, words=words, cure=cure)
    cure = getattr(error, "cure", "") or f"{WHO} makes it answer 2xx to a ping; see docs/webhooks.md."
    return Finding(code="ping", weight=Weight.STOP, words=f"The endpoint refuses a call: {error.message}.", cure=cure)


def _checks(account: Account, now: datetime) -> Finding:
    """Whether it looks at the signature at all: who does not believes anybody."""
    try:
        stranger = replace(account, secrets={"secret": new_secret()})
        answer = webhook.ping(stranger, now=now + timedelta(milliseconds=1))  # an id of its own
    except (NotAuthorised, Refused):
        return findings.ok("checks", "It refuses a call that somebody else signed.")
    except ConnectorError as error:
        return Finding(
            code="checks",
            weight=Weight.UNKNOWN,
            words=f"Whether it refuses a call that somebody else signed was not heard: {error.message}.",
        )
    return Finding(
        code="checks",
        weight=Weight.WARNING,
        words=f"It also took a call that somebody else signed ({answer.status}): anybody can speak for us there.",
        cure=f"{WHO} checks the signature before anything else; docs/webhooks.md says how.",
    )
