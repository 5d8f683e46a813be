"""Refusals of this room beyond the common ones of `divisions.errors`."""

from __future__ import annotations

from collections.abc import Sequence

from divisions.errors import Refusal


class OwnWork(Refusal):
    """P2: nobody approves their own work."""

    def __init__(self, who: str) -> None:
        super().__init__(
            "You wrote or changed this post, so you cannot approve it.",
            cure=f"{who} can.".lstrip() if who else "",
        )


class StopsOpen(Refusal):
    """The checks found something that stops; `findings` are the stops."""

    def __init__(self, findings: Sequence[object]) -> None:
        count = len(findings)
        super().__init__(
            f"{count} stop{'s' if count != 1 else ''} to fix before this can be submitted.",
            cure=" ".join(getattr(f, "message", "") for f in findings),
        )
        self.findings = findings


class NoLongerFits(Refusal):
    """What was submitted does not fit its channels any more; `findings` say which, at which field, with the cure."""

    def __init__(self, findings: Sequence[object]) -> None:
        words = " ".join(f"{getattr(f, 'message', '')} {getattr(f, 'cure', '')}".strip() for f in findings)
        super().__init__(f"It no longer fits. {words}", cure="Ask for changes.")
        self.findings = findings
