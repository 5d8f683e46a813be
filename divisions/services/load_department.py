"""Loads a department file (`manage.py load_department FILE`): idempotent, through the same services as a person.

Rows that are absent from the file are reported, never deleted. Keys match on slug or e-mail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.db import transaction

from divisions.errors import BadInput
from divisions.models import Channel, Department, Division, LinkRule, Membership, User
from divisions.services import channels, divisions, people, register_file, roles
from divisions.states import OWN_PLATFORMS, Audience, Mode, Platform

KEYS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    # section: (required, optional)
    "department": (
        frozenset({"name", "zone"}),
        frozenset({"declared_accounts", "short_name", "crest_letters", "phone", "notice"}),
    ),
    "divisions": (frozenset({"slug", "name"}), frozenset({"parent"}) | divisions.EDITABLE),
    "people": (frozenset({"email", "name"}), frozenset({"badge"})),
    "memberships": (
        frozenset({"email", "division", "role", "starts_on"}),
        frozenset({"ends_on", "channels"}),
    ),
    "channels": (
        frozenset({"slug", "division", "platform"}),
        frozenset(
            {
                "name",
                "handle",
                "url",
                "audience",
                "mode",
                "api_base",
                "cadence_days",
                "duty",
                "remote_id",
                "settings",
                "record",
                "holders",
            }
        ),
    ),
    "links": (frozenset({"from", "to"}), frozenset({"approver"})),
}


@dataclass(slots=True)
class Report:
    """What a load did: counts of made and changed rows, and what the database has that the file lacks."""

    made: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)

    def count(self, section: str, *, made: bool, changed: bool = False) -> None:
        """Count one row."""
        if made:
            self.made[section] = self.made.get(section, 0) + 1
        elif changed:
            self.changed[section] = self.changed.get(section, 0) + 1


@transaction.atomic
def load(data: Mapping[str, Any], *, by: User | None = None, now: datetime | None = None) -> Report:
    """Load a parsed department file; all of it or nothing.

    Raises BadInput whose field reads like `channels[3].platform`, with the limit and the cure.
    """
    _check_shape(data)
    report = Report()
    roles.load_roles(now=now)
    _department(data["department"])
    for section, one in _LOADERS.items():
        for index, row in enumerate(data.get(section) or []):
            with _field(f"{section}[{index}]"):
                one(row, by, now, report)
    report.absent = list(_absent(data))
    return report


def _check_shape(data: Mapping[str, Any]) -> None:
    for key in data:
        if key not in KEYS:
            raise BadInput(key, f"A department file has no part “{key}”.", cure=f"Known: {', '.join(KEYS)}.")
    if not data.get("department"):
        raise BadInput("department", "The file says nothing about the department.", cure="Give name and zone.")
    for section, (required, optional) in KEYS.items():
        rows = data.get(section) or []
        for index, row in enumerate([rows] if isinstance(rows, Mapping) else rows):
            where = section if section == "department" else f"{section}[{index}]"
            for key in sorted(required - set(row)):
                raise BadInput(f"{where}.{key}", f"“{key}” is missing.", cure="Add it.")
            for key in sorted(set(row) - required - optional):
                raise BadInput(
                    f"{where}.{key}",
                    f"“{key}” is not known here.",
                    cure=f"Known: {', '.join(required | optional)}.",
                )


@contextmanager
def _field(where: str) -> Iterator[None]:
    try:
        yield
    except BadInput as error:
        raise BadInput(f"{where}.{error.field}", error.message, cure=error.cure) from error
    except ValidationError as error:
        first, messages = next(iter(error.message_dict.items()))
        raise BadInput(f"{where}.{first}", " ".join(messages)) from error


def _department(row: Mapping[str, Any]) -> None:
    try:
        ZoneInfo(row["zone"])
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadInput(
            "department.zone", f"“{row['zone']}” is not an IANA time zone.", cure="Like America/Chicago."
        ) from error
    facts = {k: v for k, v in row.items() if v is not None}
    initials = "".join(word[0] for word in row["name"].split())[:4].upper()
    facts.setdefault("short_name", row["name"][:50])
    facts.setdefault("crest_letters", initials)
    Department.objects.update_or_create(pk=1, defaults=facts)


def _division(row: Mapping[str, Any], by: User | None, now: datetime | None, report: Report) -> None:
    facts = {k: v for k, v in row.items() if k in divisions.EDITABLE and v is not None}
    division = Division.objects.filter(slug=row["slug"]).first()
    if division is None:
        parent = _find(Division, "slug", row["parent"], "parent") if row.get("parent") else None
        divisions.create_division(slug=row["slug"], parent=parent, by=by, now=now, **{**facts, "name": row["name"]})
        report.count("divisions", made=True)
    else:
        changed = divisions.change_division(division=division, by=by, now=now, **facts)
        report.count("divisions", made=False, changed=bool(changed))


def _person(row: Mapping[str, Any], by: User | None, now: datetime | None, report: Report) -> None:
    user = User.objects.filter(email=row["email"].lower()).first()
    if user is None:
        people.create_person(email=row["email"], name=row["name"], badge=row.get("badge") or "", by=by, now=now)
    report.count("people", made=user is None)


def _membership(row: Mapping[str, Any], by: User | None, now: datetime | None, report: Report) -> None:
    user = _find(User, "email", row["email"].lower(), "email")
    division = _find(Division, "slug", row["division"], "division")
    same = Membership.objects.filter(
        user=user,
        division=division,
        role__code=row["role"],
        starts_on=_day(row, "starts_on"),
        revoked_at=None,
    )
    if not (found := same.exists()):
        people.grant(
            user=user,
            division=division,
            role=row["role"],
            starts_on=_day(row, "starts_on"),
            ends_on=_day(row, "ends_on") if row.get("ends_on") else None,
            channels=[_find(Channel, "slug", slug, "channels") for slug in row.get("channels") or []],
            by=by,
            now=now,
        )
    report.count("memberships", made=not found)


def _channel(row: Mapping[str, Any], by: User | None, now: datetime | None, report: Report) -> None:
    division = _find(Division, "slug", row["division"], "division")
    _choice(row, "platform", [p.value for p in Platform if p not in OWN_PLATFORMS])
    _choice(row, "audience", Audience.values)
    _choice(row, "mode", Mode.values)
    facts = {k: v for k, v in row.items() if k in channels.EDITABLE and v is not None}
    facts["name"] = row.get("name") or (row.get("settings") or {}).get("display_name") or division.name
    facts["duty_officer"] = _find(User, "email", row["duty"].lower(), "duty") if row.get("duty") else None
    channel = Channel.objects.filter(slug=row["slug"]).select_related("division").first()
    if channel is None:
        made = channels.create_channel(
            slug=row["slug"],
            division=division,
            platform=row["platform"],
            audience=row.get("audience", Audience.PUBLIC),
            by=by,
            now=now,
            **facts,
        )
        register_file.enter(made, row, by=by, now=now)
        report.count("channels", made=True)
        return
    _same(channel, row, "audience")
    _same(channel, row, "platform")
    changed = channels.change_channel(channel=channel, by=by, now=now, **facts)
    entered = register_file.enter(channel, row, by=by, now=now)
    report.count("channels", made=False, changed=bool(changed) or entered)


def _link(row: Mapping[str, Any], by: User | None, now: datetime | None, report: Report) -> None:
    source = _find(Channel, "slug", row["from"], "from")
    target = _find(Channel, "slug", row["to"], "to")
    there = LinkRule.objects.filter(source_channel=source, target_channel=target, revoked_at=None).exists()
    if not there:
        channels.make_link(source=source, target=target, approver=row.get("approver", "source"), by=by, now=now)
    report.count("links", made=not there)


_LOADERS: dict[str, Callable[[Mapping[str, Any], User | None, datetime | None, Report], None]] = {
    "divisions": _division,
    "people": _person,
    "channels": _channel,
    "memberships": _membership,
    "links": _link,
}


def _find(model: Any, key: str, value: str, name: str) -> Any:
    found = model.objects.filter(**{key: value}).first()
    if found is None:
        raise BadInput(name, f"There is no {model._meta.verbose_name} “{value}”.", cure="Add it to the file first.")
    return found


def _choice(row: Mapping[str, Any], key: str, known: list[str]) -> None:
    if key in row and row[key] not in known:
        raise BadInput(key, f"“{row[key]}” is not known.", cure=f"One of {', '.join(known)}.")


def _same(channel: Channel, row: Mapping[str, Any], key: str) -> None:
    if key in row and row[key] != getattr(channel, key):
        raise BadInput(key, f"The {key} of {channel.slug} is fixed.", cure="Retire it and make another channel.")


def _day(row: Mapping[str, Any], key: str) -> date:
    value = row[key]
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise BadInput(key, f"“{value}” is not a date.", cure="Write it like 2026-11-24.") from error


def _absent(data: Mapping[str, Any]) -> Iterator[str]:
    listed = {row["slug"] for row in data.get("divisions") or []}
    for slug in Division.objects.exclude(slug__in=listed).values_list("slug", flat=True):
        yield f"division {slug}"
    listed = {row["slug"] for row in data.get("channels") or []}
    own = Channel.objects.exclude(platform__in=OWN_PLATFORMS)
    for slug in own.exclude(slug__in=listed).values_list("slug", flat=True):
        yield f"channel {slug}"
    listed = {row["email"].lower() for row in data.get("people") or []}
    for email in User.objects.exclude(email__in=listed).values_list("email", flat=True):
        yield f"person {email}"
