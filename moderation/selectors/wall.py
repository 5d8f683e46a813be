"""The wall: every account a person oversees, how it stands and why, worst first. Reads only.

`moderation.selectors.accounts` reads what is judged in a few queries; judging is plain Python over `moderation.states`.
So the number of queries does not grow with the accounts, and each rule stands once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from divisions.access import Rights
from divisions.permissions import Right
from divisions.selectors import roster
from divisions.selectors.completeness import Completeness
from divisions.states import ChannelState, Mode
from moderation.selectors import accounts, contributions, profile
from moderation.selectors.accounts import Account
from moderation.selectors.reasons import Reason, assess
from moderation.states import (
    LOOKED_LATE,
    SILENCE,
    SPARK_BARS,
    SPARK_DAYS,
    TOKEN_LEFT,
    UNANSWERED,
    Level,
)
from posts.models import Delivery
from posts.states import Act, DeliveryState

_S = DeliveryState
_LEVELS = {level.name.lower(): level for level in Level}
NUMBERS_KEPT_S = 15
_LATE_NEWS = timedelta(days=3)  # how long after its time a delivery may still settle: bounds the search by due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One account on the wall. `reasons` are worst first; none means it is in order."""

    channel: Account
    level: Level
    reasons: tuple[Reason, ...]
    silent_days: int | None
    ratio: float | None

    @property
    def reason(self) -> Reason | None:
        """The worst reason: its icon and its button are the row's."""
        return self.reasons[0] if self.reasons else None

    @property
    def profile(self) -> Completeness:
        """How complete its entry in the register is."""
        return profile.of_account(self.channel)

    @property
    def is_silent(self) -> bool:
        """Whether it is past the rhythm it promised."""
        return self.ratio is not None and self.ratio > SILENCE.soon

    @property
    def silence_class(self) -> str:
        """How the silence looks: red from the second missed cadence on."""
        return "is-bad" if self.ratio is not None and self.ratio >= SILENCE.act else "is-soon"

    @property
    def sentence(self) -> str:
        """Why it is where it is; at most three reasons."""
        return " ".join(r.words for r in self.reasons[:3])

    @property
    def rhythm(self) -> str:
        """The words under "last post": how the silence compares with what was promised."""
        cadence = self.channel.cadence_days
        if self.ratio is None or not cadence:
            return "no promise" if not cadence else ""
        if self.ratio <= 1:
            return "in step"
        return f"{self.ratio:.1f}× its {'week' if cadence == 7 else 'day' if cadence == 1 else f'{cadence} days'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """Thirty bars of three days, oldest first, and how many at the end are silence past the cadence."""

    bars: tuple[int, ...]
    silent: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """The cell "Unanswered". `count` None = it cannot be known, `why` says why; else `oldest` and how it looks."""

    count: int | None
    oldest: datetime | None = None
    tone: str = ""
    why: str = ""


def rows(mine: Rights, *, now: datetime) -> list[Row]:
    """Every account the person oversees, judged, worst first. Seven queries."""
    found = accounts.read(mine)
    names = roster.names_on_duty({account.pk: account.standing for account in found}, now=now)
    for account in found:
        account.on_duty = names[account.pk]
    places = sorted({a.division for a in found}, key=lambda d: (d.position, d.name, d.pk))
    place = {division.pk: n for n, division in enumerate(places)}
    return sorted((_row(account, now) for account in found), key=lambda row: _worst_first(row, place))


def numbers(mine: Rights, *, now: datetime) -> tuple[int, int]:
    """How many overseen accounts need somebody now, and how many there are: at most a quarter of a minute old.

    Every desk page shows them, and judging thousands of accounts for a badge would cost more than the page.
    """
    known: tuple[int, int] | None = cache.get(f"wall-{mine.user_id}")
    return known or remember(mine, rows(mine, now=now))


def remember(mine: Rights, judged: Sequence[Row]) -> tuple[int, int]:
    """Keep the numbers of rows that were judged anyhow, so that the badge says what the page says."""
    found = sum(row.level is Level.ACT for row in judged), len(judged)
    cache.set(f"wall-{mine.user_id}", found, NUMBERS_KEPT_S)
    return found


def may_open(mine: Rights) -> bool:
    """Whether the person oversees anything."""
    return mine.anywhere(Right.VIEW_WALL) or mine.anywhere(Right.VIEW_ALL)


def narrowed(found: Iterable[Row], *, show: str = "", division: str = "", platform: str = "") -> list[Row]:
    """Rows of one level (act, soon, order), one division (slug), one platform; an empty value narrows nothing."""
    if show and show not in _LEVELS:
        return []
    level = _LEVELS.get(show)
    return [
        row
        for row in found
        if (level is None or row.level is level)
        and (not division or row.channel.division.slug == division)
        and (not platform or row.channel.platform == platform)
    ]


def levels(found: Iterable[Row]) -> dict[str, int]:
    """How many rows each level has, by its name in lower case."""
    tally = Counter(row.level for row in found)
    return {name: tally[level] for name, level in _LEVELS.items()}


def sparks(found: Sequence[Row], *, now: datetime, zone: str) -> tuple[dict[int, Spark], int]:
    """Bars for a page of rows by channel id, and the peak that is their common scale. One query."""
    tz = ZoneInfo(zone)
    today = now.astimezone(tz).date()
    bars = {row.channel.pk: [0] * SPARK_BARS for row in found}
    days = (
        Delivery.objects.filter(
            channel__in=list(bars),
            act=Act.PUBLISH,
            state__in=(_S.DELIVERED, _S.WITHDRAWN),
            settled_at__gte=now - timedelta(days=SPARK_DAYS),
            settled_at__lte=now,
        )
        .order_by()
        .values("channel", day=TruncDate("settled_at", tzinfo=tz))
        .annotate(n=Count("pk"))
    )
    width = SPARK_DAYS // SPARK_BARS
    for found_day in days:
        age = min((today - found_day["day"]).days // width, SPARK_BARS - 1)
        bars[found_day["channel"]][SPARK_BARS - 1 - max(age, 0)] += found_day["n"]
    drawn = {row.channel.pk: _spark(row, bars[row.channel.pk], width) for row in found}
    return drawn, max((max(values) for values in bars.values()), default=0)


def today(mine: Rights, *, now: datetime, zone: str) -> dict[str, int]:
    """The strip above the wall: what failed and what was delivered today, what waits for approval. Two queries."""
    ids = accounts.overseen(mine)
    midnight = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    heard = Delivery.objects.filter(
        channel__in=ids, act=Act.PUBLISH, due_at__gte=midnight - _LATE_NEWS, state_at__gte=midnight, state_at__lte=now
    )
    numbers = heard.aggregate(
        failed=Count("pk", filter=Q(state__in=(_S.FAILED, _S.MISSED))),
        delivered=Count("pk", filter=Q(state=_S.DELIVERED)),
    )
    waiting = accounts.in_review(ids).values("revision__post").distinct().count()
    return {**numbers, "waiting": waiting}


def _row(channel: Account, now: datetime) -> Row:
    since = channel.last_at or channel.created_at
    silent = max(now - since, timedelta(0))
    ratio = silent / timedelta(days=channel.cadence_days) if channel.cadence_days else None
    reasons = assess(channel, silent=silent, ratio=ratio, now=now)
    level = min((r.level for r in reasons), default=Level.ORDER)
    return Row(channel=channel, level=level, reasons=reasons, silent_days=silent.days, ratio=ratio)


def _worst_first(row: Row, place: dict[int, int]) -> tuple[Any, ...]:
    """The level, the worst reason, how silent, then the department's own order (`place` of a division)."""
    worst = row.reasons[0].rank if row.reasons else 99
    silence = 0.0 if row.level is Level.ORDER else -(row.ratio or 0.0)
    account = row.channel
    return (int(row.level), worst, silence, place[account.division_id], account.platform, account.name, account.slug)


