"""Undoes a handover on the same day: everything back, but for what somebody else touched since.

Memberships that ended stay ended and are given anew; those that only got a last day lose it. What each room moved, it
puts back itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from divisions import access, belongings
from divisions.errors import NotAllowed, NotVisible, WrongMoment
from divisions.models import Division, Handover, User
from divisions.permissions import Right
from divisions.services import notices, places
from divisions.services.handover import home_of
from divisions.services.people import today
from records.services import ledger

MOST_LEFT = 20  # sentences about what was left, in the ledger


@transaction.atomic
def hand_back(*, handover: Handover, by: User | None, now: datetime | None = None) -> list[str]:
    """Put everything back on the same day (the department's); returns a sentence for each thing that was left.

    Memberships come back as new rows: for the hours in between the person had no rights, and that stays readable.
    Raises WrongMoment on another day, a second time, or while a later handover of the person stands.
    """
    moment = now or timezone.now()
    row = Handover.objects.select_for_update(of=("self",)).select_related("person", "division").get(pk=handover.pk)
    person = User.objects.select_for_update().get(pk=row.person_id)
    row.person = person
    _require_undo(row, by)
    if row.undone_at is not None:
        raise WrongMoment("This was undone already.")
    if today(row.made_at) != today(moment):
        raise WrongMoment("It can be undone on the same day only.", cure="Move the person again, or give them a place.")
    if Handover.objects.filter(person=person, undone_at__isnull=True, made_at__gt=row.made_at).exists():
        raise WrongMoment(f"{person} was moved again since.", cure="Undo that first.")
    places.open_doors(row.moved["person"], person)
    left, again = places.put_back(row.moved["memberships"], person, moment)
    _rename_earlier(row, again)
    for mover in reversed(belongings.movers()):
        if mover.name in row.moved:
            left += mover.undo(row.moved[mover.name], row, by=by, now=moment)
    row.undone_at, row.undone_by = moment, by
    row.save(update_fields=["undone_at", "undone_by"])
    access.mirror([person])
    data = {"handover": row.pk, "email": person.email, "left": left[:MOST_LEFT], "left_count": len(left)}
    division = home_of(row)
    about = ("person", person.pk)
    ledger.remember("divisions.person.handover_undone", about, by=by, now=moment, data=data, division=division)
    _tell(row, moment)
    return left


def _rename_earlier(row: Handover, again: Mapping[int, int]) -> None:
    """An earlier move of the same day can be undone next: it has to find its memberships under their new rows."""
    for earlier in Handover.objects.select_for_update().filter(
        person=row.person_id, undone_at__isnull=True, made_at__lt=row.made_at
    ):
        if again and today(earlier.made_at) == today(row.made_at):
            earlier.moved["memberships"] = places.renamed(earlier.moved["memberships"], again)
            earlier.save(update_fields=["moved"])


def _tell(row: Handover, now: datetime) -> None:
    """Tell whoever was told of the move that it is off."""
    told = {*row.moved.get("takers", {}).values(), *([row.person_id] if row.settled_at is None else [])}
    notices.tell(
        User.objects.filter(pk__in=told),
        f"{row.person} stays: the move was taken back",
        "What had passed on is theirs again, but for what somebody changed since.",
        "/desk/posts/?mine=1",
        now=now,
    )


def _require_undo(row: Handover, by: User | None) -> None:
    """Who manages people wherever the person was and wherever they went; never the person."""
    if by is None:
        return
    if by.pk == row.person_id:
        raise NotAllowed("undo your own move", where="the department", who=access.who_can(Right.MANAGE_PEOPLE))
    mine = access.rights(by)
    slugs = [slug for _, slug, _ in row.moved["memberships"]["ended"]]
    for place in Division.objects.filter(Q(slug__in=slugs) | Q(pk=row.division_id)):
        access.require(by, Right.MANAGE_PEOPLE, place, has=mine)
    if not mine.anywhere(Right.MANAGE_PEOPLE):
        raise NotVisible
