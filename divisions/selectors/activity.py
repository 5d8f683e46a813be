"""What a channel has sent, as this room may show it. The room above that knows posts hands in a reader at start.

Without a reader (a script, a test of this room alone) nothing was sent. Queries stand with the reader, not here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from divisions.access import Rights
from divisions.models import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Moments and troubles of one channel: newest delivered post, next one due, failed or missed, uncertain."""

    last_at: datetime | None = None
    next_at: datetime | None = None
    broken: int = 0
    doubts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One thing a channel sent or is to send. `desk_url` is empty where the post does not exist for the reader (P5)."""

    title: str
    division: str
    state: str
    at: datetime
    desk_url: str = ""
    remote_url: str = ""


class Reader(Protocol):
    """What the upper room hands in."""

    def activity(self, channels: Sequence[Channel]) -> Mapping[int, Activity]:
        """The activity of each channel by its id, in a fixed number of queries."""

    def recent(self, channel: Channel, mine: Rights, limit: int) -> Sequence[Sent]:
        """The newest things of one channel, as far as the person may see them."""


class _Nothing:
    def activity(self, channels: Sequence[Channel]) -> Mapping[int, Activity]:
        return {}

    def recent(self, channel: Channel, mine: Rights, limit: int) -> Sequence[Sent]:
        return ()


_reader: Reader = _Nothing()


def read_with(reader: Reader) -> None:
    """Take the reader of the room above. Called once, when the application starts."""
    global _reader
    _reader = reader


def of_channels(channels: Sequence[Channel]) -> dict[int, Activity]:
    """The activity of each channel by its id; channels that never sent anything have an empty one."""
    found = _reader.activity(channels)
    return {channel.pk: found.get(channel.pk, Activity()) for channel in channels}


def recent(channel: Channel, mine: Rights, *, limit: int = 10) -> list[Sent]:
    """The newest things of one channel, as far as the person may see them."""
    return list(_reader.recent(channel, mine, limit))
