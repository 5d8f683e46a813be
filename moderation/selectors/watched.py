"""What other rooms know about accounts, as a check round reads it: whether an account links the comment policy.

The reader is handed in when the application starts; None = there is no policy to link yet, which is said as such.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

LinkedByChannel = Callable[[Sequence[int]], Mapping[int, bool]]

_policy: LinkedByChannel | None = None


def read_policy_with(reader: LinkedByChannel) -> None:
    """Take the reader that says by channel id whether the account links the comment policy, in one query."""
    global _policy
    _policy = reader


def policy_links(channel_ids: Sequence[int]) -> Mapping[int, bool] | None:
    """Whether each account links the comment policy; None when there is none to link."""
    return _policy(channel_ids) if _policy else None
