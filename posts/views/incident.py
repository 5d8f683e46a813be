"""Incidents: the list, opening one, its page (held, log, promise, statements), standing down, the report."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from divisions import access
from divisions.access import Rights
from divisions.errors import BadInput, NotAllowed, WrongMoment
from divisions.permissions import Right
from posts.forms.incident import LogForm, OpenForm, StatementForm
from posts.html import to_cell
from posts.models import Incident
from posts.selectors import incidents, moments
from posts.services import incident as service
from posts.statements import find

PER_PAGE, LOG_SHOWN = 25, 50


@login_required
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Open ones first; and opening one, for who may hold posting."""
    mine = _mine(request)
    may_open = mine.anywhere(Right.HOLD_ALL) or mine.anywhere(Right.HOLD_DIVISION)
    if request.method == "POST" and not may_open:
        raise NotAllowed(Right.HOLD_DIVISION.label, where="your division", who=access.who_can(Right.HOLD_DIVISION))
    form = OpenForm(mine, request.POST or None) if may_open else None
    if form is not None and form.is_valid():
        try:
            opened = service.open_(by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            return redirect("posts:incident", pk=opened.pk)
        except BadInput as error:
            form.add_error(error.field, str(error))
    rows = incidents.visible_to(mine).order_by(F("closed_at").desc(nulls_first=True), "-opened_at", "-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "form": form, **_clock(request)}
    return render(request, "posts/incidents.html", context, status=422 if form is not None and form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one; a POST writes a line of the log."""
    found = incidents.get_visible(_mine(request), pk)
    form = LogForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            promise = form.promise(_zone(request, found))
            words = {key: form.cleaned_data[key] for key in ("kind", "text")}
            service.log(incident=found, by=request.user, next_update_at=promise, **words)  # type: ignore[arg-type]
            messages.success(request, "Logged.")
            return redirect("posts:incident", pk=pk)
        except BadInput as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        except WrongMoment as refusal:
            form.add_error(None, str(refusal))
    return render(request, "posts/incident.html", _page(request, found, form), status=422 if form.errors else 200)


@login_required
@require_POST
def statement(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a draft from a prepared text; its blanks are filled in the composer."""
    found = incidents.get_visible(_mine(request), pk)
    if not incidents.may_run(_mine(request), found):
        raise NotAllowed(Right.HOLD_DIVISION.label, where=str(found), who=access.who_can(Right.HOLD_DIVISION))
    form = StatementForm(_mine(request), request.POST)
    prepared = find(request.POST.get("statement", ""))
    if not form.is_valid() or prepared is None:
        messages.error(request, "Choose a statement and a division that you write for.")
        return redirect("posts:incident", pk=pk)
    try:
        post = service.start_statement(
            incident=found,
            statement=prepared,
            division=form.cleaned_data["division"],
            by=request.user,  # type: ignore[arg-type]
        )
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
        return redirect("posts:incident", pk=pk)
    return redirect("posts:compose", pk=post.pk)


@login_required
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Stand down, when nothing is left open."""
    found = incidents.get_visible(_mine(request), pk)
    try:
        service.close(incident=found, by=request.user)  # type: ignore[arg-type]
        messages.success(request, "Stood down. The report below keeps everything.")
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    return redirect("posts:incident", pk=pk)


@login_required
@require_safe
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The after-action report as CSV, for spreadsheets and for court."""
    found = incidents.get_visible(_mine(request), pk)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="incident-{found.pk}.csv"'
    out = csv.writer(answer)
    out.writerow(["at (UTC)", "what", "who", "facts"])
    for item in incidents.report(found):
        out.writerow([item.at.isoformat(), item.what, to_cell(item.who), to_cell(item.words)])
    return answer


def _page(request: HttpRequest, found: Incident, form: LogForm) -> dict[str, Any]:
    mine, now = _mine(request), timezone.now()
    runs = incidents.may_run(mine, found) and found.closed_at is None
    return {
        "incident": found,
        "holds": list(incidents.holds_of(found)[:PER_PAGE]),
        "log": found.log.select_related("by", "post")[:LOG_SHOWN],
        "form": form if runs else None,
        "statements": StatementForm(mine) if runs and mine.anywhere(Right.DRAFT_POST) else None,
        "left": service.open_items(found) if found.closed_at is None else [],
        "owed": found.next_update_at is not None and found.next_update_at <= now,
        "zone": _zone(request, found),
        "now": now,
    }


def _mine(request: HttpRequest) -> Rights:
    rights: Rights = request.rights  # type: ignore[attr-defined]
    return rights


def _zone(request: HttpRequest, found: Incident) -> str:
    if found.division is not None:
        return moments.zone_of(found.division)
    return str(_clock(request)["zone"])


def _clock(request: HttpRequest) -> dict[str, object]:
    department = request.department  # type: ignore[attr-defined]
    return {"now": timezone.now(), "zone": department.zone if department else "UTC"}
