"""Which people somebody looks after, and what stands on the page of one. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from divisions import access, belongings
from divisions.access import Rights
from divisions.belongings import Case, Line
from divisions.errors import NotAllowed, NotVisible
from divisions.models import Channel, Division, Handover, Membership, User
from divisions.permissions import Right
from divisions.selectors import duty
from divisions.states import ChannelState


def require_some(mine: Rights) -> None:
    """Raise NotAllowed for who looks after nobody: pages of people are for those who manage or oversee them."""
    if not (mine.anywhere(Right.MANAGE_PEOPLE) or mine.anywhere(Right.VIEW_ALL)):
        who = access.who_can(Right.MANAGE_PEOPLE)
        raise NotAllowed("look after people", where="any division", who=who)


def places_of(mine: Rights) -> frozenset[int]:
    """Divisions whose people somebody sees."""
    return mine.division_ids(Right.MANAGE_PEOPLE) | mine.division_ids(Right.VIEW_ALL)


def visible_to(mine: Rights, *, now: datetime) -> QuerySet[User]:
    """People who belong to a division one looks after; those who belong nowhere any more, if they did."""
    ids = places_of(mine)
    alive = Membership.objects.filter(_alive(now), user=OuterRef("pk"))
    ever = Membership.objects.filter(user=OuterRef("pk"))
    top = Division.objects.filter(parent__isnull=True, pk__in=ids).exists()
    gone = ~Exists(alive) if top else ~Exists(alive) & Exists(ever.filter(division__in=ids))
    return User.objects.filter(Exists(alive.filter(division__in=ids)) | gone)


def get_visible(mine: Rights, pk: int, *, now: datetime) -> User:
    """One person. Raises NotVisible."""
    found = visible_to(mine, now=now).filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def listed(mine: Rights, *, q: str = "", show: str = "", division: str = "", now: datetime) -> QuerySet[User]:
    """The list: by name, with `places` (memberships that are not over, as far as one sees them).

    `show` = "gone" for those who no longer sign in or belong nowhere; else those who do.
    """
    alive = Membership.objects.filter(_alive(now))
    here = Exists(alive.filter(user=OuterRef("pk")))
    found = visible_to(mine, now=now)
    found = found.exclude(here, is_active=True) if show == "gone" else found.filter(here, is_active=True)
    if q:
        found = found.filter(Q(name__icontains=q) | Q(email__icontains=q) | Q(badge__icontains=q))
    if division:
        found = found.filter(Exists(alive.filter(user=OuterRef("pk"), division__slug=division)))
    seen = alive.filter(division__in=places_of(mine)).select_related("division", "role").order_by("division__position")
    return found.prefetch_related(Prefetch("memberships", queryset=seen, to_attr="places")).order_by("name", "pk")


def memberships_of(person: User, mine: Rights) -> QuerySet[Membership]:
    """Every membership there was, the newest first, with its channels; only of divisions one looks after."""
    rows = Membership.objects.filter(user=person, division__in=places_of(mine)).select_related("division", "role")
    return rows.prefetch_related("narrowings__channel").order_by("-starts_on", "-pk")


def is_over(row: Membership, now: datetime) -> bool:
    """Whether a membership has ended."""
    return row.revoked_at is not None or (row.ends_on is not None and row.ends_on < duty.day_of(now))


def division_ids_of(person: User, *, now: datetime) -> frozenset[int]:
    """Divisions in which somebody has a membership that is not over."""
    return frozenset(Membership.objects.filter(_alive(now), user=person).values_list("division", flat=True))


def not_begun(rows: Iterable[Membership], *, now: datetime, zone: str) -> set[int]:
    """Ids of memberships that give nothing yet, or were taken back before they did."""
    tz = ZoneInfo(zone)
    return {row.pk for row in rows if row.starts_on > min(now, row.revoked_at or now).astimezone(tz).date()}


def belongings_of(person: User, mine: Rights, *, now: datetime) -> list[tuple[Division, list[Line]]]:
    """What somebody looks after, by division, as far as one sees it."""
    lines = [line for line in all_of(person, now=now) if not line.opens]
    return grouped(lines, only=mine.visible_division_ids())


def all_of(person: User, *, now: datetime) -> list[Line]:
    """Everything of somebody that a move would pass on, end or open, if they left."""
    return belongings.lines(Case(person=person, leaver=True, now=now))


def grouped(lines: Sequence[Line], *, only: frozenset[int] | None = None) -> list[tuple[Division, list[Line]]]:
    """Lines under their divisions, in the department's order. One query."""
    ids = {line.division_id for line in lines if only is None or line.division_id in only}
    places = Division.objects.filter(pk__in=ids).order_by("position", "name")
    return [(place, [line for line in lines if line.division_id == place.pk]) for place in places]


def with_work_left(persons: Sequence[User], division_id: int, *, now: datetime) -> list[str]:
    """Names of those who belong to a division no more and still have something there that somebody should take."""
    found = []
    for person in persons:
        lines = [line for line in all_of(person, now=now) if line.division_id == division_id]
        here = access.rights(person).visible_division_ids()
        if division_id not in here and any(not (line.ends or line.opens) for line in lines):
            found.append(person.name)
    return found


def on_duty_for(person: User, mine: Rights) -> QuerySet[Channel]:
    """The accounts of which somebody is the standing officer, as far as one sees them."""
    rows = Channel.objects.filter(duty_officer=person, division__in=mine.visible_division_ids())
    return rows.exclude(state=ChannelState.RETIRED).select_related("division")


def handovers_of(person: User) -> QuerySet[Handover]:
    """The moves of somebody, the newest first."""
    rows = Handover.objects.filter(person=person)
    return rows.select_related("successor", "division", "made_by", "undone_by", "person")


def undoable(person: User, *, now: datetime) -> Handover | None:
    """The last move of somebody, while it can still be undone: on its own day, unless it was."""
    last = handovers_of(person).filter(undone_at__isnull=True).first()
    return last if last is not None and duty.day_of(last.made_at) == duty.day_of(now) else None


def move_ahead(person: User) -> Handover | None:
    """The last move of somebody, while its first day is still to come."""
    last = handovers_of(person).filter(undone_at__isnull=True).first()
    return last if last is not None and last.settled_at is None else None


def takers_for(division_ids: frozenset[int], person: User) -> QuerySet[User]:
    """Who might take something there: members who see one of these divisions, by name, without the person."""
    ids = access.people_who(Right.VIEW_DIVISION, division_ids) if division_ids else set()
    return User.objects.filter(pk__in=ids, is_active=True).exclude(pk=person.pk).order_by("name", "pk")


def _alive(now: datetime) -> Q:
    return Q(revoked_at__isnull=True) & (Q(ends_on__isnull=True) | Q(ends_on__gte=duty.day_of(now)))
