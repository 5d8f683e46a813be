"""Gives people their place: a person, a membership from a day on, its end. The guardian mirror follows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, NotAllowed, WrongMoment
from divisions.models import Channel, Department, Division, Membership, MembershipChannel, Role, User
from divisions.permissions import Right
from records.services import ledger

EDITABLE = frozenset({"email", "name", "badge", "is_active", "is_staff", "is_superuser"})
OPENS_ADMIN = ("is_staff", "is_superuser")


@transaction.atomic
def create_person(
    *,
    email: str,
    name: str,
    by: User | None,
    badge: str = "",
    password: str | None = None,
    now: datetime | None = None,
) -> User:
    """Make a person who can sign in (by password reset when none is given). Raises BadInput if the e-mail is taken."""
    if by is not None and not access.rights(by).anywhere(Right.MANAGE_PEOPLE):
        raise BadInput("email", "Only an administrator or the social media officer can add people.")
    email = email.strip().lower()
    if User.objects.filter(email=email).exists():
        raise BadInput("email", f"{email} already has an account.", cure="Give that person a membership instead.")
    user = User(email=email, name=name, badge=badge)
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save()
    ledger.remember(
        "divisions.person.created", ("person", user.pk), by=by, now=now, data={"email": email, "name": name}
    )
    return user


@transaction.atomic
def change_person(*, person: User, by: User | None, now: datetime | None = None, **facts: Any) -> list[str]:
    """Change what a person is called, and whether they may sign in; returns the names of what really changed.

    Takes `manage_people` wherever the person is a member. Django admin is Django's: only a superuser opens it to
    somebody (`is_staff`, `is_superuser`) or changes a superuser. Raises BadInput naming the field.
    """
    require_over(by, person)
    row = User.objects.select_for_update().get(pk=person.pk)
    facts = {k: v.strip().lower() if k == "email" else v for k, v in facts.items()}
    changed = {k: v for k, v in facts.items() if getattr(row, k) != v}
    _check_person(row, changed, by)
    if not changed:
        return []
    for key, value in changed.items():
        setattr(row, key, value)
    row.full_clean(exclude=["password"])
    row.save(update_fields=list(changed))
    access.mirror([row])
    data = {"email": row.email, "changed": changed}
    ledger.remember("divisions.person.changed", ("person", row.pk), by=by, now=now, data=data)
    return sorted(changed)


def require_over(by: User | None, person: User) -> None:
    """Raise unless `by` manages people wherever the person is a member now."""
    if by is None:
        return
    mine = access.rights(by)
    if not mine.anywhere(Right.MANAGE_PEOPLE):
        raise NotAllowed(Right.MANAGE_PEOPLE.label, where="the department", who=access.who_can(Right.MANAGE_PEOPLE))
    for membership in access.active_memberships().filter(user=person).select_related("division"):
        access.require(by, Right.MANAGE_PEOPLE, membership.division, has=mine)


def _check_person(row: User, changed: Mapping[str, Any], by: User | None) -> None:
    for key in changed:
        if key not in EDITABLE:
            raise BadInput(key, f"A person has no “{key}”.", cure=f"Known: {', '.join(sorted(EDITABLE))}.")
    if by is None:
        return
    if not by.is_superuser and (row.is_superuser or any(key in changed for key in OPENS_ADMIN)):
        field = next((key for key in OPENS_ADMIN if key in changed), next(iter(changed), "email"))
        raise BadInput(field, "Only a superuser opens Django admin to somebody or changes a superuser.")
    if by.pk == row.pk and changed.get("is_active") is False:
        raise BadInput("is_active", "You cannot lock yourself out.", cure="Ask another administrator.")
    if "email" in changed and User.objects.filter(email=changed["email"]).exists():
        raise BadInput("email", f"{changed['email']} already has an account.")


@transaction.atomic
def grant(
    *,
    user: User,
    division: Division,
    role: str,
    starts_on: date,
    by: User | None,
    ends_on: date | None = None,
    channels: Sequence[Channel] = (),
    now: datetime | None = None,
) -> Membership:
    """Give a person a role in a division from a day to a day (last day included), perhaps only on some channels.

    Raises BadInput for an unknown role, a channel of another division, or a membership that already exists.
    """
    access.require(by, Right.MANAGE_PEOPLE, division)
    bundle = bundle_of(role)
    foreign = [c.slug for c in channels if c.division_id != division.pk]
    if foreign:
        raise BadInput("channels", f"{', '.join(foreign)} is not a channel of {division}.")
    if ends_on and ends_on < starts_on:
        raise BadInput("ends_on", "The last day is before the first.", cure=f"Choose {starts_on} or later.")
    membership = write_membership(
        user=user, division=division, role=bundle, starts_on=starts_on, ends_on=ends_on, channels=channels, now=now
    )
    access.mirror([user])
    data = {
        "email": user.email,
        "role": role,
        "starts_on": str(starts_on),
        "ends_on": str(ends_on) if ends_on else None,
        "channels": [c.slug for c in channels],
    }
    about = ("membership", membership.pk)
    ledger.remember("divisions.membership.granted", about, by=by, now=now, data=data, division=division)
    return membership


def write_membership(
    *,
    user: User,
    division: Division,
    role: Role,
    starts_on: date,
    ends_on: date | None = None,
    channels: Sequence[Channel] = (),
    now: datetime | None = None,
) -> Membership:
    """The rows alone, in the caller's transaction; whoever calls it has checked, mirrors and remembers.

    Raises BadInput (field `role`) where there is one already.
    """
    written = {"created_at": now or timezone.now()}
    try:
        with transaction.atomic():
            membership = Membership.objects.create(
                user=user, division=division, role=role, starts_on=starts_on, ends_on=ends_on, **written
            )
    except IntegrityError as error:
        raise BadInput("role", f"{user} is already {role} in {division} from {starts_on}.") from error
    MembershipChannel.objects.bulk_create(
        MembershipChannel(membership=membership, channel=channel, **written) for channel in channels
    )
    return membership


def bundle_of(role: str) -> Role:
    """The role of a code. Raises BadInput naming those there are."""
    found = Role.objects.filter(code=role).first()
    if found is None:
        known = ", ".join(Role.objects.values_list("code", flat=True))
        raise BadInput("role", f"There is no role “{role}”.", cure=f"Known: {known}.")
    return found


@transaction.atomic
def end(
    *, membership: Membership, by: User | None, last_day: date | None = None, now: datetime | None = None
) -> Membership:
    """End a membership: at once (`last_day=None`), or after a last day that is today or later.

    Raises WrongMoment when it has ended already, BadInput for a last day in the past.
    """
    access.require(by, Right.MANAGE_PEOPLE, membership.division)
    row = Membership.objects.select_for_update(of=("self",)).select_related("user", "division").get(pk=membership.pk)
    moment = now or timezone.now()
    if row.revoked_at is not None or (row.ends_on and row.ends_on < today(moment)):
        raise WrongMoment("This membership has already ended.")
    if last_day is None:
        row.revoked_at = moment
    elif last_day < today(moment):
        raise BadInput("ends_on", "The last day cannot be in the past.", cure="End it at once instead.")
    else:
        row.ends_on = last_day
    row.save(update_fields=["revoked_at", "ends_on"])
    access.mirror([row.user])
    data = {"email": row.user.email, "role": row.role.code, "last_day": str(last_day) if last_day else None}
    about = ("membership", row.pk)
    ledger.remember("divisions.membership.ended", about, by=by, now=now, data=data, division=row.division)
    return row


def today(now: datetime | None = None) -> date:
    """The day in the department's zone, which is what memberships are counted in."""
    zone = Department.objects.values_list("zone", flat=True).first()
    return (now or timezone.now()).astimezone(ZoneInfo(zone or "UTC")).date()
