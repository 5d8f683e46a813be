"""Connects accounts: from the first question to a channel that sends, and a channel to its account again.

Nothing but a `PendingConnection` is kept until the person presses Connect; it is bound to her browser and gone after
ten minutes. Wire calls are made outside transactions. What a platform asks and answers: `connectors.connecting`;
taking a connection back: `disconnect`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from connectors import connecting
from connectors.connecting import wire
from connectors.connecting.contract import App, Finding, Opened, Weight
from connectors.errors import ConnectorError
from divisions import access
from divisions.errors import BadInput, NotVisible, WrongMoment
from divisions.models import Channel, Division, PendingConnection, PendingStep, User
from divisions.permissions import Right
from divisions.services import connected, credentials, platform_apps
from divisions.states import ChannelState, Mode

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


def callback(platform: str) -> str:
    """The one address to which a platform sends people back: it has to be entered there, letter by letter."""
    return settings.BASE_URL.rstrip("/") + reverse("divisions:connect_back", args=[platform])


def begin(
    *, wanted: Wanted, typed: Mapping[str, str], session: str, by: User, now: datetime | None = None
) -> PendingConnection:
    """Begin a sign-in at the platform; `typed` is what had to be said before (a server's address).

    Raises BadInput with the field (`client_id` when the app's keys are not stored), NotAllowed.
    """
    moment = now or timezone.now()
    _may(wanted, by)
    app = _app(wanted, typed)
    verifier, _ = wire.pkce()
    state = secrets.token_urlsafe(32)
    sealed = {"app": _app_json(app), "state": state, "verifier": verifier, "back": callback(wanted.platform)}
    return _keep(wanted, sealed, PendingStep.SIGN_IN, session, by, moment, state)


def typed(
    *, wanted: Wanted, typed: Mapping[str, str], session: str, by: User, now: datetime | None = None
) -> PendingConnection:
    """Try keys or a password that were typed in, and look at the account they open. Raises BadInput, NotAllowed."""
    moment = now or timezone.now()
    _may(wanted, by)
    way = connecting.get(wanted.platform)
    app = platform_apps.of(wanted.platform, wanted.mode) or App(api_base=_base(wanted), mode=wanted.mode)
    try:
        opened = way.typed(app, typed, now=moment)
    except ConnectorError as error:
        raise BadInput(way.asked[0].name, f"{way.label} refuses this: {error.message}", cure=_cure(error)) from error
    sealed = {"app": _app_json(app), "opened": _opened_json(opened)}
    row = _keep(wanted, sealed, PendingStep.CHOOSE, session, by, moment)
    return _look(row, opened[0], app, moment)


def sign_in_address(pending: PendingConnection) -> str:
    """Where the person is sent. Only a step that waits for the sign-in has one."""
    kept = _open(pending)
    way = connecting.get(pending.platform)
    challenge = wire.challenge(kept["verifier"])
    return way.authorise(_app_of(kept), redirect_uri=kept["back"], state=kept["state"], challenge=challenge)


def came_back(
    *, platform: str, query: Mapping[str, str], session: str, by: User, now: datetime | None = None
) -> PendingConnection:
    """Take what a platform sent a person back with. Raises WrongMoment with what to do; a state is good once.

    One account is looked at right away, also the one that is to be reconnected; several are for the person to choose.
    """
    moment = now or timezone.now()
    row = _taken(platform, str(query.get("state") or ""), session, by, moment)
    way, kept = connecting.get(platform), _open(row)
    if query.get("error") or not query.get("code"):
        row.delete()
        raise WrongMoment(_no(way.label, str(query.get("error") or "")), cure="Nothing was connected.")
    app = _app_of(kept)
    try:
        opened = way.exchange(
            app, code=str(query["code"]), redirect_uri=kept["back"], verifier=kept["verifier"], now=moment
        )
    except ConnectorError as error:
        row.delete()
        raise WrongMoment(f"{way.label} did not let us in: {error.message}.", cure=_cure(error)) from error
    row.sealed = credentials.seal({"app": kept["app"], "opened": _opened_json(opened)})
    row.step, row.expires_at = PendingStep.CHOOSE, moment + LASTS
    row.save(update_fields=["sealed", "step", "expires_at"])
    expected = _expected(row, opened)
    return _look(row, expected, app, moment) if expected else row


def choose(*, pending: PendingConnection, remote_id: str, by: User, now: datetime | None = None) -> PendingConnection:
    """Pick one of the accounts that the sign-in opened, or look at it once more. Raises BadInput."""
    moment = now or timezone.now()
    access.require(by, Right.MANAGE_CHANNEL, pending.division, channel=pending.channel)
    found = [account for account in accounts(pending) if account.remote_id == remote_id]
    if not found:
        raise BadInput("account", "This account is not among those the sign-in opens.", cure="Pick one of the list.")
    return _look(pending, found[0], _app_of(_open(pending)), moment)


def connect(*, pending: PendingConnection, name: str = "", by: User, now: datetime | None = None) -> Channel:
    """Make the channel, or connect the one there is again: its history, name and address here stay.

    Raises WrongMoment where a precondition stops it, BadInput for a name or an account that is taken, NotAllowed.
    """
    moment = now or timezone.now()
    with transaction.atomic():
        row = (
            PendingConnection.objects.select_for_update(of=("self",))
            .select_related("division", "channel")
            .get(pk=pending.pk)
        )
        opened = chosen(row)
        if opened is None:
            raise WrongMoment("No account is chosen yet.")
        stops = [line["words"] for line in row.findings if line["weight"] == Weight.STOP]
        if stops:
            raise WrongMoment(stops[0], cure="Cure it as it says there, then check again.")
        wanted = _wanted(row)
        _may(wanted, by)
        channel = connected.keep(wanted=wanted, opened=opened, name=name, by=by, now=moment)
        row.delete()
    return channel


def mine(*, key: Any, session: str, by: User, now: datetime | None = None) -> PendingConnection:
    """The connection this person began in this browser.

    Raises NotVisible for anybody else's and once it is over, NotAllowed when the right has ended since.
    """
    rows = PendingConnection.objects.filter(user=by, session_hash=_hash(session), expires_at__gt=now or timezone.now())
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
    return [Opened.from_json(item) for item in json.loads(_open(pending).get("opened", "[]"))]


def chosen(pending: PendingConnection) -> Opened | None:
    """The account that was looked at; None before."""
    kept = _open(pending).get("chosen", "")
    return next((account for account in accounts(pending) if kept and account.remote_id == kept), None)


def _may(wanted: Wanted, by: User) -> None:
    """The right, and that this way of sending is to be had here."""
    access.require(by, Right.MANAGE_CHANNEL, wanted.division, channel=wanted.channel)
    if wanted.platform not in connecting.PLATFORMS:
        raise BadInput("platform", "This platform is posted to by hand only.", cure="Choose “By hand”.")
    if wanted.mode == Mode.LIVE and settings.SANDBOX:
        raise BadInput(
            "mode", "This is the training system: it never speaks to a real platform.", cure="Choose Sandbox."
        )
    if wanted.channel is not None and wanted.channel.state == ChannelState.RETIRED:
        raise WrongMoment("This channel is retired.", cure="Connect the account as a new channel.")


def _base(wanted: Wanted) -> str:
    """Where the platform answers: where the channel has always been, the sandbox, or the platform's own address."""
    known = wanted.channel.api_base if wanted.channel is not None and wanted.channel.mode == wanted.mode else ""
    return known or (f"{settings.SANDBOX_URL}/{wanted.platform}" if wanted.mode == Mode.SANDBOX else "")


def _app(wanted: Wanted, typed: Mapping[str, str]) -> App:
    way = connecting.get(wanted.platform)
    base = _base(wanted)
    app = platform_apps.of(wanted.platform, wanted.mode, base if wanted.mode == Mode.SANDBOX else "")
    if app is None and not way.registers_itself:
        raise BadInput("client_id", f"{way.label} does not know Substation yet.", cure="Enter the app's id and secret.")
    try:
        return way.app(app or App(api_base=base, mode=wanted.mode), typed, callback(wanted.platform))
    except ConnectorError as error:
        first = way.before_sign_in[0].name if way.before_sign_in else "client_id"
        raise BadInput(first, error.message, cure=_cure(error)) from error


def _keep(
    wanted: Wanted, sealed: Mapping[str, str], step: str, session: str, by: User, now: datetime, state: str = ""
) -> PendingConnection:
    forget_old(now=now)
    return PendingConnection.objects.create(
        user=by,
        session_hash=_hash(session),
        platform=wanted.platform,
        mode=wanted.mode,
        division=wanted.division,
        channel=wanted.channel,
        audience=wanted.audience,
        step=step,
        state_hash=_hash(state) if state else "",
        sealed=credentials.seal(sealed),
        made_at=now,
        expires_at=now + LASTS,
    )


@transaction.atomic
def _taken(platform: str, state: str, session: str, by: User, now: datetime) -> PendingConnection:
    """The one connection this state belongs to, in the browser and by the person who began it; the state is used up."""
    rows = PendingConnection.objects.select_for_update(of=("self",)).select_related("division", "channel__division")
    row = rows.filter(state_hash=_hash(state)).first() if state else None
    ours = row is not None and (row.user_id, row.platform, row.session_hash) == (by.pk, platform, _hash(session))
    if row is None or not ours:
        raise WrongMoment("This answer belongs to no connection that you began in this browser.", cure=AGAIN)
    row.state_hash = ""
    row.save(update_fields=["state_hash"])
    if row.expires_at <= now:
        raise WrongMoment("The ten minutes for the sign-in are over.", cure=AGAIN)
    access.require(by, Right.MANAGE_CHANNEL, row.division, channel=row.channel)
    return row


def _expected(row: PendingConnection, opened: tuple[Opened, ...]) -> Opened | None:
    """The account to look at right away: the only one, or the one whose channel is to be connected again."""
    if row.channel is not None:
        same = [account for account in opened if connected.is_account_of(account, row.channel)]
        return same[0] if same else opened[0] if len(opened) == 1 else None
    return opened[0] if len(opened) == 1 else None


def _look(row: PendingConnection, opened: Opened, app: App, now: datetime) -> PendingConnection:
    """Test every precondition of one account and keep what was found, for the person to read."""
    way = connecting.get(row.platform)
    found: list[Finding] = [*connected.fitting(_wanted(row), opened), *way.examine(app, opened, now=now)]
    row.findings = [asdict(finding) for finding in found]
    row.sealed = credentials.seal({**_open(row), "chosen": opened.remote_id})
    row.step, row.expires_at = PendingStep.CHECK, now + LASTS
    row.save(update_fields=["findings", "sealed", "step", "expires_at"])
    return row


def _wanted(row: PendingConnection) -> Wanted:
    return Wanted(
        platform=row.platform, mode=row.mode, division=row.division, audience=row.audience, channel=row.channel
    )


def _open(row: PendingConnection) -> dict[str, str]:
    return credentials.open_sealed(row.sealed, of="This sign-in", else_="start again")


def _app_of(kept: Mapping[str, str]) -> App:
    return App(**json.loads(kept["app"]))


def _app_json(app: App) -> str:
    return json.dumps(asdict(app))


def _opened_json(opened: tuple[Opened, ...]) -> str:
    return json.dumps([account.to_json() for account in opened])


def _no(label: str, error: str) -> str:
    if error == "access_denied":
        return f"You said no at {label}, or closed its page."
    return f"{label} sent you back without an answer."


def _cure(error: ConnectorError) -> str:
    return str(getattr(error, "cure", "") or AGAIN)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
