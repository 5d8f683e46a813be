"""Taking a post down: asking for it, the second person's decision, and what became of each copy."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from divisions import access
from divisions.access import Rights
from divisions.errors import BadInput, WrongMoment
from divisions.permissions import Right
from posts.errors import OwnWork
from posts.forms.withdraw import DecideForm, WithdrawForm
from posts.models import Withdrawal
from posts.selectors import moments, posts, withdrawals
from posts.services import withdraw
from posts.tasks import nudge


@login_required
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for it, with a ground and a reason; what was promised at approval goes down at once."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    post = posts.get_visible(mine, pk)
    access.require(request.user, Right.WITHDRAW_POST, post.division, has=mine)  # type: ignore[arg-type]
    now = timezone.now()
    form = WithdrawForm(withdrawals.grounds(post, now=now), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            asked = withdraw.ask(post=post, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            nudge()
            return redirect("posts:withdrawal", pk=asked.pk)
        except BadInput as error:
            form.add_error(error.field, str(error))
        except WrongMoment as refusal:
            messages.error(request, str(refusal))
            return redirect("posts:detail", pk=pk)
    context = {
        "post": post,
        "form": form,
        "copies": withdrawals.copies(post),
        "who": access.who_can(Right.WITHDRAW_POST),
        "correct_url": reverse("posts:correct", args=[pk]) if mine.can(Right.CORRECT_POST, post.division_id) else "",
        "zone": moments.zone_of(post.division),
        "now": now,
    }
    return render(request, "posts/withdraw.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The request, and the second person's two buttons; afterwards each copy with its proof."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    found = withdrawals.get_visible(mine, pk)
    form = DecideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _decide(request, found, form)
            return redirect("posts:withdrawal", pk=pk)
        except BadInput as error:
            form.add_error(error.field, str(error))
        except (WrongMoment, OwnWork) as refusal:
            messages.error(request, str(refusal))
            return redirect("posts:withdrawal", pk=pk)
    return render(
        request, "posts/withdrawal.html", _page(request, found, form, mine), status=422 if form.errors else 200
    )


def _decide(request: HttpRequest, found: Withdrawal, form: DecideForm) -> None:
    note = form.cleaned_data["note"]
    if form.cleaned_data["act"] == "confirm":
        withdraw.confirm(withdrawal=found, by=request.user, note=note)  # type: ignore[arg-type]
        nudge()
        messages.success(request, "Confirmed. It is being taken down; each copy shows below when it is proven gone.")
        return
    withdraw.refuse(withdrawal=found, by=request.user, note=note)  # type: ignore[arg-type]
    messages.success(request, "It stays up.")


def _page(request: HttpRequest, found: Withdrawal, form: DecideForm, mine: Rights) -> dict[str, Any]:
    lines = withdrawals.copies(found.post)
    return {
        "withdrawal": found,
        "post": found.post,
        "form": form,
        "copies": lines,
        "gone": withdrawals.gone(lines),
        "is_own": found.asked_by_id == mine.user_id,
        "may_decide": not found.verdict and mine.can(Right.WITHDRAW_POST, found.post.division_id),
        "who": access.who_can(Right.WITHDRAW_POST),
        "zone": moments.zone_of(found.post.division),
        "now": timezone.now(),
    }
