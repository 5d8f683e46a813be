"""The duty roster: a week of every account, one account with its shifts, adding, ending, copying. Rules: services."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from divisions.access import Rights
from divisions.errors import BadInput, NotVisible, WrongMoment
from divisions.forms.roster import ShiftForm
from divisions.models import Channel, Division, DutyShift
from divisions.selectors import duty
from divisions.selectors import roster as selectors
from divisions.services import roster as services

PAGE = 25
LEFT = 5


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """A week: rows are accounts, columns are days."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    now, zone = timezone.now(), request.department.zone  # type: ignore[attr-defined]
    first = selectors.monday(_day(request.GET.get("week", ""), now))
    division = request.GET.get("division", "").replace("\x00", "")[:100]
    seen = selectors.visible_to(mine)
    rows = seen.filter(division__slug=division) if division else seen
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    lines = selectors.week(page.object_list, first, mine=mine, now=now, zone=zone)
    context = {
        "page_obj": page,
        "lines": lines,
        "days": [first + timedelta(days=n) for n in range(7)],
        "today": duty.day_of(now),
        "first": first,
        "before": first - timedelta(days=7),
        "after": first + timedelta(days=7),
        "may_plan": any(line.may_plan for line in lines),
        "may_copy": first + timedelta(days=7) > duty.day_of(now),
        "divisions": Division.objects.filter(pk__in=seen.order_by().values("division")),
        "division": division,
        "zone": zone,
        "now": now,
    }
    return render(request, "divisions/roster.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def channel(request: HttpRequest, slug: str) -> HttpResponse:
    """One account: who is on now and next, its shifts, and the form to add one."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    row = _account(mine, slug)
    now, zone = timezone.now(), request.department.zone  # type: ignore[attr-defined]
    form = ShiftForm(row, zone, _day(request.GET.get("day", ""), now), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            starts_at, ends_at = form.times()
            user = form.cleaned_data["user"]
            services.add(channel=row, user=user, starts_at=starts_at, ends_at=ends_at, by=request.user)  # type: ignore[arg-type]
            messages.success(request, f"{user} is on duty for {row}.")
            return redirect("divisions:roster_channel", slug=slug)
        except (BadInput, WrongMoment) as refusal:
            field = refusal.field if isinstance(refusal, BadInput) and refusal.field in form.fields else None
            form.add_error(field, str(refusal))
    context = {
        "channel": row,
        "form": form,
        "may_plan": selectors.may_plan(mine, row),
        "spans": selectors.spans([row], now, now + selectors.AHEAD, zone=zone)[row.pk],
        "page_obj": Paginator(selectors.coming(row, now=now), PAGE).get_page(request.GET.get("page")),
        "zone": zone,
        "now": now,
    }
    return render(request, "divisions/roster_channel.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one shift."""
    row = get_object_or_404(DutyShift.objects.select_related("channel", "user"), pk=pk)
    _account(request.rights, row.channel.slug)  # type: ignore[attr-defined]
    try:
        services.end(shift=row, by=request.user)  # type: ignore[arg-type]
        messages.success(request, f"{row.user} is no longer on duty then.")
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    return redirect("divisions:roster_channel", slug=row.channel.slug)


@login_required
@require_POST
def copy(request: HttpRequest) -> HttpResponse:
    """Repeat the shifts of the week before."""
    week = selectors.monday(_day(request.POST.get("week", ""), timezone.now()))
    done = services.copy_week(to=week, by=request.user)  # type: ignore[arg-type]
    if done.made:
        messages.success(request, f"{done.made} {'shift' if done.made == 1 else 'shifts'} copied from the week before.")
    else:
        messages.info(request, "Nothing was copied: the week before has no shifts of yours that could be repeated.")
    if done.left:
        more = f" And {len(done.left) - LEFT} more." if len(done.left) > LEFT else ""
        messages.warning(request, f"Not copied: {'; '.join(done.left[:LEFT])}.{more}")
    return redirect(f"{reverse('divisions:roster')}?week={week}")


def _account(mine: Rights, slug: str) -> Channel:
    found = selectors.visible_to(mine).filter(slug=slug).first()
    if found is None:
        raise NotVisible
    return found


def _day(typed: str, now: datetime) -> date:
    """The day that an address names; today where it names none that a calendar has near."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return duty.day_of(now)
    return day if abs(day - now.date()) <= services.FURTHEST else duty.day_of(now)
