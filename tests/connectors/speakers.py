"""Connectors beside the platforms, as the one suite speaks to them: an endpoint, a list's mails, our own pages.

What each of them cannot do is said by its marks (`looked_up`, `carries_bytes`, …): a row that needs it skips with that
reason. How their answers fail is their own suites' (test_webhook, test_email_list, posts' test_mailing).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from html import escape
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook as Verifier

from connectors import registry
from connectors.contract import Account, Media, Step
from connectors.webhook_signing import new_secret
from tests.connectors import wire
from tests.connectors.conftest import Blobs, Speaker, numbers
from tests.connectors.receiver import Receiver
from tests.connectors.test_email_list import READER, SENDER, Keeper

OWN = ("website", "feed", "internal")
ANSWERS = {"expired": 410, "429": 429, "500": 500}


@dataclass
class HookSpeaker(Speaker):
    """A webhook with a receiver that checks every signature and keeps the newest version of each post."""

    receiver: Receiver = field(kw_only=True)
    looked_up = False
    carries_bytes = False
    faults = ("expired", "429", "500", "drop_after_accept")

    @property
    def secret(self) -> str:
        return self.account.secrets["secret"]

    def stranger(self) -> Account:
        return replace(self.account, secrets={"secret": new_secret()})

    def fault(self, fault: str, **more: Any) -> Any:
        self.receiver.answers.clear()
        if fault == "drop_after_accept":
            self.receiver.will_hang_up()
        elif fault != "none":
            headers = {"Retry-After": str(more["value"])} if fault == "429" else {}
            self.receiver.will(ANSWERS[fault], headers)

    def truth(self) -> list[dict[str, Any]]:
        posts: dict[str, dict[str, Any]] = {}
        for headers, body in self.receiver.heard:
            event = Verifier(self.secret).verify(body, headers)
            if event["type"] == "ping":
                continue
            posts.pop(event["data"]["id"], None)
            if event["type"] != "post.withdrawn":
                posts[event["data"]["id"]] = event["data"]
        return list(posts.values())

    def reads(self, url: str) -> str:
        """As a receiver would show what it heard."""
        shown = [
            f'{one["html"]}<a href="{one["canonical_url"]}">'
            + "".join(f'<img alt="{escape(item["alt"])}">' for item in one["media"])
            for one in self.truth()
        ]
        return "".join(shown)


@dataclass
class MailSpeaker(Speaker):
    """An e-mail list with one reader, whose mails are written to a folder."""

    folder: Path = field(kw_only=True)
    looked_up = False
    carries_bytes = False
    faults = ()

    def image(self, alt: str = "A map of the closed road", content: bytes = b"x") -> Media:
        return replace(super().image(alt, content), url="https://pd.example.org/media/map.png")

    def run(self, step: Step, state: dict[str, Any]) -> Any:
        """A delivery has a keeper of its own, which knows what was sent."""
        keepers: dict[str, Keeper] = self.__dict__.setdefault("keepers", {})
        keeper = keepers.setdefault(step.payload["key"], Keeper(READER))
        self.account = replace(self.account, mailing=keeper)
        return super().run(step, state)

    def mails(self) -> list[EmailMessage]:
        paths = sorted(self.folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        found = [message_from_bytes(path.read_bytes(), policy=modern) for path in paths]
        return [mail for mail in found if isinstance(mail, EmailMessage)]

    def truth(self) -> list[dict[str, Any]]:
        return [_as_post(mail) for mail in self.mails()]

    def reads(self, url: str) -> str:
        return "".join(_part(mail, "html") for mail in self.mails())


@dataclass
class OwnSpeaker(Speaker):
    """One of our own pages: no call, so what is there stands in the rooms above, and the receipt is all there is."""

    looked_up = False
    carries_bytes = False
    shows = False
    faults = ()


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def _as_post(mail: EmailMessage) -> dict[str, Any]:
    """The words of a mail without what is added around them, and its pictures."""
    words = _part(mail, "plain").partition("\n\n-- \n")[0]
    text, *rest = words.replace("\n\nRead it on our page:", "\n\nPicture:").split("\n\nPicture: ")
    pictures = [line.partition("\nhttps://pd.example.org/media/")[0] for line in rest if "/media/" in line]
    key = str(mail["Message-ID"]).strip("<>").rpartition("@")[0].rpartition(".")[0]
    return {"id": key, "text": text, "media": [{"alt": alt} for alt in pictures]}


def beside(platform: str, calls: wire.Log, receiver: Receiver, folder: Path, network: Any) -> Speaker:
    """The speaker of a connector that speaks to no platform."""
    connector, blobs = registry.get(platform, "sandbox"), Blobs()
    given: dict[str, Any] = {"platform": platform, "handle": f"beside{next(numbers)}", "mode": "sandbox"}
    if platform == "webhook":
        secrets = {"secret": new_secret()}
        account = Account(**given, api_base=receiver.url, secrets=secrets)
        receiver.check = lambda body, headers: _good(secrets["secret"], body, headers)
        return HookSpeaker(platform, connector, account, network, blobs, calls, receiver=receiver)
    if platform == "email":
        account = Account(**given, settings={"relay": {"folder": str(folder)}, "sender": SENDER})
        return MailSpeaker(platform, connector, account, network, blobs, calls, folder=folder)
    return OwnSpeaker(platform, connector, Account(**given), network, blobs, calls)


def _good(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Verifier(secret).verify(body, headers)
    except Exception:
        return False
    return True
