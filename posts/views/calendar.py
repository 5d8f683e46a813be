"""The calendar: a week in three bands of the day, a month, or a list; in the division's zone. One address, any day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from divisions.access import Rights
from divisions.models import Division
from divisions.permissions import Right
from divisions.selectors import divisions
from posts.selectors import calendar

A_DAY = {"week": 9, "month": 4, "list": 25}  # cards a day before "n more"
BANDS = ("Before 12:00", "12:00 to 17:00", "After 17:00")
FIRST, LAST = date(2000, 1, 10), date(2100, 1, 1)


@login_required
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """What goes out when, for the divisions the person sees; the day and the view stand in the address."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    seen = list(divisions.visible_to(mine))
    chosen = next((d for d in seen if d.slug == request.GET.get("division", "")), None)
    zone = _zone(request, seen, chosen)
    now = timezone.now()
    view = request.GET.get("view", "week")
    view = view if view in A_DAY else "week"
    day = _day(request.GET.get("day", ""), now, zone)
    first, end = calendar.month_of(day) if view == "month" else calendar.week_of(day)
    slug = chosen.slug if chosen else ""
    days = calendar.days(mine, first, end, zone=zone, now=now, a_day=A_DAY[view], division=slug)
    context = {
        "view": view,
        "title": f"{day:%B %Y}" if view == "month" else _span(first, end),
        "days": days,
        "bands": _bands(days),
        "weeks": [days[n : n + 7] for n in range(0, len(days), 7)],
        "month": day.month,
        "close": calendar.close_together(days, now=now),
        "day": day,
        **_around(view, day),
        "divisions": seen,
        "chosen": chosen,
        "several": len(seen) > 1,
        "can_post": mine.anywhere(Right.DRAFT_POST),
        "zone": zone,
        "zone_name": now.astimezone(ZoneInfo(zone)).tzname(),
        "now": now,
    }
    return render(request, "posts/calendar.html", context)


def _zone(request: HttpRequest, seen: list[Division], chosen: Division | None) -> str:
    """The division's clock where one is shown, the department's where several are."""
    one = chosen or (seen[0] if len(seen) == 1 else None)
    department: str = request.department.zone  # type: ignore[attr-defined]
    return (one.zone if one else "") or department


def _day(text: str, now: datetime, zone: str) -> date:
    """The day of the address, else today; an impossible one is today."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return now.astimezone(ZoneInfo(zone)).date()
    return min(max(day, FIRST), LAST)


def _around(view: str, day: date) -> dict[str, date]:
    if view != "month":
        return {"before": day - timedelta(days=7), "after": day + timedelta(days=7)}
    first = day.replace(day=1)
    return {"before": (first - timedelta(days=1)).replace(day=1), "after": (first + timedelta(days=31)).replace(day=1)}


def _span(first: date, end: date) -> str:
    last = end - timedelta(days=1)
    if first.month == last.month:
        return f"{first.day} to {last.day} {last:%B %Y}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {first:%B}{year} to {last.day} {last:%B %Y}"


def _bands(days: list[calendar.Day]) -> list[dict[str, Any]]:
    """Rows of the week's table: each band with its events day by day."""
    cut = [day.bands() for day in days]
    return [
        {"name": name, "cells": [{"day": day, "events": cut[n][band]} for n, day in enumerate(days)], "last": band == 2}
        for band, name in enumerate(BANDS)
    ]
