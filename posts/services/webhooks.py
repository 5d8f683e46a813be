"""What a manager does to a webhook: name its endpoint, make its secret, send a ping. The deliverer sends events."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from connectors import webhook
from connectors.contract import Account, Health
from connectors.errors import Misconfigured
from connectors.webhook_signing import new_secret
from divisions import access
from divisions.errors import BadInput
from divisions.models import Channel, User
from divisions.permissions import Right
from divisions.services import channels, credentials, hook_secret, tokens


@transaction.atomic
def make_secret(*, channel: Channel, by: User, now: datetime | None = None) -> str:
    """Make a new secret and return it, the only time it is ever shown; for a day both sign, then the new one alone."""
    moment = now or timezone.now()
    access.require(by, Right.MANAGE_CHANNEL, channel.division, channel=channel)
    row = Channel.objects.select_for_update(of=("self",)).select_related("division").get(pk=channel.pk)
    fresh = hook_secret.in_place_of(credentials.open_for(row), new_secret(), moment)
    channels.set_credentials(channel=row, secrets=fresh, by=by, now=moment)
    return fresh["secret"]


def set_endpoint(*, channel: Channel, url: str, by: User, now: datetime | None = None) -> None:
    """Say where events go. Raises BadInput (field `endpoint`) for what is never called."""
    access.require(by, Right.MANAGE_CHANNEL, channel.division, channel=channel)
    typed = url.strip()
    try:
        webhook.endpoint(Account(platform="webhook", handle="", api_base=typed))
    except Misconfigured as error:
        cure = "An https address on port 443, without user and password."
        raise BadInput("endpoint", "That address is never called.", cure=cure) from error
    channels.change_channel(channel=channel, by=by, now=now, api_base=typed)


def ping(*, channel: Channel, by: User, now: datetime | None = None) -> Health:
    """Send a ping now and write down that the endpoint was looked at. Makes a wire call: in no transaction."""
    moment = now or timezone.now()
    health = tokens.check(channel=channel, by=by, now=moment)
    with transaction.atomic():
        channels.remember("posts.webhook.pinged", channel, by, moment, {"ok": health.ok})
    return health
