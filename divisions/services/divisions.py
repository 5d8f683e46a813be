"""Makes and changes divisions. A division comes with its own three channels: public page, feed, staff feed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from divisions import access
from divisions.errors import BadInput
from divisions.models import Channel, Division, User
from divisions.permissions import Right
from divisions.services.department import require_zone
from divisions.states import OWN_PLATFORMS, Audience, Mode, Platform
from records.services import ledger

EDITABLE = frozenset(
    {"name", "short_name", "zone", "position", "intro", "address", "phone_desk", "phone_tips", "hours"}
)


@transaction.atomic
def create_division(
    *,
    slug: str,
    name: str,
    by: User | None,
    parent: Division | None = None,
    now: datetime | None = None,
    **facts: Any,
) -> Division:
    """Make a division below `parent` and its own channels.

    Raises BadInput for an unknown fact, ValidationError for a reserved or malformed slug.
    """
    if parent is None and by is not None:
        raise BadInput("parent", "Only a department file makes the division at the top.", cure="Choose a parent.")
    if parent is not None:
        access.require(by, Right.MANAGE_PEOPLE, parent)
    _known(facts)
    require_zone("zone", facts.get("zone", ""))
    division = Division(slug=slug, name=name, parent=parent, path="/", slug_path=slug, **facts)
    division.short_name = division.short_name or name[:60]
    division.full_clean(exclude=["path"])
    division.save()
    division.path = f"{parent.path if parent else '/'}{division.pk}/"
    division.slug_path = f"{parent.slug_path}/{slug}" if parent else slug
    division.save(update_fields=["path", "slug_path"])
    for platform in OWN_PLATFORMS:
        _own_channel(division, platform)
    access.mirror_new(division)
    _remember("divisions.division.created", division, by, now, {"slug": slug, "name": name})
    return division


@transaction.atomic
def change_division(*, division: Division, by: User | None, now: datetime | None = None, **facts: Any) -> list[str]:
    """Change facts of a division; returns the names of what really changed. Slug and parent stay as they are."""
    access.require(by, Right.MANAGE_CHANNEL, division)
    _known(facts)
    require_zone("zone", facts.get("zone", ""))
    row = Division.objects.select_for_update().get(pk=division.pk)
    changed = {k: v for k, v in facts.items() if getattr(row, k) != v}
    if not changed:
        return []
    for key, value in changed.items():
        setattr(row, key, value)
    row.full_clean()
    row.save(update_fields=list(changed))
    _remember("divisions.division.changed", row, by, now, {"changed": changed})
    return sorted(changed)


def _known(facts: dict[str, Any]) -> None:
    for key in facts:
        if key not in EDITABLE:
            raise BadInput(key, f"A division has no “{key}”.", cure=f"Known: {', '.join(sorted(EDITABLE))}.")


def _own_channel(division: Division, platform: Platform) -> Channel:
    internal = platform is Platform.INTERNAL
    return Channel.objects.create(
        slug=f"{division.slug}-{platform.value}",
        division=division,
        platform=platform,
        name=division.name,
        audience=Audience.INTERNAL if internal else Audience.PUBLIC,
        mode=Mode.LIVE,
        url="",
    )


def _remember(kind: str, division: Division, by: User | None, now: datetime | None, data: dict[str, Any]) -> None:
    ledger.remember(kind, ("division", division.pk), by=by, now=now, data=data, division=division)
