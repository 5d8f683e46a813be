"""What is begun and not yet made: a sealed row for ten minutes, bound to one person and one browser.

No wire call, no channel: the way to one is `connect`'s. Nothing of a row outlives `forget_old`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from connectors.connecting.contract import App, Opened
from divisions import access
from divisions.errors import NotVisible, WrongMoment
from divisions.models import Channel, Division, PendingConnection, User
from divisions.permissions import Right
from divisions.services import credentials

LASTS = timedelta(minutes=10)
AGAIN = "Start again: the way to the platform and back is good once, for ten minutes, in one browser."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants to connect; `channel` = that one again, whose division, platform and readers stay."""

    platform: str
    mode: str
    division: Division
    audience: str
    channel: Channel | None = None


def keep(
    wanted: Wanted, sealed: Mapping[str, str], step: str, session: str, by: User, now: datetime, state: str = ""
) -> PendingConnection:
    """Keep what is begun, sealed; what others never finished goes."""
    forget_old(now=now)
    return PendingConnection.objects.create(
        user=by,
        session_hash=hashed(session),
        platform=wanted.platform,
        mode=wanted.mode,
        division=wanted.division,
        channel=wanted.channel,
        audience=wanted.audience,
        step=step,
        state_hash=hashed(state) if state else "",
        sealed=credentials.seal(sealed),
        made_at=now,
        expires_at=now + LASTS,
    )


@transaction.atomic
def taken(platform: str, state: str, session: str, by: User, now: datetime) -> PendingConnection:
    """The one connection this state belongs to, in the browser and by the person who began it; the state is used up."""
    rows = PendingConnection.objects.select_for_update(of=("self",)).select_related("division", "channel__division")
    row = rows.filter(state_hash=hashed(state)).first() if state else None
    ours = row is not None and (row.user_id, row.platform, row.session_hash) == (by.pk, platform, hashed(session))
    if row is None or not ours:
        raise WrongMoment("This answer belongs to no connection that you began in this browser.", cure=AGAIN)
    row.state_hash = ""
    row.save(update_fields=["state_hash"])
    if row.expires_at <= now:
        raise WrongMoment("The ten minutes for the sign-in are over.", cure=AGAIN)
    access.require(by, Right.MANAGE_CHANNEL, row.division, channel=row.channel)
    return row


def mine(*, key: Any, session: str, by: User, now: datetime | None = None) -> PendingConnection:
    """The connection this person began in this browser.

    Raises NotVisible for anybody else's and once it is over, NotAllowed when the right has ended since.
    """
    rows = PendingConnection.objects.filter(user=by, session_hash=hashed(session), expires_at__gt=now or timezone.now())
    row = rows.filter(key=key).select_related("division", "channel__division").first()
    if row is None:
        raise NotVisible
    access.require(by, Right.MANAGE_CHANNEL, row.division, channel=row.channel)
    return row


def give_up(*, pending: PendingConnection) -> None:
    """Forget a connection that was begun (`mine`), with the tokens in it."""
    pending.delete()


def forget_old(*, now: datetime) -> int:
    """Delete what was begun and never finished, with the tokens in it; returns how many."""
    return PendingConnection.objects.filter(expires_at__lte=now).delete()[0]


def accounts(pending: PendingConnection) -> list[Opened]:
    """What the sign-in opened, to choose from."""
    return [Opened.from_json(item) for item in json.loads(kept_of(pending).get("opened", "[]"))]


def chosen(pending: PendingConnection) -> Opened | None:
    """The account that was looked at; None before."""
    kept = kept_of(pending).get("chosen", "")
    return next((account for account in accounts(pending) if kept and account.remote_id == kept), None)


def wanted_of(row: PendingConnection) -> Wanted:
    """What a row is to become."""
    return Wanted(
        platform=row.platform, mode=row.mode, division=row.division, audience=row.audience, channel=row.channel
    )


def kept_of(row: PendingConnection) -> dict[str, str]:
    """What a row holds sealed. Raises BadInput (FIELD_KEYS) when no current key fits."""
    return credentials.open_sealed(row.sealed, of="This sign-in", else_="start again")


def app_of(kept: Mapping[str, str]) -> App:
    """The app that was signed in with."""
    return App(**json.loads(kept["app"]))


def app_json(app: App) -> str:
    """The app as it is sealed; what this machine brings is looked up anew each time."""
    return json.dumps({key: value for key, value in asdict(app).items() if key != "here"})


def opened_json(opened: tuple[Opened, ...]) -> str:
    """Accounts as they are sealed."""
    return json.dumps([account.to_json() for account in opened])


def hashed(text: str) -> str:
    """A state or a browser's key as a row knows it."""
    return hashlib.sha256(text.encode()).hexdigest()
