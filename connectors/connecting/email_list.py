"""Setting up an e-mail list: who its mails come from, a look at the mail server and the domain, a test mail to us.

The mail server is this machine's (EMAIL_URL), so nothing is signed in to and nothing is kept but a name and an address.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from connectors.connecting import findings, mail_domain
from connectors.connecting.contract import App, Asked, Finding, Guide, Opened, Weight
from connectors.connecting.typed_here import TypedHere
from connectors.contract import Account
from connectors.errors import ConnectorError, Misconfigured, NotAuthorised, NotSupported, Refused
from connectors.mail_line import Relay, is_here, opened, relay_of
from connectors.mailing_message import POLICY
from connectors.mailing_port import Fate

LONGEST = 100
WHO = "Whoever runs the server"
EXAMPLE = "smtp+tls://user:password@mail.example.gov:587"


class EmailListHere(TypedHere):
    """One list of a division."""

    platform: ClassVar[str] = "email"
    label: ClassVar[str] = "E-mail list"
    asked: ClassVar[tuple[Asked, ...]] = (
        Asked(
            name="sender_name", label="Sender's name", help="What people see in their mailbox and on the sign-up page."
        ),
        Asked(name="sender_address", label="Sender's address", help="Answers come to it: somebody has to read them."),
    )
    hands_out: ClassVar[str] = ""
    guide: ClassVar[Guide] = Guide(
        who="nobody at a platform: the mail server is our own",
        before=(
            f"Whoever runs the server names the mail server in EMAIL_URL ({EXAMPLE}).",
            "The mail server has to let Substation send from the sender's address, and sign its mails (DKIM).",
            "Whoever runs the DNS of the sender's domain sets SPF and DMARC, or mailboxes hide the mails.",
            "Somebody reads what comes to the sender's address.",
        ),
        where="",
        ends="",
        stays="Mails that are out stay in their mailboxes.",
    )
    able: ClassVar[tuple[str, ...]] = (
        "let people sign up, confirm and leave by themselves, from each mail with one click",
        "send each post once to everybody on the list, with links to its pictures",
        "send a correction that stands below the first mail",
        "count mails that were sent, refused and left uncertain",
    )
    unable: ClassVar[tuple[tuple[str, str], ...]] = (
        ("take back or change a mail that is out", "A correction goes out as a mail of its own."),
        ("tell who opened a mail", "No pixel watches readers."),
        ("read the answers", "Somebody reads the mailbox of the sender's address."),
    )

    def typed(self, app: App, typed: Mapping[str, str], *, now: datetime) -> tuple[Opened, ...]:
        """Take a sender; nothing is asked of anybody yet."""
        name, address = " ".join(typed["sender_name"].split()), typed["sender_address"].strip()
        if len(name) > LONGEST or not name.isprintable():
            cure = f"At most {LONGEST} letters on one line."
            raise Refused("a mailbox shows no such name", cure=cure, code="sender_name")
        try:
            parsed = Address(addr_spec=address)
        except (ValueError, IndexError, MessageError) as error:
            raise Refused(
                "this is no e-mail address", cure="As in news@pd.example.gov", code="sender_address"
            ) from error
        if not parsed.username or "." not in parsed.domain or not address.isascii():
            raise Refused("this is no e-mail address", cure="As in news@pd.example.gov", code="sender_address")
        kept = {"sender_name": name, "sender_address": address}
        return (Opened(remote_id="list", name=name, handle="", settings=kept),)

    def examine(self, app: App, opened: Opened, *, now: datetime) -> tuple[Finding, ...]:
        """Call the mail server and have a mail sent to who asks, then look at the domain and at our own address."""
        address = str(opened.settings["sender_address"])
        try:
            relay = relay_of(app.here)
        except Misconfigured:
            cure = f"{WHO} sets EMAIL_URL, for example {EXAMPLE}."
            return (Finding(code="relay", weight=Weight.STOP, words="No mail server is set.", cure=cure),)
        found = [*_tried(app, relay, opened, now), *_open_line(relay)]
        if app.mode == "sandbox":
            words = "In training mails stay on this machine: the sender's domain was not looked at."
            seen = f"The test mail shows at {app.here['seen_at']}" if app.here.get("seen_at") else ""
            return (*found, Finding(code="domain", weight=Weight.UNKNOWN, words=words, cure=seen))
        return (*found, _way_out(app.here), *mail_domain.look(address.rpartition("@")[2].lower(), relay.host))

    def revoke(self, app: App, account: Account) -> str:
        """Raise NotSupported: there is no sign-in of the list's own."""
        raise NotSupported("an e-mail list has no sign-in of its own")


