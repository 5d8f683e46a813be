"""Which platform is connected how. Adding one is a module here and a line below; no platform's facts live here."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.connecting.bluesky import BlueskyAccount
from connectors.connecting.contract import Connecting
from connectors.connecting.facebook import FacebookPages
from connectors.connecting.mastodon import MastodonAccount
from connectors.connecting.nixle import NixleOrganization
from connectors.connecting.x import XAccount
from connectors.connecting.youtube import YouTubeChannel
from connectors.errors import Misconfigured

__all__ = ["PLATFORMS", "get", "renews"]

_WAYS: tuple[Connecting, ...] = (
    FacebookPages(),
    XAccount(),
    YouTubeChannel(),
    NixleOrganization(),
    MastodonAccount(),
    BlueskyAccount(),
)
PLATFORMS: dict[str, Connecting] = {way.platform: way for way in _WAYS}


def get(platform: str) -> Connecting:
    """Return how `platform` is connected; raises Misconfigured where only a person's hand posts there."""
    if platform not in PLATFORMS:
        raise Misconfigured(f"{platform} is posted to by hand; there is nothing to connect")
    return PLATFORMS[platform]


def renews(platform: str, secrets: Mapping[str, str]) -> bool:
    """Whether a sign-in renews itself with what is kept of it, so that its end is no news."""
    names = PLATFORMS[platform].renews_by if platform in PLATFORMS else ("refresh_token",)
    return any(secrets.get(name) for name in names)
