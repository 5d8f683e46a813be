"""What happened to an account, in sentences, from the ledger. Reads only; the caller proved that it may be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from divisions.models import Channel
from records.models import LedgerEntry
from records.selectors import ledger

Data = Mapping[str, Any]
# Fields by the name that people read; what is not here reads as it is called.
NAMES = {
    "url": "address",
    "remote_id": "id on the platform",
    "api_base": "address of its API",
    "cadence_days": "promised rhythm",
    "best_from": "best window",
    "best_until": "best window",
    "duty_officer": "officer on duty",
    "token_expires_at": "end of the sign-in",
    "recovery": "recovery address",
    "public_email": "e-mail it shows",
    "public_phone": "phone it shows",
    "contact_url": "contact page",
    "policy_url": "policy it links",
    "listed_url": "page that lists it",
    "links_back": "link back to us",
    "opened_on": "day it was opened",
    "read_hours": "reading hours",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One act: when, by whom, what."""

    at: datetime
    who: str
    words: str


def of_channel(channel: Channel) -> QuerySet[LedgerEntry]:
    """Every entry about it, the newest first."""
    return ledger.about("channel", channel.pk)


def told(entry: LedgerEntry) -> Line:
    """An entry in words; an act that this page has no sentence for is told by its name."""
    kind = entry.type.removeprefix("divisions.")
    sentence = _SENTENCES.get(kind)
    words = sentence(entry.data) if sentence else entry.type.rpartition(".")[2].replace("_", " ").capitalize() + "."
    return Line(entry.occurred_at, entry.actor_label, words)


def _changed(data: Data) -> str:
    facts: Mapping[str, Any] = data.get("changed") or {}
    said = [f"{NAMES.get(name, name.replace('_', ' '))}{_to(name, value)}" for name, value in facts.items()]
    words = "; ".join(dict.fromkeys(said)) or "changed"
    return f"{words[:1].upper()}{words[1:]}."


def _to(name: str, value: Any) -> str:
    if name == "recovery":
        return " changed"
    if isinstance(value, bool):
        return f": {'yes' if value else 'no'}"
    return f": {value}" if value not in (None, "", "None") else " emptied"


def _holder(data: Data) -> str:
    factor = "with" if data.get("second_factor") else "without"
    return f"{data.get('holder')} entered as administrator, {factor} a second factor."


def _state(word: str) -> Callable[[Data], str]:
    return lambda data: f"{word}{': ' + data['reason'] if data.get('reason') else ''}.".replace("..", ".")


_SENTENCES: Mapping[str, Callable[[Data], str]] = {
    "channel.created": lambda d: "Entered.",
    "channel.changed": _changed,
    "channel.credentials_set": lambda d: "A new sign-in at the platform was stored.",
    "channel.credentials_forgotten": lambda d: "Our sign-in at the platform was deleted.",
    "channel.connected": _state("Connected"),
    "channel.needs_attention": _state("Needs attention"),
    "channel.paused": _state("Paused"),
    "channel.retired": _state("Given up"),
    "link.made": lambda d: f"Takes posts of {d.get('from')} from now on.",
    "link.revoked": lambda d: f"Takes posts of {d.get('from')} no longer.",
    "register.changed": _changed,
    "register.holder_added": _holder,
    "register.holder_removed": lambda d: f"{d.get('holder')} is no longer an administrator of it.",
    "register.link_seen": lambda d: f"Its profile {'links' if d.get('links_back') else 'does not link'} back to us.",
}
