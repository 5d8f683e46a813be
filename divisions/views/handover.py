"""Moving a person: the form, a look at what would move, the act, and its undoing. Rules live in the services."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from divisions.access import Rights
from divisions.errors import BadInput, WrongMoment
from divisions.forms.handover import MoveForm
from divisions.models import Division, Handover, User
from divisions.selectors import duty, people
from divisions.services import handing_back, moving
from divisions.services import handover as services
from divisions.services.handover import Plan

LEFT = 10


@login_required
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """The form; with it filled, what would move; with that confirmed, the move."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    people.require_some(mine)
    now = timezone.now()
    person = people.get_visible(mine, pk, now=now)
    if person.pk == mine.user_id:
        raise WrongMoment("Nobody moves themselves.", cure="Ask somebody else who manages people.")
    moving.require_over(request.user, person)  # type: ignore[arg-type]
    lines = people.all_of(person, now=now)
    places = people.division_ids_of(person, now=now)
    form = MoveForm(mine, person, lines, places, duty.day_of(now), request.POST or None)
    context = {"person": person, "form": form, "belongings": people.grouped([line for line in lines if not line.opens])}
    if request.method != "POST" or not form.is_valid() or request.POST.get("step") == "change":
        return render(request, "divisions/move.html", context, status=422 if form.is_bound and form.errors else 200)
    try:
        if request.POST.get("step") == "do":
            return _done(request, form, person)
        found = services.preview(person=person, by=request.user, **form.asked())  # type: ignore[arg-type]
    except (BadInput, WrongMoment) as refusal:
        field = refusal.field if isinstance(refusal, BadInput) and refusal.field in form.fields else None
        form.add_error(field, str(refusal))
        return render(request, "divisions/move.html", context, status=422)
    return render(request, "divisions/move_look.html", {**context, **_shown(found)})


@login_required
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a move back, on the same day."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    people.require_some(mine)
    row = get_object_or_404(Handover.objects.select_related("person"), pk=pk)
    person = people.get_visible(mine, row.person_id, now=timezone.now())
    try:
        left = handing_back.hand_back(handover=row, by=request.user)  # type: ignore[arg-type]
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
        return redirect("divisions:person", pk=person.pk)
    messages.success(request, f"Undone: {person} is back where they were.")
    if left:
        more = f" And {len(left) - LEFT} more." if len(left) > LEFT else ""
        messages.warning(request, f"Left as it is now: {' '.join(left[:LEFT])}{more}")
    return redirect("divisions:person", pk=person.pk)


def _done(request: HttpRequest, form: MoveForm, person: User) -> HttpResponse:
    reason = form.cleaned_data["reason"]
    row = services.hand_over(person=person, by=request.user, reason=reason, **form.asked())  # type: ignore[arg-type]
    messages.success(request, f"{_happened(row)} You can undo it until midnight.")
    return redirect("divisions:person", pk=person.pk)


def _happened(row: Handover) -> str:
    """What was done, in a sentence or two."""
    if not row.division:
        return f"{row.person} has left, and cannot sign in any more. Everything was handed over."
    if row.settled_at is None and row.first_day:
        day = f"{row.first_day:%B} {row.first_day.day}"
        return f"{row.person} moves to {row.division} on {day}, and works on here until then. All was handed over."
    return f"{row.person} moves to {row.division}. Everything was handed over."


def _shown(found: Plan) -> dict[str, Any]:
    """The plan as the page needs it: what goes to whom, by division, and what ends."""
    groups = people.grouped([line for line in found.lines if not line.ends])
    seen = {place.pk for place, _ in groups}
    to_come = Division.objects.filter(pk__in=found.takers.keys() - seen)
    return {
        "found": found,
        "passes": [(place, lines, found.takers[place.pk]) for place, lines in groups],
        "to_come": [(place, found.takers[place.pk]) for place in to_come],
        "ends": people.grouped([line for line in found.lines if line.ends]),
    }
