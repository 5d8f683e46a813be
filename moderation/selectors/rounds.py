"""Check rounds for their pages, the wall and the proof: who sees which, how late, what is open. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    BigIntegerField,
    CharField,
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Least

from divisions.access import Rights
from divisions.errors import NotVisible
from divisions.models import Channel
from divisions.permissions import Right
from divisions.states import NOT_ACCOUNTS, ChannelState
from moderation.checks import EVERY_DAYS, LINKS, NOT_LOOKED
from moderation.models import CheckItem, CheckPlan, CheckRound, Screenshot, Task
from moderation.states import Answer, AskedOf

# What keeps a round from being signed: no answer, or a person's "No" that does not say what is wrong.
OPEN = Q(answer="") | Q(answer=Answer.NO, asked_of=AskedOf.PERSON, note="")
NEW_AT_ONCE = 500
_DAY = Value(timedelta(days=1), output_field=DurationField())


def checked() -> QuerySet[Channel]:
    """The accounts that are checked: every one in use, the staff's too; our own pages are no accounts."""
    return Channel.objects.exclude(platform__in=NOT_ACCOUNTS).exclude(state=ChannelState.RETIRED)


def with_checks(channels: QuerySet[Channel]) -> QuerySet[Any]:
    """Add `check_every` (days), `signed_at`, `signed_name`, `open_round` (id) and `check_due_at` to channels.

    `check_due_at` is the open round's; without one, a rhythm after the last signature (or the account's first day):
    so a round that nobody opened is late all the same.
    """
    rounds = CheckRound.objects.filter(channel=OuterRef("pk"))
    signed = rounds.filter(signed_at__isnull=False).order_by("-signed_at")
    waiting = rounds.filter(signed_at__isnull=True).order_by()
    plan = CheckPlan.objects.filter(channel=OuterRef("pk")).values("every_days")
    found: QuerySet[Any] = channels.annotate(
        check_every=Coalesce(Subquery(plan, output_field=IntegerField()), Value(EVERY_DAYS)),
        signed_at=Subquery(signed.values("signed_at")[:1], output_field=DateTimeField()),
        signed_name=Subquery(signed.values("signed_name")[:1], output_field=CharField()),
        open_round=Subquery(waiting.values("pk")[:1], output_field=BigIntegerField()),
    ).annotate(
        check_due_at=Coalesce(
            Subquery(waiting.values("due_at")[:1], output_field=DateTimeField()),
            ExpressionWrapper(Coalesce("signed_at", "created_at") + _span(_DAY), output_field=DateTimeField()),
        )
    )
    return found


def to_open(*, now: datetime) -> QuerySet[Any]:
    """Accounts whose next round is to be opened now: two days before it is due, never more than half a rhythm."""
    half = Value(timedelta(hours=12), output_field=DurationField())
    ahead = Least(Value(timedelta(days=2), output_field=DurationField()), _span(half))
    found = with_checks(checked()).filter(open_round__isnull=True)
    opens = ExpressionWrapper(F("check_due_at") - ahead, output_field=DateTimeField())
    due: QuerySet[Any] = found.annotate(opens_at=opens).filter(opens_at__lte=now)
    return due.order_by("check_due_at", "pk")


def not_looked_at() -> QuerySet[CheckRound]:
    """Open rounds for which nobody has asked the network yet, the first due first."""
    rows = CheckRound.objects.filter(signed_at__isnull=True, items__code=LINKS, items__detail=NOT_LOOKED)
    return rows.select_related("channel__division").order_by("due_at", "pk")[:NEW_AT_ONCE]


def _span(unit: Value) -> ExpressionWrapper[Any]:
    return ExpressionWrapper(F("check_every") * unit, output_field=DurationField())


def visible_to(mine: Rights) -> QuerySet[CheckRound]:
    """Rounds of the divisions whose inside the person may see."""
    rows = CheckRound.objects.filter(channel__division__in=mine.visible_division_ids())
    return rows.select_related("channel__division", "signed_by")


def get_visible(mine: Rights, pk: int) -> CheckRound:
    """One round. Raises NotVisible when it does not exist for the person."""
    found = visible_to(mine).select_related("channel__duty_officer").filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def listed(mine: Rights, *, division: str = "", channel: str = "") -> QuerySet[Any]:
    """Open rounds by when they are due, then the signed ones, newest first; with `open_items` and `wrong` counted.

    An open round of an account that was retired since is nobody's task any more and is left out.
    """
    items = CheckItem.objects.filter(round=OuterRef("pk")).order_by().values("round").annotate(n=Count("pk"))
    rows = visible_to(mine).exclude(signed_at__isnull=True, channel__state=ChannelState.RETIRED)
    if division:
        rows = rows.filter(channel__division__slug=division)
    if channel:
        rows = rows.filter(channel__slug=channel)
    return rows.annotate(
        open_items=_number(items.filter(OPEN)), wrong=_number(items.filter(answer=Answer.NO))
    ).order_by(F("signed_at").desc(nulls_first=True), "due_at", "-pk")


