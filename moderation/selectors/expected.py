"""What an account should show, by our own rows: each copy with the words it has now, and what may be out unheard.

Reads only; asks no platform. What an account does show is compared with it in `moderation.services.comparing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Q

from connectors import composing
from connectors.contract import Connector
from divisions.models import Channel
from divisions.services.accounts import connector_of
from moderation.models import Contribution
from moderation.selectors.words import addresses
from moderation.states import SETTLES, Answered
from posts.models import Delivery
from posts.services.begin import outgoing_of
from posts.states import UNFINISHED, Act, DeliveryState

_S = DeliveryState
_EARLIER = timedelta(days=3)  # how long after its time a copy may have come out
_OVER = (_S.DELIVERED, _S.WITHDRAWN, _S.CANCELLED, _S.FAILED)


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A publication or an answer of ours that is out. `ids` and `urls` are all it was ever known by there.

    `texts` are the words it may show, the newest first: an edit that we believe failed may have come through all the
    same. `settled` = nothing about it is under way, in doubt or a moment old, so it can be judged. `stamp` changes
    with whatever happens to it.
    """

    delivery: Delivery
    ids: frozenset[str]
    urls: frozenset[str]
    newest_id: str
    texts: tuple[str, ...]
    links: frozenset[str]
    pictures: int
    settled: bool
    stamp: tuple[object, ...]

    @property
    def out_since(self) -> datetime:
        """The earliest moment at which the platform may say it was made."""
        row = self.delivery
        return min(at for at in (row.first_attempt_at, row.due_at, row.settled_at) if at is not None)

    @property
    def has_id(self) -> bool:
        """Whether it is known by the platform's id, and not only by a link that a person pasted."""
        return not self.newest_id.startswith(("http://", "https://"))  # Bluesky's ids begin with at://


@dataclass(frozen=True)
class Expectation:
    """What one account should show. `known` are ids of ours that need not show (taken down), too.

    `answered` = comments of which a person said that they are answered there, and when: who wrote that is known.
    """

    copies: tuple[Copy, ...]
    known: frozenset[str]
    pending: tuple[Delivery, ...]
    answered: Mapping[str, datetime] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> dict[str, Copy]:
        """Copies by each id they are or were known by, and by their addresses."""
        return {key: copy for copy in self.copies for key in (*copy.ids, *copy.urls)}


def of_channel(channel: Channel, *, since: datetime, now: datetime) -> Expectation:
    """What the account should show of the time since `since`. Three queries."""
    about = Delivery.objects.filter(channel=channel, due_at__gte=since - _EARLIER)
    spoken = list(about.filter(act__in=[Act.PUBLISH, Act.REPLY]).select_related("post").order_by("pk"))
    acts = list(
        Delivery.objects.filter(channel=channel, act__in=[Act.EDIT, Act.WITHDRAW])
        .filter(Q(publication__in=[row.pk for row in spoken]))
        .order_by("pk")
    )
    by_copy: dict[int, list[Delivery]] = {}
    for act in acts:
        by_copy.setdefault(act.publication_id or 0, []).append(act)
    connector = connector_of(channel)
    out = [row for row in spoken if row.state == _S.DELIVERED and row.remote_id]
    return Expectation(
        copies=tuple(_copy(row, by_copy.get(row.pk, []), connector, now) for row in out),
        known=frozenset(row.remote_id for row in (*spoken, *acts) if row.remote_id),
        pending=tuple(row for row in spoken if _may_be_out(row)),
        answered=_answered(channel, since),
    )


def _answered(channel: Channel, since: datetime) -> dict[str, datetime]:
    rows = Contribution.objects.filter(channel=channel, answered_how=Answered.THERE, answered_at__gte=since)
    return {remote_id: at for remote_id, at in rows.values_list("remote_id", "answered_at") if at is not None}


def _may_be_out(row: Delivery) -> bool:
    """Sent, or posted by hand, without our having heard so."""
    tried = row.first_attempt_at is not None or row.state in (_S.IN_FLIGHT, _S.AWAITING_PROOF)
    return row.look_at is not None or (tried and row.state not in _OVER)


def _copy(row: Delivery, acts: list[Delivery], connector: Connector, now: datetime) -> Copy:
    edits = [act for act in acts if act.act == Act.EDIT]
    newest = next((act for act in edits if act.pk == row.amended_by_id), row)
    frozen = row if connector.capabilities().edit.text_only else newest  # where an edit changes words alone
    tried = [act for act in reversed(edits) if act.pk != newest.pk and act.first_attempt_at is not None]
    said = {one.pk: _text(one, connector) for one in (newest, frozen, *tried)}
    card = composing.card_link(outgoing_of(frozen, planned_at=row.due_at)) if row.act == Act.PUBLISH else None
    return Copy(
        delivery=row,
        ids=frozenset(one.remote_id for one in (row, *edits) if one.remote_id),
        urls=frozenset(one.remote_url for one in (row, *edits) if one.remote_url),
        newest_id=newest.remote_id or row.remote_id,
        texts=(said[newest.pk], *(said[one.pk] for one in tried)),
        links=frozenset([*addresses(said[newest.pk]), *([card] if card else [])]),
        pictures=len(frozen.payload["media"]),
        settled=_settled((row, *acts), now),
        stamp=(row.state, row.amended_by_id, tuple((act.pk, act.state) for act in acts)),
    )


def _text(row: Delivery, connector: Connector) -> str:
    return connector.render(outgoing_of(row, planned_at=row.due_at), connector.capabilities()).text


def _settled(rows: Iterable[Delivery], now: datetime) -> bool:
    return all(row.state not in UNFINISHED and row.look_at is None and row.state_at <= now - SETTLES for row in rows)
