"""Holds: the list, placing one, its page with everything it stops, and what is decided about each post."""

from __future__ import annotations

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
from posts.forms.hold import HeldForm, HoldForm
from posts.models import Delivery, Hold, Post
from posts.selectors import held, moments
from posts.services import decide, hold
from posts.states import DeliveryState
from posts.tasks import nudge
from records.selectors import ledger

PER_PAGE = 25
DECISIONS_SHOWN = 30


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Holds in force first, then what was released, newest first."""
    rows = held.visible_to(_mine(request)).order_by(F("released_at").desc(nulls_first=True), "-placed_at")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "may_place": _may_place(_mine(request)), **_clock(request)}
    return render(request, "posts/holds.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask what to hold and why; everything is preselected."""
    mine = _mine(request)
    if not _may_place(mine):
        raise NotAllowed(Right.HOLD_DIVISION.label, where="your division", who=access.who_can(Right.HOLD_DIVISION))
    start = {k: request.GET[k] for k in ("scope", "division", "channel", "kind", "incident") if request.GET.get(k)}
    form = HoldForm(mine, request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            placed = hold.place(by=request.user, **form.asked())  # type: ignore[arg-type]
            messages.success(request, "The drill has begun." if placed.drill else "Posting is on hold.")
            return redirect("posts:hold", pk=placed.pk)
        except BadInput as error:
            form.add_error(error.field, str(error))
    context = {"form": form, "effect": held.effect_on_everything(), **_clock(request)}
    return render(request, "posts/hold_new.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The hold and everything it stops, item by item."""
    return _page(request, held.get_visible(_mine(request), pk))


@login_required
@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Lift it. Nothing goes out by itself: the page then asks for keep, re-time or drop."""
    placed = held.get_visible(_mine(request), pk)
    try:
        hold.release(hold=placed, by=request.user)  # type: ignore[arg-type]
        messages.success(request, "Released. Nothing was sent: decide below what still goes.")
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    return redirect("posts:hold", pk=pk)


@login_required
@require_POST
def decide_held(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep, re-time or drop the ticked posts: all of them, or none and the reason."""
    placed = held.get_visible(_mine(request), pk)
    rows = {post.pk: post for post in held.held_posts(placed, _mine(request))[: hold.MAX_AT_ONCE]}
    form = HeldForm(list(rows), request.POST)
    if not form.is_valid():
        return _page(request, placed, form=form)
    chosen = [rows[pk] for pk in form.cleaned_data["posts"]]
    try:
        _decide(request, form, placed, chosen)
        nudge()
        words = {"keep": "kept", "retime": "re-timed", "drop": "dropped"}[form.cleaned_data["act"]]
        messages.success(request, f"{len(chosen)} {'post' if len(chosen) == 1 else 'posts'} {words}.")
    except BadInput as error:
        form.add_error("clock" if error.field in ("due_at", "clock", "wall_time") else None, str(error))
        return _page(request, placed, form=form)
    except WrongMoment as refusal:
        form.add_error(None, str(refusal))
        return _page(request, placed, form=form)
    return redirect("posts:hold", pk=pk)


def _decide(request: HttpRequest, form: HeldForm, placed: Hold, chosen: list[Post]) -> None:
    by, act = request.user, form.cleaned_data["act"]
    rows = [d for post in chosen for d in Delivery.objects.filter(post=post, hold=placed, state=DeliveryState.HELD)]
    if act == "keep":
        hold.keep(deliveries=rows, by=by)  # type: ignore[arg-type]
    elif act == "drop":
        decide.drop_all(deliveries=rows, by=by)  # type: ignore[arg-type]
    else:
        zone = moments.zone_of(chosen[0].division)
        due_at = moments.moment(form.wall_time, zone, field="clock")
        hold.retime(deliveries=rows, due_at=due_at, by=by)  # type: ignore[arg-type]


def _ticked(request: HttpRequest, form: HeldForm | None, shown: list[str]) -> set[str]:
    """What was ticked before a refusal; with `?tick=all` everything shown, for who decides the same about thirty."""
    if form is not None:
        return set(form.data.getlist("posts"))  # type: ignore[attr-defined]
    return set(shown) if request.GET.get("tick") == "all" else set()


def _page(request: HttpRequest, placed: Hold, *, form: HeldForm | None = None) -> HttpResponse:
    mine = _mine(request)
    page = Paginator(held.held_posts(placed, mine), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "hold": placed,
        "page_obj": page,
        "form": form,
        "ticked": _ticked(request, form, [str(post.pk) for post in page]),
        "waiting": held.count_held(placed),
        "may_release": held.may_release(placed, mine) and placed.released_at is None,
        "may_decide": mine.anywhere(Right.DECIDE_DELIVERY),
        "entries": ledger.about("hold", placed.pk)[:DECISIONS_SHOWN],
        **_clock(request),
    }
    return render(request, "posts/hold.html", context, status=422 if form else 200)


def _mine(request: HttpRequest) -> Rights:
    rights: Rights = request.rights  # type: ignore[attr-defined]
    return rights


def _may_place(mine: Rights) -> bool:
    return mine.anywhere(Right.HOLD_ALL) or mine.anywhere(Right.HOLD_DIVISION)


def _clock(request: HttpRequest) -> dict[str, object]:
    department = request.department  # type: ignore[attr-defined]
    return {"now": timezone.now(), "zone": department.zone if department else "UTC"}
