"""By hand: `render` gives the pack a person pastes, `plan` refuses. No wire, no policy.

For platforms without a connector (or channels without keys); the engine waits for the pasted link as proof.
"""

from __future__ import annotations

from dataclasses import replace

from connectors.base import BaseConnector
from connectors.contract import Account, Capabilities, Health, Outgoing, Problem, Rendered, Step
from connectors.errors import NotSupported


class HandOff(BaseConnector):
    """One platform, spoken by a person."""

    def __init__(self, platform: str, can: Capabilities | None = None) -> None:
        self.platform = platform  # type: ignore[misc]  # one class for all platforms, one instance each
        self._can = can

    def capabilities(self, account: Account | None = None) -> Capabilities:
        """What the platform's own connector says of it; the table's where it has none."""
        return self._can or super().capabilities(account)

    def verify(self, account: Account) -> Health:
        """There is nothing to connect: a person's own sign-in does it."""
        return Health(ok=True, warnings=("posted by hand",))

    def render(self, outgoing: Outgoing, capabilities: Capabilities) -> Rendered:
        """As the platform counts; what is wrong with the files only warns, because the person attaches them there."""
        rendered = super().render(outgoing, capabilities)
        return replace(rendered, problems=tuple(_by_hand(problem) for problem in rendered.problems))

    def plan(self, outgoing: Outgoing) -> tuple[Step, ...]:
        """Raise NotSupported: a person posts it and pastes the link."""
        raise NotSupported(f"{self.platform} is in hand-off: a person posts it and pastes the link")


def _by_hand(problem: Problem) -> Problem:
    """A film for YouTube may never pass through us; the pack must still go out."""
    if problem.code not in ("MEDIA_REQUIRED", "MEDIA_TYPE", "MEDIA_COUNT"):
        return problem
    return replace(problem, severity="warning", cure="Attach the right file when you post it by hand.")
