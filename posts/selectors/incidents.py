"""Incidents as people see them: which, what is held, what was decided, what is owed to the public. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from divisions.access import Rights
from divisions.errors import NotVisible
from divisions.permissions import Right
from posts.models import Delivery, Hold, Incident
from posts.states import DeliveryState
from records.models import LedgerEntry
from records.selectors import ledger

WARN_AHEAD = timedelta(minutes=15)
EXPORT_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the after-action report: when, what, who, in words and as data."""

    at: datetime
    what: str
    who: str
    words: str


def visible_to(mine: Rights) -> QuerySet[Incident]:
    """Incidents of the department and of divisions that the person sees; a non-member sees none."""
    ids = mine.visible_division_ids()
    if not ids:
        return Incident.objects.none()
    rows = Incident.objects.filter(Q(division__isnull=True) | Q(division__in=ids))
    return rows.select_related("division", "opened_by", "closed_by")


def get_visible(mine: Rights, pk: int) -> Incident:
    """One incident; raises NotVisible."""
    found = visible_to(mine).filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def may_run(mine: Rights, incident: Incident) -> bool:
    """Whether the person may log, hold and stand down (checked again by the service)."""
    if incident.division_id is None:
        return mine.anywhere(Right.HOLD_ALL)
    return mine.can(Right.HOLD_ALL, incident.division_id) or mine.can(Right.HOLD_DIVISION, incident.division_id)


def holds_of(incident: Incident) -> QuerySet[Hold]:
    """Its holds, in force first, each with `left` (posts it still stops or stopped and nobody decided)."""
    left = Count("deliveries__post", filter=Q(deliveries__state=DeliveryState.HELD), distinct=True)
    rows = Hold.objects.filter(incident=incident, drill=False).annotate(left=left)
    return rows.select_related("division", "channel__division", "placed_by", "released_by").order_by(
        "released_at", "-placed_at"
    )


def free_holds(mine: Rights) -> QuerySet[Hold]:
    """Holds in force that belong to no incident and that the person may place: an incident is often opened after."""
    rows = Hold.objects.filter(incident=None, released_at=None, drill=False).order_by("-placed_at", "-pk")
    if not mine.anywhere(Right.HOLD_ALL):
        own = mine.division_ids(Right.HOLD_DIVISION)
        rows = rows.filter(Q(division__in=own) | Q(channel__division__in=own))
    return rows


def promises_due(mine: Rights, *, now: datetime) -> QuerySet[Incident]:
    """Open incidents whose promised update is due within a quarter of an hour or owed already, the person's to run."""
    own = Q(division__in=mine.division_ids(Right.HOLD_ALL) | mine.division_ids(Right.HOLD_DIVISION))
    if mine.anywhere(Right.HOLD_ALL):
        own |= Q(division__isnull=True)
    rows = Incident.objects.filter(own, closed_at__isnull=True, next_update_at__lte=now + WARN_AHEAD)
    return rows.order_by("next_update_at", "pk")


def report(incident: Incident) -> Iterator[Item]:
    """The after-action report, oldest first: log, holds, and what was decided about everything they stopped.

    At most `EXPORT_LIMIT` lines of deliveries; the ledger keeps the rest.
    """
    holds = list(Hold.objects.filter(incident=incident).values_list("pk", flat=True))
    posts = Delivery.objects.filter(post__in=_touched(holds)).values_list("post", flat=True)
    entries: list[LedgerEntry] = list(ledger.about("incident", incident.pk))
    for pk in holds:
        entries += ledger.about("hold", pk)
    kinds = ("held", "kept", "retimed", "dropped", "sent_again", "delivered")
    about = LedgerEntry.objects.filter(
        subject_type="post",
        subject_id__in=[str(pk) for pk in set(posts)],
        type__in=[f"posts.delivery.{kind}" for kind in kinds],
        occurred_at__gte=incident.opened_at,
    )
    entries += list(about.order_by("seq")[:EXPORT_LIMIT])
    for entry in sorted(entries, key=lambda entry: (entry.occurred_at, entry.seq)):
        yield Item(entry.occurred_at, entry.type, entry.actor_label.split(" <")[0], _words(entry.data))


def _touched(holds: list[int]) -> list[int]:
    found = LedgerEntry.objects.filter(type="posts.delivery.held", data__hold__in=holds)
    return [int(pk) for pk in found.values_list("subject_id", flat=True)[:EXPORT_LIMIT]]


def _words(data: dict[str, Any]) -> str:
    return "; ".join(f"{key}: {value}" for key, value in data.items() if value not in ("", None, [], {}))
