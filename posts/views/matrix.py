"""Who approves what: the rules in words, and changing them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from divisions import access
from divisions.errors import BadInput, NotAllowed
from divisions.permissions import Right
from posts.forms.matrix import MatrixForm
from posts.selectors import approving
from posts.services import matrix

PAGE = 25


@login_required
@require_http_methods(["GET", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """The rules that hold everywhere, the exceptions, and a form for who may change them."""
    mine = request.rights  # type: ignore[attr-defined]
    may_change = mine.anywhere(Right.PUBLISH_POLICY)
    if not may_change and not mine.anywhere(Right.VIEW_DIVISION) and not mine.anywhere(Right.VIEW_ALL):
        raise NotAllowed(Right.VIEW_DIVISION.label, where="any division")
    form = MatrixForm(mine, request.POST or None)
    if request.method == "POST":
        if not may_change:
            who = access.who_can(Right.PUBLISH_POLICY)
            raise NotAllowed("change who approves what", where="any division", who=who)
        if form.is_valid():
            try:
                row = matrix.change(by=request.user, **form.asked())  # type: ignore[arg-type]
                messages.success(request, f"{row}. It counts from now on, also for what waits already if it is more.")
                return redirect("posts:matrix")
            except BadInput as refusal:
                form.refused(refusal.field, str(refusal))
    rows = approving.visible_rules(mine)
    context = {
        "form": form,
        "may_change": may_change,
        "everywhere": approving.everywhere(),
        "page_obj": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "changeable": mine.division_ids(Right.PUBLISH_POLICY),
        "zone": request.department.zone,  # type: ignore[attr-defined]
        "now": timezone.now(),
    }
    return render(request, "posts/matrix.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one rule away."""
    row = approving.visible_rule(request.rights, pk)  # type: ignore[attr-defined]
    matrix.remove(row=row, by=request.user)  # type: ignore[arg-type]
    messages.success(request, f"Removed: {row}. The general rule counts again.")
    return redirect("posts:matrix")
