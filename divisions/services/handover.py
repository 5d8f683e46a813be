"""Transfer and leaver in one act: memberships end and begin, and what the person looks after passes to somebody.

One transaction and one ledger entry with everything that was moved, from which `handing_back` undoes it. What there is
to move is known to the rooms (`divisions.belongings`), so nothing is left without an owner; what is begun between
today and a first day that is later passes on that day (`first_days`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from divisions import access, belongings
from divisions.belongings import Case, Line, Passing
from divisions.errors import BadInput
from divisions.models import Division, Handover, Membership, User
from divisions.permissions import Right
from divisions.services import notices, places, takers
from divisions.services.moving import Move, case_of, checked, gives
from divisions.services.places import Over
from records.services import ledger

LONGEST_REASON = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is going to happen: what there is to move or end, who takes it, which memberships end and which go on."""

    move: Move
    case: Case
    lines: Sequence[Line]
    takers: Mapping[int, User]
    over: Sequence[Over]
    kept: Sequence[Membership]


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

    `successors` names who takes what is in a division (by its id); `successor` takes the rest. What passes on passes at
    once. Rights end at once too, or with the day before a `first_day` that is later than today; those of the new place
    begin on it. Takes `manage_people` where the person is and where they go.
    Raises BadInput (fields `kind`, `division`, `role`, `first_day`, `reason`, `successor`, `successor_<id>`),
    WrongMoment for the last one who manages people, NotAllowed, NotVisible.
    """
    moment = now or timezone.now()
    locked = takers.locked(one.pk for one in (person, successor, *(successors or {}).values()) if one is not None)
    row = locked[person.pk]
    successor = locked[successor.pk] if successor else None
    successors = {pk: locked[taker.pk] for pk, taker in (successors or {}).items()}
    move = checked(person=row, kind=kind, division=division, role=role, first_day=first_day, by=by, now=moment)
    plan = _plan(move, successor, successors, moment)
    handover = Handover.objects.create(
        person=row,
        successor=successor or next(iter(plan.takers.values()), None),
        kind=kind,
        division=move.division,
        first_day=move.first_day,
        settled_at=None if move.last_day else moment,
        reason=_reason(reason),
        made_by=by,
        made_at=moment,
    )
    handover.moved = _carry_out(plan, handover, by, moment)
    handover.save(update_fields=["moved"])
    access.mirror([row])
    _remember(handover, plan, by, moment)
    _tell(handover, plan, moment)
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
) -> Plan:
    """Everything that `hand_over` would do, without doing it; raises the same."""
    moment = now or timezone.now()
    move = checked(person=person, kind=kind, division=division, role=role, first_day=first_day, by=by, now=moment)
    return _plan(move, successor, successors or {}, moment)


def home_of(row: Handover) -> Division | None:
    """The division under which it is remembered: where the person was, else where they go."""
    ended = row.moved["memberships"]["ended"]
    return (Division.objects.filter(slug=ended[0][1]).first() if ended else None) or row.division


def _reason(words: str) -> str:
    said = words.replace("\x00", "").strip()
    if len(said) > LONGEST_REASON:
        raise BadInput("reason", f"{len(said)} of {LONGEST_REASON} characters.", cure="Shorten it.")
    return said


def _plan(move: Move, successor: User | None, successors: Mapping[int, User], now: datetime) -> Plan:
    rows = places.of(move.person, now)
    kept = [r for r in rows if places.goes_on(r, to=move.division, as_=move.role, first=move.first_day)]
    over = [places.over(row, move.last_day) for row in rows if row not in kept]
    case = case_of(move, now=now)
    lines = belongings.lines(case)
    writes_on = {one.row.division_id for one in over if one.last_day and gives(one.row.role, Right.DRAFT_POST)}
    found = takers.named(case, lines, successor, successors, to_come=writes_on - case.stays)
    return Plan(move=move, case=case, lines=lines, takers=found, over=over, kept=kept)


def _carry_out(plan: Plan, handover: Handover, by: User | None, now: datetime) -> dict[str, Any]:
    """Move everything; returns it all as plain JSON. What ends with the person's rights ends when they do."""
    move, case = plan.move, plan.case
    passing = Passing(
        person=move.person,
        leaver=case.leaver,
        stays=case.stays,
        now=now,
        takers=plan.takers,
        handover=handover,
        by=by,
    )
    waits = {m.name for m in belongings.movers() if move.last_day and belongings.only_ends(m, case)}
    moved: dict[str, Any] = {m.name: m.move(passing) for m in belongings.movers() if m.name not in waits}
    to = None if plan.kept else move.division
    moved["memberships"] = places.change(
        plan.over, person=move.person, to=to, as_=move.role, first=move.first_day, now=now
    )
    moved["person"] = {} if move.last_day else places.close_doors(move.person, move.kind)
    moved["takers"] = {str(pk): taker.pk for pk, taker in plan.takers.items()}
    return moved


# ---- remembering and telling


def _remember(row: Handover, plan: Plan, by: User | None, now: datetime) -> None:
    move, slugs = plan.move, Division.objects.in_bulk(plan.takers)
    data = {
        "handover": row.pk,
        "email": move.person.email,
        "kind": move.kind,
        "to": move.division.slug if move.division else None,
        "role": move.role.code if move.role else None,
        "first_day": str(move.first_day) if move.first_day else None,
        "reason": row.reason,
        "takers": {slugs[pk].slug: taker.email for pk, taker in plan.takers.items()},
        "moved": row.moved,
    }
    about = ("person", move.person.pk)
    ledger.remember("divisions.person.handed_over", about, by=by, now=now, data=data, division=home_of(row))


def _tell(row: Handover, plan: Plan, now: datetime) -> None:
    """Tell whoever takes something over where it is; and who moves on a later day what holds until then."""
    last = plan.move.last_day
    verb = "leaves" if plan.case.leaver else f"moves on {_said(row.first_day)}" if last else "moves on"
    later = " What they begin until then becomes yours on that day." if last else ""
    notices.tell(
        {taker.pk: taker for taker in plan.takers.values()}.values(),
        f"You take over from {row.person}",
        f"{row.person} {verb}. What they looked after is yours now: posts stand under “Mine”, accounts under "
        f"Channels.{later}",
        "/desk/posts/?mine=1",
        now=now,
    )
    if last and row.division and row.first_day:
        notices.tell(
            [row.person],
            f"You move to {row.division} on {_said(row.first_day)}",
            f"Until {_said(last)} you work where you are now. What you looked after passed to {_names(plan)} today; "
            "what you begin until then passes to them on your first day.",
            "/desk/",
            now=now,
        )


def _names(plan: Plan) -> str:
    return " and ".join(dict.fromkeys(taker.name for taker in plan.takers.values())) or "nobody: there was nothing"


def _said(day: date | None) -> str:
    return f"{day:%B} {day.day}" if day else ""
