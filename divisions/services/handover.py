"""Transfer and leaver in one act: memberships end and begin, and what the person looks after passes to somebody.

One transaction and one ledger entry with everything that was moved, from which `handing_back` undoes it. What there is
to move is known to the rooms (`divisions.belongings`), so nothing is left without an owner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from divisions import access, belongings
from divisions.belongings import Case, Line, Passing
from divisions.errors import BadInput, WrongMoment
from divisions.models import Division, Handover, HandoverKind, Membership, Role, RoleRight, User
from divisions.permissions import Reach, Right
from divisions.services import notices, people
from divisions.services.people import today
from records.services import ledger

AHEAD = timedelta(days=60)
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would happen: who takes which lines (some end with the person), which memberships end, which go on."""

    move: Move
    lines: Sequence[Line]
    takers: Mapping[int, User]
    over: Sequence[Membership]
    kept: Sequence[Membership]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What is asked for: who goes, and where to (a transfer) or not (a leaver)."""

    person: User
    kind: str
    division: Division | None = None
    role: Role | None = None
    first_day: date | None = None


@transaction.atomic
def hand_over(
    *,
    person: User,
    kind: str,
    by: User | None,
    successor: User | None = None,
    successors: Mapping[int, User] | None = None,
    division: Division | None = None,
    role: str = "",
    first_day: date | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> Handover:
    """Move a person to another division or out of the department, and pass on what is theirs.

    `successors` names who takes what is in a division (by its id); `successor` takes the rest. Rights end at once;
    those of a new place begin on `first_day`. Takes `manage_people` where the person is and where they go.
    Raises BadInput (fields `kind`, `division`, `role`, `first_day`, `reason`, `successor`, `successor_<id>`),
    WrongMoment for the last one who manages people, NotAllowed, NotVisible.
    """
    moment = now or timezone.now()
    locked = _locked(person, successor, *(successors or {}).values())
    row = locked[person.pk]
    successor = locked[successor.pk] if successor else None
    successors = {pk: locked[taker.pk] for pk, taker in (successors or {}).items()}
    move = checked(person=row, kind=kind, division=division, role=role, first_day=first_day, by=by, now=moment)
    reason = reason.replace("\x00", "").strip()
    if len(reason) > LONGEST_REASON:
        raise BadInput("reason", f"{len(reason)} of {LONGEST_REASON} characters.", cure="Shorten it.")
    case = case_of(move, now=moment)
    takers = _takers(case, successor, successors)
    handover = Handover.objects.create(
        person=row,
        successor=successor or next(iter(takers.values()), None),
        kind=kind,
        division=move.division,
        reason=reason,
        made_by=by,
        made_at=moment,
    )
    passing = Passing(
        person=row, leaver=case.leaver, stays=case.stays, now=moment, takers=takers, handover=handover, by=by
    )
    before = _places(row, moment)
    moved: dict[str, Any] = {mover.name: mover.move(passing) for mover in belongings.movers()}
    moved["memberships"] = _change_places(move, before, moment)
    moved["person"] = _change_doors(move)
    handover.moved = moved
    handover.save(update_fields=["moved"])
    access.mirror([row])
    _remember(handover, move, takers, moved, by, moment)
    _tell(handover, takers)
    return handover


@transaction.atomic
def preview(
    *,
    person: User,
    kind: str,
    by: User | None,
    successor: User | None = None,
    successors: Mapping[int, User] | None = None,
    division: Division | None = None,
    role: str = "",
    first_day: date | None = None,
    now: datetime | None = None,
) -> Preview:
    """Everything that `hand_over` would do, without doing it; raises the same."""
    moment = now or timezone.now()
    move = checked(person=person, kind=kind, division=division, role=role, first_day=first_day, by=by, now=moment)
    case = case_of(move, now=moment)
    takers = _takers(case, successor, successors or {})
    places = _places(person, moment)
    return Preview(
        move=move,
        lines=belongings.lines(case),
        takers=takers,
        over=[row for row in places if not _is_there(move, row)],
        kept=[row for row in places if _is_there(move, row)],
    )


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
    elif not person.is_active and not _places(person, now) and not belongings.lines(case_of(move, now=now)):
        raise WrongMoment(f"{person} has left already.")
    _not_the_last(move)
    return move


def _locked(*people: User | None) -> dict[int, User]:
    """These people as they are now, locked: nobody takes over while they are themselves handed over."""
    ids = {person.pk for person in people if person is not None}
    return User.objects.select_for_update().order_by("pk").in_bulk(ids)


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
    if move.division is not None and move.role is not None and _gives(move.role, Right.DRAFT_POST):
        tree = move.role.reach == Reach.TREE
        below = Division.objects.filter(path__startswith=move.division.path).values_list("pk", flat=True)
        stays = frozenset(below) if tree else frozenset({move.division.pk})
    return Case(person=move.person, leaver=move.kind == HandoverKind.LEAVER, stays=stays, now=now)


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
    move = Move(person=person, kind=HandoverKind.TRANSFER, division=division, role=bundle, first_day=first)
    places = _places(person, now)
    if len(places) == 1 and _is_there(move, places[0]):
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


def _gives(role: Role, right: Right) -> bool:
    return RoleRight.objects.filter(role=role, right=right, revoked_at__isnull=True).exists()


# ---- who takes what


def _takers(case: Case, successor: User | None, by_division: Mapping[int, User]) -> dict[int, User]:
    """Who takes what is in each division. Raises BadInput naming everything that nobody can take."""
    lines = belongings.lines(case)
    places = Division.objects.in_bulk({line.division_id for line in lines if not line.ends})
    takers, refused = {}, {}
    for pk, place in sorted(places.items()):
        here = [line for line in lines if line.division_id == pk and not line.ends]
        theirs = ", ".join(line.words for line in here if not line.opens) or "the accounts"
        field = f"successor_{pk}" if pk in by_division else "successor"
        taker = by_division.get(pk) or successor
        if taker is None:
            refused[pk] = (field, f"Nobody is named for {theirs} of {place}.")
            continue
        takers[pk] = taker
        why = cannot_take(case, pk, taker)
        if why:
            refused[pk] = (field, f"{taker} cannot take {theirs} of {place}: {why}.")
    if refused:
        field = next(iter(refused.values()))[0]
        words = " ".join(sentence for _, sentence in refused.values())
        raise BadInput(field, words, cure="Choose somebody who can, or another person for that division.")
    return takers


def cannot_take(case: Case, division_id: int, taker: User) -> str:
    """Why somebody cannot take what a person has in a division, in a few words; empty when they can."""
    if taker.pk == case.person.pk:
        return "nobody hands over to themselves"
    if not taker.is_active:
        return "they no longer sign in"
    theirs = access.rights(taker)
    if division_id not in theirs.visible_division_ids():
        return "they are no member there or above"
    reasons = (mover.cannot_take(case, division_id, theirs) for mover in belongings.movers())
    return next((why for why in reasons if why), "")


# ---- memberships and doors


def _places(person: User, now: datetime) -> list[Membership]:
    """Memberships that are not over, locked."""
    alive = Q(ends_on__isnull=True) | Q(ends_on__gte=today(now))
    rows = Membership.objects.filter(alive, user=person, revoked_at__isnull=True).order_by("pk")
    return list(rows.select_for_update(of=("self",)).select_related("division", "role"))


def _is_there(move: Move, row: Membership) -> bool:
    """Whether a membership is exactly the new place: it goes on."""
    return (
        row.division_id == getattr(move.division, "pk", None)
        and row.role_id == getattr(move.role, "pk", None)
        and row.ends_on is None
        and row.starts_on <= (move.first_day or row.starts_on)
        and not row.narrowings.filter(revoked_at__isnull=True).exists()
    )


def _change_places(move: Move, places: Sequence[Membership], now: datetime) -> dict[str, Any]:
    """End every membership at once and give the new one. A membership that is the new place already goes on."""
    over = [row for row in places if not _is_there(move, row)]
    Membership.objects.filter(pk__in=[row.pk for row in over]).update(revoked_at=now)
    given = None
    if move.division is not None and move.role is not None and len(over) == len(places):
        given = people.write_membership(
            user=move.person, division=move.division, role=move.role, starts_on=move.first_day or today(now), now=now
        )
    return {
        "ended": [[row.pk, row.division.slug, row.role.code] for row in over],
        "given": given.pk if given else None,
    }


def _change_doors(move: Move) -> dict[str, Any]:
    """Close the sign-in of a leaver, and Django admin to who no longer manages anything. Returns what it was."""
    person = move.person
    was = {"is_active": person.is_active, "is_staff": person.is_staff, "is_superuser": person.is_superuser}
    if move.kind == HandoverKind.LEAVER:
        person.is_active = person.is_staff = person.is_superuser = False
        _sign_out(person)
    elif person.is_staff and not person.is_superuser and move.role and not _gives(move.role, Right.MANAGE_PEOPLE):
        person.is_staff = False
    person.save(update_fields=list(was))
    return {key: value for key, value in was.items() if getattr(person, key) != value}


def _sign_out(person: User) -> None:
    """End their sessions on every device. Sessions carry no person's id in a column, so each that is open is read."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            session.delete()


