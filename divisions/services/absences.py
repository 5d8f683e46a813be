"""Enters who is away and who stands in. A deputy is an assignment: it decides who is reminded, it gives no right."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.models import Absence, User
from divisions.permissions import Right
from divisions.services.people import today
from records.services import ledger


@transaction.atomic
def enter(
    *, user: User, deputy: User, starts_on: date, ends_on: date, by: User, now: datetime | None = None
) -> Absence:
    """Say that a reviewer is away from a day to a day (both included) and who looks after their reviews.

    By the person, or by who manages people where they are a member. Raises BadInput for a deputy who could not decide
    the same reviews by a membership of their own, days that have passed, or days already entered.
    """
    _require(by, user)
    if ends_on < starts_on:
        raise BadInput("ends_on", "The last day is before the first.", cure=f"Choose {starts_on} or later.")
    if ends_on < today(now):
        raise BadInput("ends_on", "That day has passed.", cure="Choose today or later.")
    _check_deputy(user, deputy)
    same = Absence.objects.filter(user=user, revoked_at__isnull=True, starts_on__lte=ends_on, ends_on__gte=starts_on)
    if same.exists():
        raise BadInput("starts_on", f"{user} is entered as away on some of these days.", cure="End that first.")
    row = Absence.objects.create(
        user=user, deputy=deputy, starts_on=starts_on, ends_on=ends_on, made_by=by, created_at=now or timezone.now()
    )
    data = {"email": user.email, "deputy": deputy.email, "starts_on": str(starts_on), "ends_on": str(ends_on)}
    ledger.remember("divisions.absence.entered", ("absence", row.pk), by=by, now=now, data=data)
    return row


@transaction.atomic
def end(*, absence: Absence, by: User, now: datetime | None = None) -> Absence:
    """They are back, or it was a mistake. Raises WrongMoment when it has ended already."""
    row = Absence.objects.select_for_update(of=("self",)).select_related("user").get(pk=absence.pk)
    _require(by, row.user)
    if row.revoked_at is not None:
        raise WrongMoment("It has ended already.")
    row.revoked_at = now or timezone.now()
    row.save(update_fields=["revoked_at"])
    data = {"email": row.user.email}
    ledger.remember("divisions.absence.ended", ("absence", row.pk), by=by, now=now, data=data)
    return row


def _require(by: User, user: User) -> None:
    """Oneself, or who manages people in a division where the person is a member; anybody else's days do not exist."""
    if by.pk == user.pk:
        return
    mine = access.rights(by)
    places = set(access.active_memberships().filter(user=user).values_list("division_id", flat=True))
    if places & mine.division_ids(Right.MANAGE_PEOPLE):
        return
    if not places & mine.visible_division_ids():
        raise NotVisible
    raise NotAllowed(
        Right.MANAGE_PEOPLE.label, where=f"the divisions of {user}", who=access.who_can(Right.MANAGE_PEOPLE)
    )


def _check_deputy(user: User, deputy: User) -> None:
    if deputy.pk == user.pk:
        raise BadInput("deputy", "Nobody stands in for themselves.", cure="Choose somebody else.")
    needed = access.rights(user).division_ids(Right.REVIEW_POST)
    if not needed:
        raise BadInput("user", f"{user} approves nothing, so nobody has to stand in.")
    if not needed <= access.rights(deputy).division_ids(Right.REVIEW_POST):
        raise BadInput(
            "deputy",
            f"{deputy} may not approve everything that {user} may.",
            cure="Choose somebody who may, or have them given a membership: a deputy gets no rights by it.",
        )
