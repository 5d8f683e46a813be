"""Loads the roles of `divisions.permissions.ROLES` as rows. Idempotent; administrators may change them afterwards."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from divisions.models import Role, RoleRight
from divisions.permissions import ROLES


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
