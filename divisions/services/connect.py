"""Connects accounts: from the first question to a channel that sends, and a channel to its account again.

Nothing but a `PendingConnection` (`connect_begun`) is kept until the person presses Connect. Wire calls are made
outside transactions. What a platform asks and answers: `connectors.connecting`; taking a connection back: `disconnect`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from connectors import connecting
from connectors.connecting import wire
from connectors.connecting.contract import App, Connecting, Finding, MadeHere, Opened, Weight
from connectors.errors import ConnectorError, NotAuthorised
from divisions import access
from divisions.errors import BadInput, WrongMoment
from divisions.models import Channel, PendingConnection, PendingStep, User
from divisions.permissions import Right
from divisions.services import channels, connected, credentials, platform_apps, relay
from divisions.services import connect_begun as begun
from divisions.services.connect_begun import Wanted, forget_old
from divisions.states import ChannelState, Mode, Platform
from records.services import ledger

__all__ = [
    "Wanted",
    "begin",
    "callback",
    "came_back",
    "choose",
    "connect",
    "forget_old",
    "hand_out",
    "sign_in_address",
    "typed",
]


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
    sealed = {"app": begun.app_json(app), "state": state, "verifier": verifier, "back": callback(wanted.platform)}
    return begun.keep(wanted, sealed, PendingStep.SIGN_IN, session, by, moment, state)


def typed(
    *, wanted: Wanted, typed: Mapping[str, str], session: str, by: User, now: datetime | None = None
) -> PendingConnection:
    """Try keys or a password that were typed in, and look at the account they open. Raises BadInput, NotAllowed.

    Where the other side needs a secret of ours first (`hand_out`) the look waits for `choose`.
    """
    moment = now or timezone.now()
    _may(wanted, by)
    way = connecting.get(wanted.platform)
    app = platform_apps.of(wanted.platform, wanted.mode) or App(api_base=_base(wanted), mode=wanted.mode)
    try:
        opened = way.typed(app, typed, now=moment)
    except ConnectorError as error:
        raise _not_taken(way, error) from error
    sealed = {"app": begun.app_json(app), "opened": begun.opened_json(opened)}
    row = begun.keep(wanted, sealed, PendingStep.CHOOSE, session, by, moment)
    if isinstance(way, MadeHere) and way.hands_out:
        return row
    return _look(row, opened[0], app, moment)


def hand_out(*, pending: PendingConnection) -> str:
    """The secret that the other side needs, the one time it is ever shown; "" from then on."""
    way, kept = connecting.made_here(pending.platform), begun.kept_of(pending)
    if way is None or not way.hands_out or kept.get("handed_out"):
        return ""
    pending.sealed = credentials.seal({**kept, "handed_out": "yes"})
    pending.save(update_fields=["sealed"])
    return begun.accounts(pending)[0].secrets[way.hands_out]


def sign_in_address(pending: PendingConnection) -> str:
    """Where the person is sent. Only a step that waits for the sign-in has one."""
    kept = begun.kept_of(pending)
    way = connecting.get(pending.platform)
    challenge = wire.challenge(kept["verifier"])
    return way.authorise(begun.app_of(kept), redirect_uri=kept["back"], state=kept["state"], challenge=challenge)


def came_back(
    *, platform: str, query: Mapping[str, str], session: str, by: User, now: datetime | None = None
) -> PendingConnection:
    """Take what a platform sent a person back with. Raises WrongMoment with what to do; a state is good once.

    One account is looked at right away, also the one that is to be reconnected; several are for the person to choose.
    """
    moment = now or timezone.now()
    row = begun.taken(platform, str(query.get("state") or ""), session, by, moment)
    way, kept = connecting.get(platform), begun.kept_of(row)
    if query.get("error") or not query.get("code"):
        row.delete()
        raise WrongMoment(_no(way.label, str(query.get("error") or "")), cure="Start again, and allow it there.")
    app = begun.app_of(kept)
    try:
        opened = way.exchange(
            app, code=str(query["code"]), redirect_uri=kept["back"], verifier=kept["verifier"], now=moment
        )
    except ConnectorError as error:
        row.delete()
        raise WrongMoment(f"{way.label} did not let us in: {error.message}.", cure=_cure(error)) from error
    row.sealed = credentials.seal({"app": kept["app"], "opened": begun.opened_json(opened)})
    row.step, row.expires_at = PendingStep.CHOOSE, moment + begun.LASTS
    row.save(update_fields=["sealed", "step", "expires_at"])
    expected = _expected(row, opened)
    return _look(row, expected, app, moment) if expected else row


def choose(*, pending: PendingConnection, remote_id: str, by: User, now: datetime | None = None) -> PendingConnection:
    """Pick one of the accounts that the sign-in opened, or look at it once more. Raises BadInput."""
    moment = now or timezone.now()
    access.require(by, Right.MANAGE_CHANNEL, pending.division, channel=pending.channel)
    found = [account for account in begun.accounts(pending) if account.remote_id == remote_id]
    if not found:
        raise BadInput("account", "This account is not among those the sign-in opens.", cure="Pick one of the list.")
    return _look(pending, found[0], begun.app_of(begun.kept_of(pending)), moment)


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
        opened = begun.chosen(row)
        if opened is None:
            raise WrongMoment("No account is chosen yet.")
        stops = [line["words"] for line in row.findings if line["weight"] == Weight.STOP]
        if stops:
            raise WrongMoment(stops[0], cure="Cure it as it says there, then check again.")
        wanted = begun.wanted_of(row)
        _may(wanted, by)
        channel = connected.keep(wanted=wanted, opened=opened, name=name, by=by, now=moment)
        row.delete()
    return channel


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


def _expected(row: PendingConnection, opened: tuple[Opened, ...]) -> Opened | None:
    """The account to look at right away: the only one, or the one whose channel is to be connected again."""
    if row.channel is not None:
        same = [account for account in opened if connected.is_account_of(account, row.channel)]
        return same[0] if same else opened[0] if len(opened) == 1 else None
    return opened[0] if len(opened) == 1 else None


def _look(row: PendingConnection, opened: Opened, app: App, now: datetime) -> PendingConnection:
    """Test every precondition of one account and keep what was found, for the person to read."""
    way, wanted = connecting.get(row.platform), begun.wanted_of(row)
    if row.platform == Platform.EMAIL:
        app = replace(app, here=relay.for_a_try(row.user.email))
    used = replace(opened, secrets=connected.secrets_of(wanted, opened, now))
    found: list[Finding] = [*connected.fitting(wanted, opened), *way.examine(app, used, now=now)]
    if isinstance(way, MadeHere):
        _tried(row, found, now)
    row.findings = [asdict(finding) for finding in found]
    row.sealed = credentials.seal({**begun.kept_of(row), "chosen": opened.remote_id})
    row.step, row.expires_at = PendingStep.CHECK, now + begun.LASTS
    row.save(update_fields=["findings", "sealed", "step", "expires_at"])
    return row


@transaction.atomic
def _tried(row: PendingConnection, found: list[Finding], now: datetime) -> None:
    """A call or a mail went out in our name: who had it sent, where nothing is connected yet, stands in the ledger."""
    facts = {"platform": row.platform, "mode": row.mode, "stops": [f.code for f in found if f.weight == Weight.STOP]}
    if row.channel is not None:
        channels.remember("divisions.connecting.tried", row.channel, row.user, now, facts)
        return
    about = ("division", row.division_id)
    ledger.remember("divisions.connecting.tried", about, by=row.user, now=now, data=facts, division=row.division)


def _not_taken(way: Connecting, error: ConnectorError) -> BadInput:
    """A refusal at the field it is about: the connector names it, or it is the first."""
    names = [one.name for one in way.asked]
    words = error.message.rstrip(".")
    said = f"{words[:1].upper()}{words[1:]}." if isinstance(way, MadeHere) else f"{way.label} refuses this: {words}."
    cure = "Compare what you typed." if isinstance(error, NotAuthorised) else "Try again in a few minutes."
    cure = str(getattr(error, "cure", "")) or cure
    return BadInput(error.code if error.code in names else names[0], said, cure=cure)


def _no(label: str, error: str) -> str:
    if error == "access_denied":
        return f"You said no at {label}, or closed its page."
    return f"{label} sent you back without an answer."


def _cure(error: ConnectorError) -> str:
    return str(getattr(error, "cure", "") or begun.AGAIN)
