"""What the signed list of official accounts says, and the keys that sign it. Reads only; public side only (P6)."""

from __future__ import annotations

from typing import Any

from divisions.models import AccountRecord, Channel, OfficialKey, OfficialList
from divisions.selectors.channels import official_accounts


def accounts() -> list[dict[str, Any]]:
    """Every account of the public directory as the list has it: plain values, in the directory's order. One query."""
    return [_entry(channel) for channel in official_accounts()]


def record_of(channel: Channel) -> AccountRecord | None:
    """The account's entry in the register, if somebody made one. No query when `record` was joined."""
    return getattr(channel, "record", None)


def newest() -> OfficialList | None:
    """The list that was handed out last, with its key. One query."""
    return OfficialList.objects.select_related("key").first()


def every_key() -> list[OfficialKey]:
    """Every key that ever signed a list, the newest first."""
    return list(OfficialKey.objects.all())


def _entry(channel: Channel) -> dict[str, Any]:
    record = record_of(channel)
    return {
        "platform": channel.platform,
        "handle": channel.handle,
        "name": channel.name,
        "url": channel.url,
        "division": channel.division.name,
        "since": record.opened_on.isoformat() if record and record.opened_on else None,
        "read_hours": record.read_hours if record else "",
    }
