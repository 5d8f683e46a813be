"""Who could post to an account on a day: the page and its file. What it means stands in the selector."""

from __future__ import annotations

import csv
from datetime import date

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from divisions.access import Rights
from divisions.errors import NotVisible
from divisions.models import Channel
from divisions.selectors import channels, duty, who_could
from divisions.views.access_review import plain

PAGE = 50


@login_required
@require_safe
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """Today's answer, or that of the day in the address."""
    channel = _channel(request, slug)
    day, wrong = _day(request)
    context = {
        "channel": channel,
        "day": day,
        "today": duty.day_of(timezone.now()),
        "wrong": wrong,
        "page_obj": Paginator(who_could.on(channel, day), PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "divisions/who_could.html", context, status=422 if wrong else 200)


@login_required
@require_safe
def file(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as a CSV file."""
    channel = _channel(request, slug)
    day, _ = _day(request)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="who-{channel.slug}-{day}.csv"'
    out = csv.writer(answer)
    out.writerow(who_could.CSV_HEAD)
    rows = who_could.rows_of_file(channel, day, who_could.on(channel, day))
    out.writerows([plain(value) for value in row] for row in rows)
    return answer


def _channel(request: HttpRequest, slug: str) -> Channel:
    mine: Rights = request.rights  # type: ignore[attr-defined]
    found = channels.visible_to(mine).filter(slug=slug).first()
    if found is None:
        raise NotVisible
    return found


def _day(request: HttpRequest) -> tuple[date, str]:
    """The day asked for, and what is wrong with it; today for none."""
    typed = request.GET.get("on", "").strip()
    today = duty.day_of(timezone.now())
    if not typed:
        return today, ""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return today, "That is no day. Write it like 2026-11-24."
    if not 1990 <= day.year <= today.year + 2:
        return today, "That is too far away: pick a day of the past, or of the next two years."
    return day, ""
