"""The first day of somebody who moved: what they began in the old place since the move passes to whoever was named.

The rights end by themselves, with the last day of their memberships. What is theirs where they no longer write passes
on; what nobody can take stays theirs, and whoever manages people there is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from divisions import access, belongings
from divisions.belongings import Case, Passing
from divisions.models import Division, Handover, HandoverKind, User
from divisions.permissions import Right
from divisions.services import notices, places, takers
from divisions.services.handover import home_of
from divisions.services.people import today
from records.services import ledger


def settle_due(*, now: datetime) -> int:
    """Settle every move whose first day has come; returns how many were. One query while there is none."""
    waiting = Handover.objects.filter(settled_at__isnull=True, undone_at__isnull=True, first_day__lte=today(now))
    return sum(settle(pk=pk, now=now) for pk in waiting.order_by("first_day", "pk").values_list("pk", flat=True))


@transaction.atomic
def settle(*, pk: int, now: datetime) -> bool:
    """Pass on what is left of one move; False when somebody else does it, or it was undone."""
    rows = Handover.objects.select_for_update(of=("self",), skip_locked=True).select_related("division")
    row = rows.filter(pk=pk, settled_at__isnull=True, undone_at__isnull=True).first()
    if row is None:
        return False
    names = {int(place): taker for place, taker in row.moved["takers"].items()}
    people = takers.locked({row.person_id, *names.values(), *([row.successor_id] if row.successor_id else [])})
    person = people[row.person_id]
    stays = access.rights(person).division_ids(Right.DRAFT_POST)
    case = Case(person=person, leaver=not person.is_active, stays=stays, now=now)
    found, left = _takers(case, row, names, people)
    passing = Passing(
        person=person, leaver=case.leaver, stays=stays | left.keys(), now=now, takers=found, handover=row, by=None
    )
    ending = replace(passing, stays=stays)  # what ends with the rights needs nobody
    moved = {m.name: m.move(ending if belongings.only_ends(m, case) else passing) for m in belongings.movers()}
    doors = places.close_doors(person, HandoverKind.TRANSFER)
    row.moved = {**row.moved, "first_day": {**moved, "person": doors}}
    row.settled_at = now
    row.save(update_fields=["moved", "settled_at"])
    access.mirror([person])
    _remember(row, person, found, left, now)
    _tell(person, found, left, now)
    return True


def _takers(
    case: Case, row: Handover, names: Mapping[int, int], people: Mapping[int, User]
) -> tuple[dict[int, User], dict[int, str]]:
    """Who takes what there is now, by division; and why nobody does."""
    found: dict[int, User] = {}
    left: dict[int, str] = {}
    for pk in sorted({line.division_id for line in belongings.lines(case) if not line.ends}):
        taker = people.get(names.get(pk, row.successor_id or 0))
        why = takers.cannot_take(case, pk, taker) if taker else "nobody is named"
        if taker is None or why:
            left[pk] = f"{taker}: {why}" if taker else why
        else:
            found[pk] = taker
    return found, left


def _remember(row: Handover, person: User, found: Mapping[int, User], left: Mapping[int, str], now: datetime) -> None:
    slugs = dict(Division.objects.filter(pk__in=[*found, *left]).values_list("pk", "slug"))
    data = {
        "handover": row.pk,
        "email": person.email,
        "takers": {slugs[pk]: taker.email for pk, taker in found.items()},
        "left": {slugs[pk]: why for pk, why in left.items()},
        "moved": row.moved["first_day"],
    }
    about = ("person", person.pk)
    ledger.remember("divisions.person.first_day", about, by=None, now=now, data=data, division=home_of(row))


def _tell(person: User, found: Mapping[int, User], left: Mapping[int, str], now: datetime) -> None:
    notices.tell(
        {taker.pk: taker for taker in found.values()}.values(),
        f"{person} has moved: what they still began is yours",
        "Posts stand under “Mine”, accounts under Channels.",
        "/desk/posts/?mine=1",
        now=now,
    )
    for place in Division.objects.filter(pk__in=left).order_by("pk"):
        notices.tell(
            access.people_with(Right.MANAGE_PEOPLE, place.pk),
            f"{person} has moved, and nobody takes what is theirs in {place}",
            f"{left[place.pk]}. Name somebody else: open “Move or sign off”, with the place where they are now.",
            f"/desk/people/{person.pk}/move/",
            now=now,
        )
