"""How the divisions stand beside one another: numbers of their accounts, no marks for people. Reads only.

Everything but the posts comes from rows that the wall has judged, so both pages say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from divisions.access import Rights
from divisions.models import Division
from moderation.selectors import accounts
from moderation.selectors.wall import Row
from moderation.states import SPARK_DAYS, Level
from posts.models import Delivery
from posts.states import Act, DeliveryState


@dataclass(slots=True, kw_only=True)
class Standing:
    """One division: its accounts by level, how many are silent or have an overdue check; failed and sent posts."""

    division: Division
    accounts: int = 0
    act: int = 0
    soon: int = 0
    order: int = 0
    silent: int = 0
    failed: int = 0
    posts: int = 0
    overdue: int = 0


def standings(rows: Iterable[Row], mine: Rights, *, now: datetime) -> list[Standing]:
    """The divisions of judged rows: most accounts to act on first, then most that need somebody soon. One query."""
    found: dict[int, Standing] = {}
    for row in rows:
        account = row.channel
        _count(found.setdefault(account.division_id, Standing(division=account.division)), row, now)
    for division, posts in _sent(mine, now):
        if division in found:
            found[division].posts = posts
    return sorted(found.values(), key=lambda s: (-s.act, -s.soon, s.division.position, s.division.name, s.division.pk))


def _count(standing: Standing, row: Row, now: datetime) -> None:
    standing.accounts += 1
    standing.act += row.level is Level.ACT
    standing.soon += row.level is Level.SOON
    standing.order += row.level is Level.ORDER
    standing.silent += row.is_silent
    standing.failed += row.channel.broken
    standing.overdue += row.channel.check_due_at < now


def _sent(mine: Rights, now: datetime) -> Sequence[tuple[int, int]]:
    """Posts that went out on the accounts of each division."""
    out = Delivery.objects.filter(
        channel__in=accounts.overseen(mine),
        act=Act.PUBLISH,
        state__in=(DeliveryState.DELIVERED, DeliveryState.WITHDRAWN),
        settled_at__gte=now - timedelta(days=SPARK_DAYS),
        settled_at__lte=now,
    )
    groups = out.order_by().values("channel__division").annotate(n=Count("pk"))
    return list(groups.values_list("channel__division", "n"))
