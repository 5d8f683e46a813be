"""What stands above every desk page while it is true, never dismissible: nothing is sent; a hold is in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from config import alarm_mail
from config.health import STOPPED_AFTER
from config.templatetags.look import desk_when
from divisions.access import Rights
from divisions.models import Department
from posts.models import Hold
from posts.selectors import held


def hold(mine: Rights, department: Department | None, *, now: datetime) -> dict[str, Any] | None:
    """The banner of the oldest hold that concerns the person, a drill only when nothing real is held.

    One query on a calm day, four while something is held. A foreign division's hold is not theirs (P5).
    """
    if not Hold.objects.filter(released_at__isnull=True).exists():
        return None
    touching = list(held.visible_to(mine).filter(released_at__isnull=True).order_by("drill", "placed_at", "pk"))
    if not touching:
        return None
    first = touching[0]
    more = f" {len(touching) - 1} more in force." if len(touching) > 1 else ""
    rest = "Nothing really stops." if first.drill else "Safety alerts still go out."
    return {
        "title": f"Posting {'would be' if first.drill else 'is'} on hold for {first.covers()}",
        "since": desk_when(first.placed_at, department.zone if department else None, now, inside=True),
        "text": f"{first.reason.rstrip('.')}. {rest}{more}",
        "drill": first.drill,
        "held": None if first.drill else held.held_posts(first, mine).count(),
        "url": reverse("posts:hold", args=[first.pk]),
        "link": "What it stops",
    }


def stopped(beat: datetime | None, department: Department | None, *, now: datetime) -> dict[str, Any] | None:
    """That nobody has looked for due posts for two minutes (or ever), since when, and who can cure it.

    No query while sending works, one more while it does not.
    """
    if beat is not None and now - beat < STOPPED_AFTER:
        return None
    zone = department.zone if department else None
    return {
        "last": desk_when(beat, zone, now, inside=True) if beat else "",
        "call": [{"name": user.name or user.email, "email": user.email} for user in alarm_mail.whom_to_call()],
    }
