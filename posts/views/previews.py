"""How a post will look on each channel, as the preview parts want it: words marked, cut where the platform cuts.

Counting and composing is the connectors' (`Rendered`); nothing here shortens what goes out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from divisions.models import Channel
from divisions.states import Platform
from posts.selectors.candidate import Preview
from posts.views import shown as shown_views

FACEBOOK_CUT, PAGE_CUT = 420, 280  # characters, about where “See more” stands; only for show
_PARTS = {
    Platform.FACEBOOK: "parts/preview_facebook.html",
    Platform.WEBSITE: "parts/preview_page.html",
    Platform.FEED: "parts/preview_page.html",
    Platform.INTERNAL: "parts/preview_page.html",
    Platform.EMAIL: "parts/preview_page.html",
    Platform.WEBHOOK: "parts/preview_page.html",
}
_X_LIKE = "parts/preview_x.html"
Mark = tuple[str, str]  # strength, the words it is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One preview: which part draws it, for which channel, and the dict that part reads (docs/look.md, previews)."""

    part: str
    platform: str
    label: str
    channel: Channel
    preview: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the cards of one post share. `when` None = as soon as approved."""

    crest: str
    zone: str
    kicker: str
    title: str
    when: datetime | None
    marks: Sequence[Mark] = ()


def cards(shown: Iterable[Preview], setting: Setting, *, whole: bool = False) -> list[Card]:
    """A card for each channel, the feed left out where the public page stands for it. `whole` cuts nothing."""
    previews = list(shown)
    pages = {p.channel.division_id for p in previews if p.channel.platform == Platform.WEBSITE}
    return [
        _card(p, setting, whole)
        for p in previews
        if not (p.channel.platform == Platform.FEED and p.channel.division_id in pages)
    ]


def _card(shown: Preview, setting: Setting, whole: bool) -> Card:
    channel = shown.channel
    part = _PARTS.get(Platform(channel.platform), _X_LIKE)
    page = part == _PARTS[Platform.WEBSITE]
    limit = None if whole else {_PARTS[Platform.FACEBOOK]: FACEBOOK_CUT, _PARTS[Platform.WEBSITE]: PAGE_CUT}.get(part)
    text, cut = _cut(shown.rendered.text, limit)
    return Card(
        part=part,
        platform=channel.platform,
        label=_label(channel),
        channel=channel,
        preview={
            "name": channel.name,
            "handle": f"@{channel.handle}" if channel.handle and not page else "",
            "when": _when(setting),
            "text": _marked(text, setting.marks),
            "cut": cut,
            "count": f"{shown.rendered.count:,}",
            "limit": f"{shown.rendered.limit:,}" if shown.rendered.limit else "",
            "over": bool(shown.rendered.limit and shown.rendered.count > shown.rendered.limit),
            "link": shown.link,
            "pictures": shown_views.all_of(shown.media),
            "crest": setting.crest,
            "kicker": setting.kicker,
            "title": setting.title,
        },
    )


def _label(channel: Channel) -> str:
    if channel.platform == Platform.WEBSITE:
        return "Public page and feed"
    if channel.is_own:
        return channel.get_platform_display()
    if channel.platform == Platform.X and channel.handle:
        return f"X, @{channel.handle}"
    return str(channel)


def _when(setting: Setting) -> str:
    if setting.when is None:
        return "As soon as approved"
    return dateformat.format(setting.when.astimezone(ZoneInfo(setting.zone)), r"D \a\t g:i A")


def _cut(text: str, limit: int | None) -> tuple[str, bool]:
    if limit is None or len(text) <= limit:
        return text, False
    return text[:limit].rsplit(None, 1)[0], True


def _marked(text: str, marks: Sequence[Mark]) -> SafeString:
    """Escape, and wrap the words that findings are about."""
    strength = {words: severity for severity, words in reversed(marks) if words}
    if not strength:
        return escape(text)
    pattern = re.compile("|".join(re.escape(w) for w in sorted(strength, key=len, reverse=True)))
    out, last = "", 0
    for match in pattern.finditer(text):
        mark = format_html('<mark class="mark-{}">{}</mark>', strength[match.group()], match.group())
        out += escape(text[last : match.start()]) + mark
        last = match.end()
    return mark_safe(out + escape(text[last:]))  # noqa: S308 (every piece is escaped above)
