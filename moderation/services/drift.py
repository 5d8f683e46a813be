"""What a person makes of a difference: claims it, adopts it into the record, or treats it as a takeover.

Decided once (the database holds that, too). Finding differences lives in `watching`.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, WrongMoment
from divisions.models import Channel, User
from divisions.permissions import Right
from divisions.services import channels, disconnect, notices
from divisions.states import ChannelState
from moderation.models import DriftCase, DriftStep
from moderation.states import TAKEOVER_STEPS, DriftDecision, DriftKind
from posts.models.hold import Scope
from posts.services import hold, outside
from records.services import ledger

MIN_REASON, MAX_REASON, MAX_WHO = 10, 500, 150
RECONNECT = "reconnect"


@transaction.atomic
def claim(*, case: DriftCase, who: str, reason: str, by: User, now: datetime | None = None) -> DriftCase:
    """Say who did it and why; the account stays as it is, and later looks take it as known.

    Raises BadInput (field `who` or `reason`), WrongMoment when it is decided already.
    """
    moment = now or timezone.now()
    row = _open(case, by)
    if not 0 < len(who.strip()) <= MAX_WHO:
        raise BadInput("who", "Say who did it.", cure=f"A name or a function, at most {MAX_WHO} characters.")
    _check_reason(reason)
    _decide(row, DriftDecision.CLAIM, by, moment, who=who, reason=reason)
    _tell_the_copy(row, by, moment)
    return row


@transaction.atomic
def adopt(*, case: DriftCase, by: User, reason: str = "", now: datetime | None = None) -> DriftCase:
    """Keep what stands there now as record, its author unknown; later looks take it as known.

    A copy of ours that is gone is then said to be gone, never withdrawn: that was not our act. Raises BadInput (field
    `reason`), WrongMoment when it is decided already.
    """
    moment = now or timezone.now()
    row = _open(case, by)
    if len(reason.strip()) > MAX_REASON:
        raise BadInput("reason", f"{len(reason.strip())} of {MAX_REASON} characters.", cure="Shorten it.")
    _decide(row, DriftDecision.ADOPT, by, moment, reason=reason)
    _tell_the_copy(row, by, moment)
    return row


@transaction.atomic
def compromise(*, case: DriftCase, reason: str, by: User, now: datetime | None = None) -> DriftCase:
    """Treat it as a takeover: hold the account, pause it, forget its sign-in, open the checklist, tell its people.

    All in one transaction. Where a takeover of the account is open already, this case joins it: nobody is told twice.
    Raises BadInput (field `reason`), WrongMoment when it is decided already.
    """
    moment = now or timezone.now()
    row = _open(case, by)
    _check_reason(reason)
    channel = row.channel
    first = not takeovers(channel).exists()
    _decide(row, DriftDecision.COMPROMISE, by, moment, reason=reason)
    _tell_the_copy(row, by, moment)
    if not first:
        _close(row, by, moment)
        return row
    steps = enumerate(TAKEOVER_STEPS)
    DriftStep.objects.bulk_create(DriftStep(case=row, code=c, words=w, position=n) for n, (c, w) in steps)
    hold.place(scope=Scope.CHANNEL, channel=channel, reason=_why_held(channel), by=by, now=moment)
    channels.forget_credentials(channel=channel, by=by, now=moment)
    if channel.state != ChannelState.RETIRED:
        channels.move_channel(
            channel=channel, to=ChannelState.PAUSED, by=by, reason="Somebody else may post there", now=moment
        )
    _tell_people(row, by)
    return row


def take_over(*, case: DriftCase, reason: str, by: User, now: datetime | None = None) -> tuple[DriftCase, str]:
    """`compromise`, and then ask the platform to forget our sign-in, too: outside its transaction, best effort.

    Returns the case and what the platform said, in words; "" where the takeover was open already.
    """
    moment, channel = now or timezone.now(), case.channel
    held = disconnect.hold(channel)
    row = compromise(case=case, reason=reason, by=by, now=moment)
    if row.closed_at is not None:
        return row, ""
    return row, disconnect.take_back(channel=channel, held=held, by=by, now=moment).words


@transaction.atomic
def tick(*, step: DriftStep, by: User, now: datetime | None = None) -> DriftCase:
    """Say that a step of the checklist is done; with the last one the case is closed.

    Raises WrongMoment when it is ticked already, and for "reconnected" while the account is not connected.
    """
    moment = now or timezone.now()
    case = _locked(step.case)
    access.require(by, Right.DECIDE_DRIFT, case.channel.division, channel=case.channel)
    row = DriftStep.objects.select_for_update(of=("self",)).get(pk=step.pk)
    if row.done_at is not None:
        raise WrongMoment("Somebody was faster: it is ticked.")
    if row.code == RECONNECT and case.channel.state != ChannelState.CONNECTED:
        raise WrongMoment(
            f"{case.channel} is “{case.channel.get_state_display().lower()}”, not connected.",
            cure="Sign in anew on the account's page first.",
        )
    row.done_by, row.done_at = by, moment
    row.save(update_fields=["done_by", "done_at"])
    _remember("step_done", case, by, moment, step=row.code, words=row.words)
    if not case.steps.filter(done_at=None).exists():
        _close(case, by, moment)
    return case


def takeovers(channel: Channel) -> QuerySet[DriftCase]:
    """Open takeovers of an account."""
    return DriftCase.objects.filter(channel=channel, decision=DriftDecision.COMPROMISE, closed_at=None)


def _locked(case: DriftCase) -> DriftCase:
    rows = DriftCase.objects.select_for_update(of=("self",))
    return rows.select_related("channel__division", "channel__duty_officer", "delivery__post").get(pk=case.pk)


def _open(case: DriftCase, by: User) -> DriftCase:
    row = _locked(case)
    access.require(by, Right.DECIDE_DRIFT, row.channel.division, channel=row.channel)
    if row.decision:
        raise WrongMoment(f"Somebody was faster: {row.get_decision_display().lower()}.")
    return row


def _check_reason(reason: str) -> None:
    length = len(reason.strip())
    if length < MIN_REASON:
        raise BadInput("reason", "Say why, in one sentence.", cure=f"At least {MIN_REASON} letters.")
    if length > MAX_REASON:
        raise BadInput("reason", f"{length} of {MAX_REASON} characters.", cure="Shorten it.")


def _decide(
    row: DriftCase, decision: DriftDecision, by: User, now: datetime, *, who: str = "", reason: str = ""
) -> None:
    row.decision, row.who, row.reason = decision, who.strip(), reason.strip()
    row.decided_by, row.decided_at = by, now
    row.closed_at = None if decision == DriftDecision.COMPROMISE else now
    row.save(update_fields=["decision", "who", "reason", "decided_by", "decided_at", "closed_at"])
    verb = {"claim": "claimed", "adopt": "adopted", "compromise": "taken_over"}[decision]
    _remember(verb, row, by, now, who=row.who, reason=row.reason, kind=row.kind, url=row.url, shown=row.shown)


def _close(row: DriftCase, by: User, now: datetime) -> None:
    row.closed_at = now
    row.save(update_fields=["closed_at"])
    _remember("closed", row, by, now)


def _tell_the_copy(row: DriftCase, by: User, now: datetime) -> None:
    if row.kind == DriftKind.DELETED and row.delivery is not None:
        outside.gone(delivery=row.delivery, found_at=row.found_at, by=by, now=now)


def _why_held(channel: Channel) -> str:
    return f"Somebody else may be posting on {channel.name}"[: hold.MAX_REASON]


def _tell_people(row: DriftCase, by: User) -> None:
    """Its duty officer, whoever oversees drift and whoever can reconnect it; once a takeover."""
    channel = row.channel
    duty = [channel.duty_officer] if channel.duty_officer else []
    people = [
        *duty,
        *access.people_with(Right.DECIDE_DRIFT, channel.division_id),
        *access.people_with(Right.MANAGE_CHANNEL, channel.division_id),
    ]
    notices.tell(
        people,
        f"Somebody else may be posting on {channel.name}",
        f"{by.name} treats {channel.name} on {channel.get_platform_display()} as taken over: {row.reason}\n\n"
        "Nothing more goes out there, and our sign-in is forgotten. What has to be done now stands on this page:",
        f"/desk/drift/{row.pk}/",
        kind="compromise",
        now=row.decided_at,
    )


def _remember(verb: str, row: DriftCase, by: User, now: datetime, **data: object) -> None:
    facts = {"channel": row.channel.slug, **data}
    subject = ("drift_case", row.pk)
    ledger.remember(f"moderation.drift.{verb}", subject, by=by, now=now, data=facts, division=row.channel.division)
