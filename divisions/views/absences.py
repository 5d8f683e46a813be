"""Who is away and who stands in: the list, entering one, ending one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from divisions import access
from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.forms.absences import AbsenceForm
from divisions.permissions import Right
from divisions.selectors import duty
from divisions.services import absences

PAGE = 25


@login_required
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """One's own days, those one stands in for, those of one's people; and the form."""
    mine = request.rights  # type: ignore[attr-defined]
    if not (mine.anywhere(Right.REVIEW_POST) or mine.anywhere(Right.MANAGE_PEOPLE)):
        raise NotAllowed(Right.REVIEW_POST.label, where="any division", who=access.who_can(Right.REVIEW_POST))
    form = AbsenceForm(mine, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = absences.enter(by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            messages.success(request, f"{row.deputy} is reminded in the place of {row.user}.")
            return redirect("divisions:absences")
        except BadInput as refusal:
            form.add_error(refusal.field, str(refusal))
    rows = duty.visible_absences(mine).filter(ends_on__gte=duty.day_of(timezone.now())).order_by("starts_on", "pk")
    context = {"form": form, "page_obj": Paginator(rows, PAGE).get_page(request.GET.get("page"))}
    return render(request, "divisions/absences.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """They are back."""
    row = duty.visible_absences(request.rights).filter(pk=pk).first()  # type: ignore[attr-defined]
    if row is None:
        raise NotVisible
    try:
        absences.end(absence=row, by=request.user)  # type: ignore[arg-type]
        messages.success(request, f"{row.user} is back.")
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    return redirect("divisions:absences")