def _tried(app: App, relay: Relay, account: Opened, now: datetime) -> tuple[Finding, ...]:
    """Hand a mail to the person who asks over to the mail server."""
    sender, to = str(account.settings["sender_address"]), str(app.here.get("to") or "")
    where = relay.host or "the folder for mails"
    try:
        with opened(relay, str(app.here.get("password") or ""), inside=app.mode == "sandbox") as line:
            name = f"<test-{secrets.token_hex(8)}@{relay.name}>"
            answer = line.send(_mail(account, to, relay, name, now), sender=sender, to=to, name=name)
    except Refused as error:
        cure = f"Whoever runs the mail server {where} lets Substation send as {sender}; or take an address it allows."
        return (Finding(code="sender", weight=Weight.STOP, words=f"{_said(error)}.", cure=cure),)
    except NotAuthorised as error:
        cure = f"{WHO} corrects user and password in EMAIL_URL."
        return (Finding(code="token", weight=Weight.STOP, words=f"{_said(error)}.", cure=cure),)
    except Misconfigured as error:
        return (Finding(code="relay", weight=Weight.STOP, words=f"{_said(error)}.", cure=f"{WHO} changes EMAIL_URL."),)
    except ConnectorError as error:
        cure = f"Check again in a few minutes; if it stays so, {WHO.lower()} looks at EMAIL_URL and the way to {where}."
        return (Finding(code="reach", weight=Weight.STOP, words=f"{_said(error)}.", cure=cure),)
    taken = findings.ok("relay", f"The mail server answers: {where}.")
    if answer.fate is Fate.SENT:
        return (taken, findings.ok("test", f"A test mail was taken for {to}. Look whether it comes."))
    cure = "Check again; if it stays so, ask whoever runs the mail server."
    weight = Weight.STOP if answer.fate is Fate.REFUSED else Weight.WARNING
    words = f"The test mail to {to} was not taken: {answer.words}"
    return (taken, Finding(code="test", weight=weight, words=words, cure=cure))


def _mail(account: Opened, to: str, relay: Relay, name: str, now: datetime) -> bytes:
    """A mail to one of us, as plain as can be. Raises ValueError for nothing: both addresses are checked by now."""
    message = EmailMessage(policy=POLICY)
    sender = str(account.settings["sender_address"])
    message["From"] = Address(display_name=str(account.settings["sender_name"]), addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = f"Test mail: {account.name}"
    message["Date"], message["Message-ID"] = format_datetime(now), name
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        f"This is how a mail of the list “{account.name}” comes to you.\n\n"
        "Look at three things: the sender's name, that it did not land in the spam, and that the headers say\n"
        f"spf=pass, dkim=pass and dmarc=pass for {sender.rpartition('@')[2]}.\n\nNobody else got this mail.\n",
        cte="quoted-printable",
    )
    return message.as_bytes()


def _open_line(relay: Relay) -> tuple[Finding, ...]:
    if relay.folder or relay.tls or relay.starttls or is_here(relay.host):
        return ()
    words = f"Mails go to {relay.host} without encryption."
    cure = f"{WHO} sets EMAIL_URL to smtp+tls:// or smtps://, if the mail server offers it."
    return (Finding(code="open_line", weight=Weight.WARNING, words=words, cure=cure),)


def _way_out(here: Mapping[str, Any]) -> Finding:
    """One click to leave (RFC 8058) is an https address that mailboxes can reach."""
    base = str(here.get("base_url") or "")
    if urlsplit(base).scheme == "https":
        return findings.ok("way_out", "Each mail carries a way out that takes one click.")
    words = f"The way out in each mail would be {base or 'no address'}: mail programs take https only."
    return Finding(code="way_out", weight=Weight.STOP, words=words, cure=f"{WHO} sets BASE_URL to our https address.")


def _said(error: ConnectorError) -> str:
    return error.message[:1].upper() + error.message[1:]
