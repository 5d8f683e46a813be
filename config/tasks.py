"""Work by the clock that needs two rooms: what is due soon (posts), and whether its accounts are good (divisions)."""

from __future__ import annotations

from datetime import datetime, timedelta

from celery import shared_task
from django.db.models import Min, Q
from django.utils import timezone

from divisions import tasks
from divisions.models import Channel
from divisions.services import tokens
from posts.models import Delivery
from posts.states import CLAIMABLE

AHEAD = timedelta(hours=3)  # time enough for a person to sign in again before the post is due
SOON_ENDING = timedelta(minutes=30)  # between two looks at a sign-in that ends before the post is due
MOST = 200


@shared_task(ignore_result=True)
def look_ahead() -> int:
    """Look at the accounts that are needed within hours; returns how many. A dead sign-in tells its people now."""
    return tasks.look_at(needed_soon(now=timezone.now()))


def needed_soon(*, now: datetime) -> list[Channel]:
    """Accounts with something due within AHEAD that nobody has looked at for as long, the first needed first.

    A sign-in that ends before then is looked at more often.
    """
    due = Delivery.objects.filter(state__in=CLAIMABLE, due_at__gt=now, due_at__lte=now + AHEAD)
    first = dict(due.values_list("channel").annotate(first=Min("due_at")).order_by("first")[:MOST])
    old = Q(checked_at__isnull=True) | Q(checked_at__lte=now - AHEAD)
    ending = Q(token_expires_at__lte=now + AHEAD, checked_at__lte=now - SOON_ENDING)
    rows = tokens.askable().filter(old | ending, pk__in=first)
    return sorted(rows, key=lambda channel: (first[channel.pk], channel.pk))
