"""Which connector speaks for which platform. Adding a platform is its module and one line here.

What it can do stands in its module or, for those that come with us, in `facts`, beside the names that screens show.
"""

from __future__ import annotations

from functools import cache

from connectors.bluesky import Bluesky
from connectors.contract import Connector
from connectors.errors import Misconfigured
from connectors.facebook import Facebook
from connectors.facts import PLATFORMS, PlatformInfo
from connectors.hand_off import HandOff
from connectors.mailing import EmailList
from connectors.mastodon import Mastodon
from connectors.nixle import Nixle
from connectors.own import Feed, Internal, Website
from connectors.webhook import Webhook
from connectors.x import X
from connectors.youtube import YouTube

__all__ = ["PLATFORMS", "PlatformInfo", "get", "info", "spoken"]

_CONNECTORS: dict[str, type] = {
    "facebook": Facebook,
    "x": X,
    "mastodon": Mastodon,
    "bluesky": Bluesky,
    "youtube": YouTube,
    "nixle": Nixle,
    "email": EmailList,
    "webhook": Webhook,
    "website": Website,
    "feed": Feed,
    "internal": Internal,
}


def spoken() -> set[str]:
    """Return the platforms that a connector speaks for."""
    return set(_CONNECTORS)


def info(platform: str) -> PlatformInfo:
    """Return what is known of `platform` by its slug; raises Misconfigured naming the known ones."""
    for known in PLATFORMS:
        if known.slug == platform:
            return known
    if platform in _CONNECTORS:
        return PlatformInfo(slug=platform, label=platform.title())
    names = ", ".join(p.slug for p in PLATFORMS)
    raise Misconfigured(f"no platform is called {platform!r}; known are: {names}")


@cache
def get(platform: str, mode: str = "live") -> Connector:
    """Return the connector of `platform`; in mode hand_off, or without another, one that only renders."""
    known = info(platform)
    if mode not in ("live", "sandbox", "hand_off"):
        raise Misconfigured(f"no mode is called {mode!r}; known are: live, sandbox, hand_off")
    if known.own:
        mode = "live"
    if platform not in _CONNECTORS:
        return HandOff(platform)
    connector: Connector = _CONNECTORS[platform]()
    return HandOff(platform, connector.capabilities()) if mode == "hand_off" else connector
