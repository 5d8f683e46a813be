"""Which platform is connected how. Adding one is a module here and a line below; no platform's facts live here."""

from __future__ import annotations

from connectors.connecting.contract import Connecting
from connectors.connecting.facebook import FacebookPages
from connectors.connecting.x import XAccount
from connectors.errors import Misconfigured

__all__ = ["PLATFORMS", "get"]

_WAYS: tuple[Connecting, ...] = (FacebookPages(), XAccount())
PLATFORMS: dict[str, Connecting] = {way.platform: way for way in _WAYS}


def get(platform: str) -> Connecting:
    """Return how `platform` is connected; raises Misconfigured where only a person's hand posts there."""
    if platform not in PLATFORMS:
        raise Misconfigured(f"{platform} is posted to by hand; there is nothing to connect")
    return PLATFORMS[platform]
