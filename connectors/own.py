"""Our own channels: public pages, public feed, staff feed. No wire call: `run` only computes the receipt.

The engine's settle commit is the publication, so a repeat finds what is there and nothing can be uncertain.
The
public's or staff's answers live in the rooms above, not here.
"""

from __future__ import annotations

from typing import ClassVar

from connectors.base import BaseConnector
from connectors.contract import (
    Account,
    Act,
    Done,
    Health,
    Outgoing,
    Policy,
    Receipt,
    Result,
    State,
    Step,
)
from connectors.errors import Misconfigured, NotSupported


class OwnChannel(BaseConnector):
    """What the three share; `acts` are those that make sense on the channel."""

    ambiguous_policy: ClassVar[Policy] = Policy.REPEAT
    acts: ClassVar[tuple[Act, ...]] = (Act.PUBLISH, Act.EDIT, Act.WITHDRAW)

    def verify(self, account: Account) -> Health:
        """Our own channel is always reachable by ourselves."""
        return Health(ok=True)

    def plan(self, outgoing: Outgoing) -> tuple[Step, ...]:
        """One repeatable step whose payload already holds the receipt.

        A publication is known by its delivery's key, every later act by the id of what it is done to. Raises
        Misconfigured when a publication has no address or another act no target, NotSupported for acts that the
        channel does not know.
        """
        if outgoing.act not in self.acts:
            raise NotSupported(f"{self.platform} cannot {outgoing.act.value}")
        if outgoing.act is not Act.PUBLISH and outgoing.target is None:
            raise Misconfigured(f"a {outgoing.act.value} needs a target: set Outgoing.target")
        if outgoing.act is Act.PUBLISH and not outgoing.url:
            raise Misconfigured(f"a {self.platform} delivery needs its canonical address: set Outgoing.url")
        remote_id = outgoing.target.remote_id if outgoing.target else outgoing.key
        payload = {"remote_id": remote_id, "url": outgoing.url or ""}
        return (Step(name=outgoing.act.value, repeatable=True, payload=payload),)

    def run(self, account: Account, step: Step, state: State) -> Result:
        """Return the receipt written down in the step."""
        return Done(Receipt(remote_id=step.payload["remote_id"], url=step.payload["url"]))


class Website(OwnChannel):
    """The department's public pages."""

    platform: ClassVar[str] = "website"


class Feed(OwnChannel):
    """The department's public feeds (Atom)."""

    platform: ClassVar[str] = "feed"


class Internal(OwnChannel):
    """The staff-only feed, comments included."""

    platform: ClassVar[str] = "internal"
    acts: ClassVar[tuple[Act, ...]] = tuple(Act)
