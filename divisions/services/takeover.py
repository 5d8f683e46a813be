"""The checklist by which an account passes from one person to another: opened, ticked with a note, closed.

It says what people do at the platform; nothing here changes the account. What is asked stands in the selector.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, NotVisible, WrongMoment
from divisions.models import Channel, Handover, Takeover, TakeoverStep, User
from divisions.permissions import Right
from divisions.selectors import register
from divisions.selectors.takeover import STEPS, may_tick, words
from divisions.services.channels import remember
from divisions.states import NOT_ACCOUNTS, ChannelState

LONGEST_NOTE = 300


@transaction.atomic
def open_(
    *, channel: Channel, to_user: User, by: User, from_user: User | None = None, now: datetime | None = None
) -> Takeover:
    """Open the list for an account. Takes `manage_channel`.

    Raises BadInput for an own page, somebody who cannot be on duty there, or from and to the same person; WrongMoment
    when the account is retired or being taken over already.
    """
    access.require(by, Right.MANAGE_CHANNEL, channel.division, channel=channel)
    if channel.platform in NOT_ACCOUNTS:
        raise BadInput("channel", "Our own pages have no password.", cure="Only accounts of platforms are taken over.")
    if Channel.objects.select_for_update(no_key=True).get(pk=channel.pk).state == ChannelState.RETIRED:
        raise WrongMoment(f"{channel} is retired.")
    if from_user is not None and from_user.pk == to_user.pk:
        raise BadInput("from_user", "Nobody takes over from themselves.", cure="Choose who had it before.")
    if not register.duty_candidates(channel).filter(pk=to_user.pk).exists():
        raise BadInput("to_user", f"{to_user} is no member of {channel.division} or above it.", cure="Choose a member.")
    moment = now or timezone.now()
    try:
        with transaction.atomic():
            row = write(channel=channel, from_user=from_user, to_user=to_user, by=by, now=moment)
    except IntegrityError as error:
        raise WrongMoment(f"{channel} is being taken over already.", cure="Finish that list first.") from error
    people = {"from": from_user.email if from_user else None, "to": to_user.email}
    remember("divisions.takeover.opened", channel, by, moment, {"takeover": row.pk, **people})
    return row


def write(
    *,
    channel: Channel,
    to_user: User,
    by: User | None,
    now: datetime,
    from_user: User | None = None,
    handover: Handover | None = None,
) -> Takeover:
    """The list with its steps, in the caller's transaction; whoever calls it has checked and remembers it."""
    row = Takeover.objects.create(
        channel=channel, from_user=from_user, to_user=to_user, handover=handover, opened_by=by, opened_at=now
    )
    TakeoverStep.objects.bulk_create(TakeoverStep(takeover=row, code=code) for code in STEPS)
    return row


@transaction.atomic
def tick(*, step: TakeoverStep, by: User, note: str = "", now: datetime | None = None) -> TakeoverStep:
    """Say that a step is done, by whoever takes over or manages the account. A note says where it can be looked up.

    Raises WrongMoment when it is ticked already or the list is closed, BadInput (field `note`).
    """
    row = _locked(step.takeover)
    _require(by, row)
    if row.closed_at is not None:
        raise WrongMoment("This takeover is closed.")
    note = note.replace("\x00", "").strip()
    if len(note) > LONGEST_NOTE:
        raise BadInput("note", f"{len(note)} of {LONGEST_NOTE} characters.", cure="Shorten it.")
    found = TakeoverStep.objects.select_for_update().get(pk=step.pk)
    if found.done_at is not None:
        raise WrongMoment("Somebody has ticked this already.")
    found.done_by, found.done_at, found.note = by, now or timezone.now(), note
    found.save(update_fields=["done_by", "done_at", "note"])
    facts = {"takeover": row.pk, "step": found.code, "note": note}
    remember("divisions.takeover.ticked", row.channel, by, now, facts)
    return found


@transaction.atomic
def close(*, takeover: Takeover, by: User, now: datetime | None = None) -> Takeover:
    """Close the list. Takes `manage_channel`; raises WrongMoment while a step is open or when it is closed already."""
    row = _locked(takeover)
    access.require(by, Right.MANAGE_CHANNEL, row.channel.division, channel=row.channel)
    if row.closed_at is not None:
        raise WrongMoment("It is closed already.")
    missing = [words(code).words for code in _open_codes(row)]
    if missing:
        raise WrongMoment(f"Not yet: {'; '.join(missing)}.", cure="Tick what is done, then close it.")
    row.closed_by, row.closed_at = by, now or timezone.now()
    row.save(update_fields=["closed_by", "closed_at"])
    remember("divisions.takeover.closed", row.channel, by, now, {"takeover": row.pk, "to": row.to_user.email})
    return row


def _require(by: User, row: Takeover) -> None:
    mine = access.rights(by)
    if may_tick(mine, row):
        if row.channel.division_id not in mine.visible_division_ids():
            raise NotVisible
        return
    access.require(by, Right.MANAGE_CHANNEL, row.channel.division, channel=row.channel, has=mine)


def _locked(takeover: Takeover) -> Takeover:
    rows = Takeover.objects.select_for_update(of=("self",)).select_related("channel__division", "to_user")
    return rows.get(pk=takeover.pk)


def _open_codes(row: Takeover) -> list[str]:
    return list(row.steps.filter(done_at__isnull=True).values_list("code", flat=True))
