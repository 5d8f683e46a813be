"""Words for the state of a channel, its platform, its mode and its audience."""

from __future__ import annotations

from django.db import models


class Platform(models.TextChoices):
    """The language a channel speaks. The first three are our own pages and are not accounts."""

    WEBSITE = "website", "Public page"
    FEED = "feed", "Feed"
    INTERNAL = "internal", "Staff feed"
    FACEBOOK = "facebook", "Facebook"
    X = "x", "X"
    YOUTUBE = "youtube", "YouTube"
    NIXLE = "nixle", "Nixle"
    MASTODON = "mastodon", "Mastodon"
    BLUESKY = "bluesky", "Bluesky"
    EMAIL = "email", "E-mail list"
    WEBHOOK = "webhook", "Webhook"


OWN_PLATFORMS = (Platform.WEBSITE, Platform.FEED, Platform.INTERNAL)
# Nobody follows an account there and nothing can be read back: the wall, the register and the rounds leave them out.
NOT_ACCOUNTS = (*OWN_PLATFORMS, Platform.EMAIL, Platform.WEBHOOK)


class Audience(models.TextChoices):
    """Who can read it. Fixed when a channel or a post is made (P6)."""

    PUBLIC = "public", "Public"
    INTERNAL = "internal", "Staff only"


class Mode(models.TextChoices):
    """How a channel sends: to the platform, to the sandbox network, or by a person's hand."""

    LIVE = "live", "Live"
    SANDBOX = "sandbox", "Sandbox"
    HAND_OFF = "hand_off", "By hand"


class ChannelState(models.TextChoices):
    """Whether a channel can be used. Only `connected` sends."""

    CONNECTED = "connected", "Connected"
    NEEDS_ATTENTION = "needs_attention", "Needs attention"
    PAUSED = "paused", "Paused"
    RETIRED = "retired", "Retired"


CHANNEL_MOVES: dict[str, frozenset[str]] = {
    ChannelState.CONNECTED: frozenset({ChannelState.NEEDS_ATTENTION, ChannelState.PAUSED, ChannelState.RETIRED}),
    ChannelState.NEEDS_ATTENTION: frozenset({ChannelState.CONNECTED, ChannelState.PAUSED, ChannelState.RETIRED}),
    ChannelState.PAUSED: frozenset({ChannelState.CONNECTED, ChannelState.RETIRED}),
    ChannelState.RETIRED: frozenset(),
}


class Approver(models.TextChoices):
    """Whose reviewers approve a post that a link rule carries to another channel."""

    SOURCE = "source", "Reviewers of the channel it comes from"
    TARGET = "target", "Reviewers of the channel it goes to"
