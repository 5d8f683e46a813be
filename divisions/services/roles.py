"""Roles as data: loads those of `divisions.permissions.ROLES` once; afterwards administrators give and end rights.

Rows of rights are never changed in place, they end: so "who could do this on that day?" stays a query. A role's
reach never changes either; another reach is another role.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, WrongMoment
from divisions.models import Role, RoleRight, User
from divisions.permissions import ROLES, Right
from divisions.services.department import require_everywhere
from records.services import ledger


@transaction.atomic
def load_roles(*, now: datetime | None = None) -> int:
    """Make the roles that are missing, with their rights; returns how many were made."""
    have = set(Role.objects.values_list("code", flat=True))
    made = [spec for spec in ROLES if spec.code not in have]
    for spec in made:
        role = Role.objects.create(code=spec.code, name=spec.name, sentence=spec.sentence, reach=spec.reach)
        RoleRight.objects.bulk_create(
            RoleRight(role=role, right=right, granted_at=now or timezone.now()) for right in sorted(spec.rights)
        )
    return len(made)


@transaction.atomic
def make_role(*, code: str, name: str, sentence: str, reach: str, by: User | None, now: datetime | None = None) -> Role:
    """Make a role without rights. Takes `manage_people` at the top of the tree."""
    require_everywhere(by, Right.MANAGE_PEOPLE)
    role = Role(code=code, name=name, sentence=sentence, reach=reach)
    role.full_clean()
    role.save()
    _remember("divisions.role.made", role, by, now, {"name": name, "reach": reach})
    return role


@transaction.atomic
def change_role(*, role: Role, name: str, sentence: str, by: User | None, now: datetime | None = None) -> list[str]:
    """Change what a role is called and the sentence that explains it; returns what really changed."""
    require_everywhere(by, Right.MANAGE_PEOPLE)
    row = Role.objects.select_for_update().get(pk=role.pk)
    changed = {k: v for k, v in {"name": name, "sentence": sentence}.items() if getattr(row, k) != v}
    for key, value in changed.items():
        setattr(row, key, value)
    if changed:
        row.full_clean()
        row.save(update_fields=list(changed))
        _remember("divisions.role.changed", row, by, now, {"changed": changed})
    return sorted(changed)


@transaction.atomic
def give_right(*, role: Role, right: str, by: User | None, now: datetime | None = None) -> RoleRight:
    """Give everybody with a role one right more, from now on. Raises BadInput when unknown or there already."""
    require_everywhere(by, Right.MANAGE_PEOPLE)
    if right not in Right.values:
        raise BadInput("right", f"There is no right “{right}”.")
    if right == Right.BREAK_GLASS:
        raise BadInput("right", "An emergency publication is allowed to people by name, never by role.")
    try:
        with transaction.atomic():
            row = RoleRight.objects.create(role=role, right=right, granted_at=now or timezone.now())
    except IntegrityError as error:
        raise BadInput("right", f"{role} has this right already.") from error
    _mirror_members(role)
    _remember("divisions.role.right_given", role, by, now, {"right": right})
    return row


@transaction.atomic
def end_right(*, role_right: RoleRight, by: User | None, now: datetime | None = None) -> None:
    """Take a right from everybody with the role, at once. Raises WrongMoment when it has ended already."""
    require_everywhere(by, Right.MANAGE_PEOPLE)
    row = RoleRight.objects.select_for_update(of=("self",)).select_related("role").get(pk=role_right.pk)
    if row.revoked_at is not None:
        raise WrongMoment(f"{row.role} has lost this right already.")
    row.revoked_at = now or timezone.now()
    row.save(update_fields=["revoked_at"])
    _mirror_members(row.role)
    _remember("divisions.role.right_ended", row.role, by, now, {"right": row.right})


def _mirror_members(role: Role) -> None:
    access.mirror(User.objects.filter(memberships__role=role, memberships__revoked_at__isnull=True).distinct())


def _remember(kind: str, role: Role, by: User | None, now: datetime | None, data: Mapping[str, object]) -> None:
    ledger.remember(kind, ("role", role.pk), by=by, now=now, data={"role": role.code, **data})
