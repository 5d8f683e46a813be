"""The memberships of one person when they move or leave: which end and when, which go on; and the doors they open.

Called inside the transaction of a handover, of its undoing or of a first day; nothing is checked or remembered here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput
from divisions.models import Channel, Division, HandoverKind, Membership, Role, User
from divisions.permissions import Right
from divisions.services import people
from divisions.services.people import today


@dataclass(frozen=True, slots=True)
class Over:
    """A membership that ends: after `last_day`, or at once (None)."""

    row: Membership
    last_day: date | None


def of(person: User, now: datetime) -> list[Membership]:
    """Memberships that are not over, locked."""
    alive = Q(ends_on__isnull=True) | Q(ends_on__gte=today(now))
    rows = Membership.objects.filter(alive, user=person, revoked_at__isnull=True).order_by("pk")
    return list(rows.select_for_update(of=("self",)).select_related("division", "role"))


def goes_on(row: Membership, *, to: Division | None, as_: Role | None, first: date | None) -> bool:
    """Whether a membership is exactly the new place: it goes on."""
    return (
        row.division_id == getattr(to, "pk", None)
        and row.role_id == getattr(as_, "pk", None)
        and row.ends_on is None
        and row.starts_on <= (first or row.starts_on)
        and not row.narrowings.filter(revoked_at__isnull=True).exists()
    )


def over(row: Membership, last_day: date | None) -> Over:
    """When it ends: on its own last day where that is earlier; at once what would only begin after the last day."""
    if last_day is None or row.starts_on > last_day:
        return Over(row, None)
    return Over(row, min(last_day, row.ends_on or last_day))


def change(
    ending: Sequence[Over], *, person: User, to: Division | None, as_: Role | None, first: date | None, now: datetime
) -> dict[str, Any]:
    """End some, and give the new one where there is one to give. Returns what `put_back` needs.

    A membership with a last day keeps its row; one that ends at once is never alive again.
    """
    Membership.objects.filter(pk__in=[one.row.pk for one in ending if one.last_day is None]).update(revoked_at=now)
    for one in ending:
        if one.last_day is not None and one.row.ends_on != one.last_day:
            Membership.objects.filter(pk=one.row.pk).update(ends_on=one.last_day)
    given = None
    if to is not None and as_ is not None:
        given = people.write_membership(user=person, division=to, role=as_, starts_on=first or today(now), now=now)
    return {
        "ended": [[one.row.pk, one.row.division.slug, one.row.role.code] for one in ending],
        "last_days": {str(one.row.pk): _days(one) for one in ending if one.last_day is not None},
        "given": given.pk if given else None,
    }


def _days(one: Over) -> list[str | None]:
    """The last day there was (None = open) and the one that is set."""
    return [str(one.row.ends_on) if one.row.ends_on else None, str(one.last_day)]


def put_back(moved: Mapping[str, Any], person: User, now: datetime) -> tuple[list[str], dict[int, int]]:
    """Everything as it was; returns a sentence for each that was left, and which new row stands for which old one.

    What was ended at once comes back as a new row: the hours without it stay readable. What only got a last day never
    ended, and loses that day.
    """
    left: list[str] = []
    again: dict[int, int] = {}
    given = Membership.objects.filter(pk=moved["given"]).first() if moved["given"] else None
    if given is not None and given.revoked_at is None:
        given.revoked_at = now
        given.save(update_fields=["revoked_at"])
    elif given is not None:
        left.append(f"{given}: ended since.")
    dated = moved.get("last_days", {})
    for row in Membership.objects.filter(pk__in=[pk for pk, *_ in moved["ended"]]).select_related("division", "role"):
        days = dated.get(str(row.pk))
        if days:
            left += [] if _open_again(row, *days) else [f"{row}: changed since."]
            continue
        new = _give_again(row, person, now)
        left += [] if new else [f"{row}: given again since."]
        again |= {row.pk: new.pk} if new else {}
    return left, again


def renamed(moved: Mapping[str, Any], again: Mapping[int, int]) -> dict[str, Any]:
    """What an earlier move keeps for its own undoing, where its memberships have come back as new rows."""
    return {
        "ended": [[again.get(pk, pk), *words] for pk, *words in moved["ended"]],
        "last_days": {str(again.get(int(pk), int(pk))): days for pk, days in moved.get("last_days", {}).items()},
        "given": again.get(moved["given"], moved["given"]),
    }


def _open_again(row: Membership, was: str | None, became: str) -> bool:
    """Take the last day away that a move set, unless somebody else ended it or chose another since."""
    if row.revoked_at is not None or str(row.ends_on) != became:
        return False
    row.ends_on = date.fromisoformat(was) if was else None
    row.save(update_fields=["ends_on"])
    return True


def _give_again(row: Membership, person: User, now: datetime) -> Membership | None:
    try:
        return people.write_membership(
            user=person,
            division=row.division,
            role=row.role,
            starts_on=max(row.starts_on, today(now)),
            ends_on=row.ends_on,
            now=now,
            channels=list(Channel.objects.filter(narrowings__membership=row, narrowings__revoked_at__isnull=True)),
        )
    except BadInput:
        return None


# ---- doors


def close_doors(person: User, kind: str) -> dict[str, bool]:
    """Close the sign-in of a leaver, and Django admin to who no longer manages anybody. Returns what it was.

    Called after the memberships have changed.
    """
    was = {"is_active": person.is_active, "is_staff": person.is_staff, "is_superuser": person.is_superuser}
    if kind == HandoverKind.LEAVER:
        person.is_active = person.is_staff = person.is_superuser = False
        _sign_out(person)
    elif person.is_staff and not person.is_superuser and not access.rights(person).anywhere(Right.MANAGE_PEOPLE):
        person.is_staff = False
    person.save(update_fields=list(was))
    return {key: value for key, value in was.items() if getattr(person, key) != value}


def open_doors(was: Mapping[str, bool], person: User) -> None:
    """As they were."""
    for key, value in was.items():
        setattr(person, key, value)
    person.save(update_fields=list(was))


def _sign_out(person: User) -> None:
    """End their sessions on every device. Sessions carry no person's id in a column, so each that is open is read."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            session.delete()
