"""Takes a connection back: our sign-in is wiped first, then the platform is asked to forget it, too.

Best effort at the platform, never here: after the first step nothing here can speak with the account any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from connectors import connecting
from connectors.connecting.contract import App
from connectors.contract import Account
from connectors.errors import ConnectorError, NotSupported
from divisions import access
from divisions.errors import BadInput, WrongMoment
from divisions.models import Channel, User
from divisions.permissions import Right
from divisions.services import channels, platform_apps
from divisions.services.accounts import account_of
from divisions.states import ChannelState, Mode, Platform

AFTERWARDS = {
    "hand_off": "Go on by hand: a person posts and brings back the link",
    "paused": "Pause it: nothing goes out until somebody signs in again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What came of it at the platform: `how` = revoked | kept | not_supported | not_reached | nothing; and in words."""

    how: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """An account with its opened sign-in, held in memory between wiping it here and taking it back there."""

    account: Account | None
    app: App | None
    shared: bool


def afterwards(channel: Channel) -> dict[str, str]:
    """What may become of a channel without its sign-in; nobody tells an endpoint by hand."""
    return {
        key: words for key, words in AFTERWARDS.items() if key != "hand_off" or channel.platform != Platform.WEBHOOK
    }


def disconnect(*, channel: Channel, then: str, reason: str, by: User, now: datetime | None = None) -> TakenBack:
    """Forget an account's sign-in here and at the platform; the channel is posted to by hand from then on, or paused.

    Raises NotAllowed, BadInput (`then`), WrongMoment for one of our own pages or a retired channel.
    """
    moment = now or timezone.now()
    access.require(by, Right.MANAGE_CHANNEL, channel.division, channel=channel)
    if then not in afterwards(channel):
        raise BadInput("then", "Choose what becomes of the channel.")
    if channel.is_own or channel.state == ChannelState.RETIRED:
        raise WrongMoment("This channel has no sign-in to take back.")
    held = hold(channel)
    with transaction.atomic():
        channels.forget_credentials(channel=channel, by=by, now=moment)
        if then == "hand_off":
            channels.change_channel(channel=channel, by=by, now=moment, mode=Mode.HAND_OFF)
            channels.move_channel(channel=channel, to=ChannelState.CONNECTED, by=by, reason=reason, now=moment)
        else:
            channels.move_channel(channel=channel, to=ChannelState.PAUSED, by=by, reason=reason, now=moment)
        facts = {"then": then, "reason": reason}
        channels.remember("divisions.credentials.removed", channel, by, moment, facts)
    return take_back(channel=channel, held=held, by=by, now=moment)


def hold(channel: Channel) -> SignIn:
    """Open what has to be taken back, before it is wiped. A sign-in that no longer opens is nothing to take back."""
    try:
        account = account_of(channel) if channel.credentials else None
        app = platform_apps.of(channel.platform, channel.mode, channel.api_base) if account else None
    except (BadInput, ConnectorError):
        return SignIn(account=None, app=None, shared=False)
    return SignIn(account=account, app=app, shared=_shared(channel))


def take_back(*, channel: Channel, held: SignIn, by: User | None, now: datetime) -> TakenBack:
    """Ask the platform to forget a sign-in that is wiped here already. Never raises: its outcome is said and kept."""
    outcome = _asked(channel, held)
    with transaction.atomic():
        facts = {"how": outcome.how, "said": outcome.words[:300]}
        channels.remember("divisions.credentials.taken_back", channel, by, now, facts)
    return outcome


def _asked(channel: Channel, held: SignIn) -> TakenBack:
    if held.account is None or channel.platform not in connecting.PLATFORMS:
        return TakenBack(how="nothing", words="There was no sign-in to take back.")
    way = connecting.get(channel.platform)
    if held.shared:
        words = f"The same sign-in at {way.label} opens other accounts of ours, so it was not taken back there."
        return TakenBack(how="kept", words=words)
    app = held.app or App(api_base=held.account.api_base, mode=channel.mode)
    try:
        return TakenBack(how="revoked", words=way.revoke(app, held.account))
    except NotSupported as error:
        return TakenBack(how="not_supported", words=f"{error.message}.")
    except ConnectorError as error:
        words = f"{way.label} did not confirm that it took the sign-in back: {error.message}."
        return TakenBack(how="not_reached", words=words)


def _shared(channel: Channel) -> bool:
    """Whether one person's sign-in opens other channels, too: taking it back would take it from all of them."""
    person = channel.settings.get("granted_by")
    if not person:
        return False
    others = Channel.objects.filter(platform=channel.platform, mode=channel.mode, settings__granted_by=person)
    return others.exclude(pk=channel.pk).exclude(credentials="").exists()
