"""Which accounts a machine can read, by what their platforms offer: for the drift watch, for comments. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db.models import QuerySet

from connectors import registry
from connectors.contract import Capabilities
from divisions.models import Channel
from divisions.states import OWN_PLATFORMS, ChannelState, Mode


def platforms(offers: Callable[[Capabilities], bool]) -> frozenset[str]:
    """The platforms, but for our own pages, that offer something."""
    every = (info.slug for info in registry.PLATFORMS)
    return frozenset(p for p in every if p not in OWN_PLATFORMS and offers(registry.get(p).capabilities()))


def accounts(on: Iterable[str]) -> QuerySet[Channel]:
    """Accounts on some platforms that a machine speaks for now: connected, not by hand."""
    rows = Channel.objects.filter(platform__in=on, state=ChannelState.CONNECTED)
    return rows.exclude(mode=Mode.HAND_OFF).select_related("division")
