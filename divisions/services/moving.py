"""What is asked for when a person moves or leaves, and whether it may be: the request, checked against rights and days.

Nothing is written here. Who takes what stands in `takers`, memberships in `places`, the act in `handover`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from divisions import access, belongings
from divisions.belongings import Case
from divisions.errors import BadInput, WrongMoment
from divisions.models import Division, HandoverKind, Role, RoleRight, User
from divisions.permissions import Reach, Right
from divisions.services import people, places
from divisions.services.people import today

AHEAD = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What is asked for: who goes, and where to (a transfer) or not (a leaver).

    `last_day` = the last day of what ends, where the new place begins later than today; None = it ends at once.
    """

    person: User
    kind: str
    division: Division | None = None
    role: Role | None = None
    first_day: date | None = None
    last_day: date | None = None


def checked(
    *,
    person: User,
    kind: str,
    by: User | None,
    division: Division | None = None,
    role: str = "",
    first_day: date | None = None,
    now: datetime,
) -> Move:
    """What is asked for, as far as it may be done; raises as `hand_over` says. For the preview and for the act."""
    if kind not in HandoverKind.values:
        raise BadInput("kind", "Say whether they move or leave.", cure="Choose one of the two.")
    if by is not None and by.pk == person.pk:
        raise BadInput("kind", "Nobody moves themselves.", cure="Ask somebody else who manages people.")
    require_over(by, person)
    if person.is_superuser and by is not None and not by.is_superuser:
        raise BadInput("kind", f"{person} opens all of Django admin.", cure="Only a superuser moves a superuser.")
    move = Move(person=person, kind=kind)
    if kind == HandoverKind.TRANSFER:
        move = _to_a_place(person, by, division, role, first_day, now)
    elif not person.is_active and not places.of(person, now) and not belongings.lines(case_of(move, now=now)):
        raise WrongMoment(f"{person} has left already.")
    _not_the_last(move)
    return move


def require_over(by: User | None, person: User) -> None:
    """Raise unless `by` manages people wherever the person is a member; with no place at all, at the very top."""
    people.require_over(by, person)
    if by is None or access.active_memberships().filter(user=person).exists():
        return
    mine = access.rights(by)
    for root in Division.objects.filter(parent__isnull=True):
        access.require(by, Right.MANAGE_PEOPLE, root, has=mine)


def case_of(move: Move, *, now: datetime) -> Case:
    """What the rooms are asked: who goes, and where they go on writing, so that what is theirs there stays."""
    stays: frozenset[int] = frozenset()
    if move.division is not None and move.role is not None and gives(move.role, Right.DRAFT_POST):
        tree = move.role.reach == Reach.TREE
        below = Division.objects.filter(path__startswith=move.division.path).values_list("pk", flat=True)
        stays = frozenset(below) if tree else frozenset({move.division.pk})
    return Case(person=move.person, leaver=move.kind == HandoverKind.LEAVER, stays=stays, now=now)


def gives(role: Role, right: Right) -> bool:
    """Whether a role has a right now."""
    return RoleRight.objects.filter(role=role, right=right, revoked_at__isnull=True).exists()


def _to_a_place(
    person: User, by: User | None, division: Division | None, role: str, first_day: date | None, now: datetime
) -> Move:
    if division is None:
        raise BadInput("division", "Say where they go to.", cure="Choose a division.")
    access.require(by, Right.MANAGE_PEOPLE, division)
    bundle = people.bundle_of(role)
    day, first = today(now), first_day or today(now)
    if not day <= first <= day + AHEAD:
        raise BadInput("first_day", f"{first} is not between today and {day + AHEAD}.", cure="Pick a day in between.")
    if not person.is_active:
        raise BadInput("kind", f"{person} cannot sign in.", cure="Let them sign in again first, in Django admin.")
    last = first - timedelta(days=1) if first > day else None
    move = Move(
        person=person, kind=HandoverKind.TRANSFER, division=division, role=bundle, first_day=first, last_day=last
    )
    there = places.of(person, now)
    only_there = len(there) == 1 and places.goes_on(there[0], to=division, as_=bundle, first=first)
    if only_there and not belongings.lines(case_of(move, now=now)):
        raise BadInput("division", f"{person} is {bundle} there already.", cure="Choose another place or role.")
    return move


def _not_the_last(move: Move) -> None:
    """Somebody else has to manage people wherever the person does now."""
    theirs = access.rights(move.person).division_ids(Right.MANAGE_PEOPLE)
    if not theirs:
        return
    others: set[int] = set()
    having = {"role__role_rights__right": Right.MANAGE_PEOPLE, "role__role_rights__revoked_at__isnull": True}
    for pk in set(
        access.active_memberships().filter(**having).exclude(user=move.person).values_list("user", flat=True)
    ):
        others |= access.rights(User.objects.get(pk=pk)).division_ids(Right.MANAGE_PEOPLE)
    if theirs - others:
        where = Division.objects.filter(pk__in=theirs - others).first()
        raise WrongMoment(
            f"{move.person} is the last one who manages people in {where}.",
            cure="Give somebody else a role that does, then come back.",
        )
