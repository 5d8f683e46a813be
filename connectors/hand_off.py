"""By hand: `render` gives the pack a person pastes, `plan` refuses. No wire, no policy.

For platforms without a connector (or channels without keys); the engine waits for the pasted link as proof.
"""

from __future__ import annotations

from connectors.base import BaseConnector
from connectors.contract import Account, Health, Outgoing, Step
from connectors.errors import NotSupported


class HandOff(BaseConnector):
    """One platform, spoken by a person."""

    def __init__(self, platform: str) -> None:
        self.platform = platform  # type: ignore[misc]  # one class for all platforms, one instance each

    def verify(self, account: Account) -> Health:
        """There is nothing to connect: a person's own sign-in does it."""
        return Health(ok=True, warnings=("posted by hand",))

    def plan(self, outgoing: Outgoing) -> tuple[Step, ...]:
        """Raise NotSupported: a person posts it and pastes the link."""
        raise NotSupported(f"{self.platform} is in hand-off: a person posts it and pastes the link")