# ---- remembering and telling


def home_of(row: Handover) -> Division | None:
    """The division under which it is remembered: where the person was, else where they go."""
    ended = row.moved["memberships"]["ended"]
    return (Division.objects.filter(slug=ended[0][1]).first() if ended else None) or row.division


def _remember(
    row: Handover, move: Move, takers: Mapping[int, User], moved: Mapping[str, Any], by: User | None, now: datetime
) -> None:
    places = Division.objects.in_bulk(takers)
    data = {
        "handover": row.pk,
        "email": move.person.email,
        "kind": move.kind,
        "to": move.division.slug if move.division else None,
        "role": move.role.code if move.role else None,
        "first_day": str(move.first_day) if move.first_day else None,
        "reason": row.reason,
        "takers": {places[pk].slug: taker.email for pk, taker in takers.items()},
        "moved": moved,
    }
    about = ("person", move.person.pk)
    ledger.remember("divisions.person.handed_over", about, by=by, now=now, data=data, division=home_of(row))


def _tell(row: Handover, takers: Mapping[int, User]) -> None:
    """Tell whoever takes something over where it is."""
    told = {taker.pk: taker for taker in takers.values()}
    verb = "leaves" if row.kind == HandoverKind.LEAVER else "moves on"
    notices.tell(
        told.values(),
        f"You take over from {row.person}",
        f"{row.person} {verb}. What they looked after is yours now: posts stand under “Mine”, accounts under Channels.",
        "/desk/posts/?mine=1",
    )
