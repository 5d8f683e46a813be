"""The e-mail list: one delivery is many mails, one `run` is one session with the mail server and a batch of them.

Which mails went is committed by the list's keeper before and after each (`mailing_port`), so a run that is killed, held
or repeated sends nothing twice; between two runs the engine asks its gate again. No look-up, no edit and no withdrawal:
what is out is out, and the next best act is a correction, a mail that answers the first one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from email.errors import MessageError
from typing import Any, ClassVar

from connectors import composing
from connectors.base import BaseConnector
from connectors.contract import (
    Account,
    Act,
    Done,
    Health,
    Metrics,
    Outgoing,
    Policy,
    Receipt,
    Remote,
    Result,
    State,
    Step,
    Wait,
)
from connectors.errors import ConnectorError, Misconfigured, NotAuthorised, NotSupported
from connectors.mail_line import Answer, Line, opened, relay_of
from connectors.mailing_message import Sender, build, message_id, sender_of
from connectors.mailing_port import Fate, Left, MailingList, Recipient

BATCH = 50
BUDGET_S = 15.0  # of one run; what is left goes with the next one, well inside the lease


class EmailList(BaseConnector):
    """Sends to one list of a division."""

    platform: ClassVar[str] = "email"
    ambiguous_policy: ClassVar[Policy] = Policy.FIND_THEN_ASK

    def plan(self, outgoing: Outgoing) -> tuple[Step, ...]:
        """One step, repeatable because each mail has a state of its own. Pure.

        Raises NotSupported for whatever cannot be done to mails, Misconfigured for an answer to nothing.
        """
        if outgoing.act not in (Act.PUBLISH, Act.REPLY):
            raise NotSupported(f"email cannot {outgoing.act.value}: mails that are out stay out; send a correction")
        if outgoing.act is Act.REPLY and outgoing.target is None:
            raise Misconfigured("a reply needs a target: set Outgoing.target")
        payload = {
            "key": outgoing.key,
            "answers": outgoing.target.remote_id if outgoing.target else "",
            "kind": outgoing.kind,
            "title": outgoing.title,
            "text": composing.compose(self.platform, outgoing),
            "link": outgoing.link or "",
            "language": outgoing.language,
            "at": outgoing.planned_at.isoformat(),
            "media": [
                {"url": item.url, "alt": item.alt, "credit": item.credit, "mime": item.mime} for item in outgoing.media
            ],
        }
        return (Step(name="mail", repeatable=True, payload=payload),)

    def run(self, account: Account, step: Step, state: State) -> Result:
        """Send one batch. Wait = some are left; Done = nobody is."""
        mailing, sender = _list_of(account), sender_of(account.settings)
        people = mailing.take(BATCH)
        if people:
            relay, inside = relay_of(account.settings), account.mode == "sandbox"
            with opened(relay, account.secrets.get("relay_password", ""), inside=inside) as line:
                _send(line, mailing, people, step.payload, sender)
        left = mailing.left()
        if left.next_at is not None:
            return Wait(state, left.next_at)
        raw = {"words": summary(left), "counts": left.counts}
        return Done(Receipt(remote_id=str(step.payload["key"]), url=str(step.payload["link"]), raw=raw))

    def verify(self, account: Account) -> Health:
        """Call the mail server, sign in, hang up."""
        inside = account.mode == "sandbox"
        try:
            with opened(relay_of(account.settings), account.secrets.get("relay_password", ""), inside=inside):
                return Health(ok=True)
        except NotAuthorised as error:
            return Health(ok=False, warnings=(f"{error}.",))

    def metrics(self, account: Account, remotes: Sequence[Remote]) -> dict[str, Metrics]:
        """Counts of mails by fate, in `raw`; nobody is watched while reading, so there are no views."""
        counts = _list_of(account).counts([remote.remote_id for remote in remotes])
        return {remote_id: Metrics(raw=found) for remote_id, found in counts.items()}


def summary(left: Left) -> str:
    """How a delivery ended, in a sentence."""
    order = ("sent", "refused", "uncertain", "left")
    shown = [f"{left.counts[fate]} {fate}" for fate in order if left.counts.get(fate)]
    return ", ".join(shown) or "nobody is on this list"


def _list_of(account: Account) -> MailingList:
    if account.mailing is None:
        raise Misconfigured("Account.mailing is not set, so nobody is on the list")
    return account.mailing


def _send(line: Line, mailing: MailingList, people: Sequence[Recipient], said: dict[str, Any], sender: Sender) -> None:
    """One mail after another, until the batch or its time is over, the line breaks, or the delivery is not ours."""
    until = time.monotonic() + BUDGET_S
    for recipient in people:
        if time.monotonic() > until or not mailing.begin(recipient):
            return
        answer = _one(line, mailing, recipient, said, sender)
        _end(mailing, recipient, answer)
        if answer.lost:
            return


def _one(line: Line, mailing: MailingList, recipient: Recipient, said: dict[str, Any], sender: Sender) -> Answer:
    name = message_id(str(said["key"]), recipient, sender)
    try:
        message = build(said, recipient, sender)
    except (ValueError, IndexError, MessageError) as error:  # an address that no header takes
        return Answer(fate=Fate.REFUSED, words=f"no mail can be addressed like this ({error})", hard=True)
    try:
        return line.send(message, sender=sender.address, to=recipient.address, name=name)
    except ConnectorError as error:  # it is not about this person: nothing was sent, and nothing can be like this
        _end(mailing, recipient, Answer(fate=Fate.LATER, status=error.status, words=error.message, lost=True))
        raise


def _end(mailing: MailingList, recipient: Recipient, answer: Answer) -> None:
    mailing.end(recipient, answer.fate, status=answer.status, words=answer.words, hard=answer.hard, lost=answer.lost)
