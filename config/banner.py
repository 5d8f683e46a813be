"""The hold's banner, on every desk page while a hold or a drill that touches the person is on. Never dismissible."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from config.templatetags.look import desk_when
from divisions.access import Rights
from divisions.models import Department
from posts.models import Hold
from posts.selectors import held

SHOWN = 10  # of those in force; the list page has the rest


def hold(mine: Rights, department: Department | None, *, now: datetime) -> dict[str, Any] | None:
    """The banner of the oldest hold in force that touches what the person sees; a drill only when nothing is real."""
    rows = held.visible_to(mine).filter(released_at__isnull=True)
    touching = list(rows.order_by("drill", "placed_at", "pk")[:SHOWN])
    if not touching:
        return None
    first = touching[0]
    return {
        "title": f"Posting is on hold for {first.covers()}",
        "since": desk_when(first.placed_at, department.zone if department else None, now, inside=True),
        "text": _text(first, len(touching) - 1),
        "drill": first.drill,
        "held": None if first.drill else held.held_posts(first, mine).count(),
        "url": reverse("posts:hold", args=[first.pk]),
        "link": "What is held",
    }


def _text(first: Hold, others: int) -> str:
    goes_on = "Nothing real is stopped." if first.drill else "Safety alerts still go out."
    return f"{first.reason.rstrip('.')}. {goes_on}{f' {others} more in force.' if others else ''}"
