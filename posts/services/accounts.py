"""A channel's account with a reader for the pictures' bytes, as the deliverer hands it to a connector."""

from __future__ import annotations

from connectors.contract import Account
from divisions.models import Channel
from divisions.services import accounts
from divisions.services.accounts import connector_of
from posts.services.media import Blobs

__all__ = ["account_of", "connector_of"]


def account_of(channel: Channel) -> Account:
    """Open a channel's account for sending (errors as `divisions.services.accounts.account_of`)."""
    return accounts.account_of(channel, blobs=Blobs())
