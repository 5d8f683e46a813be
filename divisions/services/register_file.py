"""An account's entry in the register from a department file: `record` and `holders` of a channel. Idempotent.

`record`: `owner` (an e-mail), `opened_on`, `recovery`, `public_email`, `public_phone`, `contact_url`, `policy_url`,
`listed_url`, `links_back`, `read_hours`. `holders`: `email`, `second_factor`. Who is not in the file stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from divisions.errors import BadInput
from divisions.models import AccountHolder, Channel, User
from divisions.services import register
from divisions.states import ChannelState


def enter(channel: Channel, row: Mapping[str, Any], *, by: User | None, now: datetime | None) -> bool:
    """Enter what the file's channel `row` says; returns whether anything differed. Raises BadInput naming the key."""
    if channel.state == ChannelState.RETIRED:
        return False
    record = row.get("record") or {}
    if not isinstance(record, Mapping):
        raise BadInput("record", "An entry is a list of facts with their names.", cure="Write record: {owner: …}.")
    facts = {name: value for name, value in record.items() if value is not None}
    for name in ("owner", "opened_on"):
        if name in facts:
            facts[name] = _read(name, facts[name])
    changed = bool(register.change_record(channel=channel, by=by, now=now, **facts)) if facts else False
    return any([changed, *[_hold(channel, holder, by, now) for holder in row.get("holders") or []]])


def _hold(channel: Channel, holder: Any, by: User | None, now: datetime | None) -> bool:
    if not isinstance(holder, Mapping) or set(holder) - {"email", "second_factor"} or "email" not in holder:
        raise BadInput("holders", "A holder is an email and a second_factor.", cure="Write {email: …}.")
    user, second_factor = _person("holders", holder["email"]), bool(holder.get("second_factor", False))
    known = AccountHolder.objects.filter(channel=channel, user=user, second_factor=second_factor, removed_at=None)
    if known.exists():
        return False
    register.add_holder(channel=channel, user=user, second_factor=second_factor, by=by, now=now)
    return True


def _read(name: str, value: Any) -> Any:
    if name == "owner":
        return _person("record.owner", value)
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise BadInput("record.opened_on", f"“{value}” is not a date.", cure="Write it like 2011-03-24.") from error


def _person(name: str, email: Any) -> User:
    found = User.objects.filter(email=str(email).lower()).first()
    if found is None:
        raise BadInput(name, f"There is no person “{email}”.", cure="Add them to the file first.")
    return found
