"""What does not go on by itself, or takes longer than it should: each delivery with why and since when. Reads only.

Every source is narrowed to the divisions whose inside the person sees (P5). The reasons exclude each other, so that a
delivery stands here once; while all is well nothing does. What may be pressed about it is the page's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, IntegerChoices, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from divisions.access import Rights
from divisions.models import Channel, Department
from divisions.states import ChannelState
from posts.models import ChannelLane, Delivery, Heartbeat
from posts.selectors import holds
from posts.selectors.needs import count_of
from posts.states import CLAIMABLE, DeliveryState

PAGE = 25
MOST = 10_000  # of what is due and untaken: more than that is one trouble, not so many
STALE = timedelta(minutes=2)  # without a tick nothing is sent at all: one note, not a line for each delivery
UNCLAIMED = timedelta(minutes=2)  # a tick comes every second
SILENT = timedelta(seconds=30)  # a tick takes back what a sender let lapse
PROOF = timedelta(hours=1)  # after its time a hand-off has been posted, or forgotten
SLOW = timedelta(minutes=15)  # of retries by themselves, before somebody should know
_S = DeliveryState
_MOVING = (*CLAIMABLE, _S.IN_FLIGHT)


class Why(IntegerChoices):
    """Why a delivery is here; its order is that of what is lost by waiting. The labels head the groups."""

    DOUBT = 0, "May be out, nobody knows"
    FAILED = 1, "Did not go out"
    SILENT = 2, "Its sender went silent"
    UNCLAIMED = 3, "Due, and nobody picks it up"
    WAITS = 4, "Waits for what does not come"
    CUT_OFF = 5, "Its account is not connected"
    MISSED = 6, "Missed its time"
    HELD = 7, "Held, and the hold is over"
    PROOF = 8, "Posted by hand, no link yet"
    SLOW = 9, "Still being tried"


_SILENCE = {
    Why.DOUBT: "We sent it and heard no answer, so nothing is proven.",
    Why.FAILED: "It did not go out.",
    Why.MISSED: "Its time passed before it could go out.",
    Why.SLOW: "The platform has not taken it yet.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One delivery that is stuck; `who` is empty where the page knows better (somebody with a right)."""

    delivery: Delivery
    why: Why
    since: datetime
    cause: str
    who: str = ""

    @property
    def is_ahead(self) -> bool:
        """Whether `since` is when it is due: what will be missed is here before its time."""
        return self.why is Why.CUT_OFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Whether anything is sent at all: the last look for due posts, and how many wait since it stopped."""

    at: datetime | None
    is_fresh: bool
    due: int = 0


def tick(mine: Rights, *, now: datetime) -> Tick:
    """When somebody last looked for due posts. One query, a second one when that is too long ago."""
    at = Heartbeat.objects.filter(name="tick").values_list("beat_at", flat=True).first()
    if at is not None and now - at <= STALE:
        return Tick(at=at, is_fresh=True)
    return Tick(at=at, is_fresh=False, due=_rows(mine).filter(_due_before(now), hold__isnull=True).count())


def counts(mine: Rights, *, now: datetime, is_fresh: bool) -> dict[Why, int]:
    """How many deliveries are stuck for each reason there is. One query beside the holds in force."""
    asked: dict[str, Any] = {f"why_{w.value}": count_of(rows) for w, (rows, _) in _groups(mine, now, is_fresh).items()}
    found = Department.objects.annotate(**asked).values(*asked).first() or {}
    return {why: n for why in Why if (n := found.get(f"why_{why.value}") or 0)}


def listed(mine: Rights, *, now: datetime, is_fresh: bool, only: Why | None = None) -> QuerySet[Any, Any]:
    """(reason, since, id) of everything stuck, by reason and then the oldest first; for a paginator, then `lines`."""
    groups = _groups(mine, now, is_fresh)
    parts = [
        rows.order_by().annotate(why=Value(why.value), since=since).values_list("why", "since", "pk")
        for why, (rows, since) in groups.items()
        if only is None or why is only
    ]
    return parts[0].union(*parts[1:], all=True).order_by("why", "since", "pk")


def missed_of(mine: Rights, division_ids: frozenset[int]) -> QuerySet[Delivery]:
    """What missed its time in those of the person's divisions; for deciding about several at once."""
    rows = _rows(mine).filter(state=_S.MISSED, post__division__in=division_ids)
    return rows.select_related("post__division", "channel").order_by("pk")


def lines(found: Sequence[tuple[int, datetime, int]], *, now: datetime) -> list[Line]:
    """The lines of one page of `listed`, in its order. Two queries."""
    rows = Delivery.objects.select_related(
        "post__division", "channel__division", "revision", "hold", "after__channel__division"
    ).in_bulk([pk for _, _, pk in found])
    lanes = {(lane.channel_id, lane.urgent): lane for lane in _lanes(rows.values())}
    return [
        _line(rows[pk], Why(why), since, lanes.get((rows[pk].channel_id, rows[pk].urgent)), now)
        for why, since, pk in found
        if pk in rows
    ]


def _rows(mine: Rights) -> QuerySet[Delivery]:
    return Delivery.objects.filter(post__division__in=mine.visible_division_ids())


