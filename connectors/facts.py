"""What each platform can do, as data: one `Capabilities` a platform, and the list of platforms.

`docs/connectors.md` holds the same in words; a test compares the two. Figures come from the vendors'
documents of 2026
(see that page); those nobody confirms are kept low on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from connectors.contract import Capabilities, CommentRules, EditRules, MediaRules

MB = 1024 * 1024
IMAGES = ("image/jpeg", "image/png", "image/gif")
ALWAYS = EditRules(when="always")
ALL_COMMENTS = CommentRules(read=True, hide=True, reply=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformInfo:
    """One platform by slug and its name on screens; `own` = one of our own channels."""

    slug: str
    label: str
    own: bool = False
    hand_off_only: bool = False


PLATFORMS: tuple[PlatformInfo, ...] = (
    PlatformInfo(slug="facebook", label="Facebook"),
    PlatformInfo(slug="x", label="X"),
    PlatformInfo(slug="youtube", label="YouTube"),
    PlatformInfo(slug="nixle", label="Nixle"),
    PlatformInfo(slug="mastodon", label="Mastodon"),
    PlatformInfo(slug="bluesky", label="Bluesky"),
    PlatformInfo(slug="email", label="E-mail list"),
    PlatformInfo(slug="webhook", label="Webhook"),
    PlatformInfo(slug="website", label="Public page", own=True),
    PlatformInfo(slug="feed", label="Public feed", own=True),
    PlatformInfo(slug="internal", label="Staff feed", own=True),
)

FACEBOOK = Capabilities(
    max_text=63_206,
    counter="characters",
    media=MediaRules(kinds=("image",), count=10, max_bytes=10 * MB, mime=IMAGES),
    edit=EditRules(when="always", text_only=True),
    withdraw=True,
    list_own=True,
    comments=ALL_COMMENTS,
    metrics=True,
    idempotency="staged",
)

X = Capabilities(
    max_text=280,
    counter="x_weighted",
    url_length=23,
    media=MediaRules(kinds=("image",), count=4, max_bytes=5 * MB, mime=(*IMAGES, "image/webp"), alt_max=1_000),
    edit=EditRules(when="window", window_s=30 * 60, times=5, new_id=True),
    withdraw=True,
    list_own=True,
    comments=CommentRules(read=True, hide=True, reply=False, days=7),
    metrics=True,
    idempotency="dedupe_text",
    cost_hint="about $0.015 a post, $0.20 with a link",
)

YOUTUBE = Capabilities(
    max_text=5_000,
    counter="utf8_bytes",
    max_title=100,
    media=MediaRules(kinds=("video",), count=1, max_bytes=256 * 1024 * MB, mime=("video/mp4", "video/quicktime")),
    requires_media=True,
    edit=EditRules(when="always", text_only=True),
    withdraw=True,
    list_own=True,
    comments=ALL_COMMENTS,
    metrics=True,
    idempotency="staged",
    cost_hint="100 videos a day",
)

NIXLE = Capabilities(
    max_text=160,
    counter="gsm7",
    list_own=True,
    metrics=True,
    cost_hint="one text message to every subscriber; nothing brings it back",
)

MASTODON = Capabilities(
    max_text=500,
    counter="grapheme",
    url_length=23,
    media=MediaRules(kinds=("image",), count=4, max_bytes=16 * MB, mime=(*IMAGES, "image/webp"), alt_max=1_500),
    edit=ALWAYS,
    withdraw=True,
    list_own=True,
    comments=CommentRules(read=True, reply=True),
    metrics=True,
    idempotency="key_header",
)

BLUESKY = Capabilities(
    max_text=300,
    max_bytes=3_000,
    counter="grapheme+bytes",
    media=MediaRules(kinds=("image",), count=4, max_bytes=2_000_000, mime=(*IMAGES, "image/webp")),
    withdraw=True,
    list_own=True,
    comments=ALL_COMMENTS,
    metrics=True,
    idempotency="client_key",
)

OWN_MEDIA = MediaRules(
    kinds=("image", "video", "file"),
    count=40,
    mime=(*IMAGES, "image/webp", "video/mp4", "application/pdf"),
)

# What our own channels show is in our own tables: the rooms above list and read it, no connector does.
WEBSITE = Capabilities(
    max_text=None,
    counter="characters",
    media=OWN_MEDIA,
    edit=ALWAYS,
    withdraw=True,
    idempotency="client_key",
)
FEED = WEBSITE
INTERNAL = replace(WEBSITE, comments=CommentRules(hide=True, reply=True))

# Pictures are links in both: a mail carries none, and a receiver fetches what it wants.
EMAIL = Capabilities(
    max_text=None,
    counter="characters",
    media=replace(OWN_MEDIA, kinds=("image", "video"), mime=(*IMAGES, "image/webp", "video/mp4"), count=10),
    max_title=150,
    comments=CommentRules(reply=False),
    metrics=True,
    idempotency="client_key",
    cost_hint="one mail to every subscriber; nothing brings it back",
)
WEBHOOK = Capabilities(
    max_text=None,
    counter="characters",
    media=OWN_MEDIA,
    edit=ALWAYS,
    withdraw=True,
    idempotency="client_key",
    read_back=False,
)

CAPABILITIES: dict[str, Capabilities] = {
    "facebook": FACEBOOK,
    "x": X,
    "youtube": YOUTUBE,
    "nixle": NIXLE,
    "mastodon": MASTODON,
    "bluesky": BLUESKY,
    "email": EMAIL,
    "webhook": WEBHOOK,
    "website": WEBSITE,
    "feed": FEED,
    "internal": INTERNAL,
}
