"""Changes the facts of the department as a whole: its name, zone, telephone, notice. One row, never a second one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction

from divisions import access
from divisions.access import Rights
from divisions.errors import BadInput, NotAllowed
from divisions.models import Department, Division, User
from divisions.permissions import Right
from records.services import ledger

EDITABLE = frozenset({"name", "short_name", "crest_letters", "zone", "declared_accounts", "phone", "notice", "chief"})


@transaction.atomic
def change_department(
    *, department: Department, by: User | None, now: datetime | None = None, **facts: Any
) -> list[str]:
    """Change facts of the department; returns the names of what really changed.

    Takes `manage_channel` at the top of the tree. Raises BadInput for an unknown fact or time zone.
    """
    require_everywhere(by, Right.MANAGE_CHANNEL)
    for key in facts:
        if key not in EDITABLE:
            raise BadInput(key, f"A department has no “{key}”.", cure=f"Known: {', '.join(sorted(EDITABLE))}.")
    require_zone("zone", facts.get("zone", ""))
    row = Department.objects.select_for_update().get(pk=department.pk)
    changed = {key: value for key, value in facts.items() if getattr(row, key) != value}
    if not changed:
        return []
    for key, value in changed.items():
        setattr(row, key, value)
    row.full_clean()
    row.save(update_fields=list(changed))
    data = {key: value.email if isinstance(value, User) else value for key, value in changed.items()}
    ledger.remember("divisions.department.changed", ("department", row.pk), by=by, now=now, data={"changed": data})
    return sorted(changed)


def require_everywhere(by: User | None, right: Right) -> None:
    """Raise unless `by` has `right` in the division at the top, so in all: what it changes holds for everybody."""
    roots = list(Division.objects.filter(parent__isnull=True))
    for root in roots:
        access.require(by, right, root)
    if not roots and by is not None:
        raise NotAllowed(right.label, where="a department that has no divisions yet")


def may_everywhere(mine: Rights, right: Right) -> bool:
    """The same as a question, for a page that offers it."""
    roots = list(Division.objects.filter(parent__isnull=True).values_list("pk", flat=True))
    return bool(roots) and all(mine.can(right, pk) for pk in roots)


def require_zone(field: str, name: str) -> None:
    """Raise BadInput unless `name` is empty or an IANA time zone this system knows."""
    if not name:
        return
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(field, f"“{name}” is not an IANA time zone.", cure="Like America/Chicago.") from error