def _number(counted: QuerySet[Any]) -> Coalesce:
    return Coalesce(Subquery(counted.values("n"), output_field=IntegerField()), Value(0))


def overdue(mine: Rights, *, now: datetime) -> QuerySet[CheckRound]:
    """Open rounds past their day, the latest first to be done."""
    late = visible_to(mine).filter(signed_at__isnull=True, due_at__lt=now)
    return late.exclude(channel__state=ChannelState.RETIRED).order_by("due_at", "pk")


def may_sign(mine: Rights, row: CheckRound) -> bool:
    """Whether the person may answer and sign this round."""
    return mine.can(Right.SIGN_CHECK, row.channel.division_id, row.channel)


def before(row: CheckRound, *, limit: int = 5) -> QuerySet[Any]:
    """The signed rounds of the same account before this one, with `findings`, tasks `made` and `findings_open`."""
    rows = CheckRound.objects.filter(channel=row.channel_id, signed_at__isnull=False, opened_at__lt=row.opened_at)
    wrong = Count("items", filter=Q(items__answer=Answer.NO), distinct=True)
    left = Count("items__tasks", filter=Q(items__tasks__done_at__isnull=True), distinct=True)
    made = Count("items__tasks", distinct=True)
    return rows.annotate(findings=wrong, findings_open=left, made=made).order_by("-signed_at")[:limit]


def tasks_of(row: CheckRound) -> QuerySet[Task]:
    """The tasks a signed round made, by the order of its questions."""
    return Task.objects.filter(item__round=row).select_related("owner", "item").order_by("item__position")


def days_late(due_at: datetime, now: datetime) -> int:
    """Whole days past the day it was due; 0 inside it."""
    return max((now - due_at).days, 0)


def how_late(row: CheckRound, now: datetime) -> str:
    """How an open round stands to its day, in words of a chip."""
    late = days_late(row.due_at, now)
    if row.due_at < now:
        return f"{late} day{'' if late == 1 else 's'} late" if late else "Late today"
    left = (row.due_at - now).days
    if left:
        return f"Due in {left} day{'' if left == 1 else 's'}"
    return f"Due in {int((row.due_at - now).total_seconds() // 3600)} h"


# ---- proof


@dataclass(frozen=True, slots=True)
class Quarter:
    """Three months of a year, as the proof is kept."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def after(self) -> date:
        """The first day that is no longer in it."""
        return date(self.year + self.number // 4, 3 * self.number % 12 + 1, 1)

    @property
    def before(self) -> Quarter:
        """The one before."""
        return Quarter(self.year, self.number - 1) if self.number > 1 else Quarter(self.year - 1, 4)

    @property
    def next(self) -> Quarter:
        """The one after."""
        return quarter_of(self.after)


def quarter_of(day: date) -> Quarter:
    """The quarter of a day."""
    return Quarter(day.year, (day.month + 2) // 3)


def read_quarter(text: str) -> Quarter:
    """ "2026-Q4" as a quarter. Raises NotVisible for anything else: the address leads nowhere."""
    year, dash, number = text.partition("-Q")
    if not dash or not year.isascii() or not year.isdecimal() or len(year) != 4 or number not in ("1", "2", "3", "4"):
        raise NotVisible
    if not 2000 <= int(year) <= 2999:
        raise NotVisible
    return Quarter(int(year), int(number))


def proof(channel: Channel, quarter: Quarter, *, zone: str) -> list[CheckRound]:
    """The rounds of an account that were signed in a quarter, oldest first, with everything they hold. Four queries."""
    tz = ZoneInfo(zone)
    start = datetime(quarter.first.year, quarter.first.month, 1, tzinfo=tz)
    end = datetime(quarter.after.year, quarter.after.month, 1, tzinfo=tz)
    rows = CheckRound.objects.filter(channel=channel, signed_at__gte=start, signed_at__lt=end).order_by("signed_at")
    items = CheckItem.objects.order_by("position").prefetch_related("tasks__done_by", "tasks__owner")
    pictures = Prefetch("screenshots", queryset=Screenshot.objects.select_related("added_by"))
    return list(rows.prefetch_related(Prefetch("items", queryset=items), pictures))
