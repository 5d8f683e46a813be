"""A channel's account with a reader for the pictures' bytes and the keeper of its mails, as connectors get it."""

from __future__ import annotations

from connectors.contract import Account
from divisions.models import Channel
from divisions.services import accounts
from divisions.services.accounts import connector_of
from divisions.states import Platform
from posts.services.mailing import Mailing, Sending
from posts.services.media import Blobs

__all__ = ["account_of", "connector_of"]


def account_of(channel: Channel, *, sending: Sending | None = None) -> Account:
    """Open a channel's account (errors as `divisions.services.accounts.account_of`).

    `sending` = the call it is opened for; an e-mail list keeps its mails by it.
    """
    mailing = Mailing(channel, sending) if channel.platform == Platform.EMAIL else None
    return accounts.account_of(channel, blobs=Blobs(), mailing=mailing)
