"""What a sender's domain says of its mails, as findings: is it there, SPF, DMARC. The one file that asks the DNS.

The big mailboxes refuse or hide a list's mails without these (their rules for bulk senders since February 2024). DKIM
cannot be asked from outside: its record has a name only the mail server knows.
"""

from __future__ import annotations

import dns.exception
import dns.resolver

from connectors.connecting.contract import Finding, Weight
from connectors.connecting.findings import ok

WITHIN_S = 3.0
WHO = "Whoever runs the DNS of"


def resolver() -> dns.resolver.Resolver:
    """This machine's name servers, asked for a few seconds at most."""
    found = dns.resolver.Resolver()
    found.lifetime = WITHIN_S
    return found


def look(domain: str, relay: str) -> tuple[Finding, ...]:
    """Ask for the records of `domain`; `relay` = the mail server's name, for the cure. Never raises."""
    try:
        ask = resolver()
        return (_there(ask, domain), _spf(ask, domain, relay), _dmarc(ask, domain), _dkim(domain))
    except dns.resolver.NXDOMAIN:
        words = f"There is no domain {domain}: mailboxes refuse what comes from it."
        cure = "Take an address of a domain that the department has."
        return (Finding(code="domain", weight=Weight.STOP, words=words, cure=cure),)
    except dns.exception.DNSException as error:
        words = f"The name servers did not tell about {domain} ({type(error).__name__})."
        cure = (
            f"Check again. {WHO} {domain} can say whether SPF and DMARC are set; the test mail's headers say it, too."
        )
        return (Finding(code="domain", weight=Weight.UNKNOWN, words=words, cure=cure), _dkim(domain))


def _there(ask: dns.resolver.Resolver, domain: str) -> Finding:
    if _records(ask, domain, "MX"):
        return ok("domain", f"{domain} takes mail, so answers come somewhere.")
    words = f"{domain} takes no mail (no MX record): answers and returned mails are lost."
    cure = f"{WHO} {domain} adds one, or take an address of a domain that takes mail."
    return Finding(code="domain", weight=Weight.WARNING, words=words, cure=cure)


def _spf(ask: dns.resolver.Resolver, domain: str, relay: str) -> Finding:
    found = [text for text in _records(ask, domain, "TXT") if text.lower().split(" ")[0] == "v=spf1"]
    if len(found) == 1 and found[0].lower().split() != ["v=spf1", "-all"]:
        return ok("spf", f"SPF is set: {found[0]}")
    if found:
        words = (
            "SPF says that nobody sends from here." if len(found) == 1 else f"{domain} has {len(found)} SPF records."
        )
        cure = f"{WHO} {domain} leaves one, which names the mail server {relay}."
        return Finding(code="spf", weight=Weight.WARNING, words=words, cure=cure)
    words = f"SPF is missing: {domain} has no TXT record that begins with v=spf1, so mails may land in the spam."
    cure = f"{WHO} {domain} adds one that names the mail server {relay}."
    return Finding(code="spf", weight=Weight.WARNING, words=words, cure=cure)


def _dmarc(ask: dns.resolver.Resolver, domain: str) -> Finding:
    """At the domain itself, else at the one above it, as a receiver looks."""
    labels = domain.split(".")
    for above in (".".join(labels[n:]) for n in range(max(len(labels) - 1, 1))):
        found = [text for text in _records(ask, f"_dmarc.{above}", "TXT") if text.upper().startswith("V=DMARC1")]
        if found:
            return ok("dmarc", f"DMARC is set: {found[0]}")
    words = f"DMARC is missing: _dmarc.{domain} has no TXT record that begins with v=DMARC1."
    cure = f"{WHO} {domain} adds one; “v=DMARC1; p=none” is a beginning."
    return Finding(code="dmarc", weight=Weight.WARNING, words=words, cure=cure)


def _dkim(domain: str) -> Finding:
    return Finding(
        code="dkim",
        weight=Weight.UNKNOWN,
        words="From outside nobody can tell whether the mails are signed (DKIM).",
        cure=f"Open the headers of the test mail: they have to say dkim=pass for {domain}. "
        "If not, whoever runs the mail server switches it on.",
    )


def _records(ask: dns.resolver.Resolver, name: str, kind: str) -> list[str]:
    """The records of a name as text; none where it has no such. Raises NXDOMAIN for a domain that is not there."""
    try:
        answer = ask.resolve(name, kind)
    except dns.resolver.NoAnswer:
        return []
    except dns.resolver.NXDOMAIN:
        if name.startswith("_dmarc."):
            return []
        raise
    if kind == "TXT":
        return [b"".join(row.strings).decode("utf-8", "replace") for row in answer]
    return [row.to_text() for row in answer]
