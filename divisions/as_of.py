"""What memberships gave on a day of the past or of the future: read from rows that end and are never edited.

A right counts for a day when somebody had it at any moment of that day (the department's). Rows count from when they
were written: a membership entered today gave nobody anything last week, whatever its first day says. The tree of
divisions and a role's reach are those of today; whether somebody could sign in comes from the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Model, Q, QuerySet

from divisions.models import Department, Division, Membership, MembershipChannel, RoleRight, User
from divisions.permissions import Reach
from records.models import LedgerEntry

Row = TypeVar("Row", bound=Model)
_ACTS = ("divisions.person.changed", "divisions.person.handed_over", "divisions.person.handover_undone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of the department, from its first moment to the first of the next."""

    date: date
    start: datetime
    end: datetime

    def alive(self, began: str, ended: str = "revoked_at") -> Q:
        """Rows that were in force at some moment of it."""
        still = Q(**{f"{ended}__isnull": True}) | Q(**{f"{ended}__gt": self.start})
        return still & Q(**{f"{began}__lt": self.end})


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one membership gave at some moments of the day; `channel_ids` None = every channel.

    `times` are those moments, as stretches from a moment to another (the second not included).
    """

    membership: Membership
    division_ids: frozenset[int]
    rights: frozenset[str]
    channel_ids: frozenset[int] | None
    times: tuple[tuple[datetime, datetime], ...]

    def meets(self, began: datetime, ended: datetime | None) -> bool:
        """Whether something else (a link rule) was in force at one of those moments."""
        return any(began < last and (ended is None or ended > first) for first, last in self.times)


def day_of(on: date) -> Day:
    """A day by its date. One query."""
    zone = ZoneInfo(Department.objects.values_list("zone", flat=True).first() or "UTC")
    start = datetime.combine(on, time.min, tzinfo=zone)
    return Day(date=on, start=start, end=datetime.combine(on + timedelta(days=1), time.min, tzinfo=zone))


def held(day: Day, memberships: QuerySet[Membership] | None = None) -> list[Held]:
    """Everything that memberships gave on a day. Five queries, however many there are.

    Usually one row a membership; more where its role, its channels or its person's sign-in changed that day.
    """
    asked = Membership.objects.all() if memberships is None else memberships
    dates = Q(ends_on__isnull=True) | Q(ends_on__gte=day.date)
    found = asked.filter(day.alive("created_at"), dates, starts_on__lte=day.date).select_related(
        "user", "role", "division"
    )
    rows = list(found.order_by("user__name", "pk"))
    rights = _by(RoleRight.objects.filter(day.alive("granted_at"), role__in={row.role_id for row in rows}), "role_id")
    narrow = _by(MembershipChannel.objects.filter(day.alive("created_at"), membership__in=rows), "membership_id")
    paths = dict(Division.objects.values_list("pk", "path"))
    sleeps = _signed_off([row.user for row in rows])
    return [
        one
        for row in rows
        for one in _of_membership(row, rights[row.role_id], narrow[row.pk], sleeps[row.user_id], paths, day)
    ]


def _of_membership(
    row: Membership,
    rights: Sequence[RoleRight],
    narrow: Sequence[MembershipChannel],
    sleep: Sequence[tuple[datetime, bool]],
    paths: dict[int, str],
    day: Day,
) -> Iterable[Held]:
    """What it gave, looked at whenever something about it changed that day, and at its first moment."""
    tree = row.role.reach == Reach.TREE
    places = (
        {pk for pk, path in paths.items() if path.startswith(paths[row.division_id])} if tree else {row.division_id}
    )
    changes = (
        *(at for right in rights for at in (right.granted_at, right.revoked_at)),
        *(at for only in narrow for at in (only.created_at, only.revoked_at)),
        *(at for at, _ in sleep),
        row.created_at,
        row.revoked_at,
    )
    moments = {day.start, *(at for at in changes if at is not None and day.start <= at < day.end)}
    seen: dict[tuple[frozenset[str], frozenset[int] | None], list[tuple[datetime, datetime]]] = defaultdict(list)
    for at, until in pairwise([*sorted(moments), day.end]):
        codes = frozenset(r.right for r in rights if _in_force(r.granted_at, r.revoked_at, at))
        if codes and _in_force(row.created_at, row.revoked_at, at) and _awake(row.user, sleep, at):
            only = frozenset(n.channel_id for n in narrow if _in_force(n.created_at, n.revoked_at, at))
            seen[codes, only or None].append((at, until))
    for (codes, channels), times in seen.items():
        yield Held(
            membership=row, division_ids=frozenset(places), rights=codes, channel_ids=channels, times=tuple(times)
        )


def _in_force(began: datetime, ended: datetime | None, at: datetime) -> bool:
    return began <= at and (ended is None or ended > at)


def _awake(user: User, sleep: Sequence[tuple[datetime, bool]], at: datetime) -> bool:
    """Whether the person could sign in then: as after the last change before it, else the other way of the first."""
    before = [active for when, active in sleep if when <= at]
    if before:
        return before[-1]
    return not sleep[0][1] if sleep else user.is_active


def _signed_off(users: Iterable[User]) -> dict[int, list[tuple[datetime, bool]]]:
    """When people were kept from signing in or let in again, as the ledger has it. One query."""
    ids = [str(user.pk) for user in users]
    rows = LedgerEntry.objects.filter(subject_type="person", subject_id__in=ids, type__in=_ACTS).order_by("seq")
    found: dict[int, list[tuple[datetime, bool]]] = defaultdict(list)
    closed: set[int] = set()  # handovers that closed a sign-in
    for kind, subject, at, data in rows.values_list("type", "subject_id", "occurred_at", "data"):
        if kind == _ACTS[0] and "is_active" in data.get("changed", {}):
            found[int(subject)].append((at, bool(data["changed"]["is_active"])))
        elif kind == _ACTS[1] and "is_active" in data.get("moved", {}).get("person", {}):
            closed.add(data["handover"])
            found[int(subject)].append((at, False))
        elif kind == _ACTS[2] and data.get("handover") in closed:
            found[int(subject)].append((at, True))
    return found


def _by(rows: Iterable[Row], key: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return found
