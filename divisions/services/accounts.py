"""A channel as its connector sees it: which connector speaks for it, its address, its opened secrets."""

from __future__ import annotations

from django.conf import settings

from connectors import registry
from connectors.contract import Account, BlobReader, Capabilities, Connector
from connectors.errors import Misconfigured
from connectors.mailing_port import MailingList
from divisions.models import Channel
from divisions.services import credentials, relay
from divisions.states import Mode, Platform


def connector_of(channel: Channel) -> Connector:
    """The connector that speaks for a channel in its mode."""
    return registry.get(channel.platform, channel.mode)


def account_of(channel: Channel, *, blobs: BlobReader | None = None, mailing: MailingList | None = None) -> Account:
    """Open a channel's account. Raises Misconfigured for a live account while SANDBOX is on (training, demo)."""
    if settings.SANDBOX and channel.mode == Mode.LIVE and not channel.is_own:
        raise Misconfigured("SANDBOX is on: accounts in mode live send nothing; set the channel's mode to sandbox")
    base = channel.api_base
    if channel.mode == Mode.SANDBOX and not base:
        base = f"{settings.SANDBOX_URL}/{channel.platform}"
    by_mail = channel.platform == Platform.EMAIL
    return Account(
        platform=channel.platform,
        handle=channel.handle,
        remote_id=channel.remote_id,
        api_base=base if channel.platform == Platform.WEBHOOK else base.rstrip("/"),  # an endpoint is called as it is
        mode=channel.mode,
        secrets=relay.password() if by_mail else credentials.open_for(channel),
        settings={**channel.settings, **relay.settings_of(channel)} if by_mail else channel.settings,
        blobs=blobs,
        mailing=mailing,
    )


def capabilities_of(channel: Channel) -> Capabilities:
    """What can be done on this account, as far as its own settings tell. Opens no secret and makes no wire call."""
    account = Account(
        platform=channel.platform, handle=channel.handle, mode=channel.mode, secrets={}, settings=channel.settings
    )
    return connector_of(channel).capabilities(account)
