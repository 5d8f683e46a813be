"""Whether an account's profile leads back to our pages, as the platform shows it: for rounds and the register."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from connectors.contract import Profile
from connectors.errors import ConnectorError, NotSupported
from divisions.errors import BadInput
from divisions.models import Channel
from divisions.services import register
from divisions.services.accounts import account_of, connector_of
from divisions.states import Audience


def leads_back(words: str) -> bool:
    """Whether a profile's words or link name the host of our pages."""
    return host(settings.BASE_URL) in words.lower()


def write_down(channel: Channel, profile: Profile, *, now: datetime) -> None:
    """Tell the register what the profile showed. Says nothing where the platform shows neither words nor a link."""
    if channel.audience != Audience.PUBLIC or (profile.text is None and profile.link is None):
        return
    words = f"{profile.text or ''} {profile.link or ''}"
    register.seen_linking_back(channel=channel, links_back=leads_back(words), now=now)


def ask(channel: Channel, *, now: datetime) -> None:
    """Ask the platform for the account's profile and write down what it shows; nothing where it does not answer."""
    try:
        shown = connector_of(channel).profile(account_of(channel))
    except (ConnectorError, NotSupported, BadInput):
        return
    write_down(channel, shown, now=now)


def host(url: str) -> str:
    """Host and port of an address, in lower case; empty for what is none."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
