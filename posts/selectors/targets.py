"""The boxes of the composer: every channel a post may go to, with the public page and its feed as one box."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from divisions.access import Rights
from divisions.models import Channel, LinkRule
from divisions.selectors import channels as channel_selectors
from divisions.states import Approver, Platform
from posts.models import Draft

_ORDER = (Platform.WEBSITE, Platform.FEED, Platform.INTERNAL, Platform.FACEBOOK, Platform.X)


@dataclass(frozen=True, slots=True)
class Target:
    """One box: its channels (two for “Public page and feed”), and the rule that lends another division's channel."""

    channels: tuple[Channel, ...]
    link: LinkRule | None = None
    offered: bool = True

    @property
    def first(self) -> Channel:
        """The channel whose words and counter stand for the box."""
        return self.channels[0]

    @property
    def key(self) -> int:
        """What the form calls the box: the id of its first channel."""
        return self.first.pk

    @property
    def label(self) -> str:
        """As people call it: “Public page and feed”, “Facebook, Northeast Patrol Division”."""
        if len(self.channels) > 1:
            return "Public page and feed"
        return self.first.get_platform_display() if self.first.is_own else str(self.first)

    @property
    def approver(self) -> str:
        """Whose reviewers decide because of this box; empty when it is the post's own division."""
        if self.link is None or self.link.approver != Approver.TARGET:
            return ""
        return self.first.division.short_name


def of_draft(mine: Rights, draft: Draft) -> list[Target]:
    """The boxes offered for a draft, and those chosen earlier that are not offered any more (they can be unticked)."""
    post = draft.post
    offered = channel_selectors.offered_in_composer(mine, post.division_id, post.audience)
    known = {channel.pk for channel in offered}
    stale = [v.channel for v in draft.variants.select_related("channel__division") if v.channel_id not in known]
    return [*boxes(offered), *(Target((channel,), offered=False) for channel in stale)]


def boxes(channels: Iterable[Channel]) -> list[Target]:
    """Group channels into boxes, our own pages first, then Facebook, X and the others."""
    made: list[Target] = []
    for channel in sorted(channels, key=_position):
        link = getattr(channel, "via_link", None)
        if channel.platform == Platform.FEED and made and _is_page_of(made[-1], channel):
            made[-1] = Target((*made[-1].channels, channel))
        else:
            made.append(Target((channel,), link=link))
    return made


def _is_page_of(target: Target, feed: Channel) -> bool:
    return target.first.platform == Platform.WEBSITE and target.first.division_id == feed.division_id


def _position(channel: Channel) -> tuple[bool, int, int, str]:
    order: Sequence[str] = _ORDER
    place = order.index(channel.platform) if channel.platform in order else len(order)
    own_first = channel.is_own
    return (not own_first, channel.division_id if own_first else 0, place, channel.name)
