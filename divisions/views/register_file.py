"""The register as rows of a CSV file. What a cell begins with never makes a spreadsheet compute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from divisions.models import AccountHolder
from divisions.selectors.register import Entry

COLUMNS = (
    "division", "platform", "name", "handle", "url", "audience", "state", "opened_on", "owner", "recovery", "holders",
    "with_second_factor", "duty_officer", "public_email", "public_phone", "contact_url", "policy_url", "listed_url",
    "links_back", "read_hours", "facts_known", "facts_asked", "missing", "two_administrators",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines(entries: Iterable[Entry], holders: Mapping[int, Sequence[AccountHolder]]) -> Iterator[list[str]]:
    """The head, then a row an account. `holders` by channel id."""
    yield list(COLUMNS)
    for entry in entries:
        yield [_cell(value) for value in _row(entry, holders.get(entry.channel.pk, ()))]


def _row(entry: Entry, holders: Sequence[AccountHolder]) -> list[Any]:
    channel, record = entry.channel, entry.record
    return [
        channel.division.name,
        channel.get_platform_display(),
        channel.name,
        channel.handle,
        channel.url,
        channel.audience,
        channel.state,
        record and record.opened_on,
        record and record.owner,
        (record and record.recovery) if entry.may_see_recovery else "",
        "; ".join(holder.user.name for holder in holders),
        "; ".join(holder.user.name for holder in holders if holder.second_factor),
        channel.duty_officer,
        record and record.public_email,
        record and record.public_phone,
        record and record.contact_url,
        record and record.policy_url,
        record and record.listed_url,
        "" if record is None or record.links_back is None else "yes" if record.links_back else "no",
        record and record.read_hours,
        entry.completeness.known,
        entry.completeness.asked,
        "; ".join(entry.completeness.missing),
        entry.rule or "kept",
    ]


def _cell(value: Any) -> str:
    words = "" if value is None else str(value)
    return f"'{words}" if words.startswith(_FORMULA) else words
