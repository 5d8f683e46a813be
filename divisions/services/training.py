"""Gives and ends the training that lets a named person publish a safety alert without waiting. Never by a role."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, WrongMoment
from divisions.models import Division, Training, User
from divisions.permissions import Right
from divisions.services.people import today
from records.services import ledger

LONGEST = timedelta(days=2 * 366)


@transaction.atomic
def give(
    *,
    user: User,
    division: Division,
    trained_on: date,
    ends_on: date,
    by: User | None,
    now: datetime | None = None,
) -> Training:
    """Write down that a person was trained, until when it counts (last day included), for a division and all below.

    Takes `manage_people` there. Raises BadInput for oneself, a day to come, more than two years, or somebody who may
    not submit in that division anyway.
    """
    access.require(by, Right.MANAGE_PEOPLE, division)
    if by is not None and by.pk == user.pk:
        raise BadInput("user", "Nobody vouches for their own training.", cure="Ask another administrator.")
    if trained_on > today(now):
        raise BadInput("trained_on", "That day is still to come.", cure="Enter it when the training is done.")
    if ends_on < trained_on or ends_on < today(now):
        raise BadInput("ends_on", "That day has passed.", cure="Pick a later one.")
    if ends_on - trained_on > LONGEST:
        raise BadInput("ends_on", "A training counts two years at most.", cure=f"{trained_on + LONGEST} or earlier.")
    if not access.rights(user).can(Right.SUBMIT_POST, division.pk):
        raise BadInput("user", f"{user} may not submit in {division}.", cure="Give them a membership there first.")
    row = Training.objects.create(
        user=user, division=division, trained_on=trained_on, ends_on=ends_on, given_by=by, created_at=_at(now)
    )
    data = {"email": user.email, "trained_on": str(trained_on), "ends_on": str(ends_on)}
    about = ("training", row.pk)
    ledger.remember("divisions.training.given", about, by=by, now=now, data=data, division=division)
    return row


@transaction.atomic
def end(*, training: Training, by: User | None, now: datetime | None = None) -> Training:
    """End it at once. Raises WrongMoment when it has ended already."""
    row = Training.objects.select_for_update(of=("self",)).select_related("user", "division").get(pk=training.pk)
    access.require(by, Right.MANAGE_PEOPLE, row.division)
    if row.revoked_at is not None:
        raise WrongMoment("It has ended already.")
    row.revoked_at = _at(now)
    row.save(update_fields=["revoked_at"])
    about = ("training", row.pk)
    data = {"email": row.user.email}
    ledger.remember("divisions.training.ended", about, by=by, now=now, data=data, division=row.division)
    return row


def _at(now: datetime | None) -> datetime:
    return now or timezone.now()
