"""Changes the matrix: what a kind or a flag asks for before it goes out, everywhere or in one place. In the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, NotAllowed, NotVisible
from divisions.models import Channel, Division, User
from divisions.permissions import Right
from posts.kinds import Flag, Kind
from posts.models import MatrixRow
from posts.models.approving import ALWAYS_TWO, Asks
from records.services import ledger


@transaction.atomic
def change(
    *,
    asks: str,
    by: User,
    kind: str = "",
    flag: str = "",
    division: Division | None = None,
    channel: Channel | None = None,
    now: datetime | None = None,
) -> MatrixRow:
    """Say what a kind or a flag asks for, everywhere or in a division, on a channel; replaces the rule of that place.

    Takes `publish_policy` there (without a place: in every division). Raises BadInput naming the field: a flag that
    always asks for two never asks for less, and no flag goes out without an approver.
    """
    _require(by, division, channel)
    _check(kind, flag, asks)
    moment = now or timezone.now()
    place: dict[str, Any] = {"kind": kind, "flag": flag, "division": division, "channel": channel}
    row = MatrixRow.objects.select_for_update(of=("self",)).filter(**_filter(place)).first()
    before = row.asks if row else ""
    if row is None:
        row = MatrixRow(**place)
    row.asks, row.changed_by, row.changed_at = asks, by, moment
    row.save()
    _remember("changed", row, by, moment, before=before)
    return row


@transaction.atomic
def remove(*, row: MatrixRow, by: User, now: datetime | None = None) -> None:
    """Take a rule away: the next less specific one counts again, in the end the default."""
    fresh = MatrixRow.objects.select_for_update(of=("self",)).select_related("division", "channel").get(pk=row.pk)
    _require(by, fresh.division, fresh.channel)
    _remember("removed", fresh, by, now or timezone.now(), before=fresh.asks)
    fresh.delete()


def _filter(place: dict[str, Any]) -> dict[str, Any]:
    return {k if v is not None else f"{k}__isnull": v if v is not None else True for k, v in place.items()}


def _require(by: User, division: Division | None, channel: Channel | None) -> None:
    mine, right = access.rights(by), Right.PUBLISH_POLICY
    places = {place for place in (division, channel.division if channel else None) if place is not None}
    if any(place.pk not in mine.visible_division_ids() for place in places):
        raise NotVisible
    needed = {place.pk for place in places} or set(Division.objects.values_list("pk", flat=True))
    if not needed <= mine.division_ids(right):
        where = str(division or channel or "every division")
        raise NotAllowed("change who approves what", where=where, who=access.who_can(right))


def _check(kind: str, flag: str, asks: str) -> None:
    if bool(kind) == bool(flag):
        raise BadInput("kind", "A rule is about one kind, or about one thing it touches.", cure="Choose one of them.")
    if kind and kind not in Kind.values:
        raise BadInput("kind", f"“{kind}” is not a kind of post.", cure=f"One of {', '.join(Kind.labels)}.")
    if flag and flag not in Flag.values:
        raise BadInput("flag", f"“{flag}” is not known.", cure="Choose one of those shown.")
    if asks not in Asks.values:
        raise BadInput("asks", f"“{asks}” is not known.", cure=f"One of {', '.join(Asks.labels)}.")
    if flag in ALWAYS_TWO and asks != Asks.TWO:
        raise BadInput(
            "asks",
            f"What touches {Flag(flag).label} always asks for two approvers, so that a tired hour harms nobody.",
            cure="Leave it at two.",
        )
    if flag and asks == Asks.DIRECT:
        raise BadInput("asks", "What touches somebody never goes out unseen.", cure="Ask for one approver or two.")


def _remember(act: str, row: MatrixRow, by: User, now: datetime, *, before: str) -> None:
    place = row.division or (row.channel.division if row.channel else None)
    data = {
        "kind": row.kind,
        "flag": row.flag,
        "channel": row.channel.slug if row.channel else "",
        "asks": row.asks if act == "changed" else "",
        "before": before,
    }
    ledger.remember(f"posts.matrix.{act}", ("matrix", row.pk), by=by, now=now, division=place, data=data)
