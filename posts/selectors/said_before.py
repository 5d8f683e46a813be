"""Whether a correction would be said a second time: a reply below a copy that carries one already. No queries here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from posts import checks
from posts.selectors.copies import CopyOf
from posts.states import Act, DeliveryState

CODE = "CORRECTED_ALREADY"


def warnings(copies: Iterable[CopyOf], zone: str, *, now: datetime) -> list[checks.Finding]:
    """A warning for each copy that can only be answered, and was answered with a correction that is proven there."""
    return [_warning(copy, last, zone) for copy in copies if (last := _last_reply(copy, now)) is not None]


def _last_reply(copy: CopyOf, now: datetime) -> datetime | None:
    if not copy.is_out or copy.is_retired or copy.may_edit(now=now) or not copy.may_need_reply:
        return None
    done = (DeliveryState.DELIVERED, DeliveryState.WITHDRAWN)
    moments = [act.settled_at for act in copy.acts if act.act == Act.REPLY and act.state in done and act.settled_at]
    return max(moments, default=None)


def _warning(copy: CopyOf, at: datetime, zone: str) -> checks.Finding:
    day = f"{at.astimezone(ZoneInfo(zone)):%a %-d %b, %H:%M}"
    return checks.Finding(
        code=CODE,
        severity=checks.Severity.WARNING,
        message=f"This was corrected on {day} with a reply on {copy.channel}.",
        cure="A second reply draws attention to it once more. Go on only if the first was wrong or left something out.",
        field=f"reply-{copy.channel.pk}",
        platform=copy.channel.platform,
        channel=copy.channel.slug,
    )