def _spark(row: Row, bars: list[int], width: int) -> Spark:
    total, cadence = sum(bars), row.channel.cadence_days
    late = (row.silent_days or 0) - cadence if cadence and row.ratio and row.ratio > 1 else 0
    silent = min(max(late // width, 1), SPARK_BARS) if late > 0 else 0
    words = f"{total} {'post' if total == 1 else 'posts'} in {SPARK_DAYS} days"
    if silent:
        words += f", none for {row.silent_days} days"
    return Spark(bars=tuple(bars), silent=silent, words=words)


def connection_words(channel: Account, now: datetime) -> tuple[str, str]:
    """The cell "Connection": words, and a class for what is bad or soon."""
    if channel.state != ChannelState.CONNECTED:
        bad = channel.state == ChannelState.NEEDS_ATTENTION
        return channel.get_state_display().lower(), "is-bad" if bad else "is-soon"
    if channel.mode == Mode.HAND_OFF:
        return "by hand", "faint"
    if channel.token_expires_at is None:
        return "connected", "faint"
    left = channel.token_expires_at - now
    if left <= TOKEN_LEFT.act:
        return ("ended" if left <= timedelta(0) else f"{left.days} d"), "is-bad"
    return f"{left.days} d", "is-soon" if left <= TOKEN_LEFT.soon else ""


def unanswered(channel: Account, now: datetime) -> Unanswered:
    """How many comments wait for an answer; never a nought that nobody has read."""
    if not contributions.can_be_read(channel):
        return Unanswered(count=None, why=contributions.why_not(channel))
    if channel.comment_watch__looked_at is None:
        return Unanswered(count=None, why=channel.comment_watch__problem or "The comments were not read yet.")
    since = channel.unanswered_since
    tone = ""
    if since is not None and now - since >= UNANSWERED.soon:
        tone = "is-bad" if now - since >= UNANSWERED.act else "is-soon"
    late = now - channel.comment_watch__looked_at > LOOKED_LATE
    why = channel.comment_watch__problem or "The comments were not read for hours." if late else ""
    return Unanswered(count=channel.unanswered, oldest=since, tone=tone, why=why)
