"""What the connect pages read: whether an app is known, which ways of sending a channel has, what was found."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from connectors import connecting, registry
from connectors.connecting.abilities import abilities, told, without
from connectors.connecting.contract import MadeHere, Opened, Weight
from connectors.errors import ConnectorError
from connectors.facts import CAPABILITIES
from divisions.access import Rights
from divisions.models import Channel, PendingConnection, PlatformApp
from divisions.selectors import channels
from divisions.states import OWN_PLATFORMS, ChannelState, Mode, Platform

ORDER = {Weight.STOP: 0, Weight.WARNING: 1, Weight.UNKNOWN: 2, Weight.OK: 3}
CHIPS = {
    Weight.STOP: ("stop", "In the way"),
    Weight.WARNING: ("warning", "Look"),
    Weight.UNKNOWN: ("note", "Unknown"),
    Weight.OK: ("ok", "Fine"),
}


def connectable(mine: Rights) -> QuerySet[Channel]:
    """Channels a person sees that are connected to something: all but our own pages and what is retired."""
    rows = channels.visible_to(mine).exclude(platform__in=OWN_PLATFORMS)
    return rows.exclude(state=ChannelState.RETIRED)


def known_of(wanted: Any) -> dict[str, str]:
    """What a form that is typed in begins with: what the channel has, else what this machine would take."""
    channel = wanted.channel
    if wanted.platform == Platform.WEBHOOK:
        made_up = f"{settings.SANDBOX_URL}/webhook/{wanted.division.slug}/" if wanted.mode == Mode.SANDBOX else ""
        return {"endpoint": channel.api_base if channel else made_up}
    if wanted.platform != Platform.EMAIL:
        return {}
    kept = channel.settings if channel else {}
    name = channel.name if channel else f"{wanted.division.name} by e-mail"
    ours = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return {
        "sender_name": kept.get("sender_name") or name,
        "sender_address": kept.get("sender_address") or ours,
    }


def app_of(wanted: Any) -> str:
    """The id of the app people sign in with, or "" when none is stored; the sandbox needs none of ours."""
    if wanted.mode == Mode.SANDBOX:
        return "made up"
    row = PlatformApp.objects.filter(platform=wanted.platform, api_base="").first()
    return row.client_id if row else ""


def server_is_unknown(wanted: Any) -> bool:
    """Whether a person has to say where the account lives: not in the sandbox, nor where the channel knows it."""
    known = wanted.channel is not None and wanted.channel.mode == wanted.mode and wanted.channel.api_base
    return wanted.mode == Mode.LIVE and not known


def modes_for(channel: Channel) -> list[tuple[str, str]]:
    """How a channel can send once it is connected, the way it does now first."""
    modes = [Mode.SANDBOX] if settings.SANDBOX else [Mode.LIVE, Mode.SANDBOX]
    return sorted(((mode.value, mode.label) for mode in modes), key=lambda pair: pair[0] != channel.mode)


def mode_of(channel: Channel, asked: str) -> str:
    """The way that was asked for, if the channel has it; else the first."""
    known = [value for value, _ in modes_for(channel)]
    return asked if asked in known else known[0]


def report(pending: PendingConnection, opened: Opened) -> dict[str, Any]:
    """The findings, what stops first, and what will be possible on this account."""
    lines = sorted(pending.findings, key=lambda line: ORDER[Weight(line["weight"])])
    way, codes = connecting.get(pending.platform), {line["code"] for line in lines}
    missing = [scope for scope in way.scopes if f"scope:{scope.name}" in codes]
    if isinstance(way, MadeHere):
        able, unable = told(way)
    else:
        able, unable = abilities(without(_capabilities(pending, opened), missing), way.label)
    stops = sum(line["weight"] == Weight.STOP for line in lines)
    chips = [CHIPS[Weight(line["weight"])] for line in lines]
    return {
        "account": opened,
        "findings": [{**line, "chip": chip, "word": word} for line, (chip, word) in zip(lines, chips, strict=True)],
        "stops": stops,
        "only_unheard": stops and all(line["code"] == "reach" for line in lines if line["weight"] == Weight.STOP),
        "warnings": sum(line["weight"] == Weight.WARNING for line in lines),
        "able_title": "Once that is cured, Substation can" if stops else "Substation will be able to",
        "able": able,
        "unable": unable,
    }


def choices(opened: list[Opened]) -> list[dict[str, str]]:
    """The accounts to choose from, with what the person who signed in may do on each."""
    return [
        {"remote_id": one.remote_id, "name": one.name, "handle": one.handle, "may": _may(one.tasks), "url": one.url}
        for one in opened
    ]


def _may(tasks: tuple[str, ...] | None) -> str:
    if tasks is None:
        return ""
    named = [task.lower().replace("_", " ") for task in tasks]
    return f"you may {', '.join(named)}" if named else "you have no task there"


def _capabilities(pending: PendingConnection, opened: Opened) -> Any:
    try:
        connector = registry.get(pending.platform, pending.mode)
        return connector.capabilities(opened.account(pending.platform, pending.mode))
    except ConnectorError:
        return CAPABILITIES[pending.platform]
