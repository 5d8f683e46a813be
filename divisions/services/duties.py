"""What a person holds for accounts and for colleagues, as movers: this room's part of a handover.

The standing duty, shifts to come, the register's owner, takeovers under way and the chief's place pass on. Sign-ins at
platforms, trainings and absences end. Each account they knew the way into is to be taken over by a checklist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from divisions import access, belongings
from divisions.access import Rights
from divisions.belongings import Case, Line, Passing
from divisions.models import (
    Absence,
    AccountHolder,
    AccountRecord,
    Channel,
    Department,
    Division,
    DutyShift,
    Handover,
    Membership,
    Takeover,
    Training,
    User,
)
from divisions.permissions import Right
from divisions.selectors import duty
from divisions.services import takeover
from divisions.services.movers import Assigned, Ending
from divisions.states import NOT_ACCOUNTS, ChannelState


def is_member(case: Case, division_id: int, taker: Rights) -> str:
    """Whoever looks after an account is a member of its division or of one above it."""
    division = Division.objects.get(pk=division_id)
    above = [int(pk) for pk in division.path.strip("/").split("/")]
    if access.active_memberships().filter(user=taker.user_id, division__in=above).exists():
        return ""
    return "is no member there or above"


def may_stand_in(case: Case, division_id: int, taker: Rights) -> str:
    """Whoever stands in for a reviewer decides the same reviews by a right of their own."""
    own = _absences(case.now).filter(deputy=case.person, place=division_id, user=taker.user_id)
    if own.exists():
        return "is away there, and nobody stands in for themselves: enter another deputy first"
    if taker.can(Right.REVIEW_POST, division_id):
        return ""
    return "may not approve there, so cannot stand in for a reviewer: enter another deputy first"


class Checklists:
    """Opens a checklist for each account of a platform that the person looked after or could sign in to."""

    name = "divisions.checklists"

    def lines(self, case: Case) -> Sequence[Line]:
        """How many will be opened, by division."""
        rows = _to_take_over(case)
        return [
            Line(division_id=pk, count=n, one="checklist to open", many="checklists to open", opens=True)
            for pk, n in _per_division(rows).items()
        ]

    def cannot_take(self, case: Case, division_id: int, taker: Rights) -> str:
        """Whoever looks after an account belongs to its division or above it."""
        there = any(channel.division_id == division_id for channel in _to_take_over(case))
        return is_member(case, division_id, taker) if there else ""

    def move(self, passing: Passing) -> Mapping[str, Any]:
        """Open them; an account that is being taken over already has its list."""
        opened = [
            takeover.write(
                channel=channel,
                from_user=passing.person,
                to_user=passing.takers[channel.division_id],
                by=passing.by,
                now=passing.now,
                handover=passing.handover,
            )
            for channel in _to_take_over(passing)
        ]
        return {"rows": [row.pk for row in opened]}

    def undo(self, moved: Mapping[str, Any], handover: Handover, *, by: User | None, now: datetime) -> Sequence[str]:
        """Take back the lists on which nobody has ticked anything."""
        rows = Takeover.objects.filter(pk__in=moved["rows"]).select_related("channel")
        begun = rows.filter(Q(steps__done_at__isnull=False) | Q(closed_at__isnull=False)).distinct()
        left = [f"{row.channel}: its takeover has begun." for row in begun]
        rows.exclude(pk__in=[row.pk for row in begun]).delete()
        return left


def _to_take_over(case: Case) -> list[Channel]:
    looked_after = Q(duty_officer=case.person) | Q(record__owner=case.person)
    held = Q(holders__user=case.person, holders__removed_at__isnull=True)
    rows = _accounts().filter(looked_after | held).exclude(division__in=case.stays)
    busy = Takeover.objects.filter(closed_at__isnull=True).values("channel")
    return list(rows.exclude(pk__in=busy).select_related("division").distinct().order_by("pk"))


def _per_division(rows: Sequence[Channel]) -> dict[int, int]:
    found: dict[int, int] = {}
    for channel in rows:
        found[channel.division_id] = found.get(channel.division_id, 0) + 1
    return found


def _accounts() -> QuerySet[Channel]:
    return Channel.objects.exclude(platform__in=NOT_ACCOUNTS).exclude(state=ChannelState.RETIRED)


class ChiefsPlace:
    """Whoever is told of alerts at once: when they leave, somebody else has to be."""

    name = "divisions.chief"

    def lines(self, case: Case) -> Sequence[Line]:
        """One, of the department as a whole."""
        root = Division.objects.filter(parent__isnull=True).values_list("pk", flat=True).first()
        if not case.leaver or root is None or not Department.objects.filter(chief=case.person).exists():
            return []
        return [Line(division_id=root, count=1, one="place as who is told of every alert", many="")]

    def cannot_take(self, case: Case, division_id: int, taker: Rights) -> str:
        """Whoever sees headquarters can take it."""
        return ""

    def move(self, passing: Passing) -> Mapping[str, Any]:
        """Name the taker."""
        lines = self.lines(passing)
        for line in lines:
            Department.objects.update(chief=passing.takers[line.division_id])
        return {"taker": passing.takers[lines[0].division_id].pk if lines else None}

    def undo(self, moved: Mapping[str, Any], handover: Handover, *, by: User | None, now: datetime) -> Sequence[str]:
        """Name the person again, unless somebody else was named since."""
        if moved["taker"] is None or Department.objects.filter(chief=moved["taker"]).update(chief=handover.person):
            return []
        return ["Who is told of every alert: somebody else was named since."]


def _duty() -> QuerySet[Channel]:
    return Channel.objects.exclude(state=ChannelState.RETIRED)


def _owned() -> QuerySet[AccountRecord]:
    return AccountRecord.objects.exclude(channel__state=ChannelState.RETIRED)


def _taking_over() -> QuerySet[Takeover]:
    return Takeover.objects.filter(closed_at__isnull=True)


def _shifts(now: datetime) -> QuerySet[DutyShift]:
    return DutyShift.objects.filter(revoked_at__isnull=True, ends_at__gt=now)


def _held(now: datetime) -> QuerySet[AccountHolder]:
    return AccountHolder.objects.filter(removed_at__isnull=True)


def _trainings(now: datetime) -> QuerySet[Training]:
    return Training.objects.filter(revoked_at__isnull=True)


def _absences(now: datetime) -> QuerySet[Any]:
    """Those of today and later, with `place` = a division in which whoever is away is a member."""
    places = Membership.objects.filter(user=OuterRef("user"), revoked_at__isnull=True).order_by("pk")
    rows = Absence.objects.filter(revoked_at__isnull=True, ends_on__gte=duty.day_of(now))
    return rows.annotate(place=Subquery(places.values("division")[:1])).exclude(place__isnull=True)


def _shift_again(row: DutyShift, by: User | None, now: datetime) -> Mapping[str, Any]:
    return {"starts_at": max(row.starts_at, now), "made_by": by, "created_at": now}


def _made_again(row: Any, by: User | None, now: datetime) -> Mapping[str, Any]:
    return {"made_by": by, "created_at": now}


# The checklists come first: they are opened for what the others then move.
MOVERS = (
    Checklists(),
    Assigned(
        name="divisions.duty",
        rows=_duty,
        holder="duty_officer",
        place="division",
        words=("account on duty", "accounts on duty"),
        needs=is_member,
    ),
    Assigned(
        name="divisions.register",
        rows=_owned,
        holder="owner",
        place="channel__division",
        words=("account they answer for", "accounts they answer for"),
        needs=is_member,
    ),
    Assigned(
        name="divisions.takeovers",
        rows=_taking_over,
        holder="to_user",
        place="channel__division",
        words=("takeover under way", "takeovers under way"),
        needs=is_member,
    ),
    Ending(
        name="divisions.shifts",
        rows=_shifts,
        holder="user",
        place="channel__division",
        words=("shift to come", "shifts to come"),
        ended="revoked_at",
        fresh=_shift_again,
        passes=True,
        needs=is_member,
    ),
    Ending(
        name="divisions.deputyships",
        rows=_absences,
        holder="deputy",
        place="place",
        words=("absence in which they stand in", "absences in which they stand in"),
        ended="revoked_at",
        fresh=_made_again,
        passes=True,
        needs=may_stand_in,
    ),
    Ending(
        name="divisions.absences",
        rows=_absences,
        holder="user",
        place="place",
        words=("absence of their own", "absences of their own"),
        ended="revoked_at",
        fresh=_made_again,
    ),
    Ending(
        name="divisions.holders",
        rows=_held,
        holder="user",
        place="channel__division",
        words=("sign-in at a platform", "sign-ins at platforms"),
        ended="removed_at",
        fresh=lambda row, by, now: {"added_by": by, "added_at": now},
    ),
    Ending(
        name="divisions.trainings",
        rows=_trainings,
        holder="user",
        place="division",
        words=("emergency training", "emergency trainings"),
        ended="revoked_at",
        fresh=lambda row, by, now: {"created_at": now},
    ),
    ChiefsPlace(),
)


def register() -> None:
    """Hand in this room's movers."""
    for mover in MOVERS:
        belongings.register(mover)
