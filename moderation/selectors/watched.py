"""What other watches know about accounts, as a check round reads it: open drift cases, whether the policy is linked.

Each watch hands in its reader when the application starts; None = nobody watches it yet, which is said as such.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

CountByChannel = Callable[[Sequence[int]], Mapping[int, int]]
LinkedByChannel = Callable[[Sequence[int]], Mapping[int, bool]]

_drift: CountByChannel | None = None
_policy: LinkedByChannel | None = None


def read_drift_with(reader: CountByChannel) -> None:
    """Take the reader that counts open drift cases by channel id, in one query."""
    global _drift
    _drift = reader


def read_policy_with(reader: LinkedByChannel) -> None:
    """Take the reader that says by channel id whether the account links the comment policy, in one query."""
    global _policy
    _policy = reader


def drift_cases(channel_ids: Sequence[int]) -> Mapping[int, int] | None:
    """Open drift cases by channel id (absent = none); None when drift is not watched."""
    return _drift(channel_ids) if _drift else None


def policy_links(channel_ids: Sequence[int]) -> Mapping[int, bool] | None:
    """Whether each account links the comment policy; None when there is none to link."""
    return _policy(channel_ids) if _policy else None
