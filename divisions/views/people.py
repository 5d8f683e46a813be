"""People somebody looks after: the list, and one person with places, duties and everything that is theirs."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from divisions.access import Rights
from divisions.models import Division
from divisions.permissions import Right
from divisions.selectors import duty
from divisions.selectors import people as selectors

PAGE = 25
HANDOVERS = 5


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Everybody one looks after, by name."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    selectors.require_some(mine)
    asked = {key: request.GET.get(key, "").replace("\x00", "").strip()[:100] for key in ("q", "show", "division")}
    found = selectors.listed(mine, **asked, now=timezone.now())
    context = {
        **asked,
        "page_obj": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "divisions": Division.objects.filter(pk__in=selectors.places_of(mine)),
        "now": timezone.now(),
        "zone": request.department.zone,  # type: ignore[attr-defined]
    }
    return render(request, "divisions/people.html", context)


@login_required
@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One person."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    selectors.require_some(mine)
    now = timezone.now()
    person = selectors.get_visible(mine, pk, now=now)
    rows = list(selectors.memberships_of(person, mine))
    zone = request.department.zone  # type: ignore[attr-defined]
    context = {
        "person": person,
        "places": [row for row in rows if not selectors.is_over(row, now)],
        "past": [row for row in rows if selectors.is_over(row, now)],
        "not_begun": selectors.not_begun(rows, now=now, zone=zone),
        "belongings": selectors.belongings_of(person, mine, now=now),
        "duties": selectors.on_duty_for(person, mine),
        "absences": duty.visible_absences(mine)
        .filter(user=person, ends_on__gte=duty.day_of(now))
        .order_by("starts_on"),
        "handovers": selectors.handovers_of(person)[:HANDOVERS],
        "ahead": selectors.move_ahead(person),
        "undo": selectors.undoable(person, now=now) if mine.anywhere(Right.MANAGE_PEOPLE) else None,
        "manages": mine.anywhere(Right.MANAGE_PEOPLE) and person.pk != mine.user_id,
        "now": now,
        "zone": zone,
    }
    return render(request, "divisions/person.html", context)
