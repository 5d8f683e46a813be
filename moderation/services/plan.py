"""How often an account is checked: the department's week, or another rhythm that somebody who signs has set."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput
from divisions.models import Channel, User
from divisions.permissions import Right
from moderation.checks import EVERY_DAYS
from moderation.models import CheckPlan, CheckRound
from records.services import ledger

LONGEST = 92


@transaction.atomic
def set_rhythm(*, channel: Channel, every_days: int, by: User, now: datetime | None = None) -> int:
    """Check an account every so many days; a round that is open already is due accordingly. Returns the days.

    Raises BadInput (field `every_days`), NotAllowed without `sign_check`.
    """
    access.require(by, Right.SIGN_CHECK, channel.division, channel=channel)
    if not 1 <= every_days <= LONGEST:
        raise BadInput("every_days", f"{every_days} is too far from a week.", cure=f"From 1 to {LONGEST} days.")
    moment = now or timezone.now()
    Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)  # two at once: one after the other
    plan = CheckPlan.objects.filter(channel=channel).first()
    before = plan.every_days if plan else EVERY_DAYS
    if before == every_days:
        return every_days
    values = {"every_days": every_days, "set_by": by, "set_at": moment}
    CheckPlan.objects.update_or_create(channel=channel, defaults=values)
    for row in CheckRound.objects.select_for_update().filter(channel=channel, signed_at__isnull=True):
        row.due_at += timedelta(days=every_days - row.every_days)
        row.every_days = every_days
        row.save(update_fields=["due_at", "every_days"])
    ledger.remember(
        "moderation.plan.set",
        ("channel", channel.pk),
        by=by,
        now=moment,
        data={"channel": channel.slug, "every_days": every_days, "before": before},
        division=channel.division,
    )
    return every_days
