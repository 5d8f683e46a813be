"""What a manager does to an e-mail list: take somebody off, bring addresses with a consent note, take the list out.

The public's own comings and goings are `subscribing`. The ledger says who did what to which list, never an address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput
from divisions.models import Channel, User
from divisions.permissions import Right
from divisions.services.channels import remember
from posts.models import Subscriber, Subscription
from posts.models.mailing import Ended, Source
from posts.services import subscribing

MOST = 5000  # of one import
MIN_NOTE, MAX_NOTE = 10, 300
_BETWEEN = re.compile(r"[\s,;]+")
Row = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of an import. `left` = people who unsubscribed before: nobody brings them back but themselves."""

    added: int
    known: int
    left: int
    bad: tuple[str, ...]


@transaction.atomic
def remove(*, subscription: Subscription, by: User, now: datetime | None = None) -> None:
    """Take one address off a list; on no other list any more, the address is erased at once."""
    channel, moment = subscription.channel, now or timezone.now()
    access.require(by, Right.MANAGE_CHANNEL, channel.division, channel=channel)
    reader = Subscriber.objects.select_for_update().get(pk=subscription.subscriber_id)
    ended = reader.subscriptions.filter(channel=channel, ended_at__isnull=True)
    if not ended.update(ended_at=moment, ended_why=Ended.REMOVED):
        return
    if not reader.subscriptions.filter(ended_at__isnull=True).exists():
        subscribing.erase([reader.pk])
    remember("posts.list.removed", channel, by, moment, {"subscriber": reader.pk})


@transaction.atomic
def bring(*, channel: Channel, addresses: str, note: str, by: User, now: datetime | None = None) -> Imported:
    """Put addresses on a list that were collected elsewhere; `note` says when and how they agreed.

    Raises BadInput (addresses, note). Three queries more for each thousand, not for each address.
    """
    moment = now or timezone.now()
    access.require(by, Right.MANAGE_CHANNEL, channel.division, channel=channel)
    reason = " ".join(note.replace("\x00", "").split())
    if not MIN_NOTE <= len(reason) <= MAX_NOTE:
        raise BadInput("note", "Say when and how these people agreed.", cure=f"{MIN_NOTE} to {MAX_NOTE} letters.")
    good, bad = _read(addresses)
    if not good:
        raise BadInput("addresses", "There is no e-mail address in it.", cure="One address a line.")
    Subscriber.objects.bulk_create(
        [Subscriber(address=typed, folded=folded, created_at=moment) for folded, typed in good.items()],
        ignore_conflicts=True,
    )
    readers = dict(Subscriber.objects.filter(folded__in=list(good)).values_list("pk", "suspended_at"))
    there = dict(
        Subscription.objects.filter(channel=channel, subscriber__in=list(readers)).values_list(
            "subscriber_id", "ended_at"
        )
    )
    fresh = [pk for pk in readers if pk not in there]
    Subscription.objects.bulk_create(
        Subscription(
            subscriber_id=pk, channel=channel, source=Source.IMPORT, note=reason, added_by=by, confirmed_at=moment
        )
        for pk in fresh
    )
    left = sum(ended is not None for ended in there.values())
    said = Imported(added=len(fresh), known=len(there) - left, left=left, bad=tuple(bad))
    remember("posts.list.imported", channel, by, moment, {"added": said.added, "left_out": left, "note": reason})
    return said


@transaction.atomic
def export(*, channel: Channel, by: User, now: datetime | None = None) -> list[Row]:
    """Everybody on a list: address, since when, how, by what right. The ledger says who took it out."""
    moment = now or timezone.now()
    access.require(by, Right.MANAGE_CHANNEL, channel.division, channel=channel)
    rows = Subscription.objects.filter(channel=channel, ended_at__isnull=True).select_related("subscriber")
    found = [
        (row.subscriber.address, row.confirmed_at.isoformat(), row.get_source_display(), row.note)
        for row in rows.order_by("subscriber__folded")
    ]
    remember("posts.list.exported", channel, by, moment, {"rows": len(found)})
    return found


def _read(text: str) -> tuple[dict[str, str], list[str]]:
    """Addresses by how they are compared, and what is none. Raises BadInput beyond `MOST`."""
    good: dict[str, str] = {}
    bad: list[str] = []
    for part in filter(None, _BETWEEN.split(text.replace("\x00", " "))):
        try:
            typed = subscribing.clean(part.strip("<>\"'"))
        except BadInput:
            bad.append(part[:80])
        else:
            good.setdefault(subscribing.fold(typed), typed)
    if len(good) > MOST:
        raise BadInput("addresses", f"{len(good):,} addresses; at most {MOST:,} at once.", cure="Bring them in parts.")
    return good, bad
