"""Which platform is connected how. Adding one is a module here and a line below; no platform's facts live here."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.connecting.bluesky import BlueskyAccount
from connectors.connecting.contract import Connecting, MadeHere
from connectors.connecting.email_list import EmailListHere
from connectors.connecting.facebook import FacebookPages
from connectors.connecting.mastodon import MastodonAccount
from connectors.connecting.nixle import NixleOrganization
from connectors.connecting.webhook import WebhookEndpoint
from connectors.connecting.x import XAccount
from connectors.connecting.youtube import YouTubeChannel
from connectors.errors import Misconfigured

__all__ = ["PLATFORMS", "get", "made_here", "renews"]

_WAYS: tuple[Connecting, ...] = (
    FacebookPages(),
    XAccount(),
    YouTubeChannel(),
    NixleOrganization(),
    MastodonAccount(),
    BlueskyAccount(),
    EmailListHere(),
    WebhookEndpoint(),
)
PLATFORMS: dict[str, Connecting] = {way.platform: way for way in _WAYS}


def get(platform: str) -> Connecting:
    """Return how `platform` is connected; raises Misconfigured where only a person's hand posts there."""
    if platform not in PLATFORMS:
        raise Misconfigured(f"{platform} is posted to by hand; there is nothing to connect")
    return PLATFORMS[platform]


def made_here(platform: str) -> MadeHere | None:
    """The way of a platform where we make the account ourselves; None for everybody else's and for by hand."""
    way = PLATFORMS.get(platform)
    return way if isinstance(way, MadeHere) else None


def renews(platform: str, secrets: Mapping[str, str]) -> bool:
    """Whether a sign-in renews itself with what is kept of it, so that its end is no news."""
    names = PLATFORMS[platform].renews_by if platform in PLATFORMS else ("refresh_token",)
    return any(secrets.get(name) for name in names)