def _groups(mine: Rights, now: datetime, is_fresh: bool) -> dict[Why, tuple[QuerySet[Delivery], Any]]:
    """The deliveries of each reason and since when; what only stands because nothing ticks is left out."""
    rows = _rows(mine)
    open_rows = rows.filter(state__in=CLAIMABLE, hold__isnull=True)
    follows = Q(after__isnull=True) | Q(after__state__in=_MOVING)
    connected = open_rows.filter(after__isnull=True, channel__state=ChannelState.CONNECTED)
    late = _due_before(now - UNCLAIMED)
    lapsed = Q(lease_until__lt=now - SILENT) | Q(lease_until__isnull=True)
    found: dict[Why, tuple[QuerySet[Delivery], Any]] = {
        Why.DOUBT: (rows.filter(state=_S.UNCERTAIN), F("state_at")),
        Why.FAILED: (rows.filter(state=_S.FAILED), F("state_at")),
        Why.WAITS: (open_rows.exclude(follows), F("after__state_at")),
        Why.CUT_OFF: (open_rows.filter(follows).exclude(channel__state=ChannelState.CONNECTED), F("due_at")),
        Why.MISSED: (rows.filter(state=_S.MISSED), F("state_at")),
        Why.HELD: (_let_go_of(rows), Coalesce("hold__released_at", "state_at")),
        Why.PROOF: (rows.filter(state=_S.AWAITING_PROOF, due_at__lt=now - PROOF), F("due_at")),
    }
    if is_fresh:
        found[Why.SILENT] = (rows.filter(lapsed, state=_S.IN_FLIGHT), Coalesce("lease_until", "state_at"))
        found[Why.UNCLAIMED] = (connected.filter(late), F("ready_at"))
        found[Why.SLOW] = (
            connected.filter(state=_S.AWAITING_RETRY, ready_at__gte=now - UNCLAIMED, due_at__lt=now - SLOW),
            F("due_at"),
        )
    return found


def _due_before(moment: datetime) -> Q:
    """Open rows that were due before a moment, the first `MOST`: found by their own index.

    Without it the planner takes every delivered row of the past for one that is due, and reads the whole table.
    """
    waiting = Delivery.objects.filter(state__in=CLAIMABLE, after__isnull=True, ready_at__lt=moment)
    return Q(pk__in=waiting.order_by("ready_at").values("pk")[:MOST])


def _let_go_of(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Held, or marked by a hold and back in the queue, while no hold in force covers it: only a person opens it."""
    found = rows.filter(Q(state=_S.HELD) | Q(state__in=CLAIMABLE, hold__isnull=False))
    for hold in holds.in_force():
        found = found.exclude(pk__in=holds.rows_in_scope(hold).order_by().values("pk"))
    return found


def _lanes(rows: Any) -> QuerySet[ChannelLane]:
    return ChannelLane.objects.filter(channel__in={row.channel_id for row in rows})


def _line(row: Delivery, why: Why, since: datetime, lane: ChannelLane | None, now: datetime) -> Line:
    who = str(row.problem.get("who", "")) if why in (Why.FAILED, Why.SLOW) else ""
    if why in (Why.UNCLAIMED, Why.SILENT):
        who = "Whoever runs the server."
    return Line(delivery=row, why=why, since=since, cause=_cause(row, why, lane, now), who=who)


def _cause(row: Delivery, why: Why, lane: ChannelLane | None, now: datetime) -> str:
    """What happened: what the reason itself tells, else what the delivery was told."""
    if why is Why.WAITS:
        return _waits(row)
    if why is Why.CUT_OFF:
        return _cut_off(row.channel)
    if why is Why.UNCLAIMED:
        return _unclaimed(row, lane, now)
    if why is Why.SILENT:
        return f"{row.claimed_by or 'A sender'} took it and went silent, and nobody has taken it back."
    if why is Why.HELD:
        return "The hold is released, and a release sends nothing: a person lets it go or drops it."
    if why is Why.PROOF:
        return "It is posted by hand, and nobody has pasted its link."
    return str(row.problem.get("cause") or _SILENCE[why])


def _waits(row: Delivery) -> str:
    if row.after is None:
        return "It has nothing left to wait for."
    before = row.after.channel.get_platform_display().lower()
    return f"It goes right after its {before}, and that is “{row.after.get_state_display()}”."


def _cut_off(channel: Channel) -> str:
    reason = f": {channel.state_reason.rstrip('.')}" if channel.state_reason else ""
    return f"{channel.get_state_display()}{reason}. Unless it is connected in time, this misses its time."


def _unclaimed(row: Delivery, lane: ChannelLane | None, now: datetime) -> str:
    """Sending works, and still nobody has taken it: what its account's queue says about that."""
    if row.grace_until < now:
        return "Its time is over, and nobody has set it aside."
    if lane is None:
        return "Its account has no queue, so nobody looks for it."
    if lane.next_call_at is not None and lane.next_call_at > now:
        return "The platform asked us to wait before the next call for this account."
    if lane.busy_until is not None and lane.busy_until > now:
        return "Other posts of this account go before it and take long."
    return "Sending works, and nobody has taken it."
