"""What the e-mail connector asks of whoever keeps the list: shapes and one protocol, no behaviour.

One delivery to a list is many mails. Which of them went is kept by the rooms above, committed before and after each
one; the connector only speaks to the mail server.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Fate(StrEnum):
    """What became of one mail."""

    SENT = "sent"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One mail to be sent. `number` is the subscriber's, the same for ever: part of the Message-ID.

    `leave_url` takes the one-click POST of RFC 8058, `manage_url` is the page for people. The address never shows in a
    repr.
    """

    copy_id: int
    number: int
    address: str
    manage_url: str
    leave_url: str

    def __repr__(self) -> str:
        return f"Recipient(copy_id={self.copy_id}, number={self.number})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """How the delivery stands: when the next mail may go (None = nothing is left), and how many have which fate."""

    next_at: datetime | None
    counts: dict[str, int]


class MailingList(Protocol):
    """One delivery to one list."""

    def take(self, limit: int) -> Sequence[Recipient]:
        """Return the next mails to send, at most `limit`; what a dead worker left open is settled first."""
        ...

    def begin(self, recipient: Recipient) -> bool:
        """Commit that this mail is being sent now; False = stop, a hold or another worker has the delivery."""
        ...

    def end(self, recipient: Recipient, fate: Fate, *, status: int | None, words: str, hard: bool, lost: bool) -> None:
        """Commit what became of it. `hard` = the address itself was refused, `lost` = the line broke, not the mail."""
        ...

    def left(self) -> Left:
        """Return how the delivery stands now."""
        ...

    def counts(self, remote_ids: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return counts by fate for deliveries of this list, by their remote ids."""
        ...
