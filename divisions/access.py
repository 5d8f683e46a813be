"""The only truth about who may what, and the only file that touches django-guardian.

`rights(user)` reads Membership x Role once; everything else asks the result. guardian's rows are a mirror for the
admin and other apps, rewritten in the transaction that changes a membership. `is_superuser` is never asked: a
superuser sees everything in Django admin, but editorial acts need a membership like anybody's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser, Permission
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone

from divisions import as_of
from divisions.errors import NotAllowed, NotVisible
from divisions.models import (
    Channel,
    ChannelUserPermission,
    Department,
    Division,
    DivisionUserPermission,
    LinkRule,
    Membership,
    MembershipChannel,
    Role,
    RoleRight,
    User,
)
from divisions.permissions import CHANNEL_RIGHTS, Reach, Right

Person = User | AnonymousUser
NAMED = 3  # people that a refusal names


@dataclass(frozen=True, slots=True)
class Grant:
    """What one membership gives: rights in divisions, perhaps on some channels. `tree` = by a role that oversees."""

    division_ids: frozenset[int]
    rights: frozenset[str]
    channel_ids: frozenset[int] | None
    tree: bool = False


@dataclass(frozen=True, slots=True)
class Rights:
    """Everything one person may do at one moment. Resolved once a request."""

    user_id: int | None
    grants: tuple[Grant, ...] = ()

    def can(self, right: Right, division_id: int, channel: Channel | None = None) -> bool:
        """Whether the person has `right` in the division; with `channel`, also on that channel."""
        return any(
            right in g.rights and division_id in g.division_ids and _covers(g, right, channel) for g in self.grants
        )

    def division_ids(self, right: Right) -> frozenset[int]:
        """Ids of the divisions in which the person has `right` (perhaps narrowed to channels)."""
        return frozenset().union(*(g.division_ids for g in self.grants if right in g.rights))

    def overseen_ids(self, right: Right) -> frozenset[int]:
        """Ids of the divisions in which the person has `right` by a role that reaches a whole tree ("central")."""
        return frozenset().union(*(g.division_ids for g in self.grants if g.tree and right in g.rights))

    def visible_division_ids(self) -> frozenset[int]:
        """Ids of the divisions whose inside the person may see."""
        return self.division_ids(Right.VIEW_DIVISION) | self.division_ids(Right.VIEW_ALL)

    def anywhere(self, right: Right) -> bool:
        """Whether the person has `right` in at least one division."""
        return any(right in g.rights for g in self.grants)


def _covers(grant: Grant, right: Right, channel: Channel | None) -> bool:
    if channel is None or channel.is_own or grant.channel_ids is None or right not in CHANNEL_RIGHTS:
        return True
    return channel.pk in grant.channel_ids


def rights(user: Person, on: date | None = None) -> Rights:
    """Read what `user` may do now, or could do at any moment of another day (a date in the department's zone)."""
    if not isinstance(user, User):
        return Rights(user_id=None)
    if on is not None:
        return Rights(user_id=user.pk, grants=grants_of(as_of.held(as_of.day_of(on), user.memberships.all())))
    if not user.is_active:
        return Rights(user_id=None)
    return Rights(user_id=user.pk, grants=tuple(_grant(m) for m in active_memberships().filter(user=user)))


def grants_of(held: Iterable[as_of.Held]) -> tuple[Grant, ...]:
    """What memberships gave on a day, in the form that is asked."""
    return tuple(
        Grant(
            division_ids=one.division_ids,
            rights=one.rights,
            channel_ids=one.channel_ids,
            tree=one.membership.role.reach == Reach.TREE,
        )
        for one in held
    )


def active_memberships() -> QuerySet[Membership]:
    """Memberships in force now, annotated with `right_codes`, `reach_ids` and `channel_ids` (one query)."""
    now = timezone.now()
    zone = ZoneInfo(Department.objects.values_list("zone", flat=True).first() or "UTC")
    day = now.astimezone(zone).date()
    alive = Q(revoked_at__isnull=True) | Q(revoked_at__gt=now)
    below = Division.objects.filter(path__startswith=Concat(OuterRef("division__path"), Value("")))
    return (
        Membership.objects.filter(alive, Q(ends_on__isnull=True) | Q(ends_on__gte=day), starts_on__lte=day)
        .filter(user__is_active=True)
        .select_related("role")
        .annotate(
            right_codes=ArraySubquery(RoleRight.objects.filter(alive, role=OuterRef("role")).values("right")),
            reach_ids=ArraySubquery(below.values("pk")),
            channel_ids=ArraySubquery(
                MembershipChannel.objects.filter(alive, membership=OuterRef("pk")).values("channel_id")
            ),
        )
    )


def _grant(membership: Any) -> Grant:
    tree = membership.role.reach == Reach.TREE
    return Grant(
        division_ids=frozenset(membership.reach_ids) if tree else frozenset({membership.division_id}),
        rights=frozenset(membership.right_codes),
        channel_ids=frozenset(membership.channel_ids) or None,
        tree=tree,
    )


def require(
    by: User | None,
    right: Right,
    division: Division,
    *,
    channel: Channel | None = None,
    has: Rights | None = None,
) -> None:
    """Raise unless `by` may do `right` in `division`. `by=None` is the system itself.

    Raises NotVisible when the division's inside does not exist for the person (a door answers 404), NotAllowed with
    the reason and who can grant it when they see it but may not act.
    """
    if by is None:
        return
    mine = has or rights(by)
    if mine.can(right, division.pk, channel):
        return
    if division.pk not in mine.visible_division_ids():
        raise NotVisible
    where, gate = str(channel or division), _gate(by, mine, right, division, channel)
    raise NotAllowed(right.label, where=where, gate=gate, who=who_can(right), grants=who_grants(division.pk))


def _gate(by: User, mine: Rights, right: Right, division: Division, channel: Channel | None) -> str:
    """Which door is shut, for somebody who sees the division: the channel, or the role they have there."""
    if channel is not None and mine.can(right, division.pk):
        return "Your membership is limited to other channels."
    rows = active_memberships().filter(user=by).order_by("role__name", "pk")
    roles = dict.fromkeys(_one(_small(m.role.name)) for m in rows if division.pk in _grant(m).division_ids)
    return f"You are there as {' and '.join(roles)}; that does not include it." if roles else ""


def who_can(right: Right) -> str:
    """The roles that have a right, as words: "A supervisor, or the social media officer"; empty for none."""
    rows = Role.objects.filter(role_rights__right=right, role_rights__revoked_at__isnull=True)
    found = sorted(rows.values_list("reach", "name"), key=lambda row: (row[0] != Reach.OWN, row[1]))
    names = [f"the {_small(name)}" if reach == Reach.TREE else _one(_small(name)) for reach, name in found]
    if not names:
        return ""
    words = names[0] if len(names) == 1 else f"{', '.join(names[:-1])}, or {names[-1]}"
    return words[:1].upper() + words[1:]


def who_grants(division_id: int | None = None) -> str:
    """Who can give rights in a division (None = at the top), by name, three at most; empty for nobody."""
    if division_id is None:
        division_id = Division.objects.filter(parent__isnull=True).values_list("pk", flat=True).first() or 0
    names = [person.name for person in people_with(Right.MANAGE_PEOPLE, division_id)][:NAMED]
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _one(name: str) -> str:
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"


def _small(name: str) -> str:
    """A role's name inside a sentence; abbreviations keep their capitals."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def can_post_to(mine: Rights, right: Right, channel: Channel) -> bool:
    """Whether a person may `draft_post` or `submit_post` for a channel, directly or through a link rule."""
    if mine.can(right, channel.division_id, channel):
        return True
    links = LinkRule.objects.filter(target_channel=channel, revoked_at__isnull=True).select_related("source_channel")
    return any(mine.can(right, link.source_channel.division_id, link.source_channel) for link in links)


def people_with(right: Right, division_id: int, *, reach: Reach | None = None) -> list[User]:
    """Whoever has a right in a division now, by name (for telling them, not for deciding).

    `reach` = only by roles of that reach: the division's own people, or those who oversee it.
    """
    having = {"role__role_rights__right": right, "role__role_rights__revoked_at__isnull": True}
    rows = active_memberships().filter(**having, **({"role__reach": reach} if reach else {}))
    rows = rows.select_related("user", "role")
    found = {m.user for m in rows if division_id in _grant(m).division_ids}
    return sorted(found, key=lambda user: (user.name, user.pk))


def people_who(right: Right, division_ids: Iterable[int]) -> set[int]:
    """Ids of everybody who has a right in one of these divisions now. One query, however many divisions."""
    places = frozenset(division_ids)
    having = {"role__role_rights__right": right, "role__role_rights__revoked_at__isnull": True}
    return {m.user_id for m in active_memberships().filter(**having) if _grant(m).division_ids & places}


# ---- guardian's mirror


def mirror(users: Iterable[User]) -> None:
    """Rewrite the guardian rows of some people from their memberships (inside the caller's transaction)."""
    ids = [user.pk for user in users]
    DivisionUserPermission.objects.filter(user__in=ids).delete()
    ChannelUserPermission.objects.filter(user__in=ids).delete()
    divisions, channels = _wanted(active_memberships().filter(user__in=ids))
    DivisionUserPermission.objects.bulk_create(
        DivisionUserPermission(user_id=u, permission_id=p, content_object_id=o) for u, p, o in divisions
    )
    ChannelUserPermission.objects.bulk_create(
        ChannelUserPermission(user_id=u, permission_id=p, content_object_id=o) for u, p, o in channels
    )


def mirror_new(division: Division) -> None:
    """Add the guardian rows of a new division for those whose reach covers it; nobody else's change."""
    above = [int(pk) for pk in division.path.strip("/").split("/")]
    reaching = active_memberships().filter(division__in=above, role__reach=Reach.TREE)
    rows, _ = _wanted(reaching, only=division.pk)
    DivisionUserPermission.objects.bulk_create(
        (DivisionUserPermission(user_id=u, permission_id=p, content_object_id=o) for u, p, o in rows),
        ignore_conflicts=True,
    )


def mirror_differences() -> int:
    """How many guardian rows are missing or too many (0 when the mirror is true)."""
    divisions, channels = _wanted(active_memberships())
    have_d = set(DivisionUserPermission.objects.values_list("user_id", "permission_id", "content_object_id"))
    have_c = set(ChannelUserPermission.objects.values_list("user_id", "permission_id", "content_object_id"))
    return len(divisions ^ have_d) + len(channels ^ have_c)


Rows = set[tuple[int, int, int]]


def _wanted(memberships: QuerySet[Membership], only: int | None = None) -> tuple[Rows, Rows]:
    """The rows that should stand on divisions and on channels; with `only`, of that division alone."""
    codes = {
        (model, code): pk
        for pk, code, model in Permission.objects.filter(
            content_type__app_label="divisions", content_type__model__in=["division", "channel"]
        ).values_list("pk", "codename", "content_type__model")
    }
    divisions: Rows = set()
    channels: Rows = set()
    for membership in memberships:
        grant = _grant(membership)
        narrow = {r for r in grant.rights if grant.channel_ids and r in CHANNEL_RIGHTS}
        places = grant.division_ids if only is None else grant.division_ids & {only}
        for right in grant.rights - narrow:
            divisions |= {(membership.user_id, codes["division", right], d) for d in places}
        for right in narrow:
            channels |= {(membership.user_id, codes["channel", right], c) for c in grant.channel_ids or ()}
    return divisions, channels
