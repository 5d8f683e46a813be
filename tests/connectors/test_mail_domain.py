"""What the DNS says of a sender's domain, asked of a name server on loopback that knows what it is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from connectors.connecting import mail_domain
from connectors.connecting.contract import Finding, Weight

Records = dict[tuple[str, str], list[str]]
GOOD: Records = {
    ("pd.example.org", "MX"): ["10 mail.pd.example.org."],
    ("pd.example.org", "TXT"): ['"v=spf1 ip4:192.0.2.1 -all"', '"something=else"'],
    ("_dmarc.pd.example.org", "TXT"): ['"v=DMARC1; " "p=none"'],
}


class Names:
    """A name server in a thread: a name it knows nothing of does not exist."""

    def __init__(self) -> None:
        self.records: Records = dict(GOOD)
        self.silent = False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                wire, where = self.socket.recvfrom(4096)
            except OSError:
                return
            if not wire:
                return
            if not self.silent:
                self.socket.sendto(self._answer(dns.message.from_wire(wire)).to_wire(), where)

    def _answer(self, asked: dns.message.Message) -> dns.message.Message:
        answer, question = dns.message.make_response(asked), asked.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        found = self.records.get((name, kind), [])
        if found:
            answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, found))
        elif not any(known == name or known.endswith(f".{name}") for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer

    def stop(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join(5)
        self.socket.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    """A name server of the test's own, which the look asks."""
    found = Names()

    def ours() -> dns.resolver.Resolver:
        asked = dns.resolver.Resolver(configure=False)
        asked.nameservers, asked.port, asked.lifetime = ["127.0.0.1"], found.port, 30.0
        return asked

    monkeypatch.setattr(mail_domain, "resolver", ours)
    yield found
    found.stop()


def looked(domain: str = "pd.example.org") -> dict[str, Finding]:
    return {one.code: one for one in mail_domain.look(domain, "mail.example.org")}


def test_a_domain_with_everything_is_fine_but_for_what_nobody_can_ask(names: Names) -> None:
    found = looked()
    weights = {code: one.weight for code, one in found.items()}
    assert weights == {"domain": Weight.OK, "spf": Weight.OK, "dmarc": Weight.OK, "dkim": Weight.UNKNOWN}
    assert found["dmarc"].words == "DMARC is set: v=DMARC1; p=none"
    assert "dkim=pass for pd.example.org" in found["dkim"].cure


def test_what_is_missing_is_named_with_who_adds_it(names: Names) -> None:
    names.records = {("pd.example.org", "TXT"): ['"something=else"']}
    found = looked()
    assert [found[code].weight for code in ("domain", "spf", "dmarc")] == [Weight.WARNING] * 3
    assert "no MX record" in found["domain"].words
    assert "no TXT record that begins with v=spf1" in found["spf"].words
    assert "names the mail server mail.example.org" in found["spf"].cure
    assert "_dmarc.pd.example.org has no TXT record" in found["dmarc"].words
    assert all(found[code].cure.startswith("Whoever runs the DNS of") for code in ("domain", "spf", "dmarc"))


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (['"v=spf1 -all"'], "nobody sends from here"),
        (['"v=spf1 mx -all"', '"v=spf1 a -all"'], "has 2 SPF records"),
    ],
)
def test_an_spf_record_that_helps_nobody_is_warned_of(names: Names, texts: list[str], words: str) -> None:
    names.records["pd.example.org", "TXT"] = texts
    assert looked()["spf"].weight is Weight.WARNING
    assert words in looked()["spf"].words


def test_a_domain_below_one_with_dmarc_has_it_too(names: Names) -> None:
    names.records["news.pd.example.org", "MX"] = ["10 mail.pd.example.org."]
    assert looked("news.pd.example.org")["dmarc"].weight is Weight.OK


def test_a_domain_that_is_not_there_stops(names: Names) -> None:
    found = looked("no-such.example.net")
    assert {code: one.weight for code, one in found.items()} == {"domain": Weight.STOP}


def test_name_servers_that_do_not_answer_are_no_error(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    names.silent, ours = True, mail_domain.resolver

    def hasty() -> dns.resolver.Resolver:
        asked = ours()
        asked.lifetime = 0.2
        return asked

    monkeypatch.setattr(mail_domain, "resolver", hasty)
    assert {one.weight for one in looked().values()} == {Weight.UNKNOWN}
    assert "did not tell about pd.example.org" in looked()["domain"].words
