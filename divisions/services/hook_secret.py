"""A webhook's secrets as they are sealed: a new one, and the one before it while the other side changes over. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

BOTH_FOR = timedelta(hours=24)  # how long the receiver may still check with the secret before


def in_place_of(before: Mapping[str, str], secret: str, now: datetime) -> dict[str, str]:
    """What is sealed once `secret` takes the place of what was sealed `before`; for a day both sign."""
    old = before.get("secret", "")
    if not old or old == secret:
        return {"secret": secret}
    return {"secret": secret, "previous": old, "previous_until": str(int((now + BOTH_FOR).timestamp()))}
