"""Drift: the cases, one case with both states and its decision, the checklist after a takeover, and looking now."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from divisions.access import Rights
from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.permissions import Right
from divisions.selectors import channels as channel_selectors
from moderation.forms.drift import DecisionForm
from moderation.models import DriftCase
from moderation.selectors import drift as selectors
from moderation.services import drift, watching
from moderation.states import DriftDecision
from moderation.views import back

CASES, ACCOUNTS = 20, 50
SHOWS = ("open", "decided", "accounts")


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Open cases first; what was decided, and when each account was looked at, behind the other two tabs."""
    mine = _mine(request)
    if not selectors.may_open(mine):
        raise NotAllowed(Right.VIEW_DIVISION.label, where="any division")
    show = request.GET.get("show", "")
    show = show if show in SHOWS else "open"
    only = request.GET.get("channel", "").replace("\x00", "") if show != "accounts" else ""
    rows, size = _rows(mine, show, only)
    page = Paginator(rows, size).get_page(request.GET.get("page"))
    context = {
        "show": show,
        "page_obj": page,
        "cases": [] if show == "accounts" else [_line(case, mine) for case in page],
        "open_count": selectors.open_to(mine).count(),
        "summary": (found := selectors.summary(mine)),
        "late": selectors.looked_late(found, timezone.now()),
        "may_look": mine.anywhere(Right.DECIDE_DRIFT),
        "only": channel_selectors.visible_to(mine).filter(slug=only).first() if only else None,
        **_clock(request),
    }
    return render(request, "moderation/drift.html", context)


@login_required
@require_safe
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """Both states side by side, and what is made of it."""
    return _page(request, selectors.get_visible(_mine(request), pk))


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Claim it, adopt it, or treat it as a takeover: once."""
    found = selectors.get_visible(_mine(request), pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form=form)
    try:
        messages.success(request, _decide(request, found, form))
    except BadInput as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _page(request, found, form=form)
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    return redirect("moderation:drift_case", pk=pk)


@login_required
@require_POST
def tick(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """A step of the checklist is done."""
    found = selectors.get_visible(_mine(request), pk)
    step = found.steps.filter(code=code).first()
    if step is None:
        raise NotVisible
    try:
        closed = drift.tick(step=step, by=request.user).closed_at is not None  # type: ignore[arg-type]
        messages.success(request, "All is done: the case is closed." if closed else "Ticked.")
    except WrongMoment as refusal:
        messages.error(request, f"{refusal} {refusal.cure}".strip())
    return redirect("moderation:drift_case", pk=pk)


@login_required
@require_POST
def look(request: HttpRequest, slug: str) -> HttpResponse:
    """Read one account back now."""
    channel = channel_selectors.visible_to(_mine(request)).filter(slug=slug).first()
    if channel is None:
        raise NotVisible
    try:
        _tell(request, channel, watching.look_now(channel=channel, by=request.user))  # type: ignore[arg-type]
    except WrongMoment as refusal:
        messages.error(request, f"{refusal} {refusal.cure}".strip())
    return back.to(request, otherwise="moderation:drift")


def _tell(request: HttpRequest, channel: Any, looked: watching.Looked) -> None:
    if looked.problem:
        messages.error(request, f"Not looked. {looked.problem}")
    elif looked.cases:
        number = len(looked.cases)
        messages.warning(request, f"{channel}: {number} new {'case' if number == 1 else 'cases'}.")
    else:
        messages.success(request, f"{channel}: nothing new. It shows what we sent, or what is known already.")


def _decide(request: HttpRequest, found: DriftCase, form: DecisionForm) -> str:
    typed, by = form.cleaned_data, request.user
    if typed["decision"] == DriftDecision.CLAIM:
        drift.claim(case=found, who=typed["who"], reason=typed["reason"], by=by)  # type: ignore[arg-type]
        return "Claimed."
    if typed["decision"] == DriftDecision.ADOPT:
        drift.adopt(case=found, reason=typed["reason"], by=by)  # type: ignore[arg-type]
        return "Kept as record."
    row, said = drift.take_over(case=found, reason=typed["reason"], by=by)  # type: ignore[arg-type]
    if row.closed_at is not None:
        return "Added to the takeover of this account that is open already."
    return f"The account is held and paused, our sign-in is forgotten, its people are told. {said}"


def _rows(mine: Rights, show: str, channel: str) -> tuple[Any, int]:
    if show == "accounts":
        return selectors.accounts(mine), ACCOUNTS
    rows = selectors.open_to(mine) if show == "open" else selectors.visible_to(mine).exclude(decision="")
    return (rows.filter(channel__slug=channel) if channel else rows), CASES


def _line(found: DriftCase, mine: Rights) -> dict[str, Any]:
    return {
        "case": found,
        "what": selectors.WHAT[found.kind],
        "lines": selectors.lines_of(found),
        "may_decide": selectors.may_decide(found, mine),
    }


def _page(request: HttpRequest, found: DriftCase, *, form: DecisionForm | None = None) -> HttpResponse:
    may_decide = selectors.may_decide(found, _mine(request))
    context = {
        "case": found,
        "what": selectors.WHAT[found.kind],
        "lines": selectors.lines_of(found),
        "may_decide": may_decide,
        "form": form or (DecisionForm() if may_decide and not found.decision else None),
        "steps": list(found.steps.select_related("done_by")) if found.decision == DriftDecision.COMPROMISE else [],
        "takeover": selectors.takeover_of(found),
        **_clock(request),
    }
    return render(request, "moderation/drift_case.html", context, status=422 if form else 200)


def _mine(request: HttpRequest) -> Rights:
    rights: Rights = request.rights  # type: ignore[attr-defined]
    return rights


def _clock(request: HttpRequest) -> dict[str, object]:
    department = request.department  # type: ignore[attr-defined]
    return {"now": timezone.now(), "zone": department.zone if department else "UTC"}
