"""The stuck list: what the person who answers for delivery looks at, each line with the one button to press."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from divisions import access
from divisions.access import Rights
from divisions.errors import BadInput, NotAllowed, WrongMoment
from divisions.permissions import Right
from posts.forms.missed import RETIME, SEND, MissedForm
from posts.models import Delivery
from posts.selectors import stuck
from posts.selectors.stuck import Line, Why
from posts.services import hold, missed
from posts.states import DeliveryState
from posts.tasks import nudge
from posts.views import places
from posts.views.places import Place

_DECIDED = (Why.DOUBT, Why.FAILED, Why.MISSED, Why.HELD, Why.WAITS)


@login_required
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Everything that does not go on by itself in the divisions the person sees; calm when there is nothing."""
    return _page(request)


@login_required
@require_POST
def decide_missed(request: HttpRequest) -> HttpResponse:
    """Send now, re-time or leave unsent what is ticked of what missed its time: all of it, or none and the reason."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    reach = mine.division_ids(Right.DECIDE_DELIVERY)
    if not reach:
        raise NotAllowed(Right.DECIDE_DELIVERY.label, where="your division", who=access.who_can(Right.DECIDE_DELIVERY))
    rows = {row.pk: row for row in stuck.missed_of(mine, reach)[: hold.MAX_AT_ONCE]}
    form = MissedForm(rows, request.POST)
    if form.is_valid():
        try:
            messages.success(request, _decided(request, form, [rows[pk] for pk in form.cleaned_data["deliveries"]]))
            nudge()
            return redirect(f"{reverse('posts:stuck')}?why=missed")
        except BadInput as error:
            form.add_error("clock" if error.field == "clock" else None, str(error))
        except WrongMoment as refusal:
            form.add_error(None, str(refusal))
    return _page(request, form)


def _decided(request: HttpRequest, form: MissedForm, rows: list[Delivery]) -> str:
    """Do what was chosen; returns the sentence about it."""
    by, act = request.user, form.cleaned_data["act"]
    if act == RETIME:
        count, done = missed.retime(deliveries=rows, wall_time=form.wall_time, by=by), "re-timed"  # type: ignore[arg-type]
        return f"{count} {'post' if count == 1 else 'posts'} {done}. The approval stays."
    if act == SEND:
        count, done = missed.send_now(deliveries=rows, by=by), "in the queue again, to go now"  # type: ignore[arg-type]
    else:
        count, done = missed.drop(deliveries=rows, by=by), "left unsent"  # type: ignore[arg-type]
    return f"{count} {'delivery is' if count == 1 else 'deliveries are'} {done}."


def _page(request: HttpRequest, form: MissedForm | None = None) -> HttpResponse:
    mine: Rights = request.rights  # type: ignore[attr-defined]
    now = timezone.now()
    tick = stuck.tick(mine, now=now)
    counts = stuck.counts(mine, now=now, is_fresh=tick.is_fresh)
    only = Why.MISSED if form else _asked(request.GET.get("why", ""))
    found = stuck.listed(mine, now=now, is_fresh=tick.is_fresh, only=only)
    page = Paginator(found, stuck.PAGE).get_page(request.GET.get("page"))
    rows = _rows(stuck.lines(list(page.object_list), now=now), mine, now)
    context = {
        "page_obj": page,
        "groups": [
            _group(why, list(group), counts.get(why, 0))
            for why, group in groupby(rows, key=lambda row: row["line"].why)
        ],
        "reasons": [(why.name.lower(), why.label, n) for why, n in counts.items()],
        "chosen": only.name.lower() if only is not None else "",
        "total": sum(counts.values()),
        "form": form,
        "ticked": _ticked(request, form, rows),
        "tick": tick,
        "now": now,
        "zone": request.department.zone,  # type: ignore[attr-defined]
    }
    return render(request, "posts/stuck.html", context, status=422 if form else 200)


def _group(why: Why, rows: list[dict[str, Any]], count: int) -> dict[str, Any]:
    """One reason with its lines; those that missed their time may be decided about together."""
    together = why is Why.MISSED and any(row["place"].may_decide for row in rows)
    return {"id": f"why-{why.name.lower()}", "title": why.label, "count": count, "rows": rows, "together": together}


def _ticked(request: HttpRequest, form: MissedForm | None, rows: Iterable[dict[str, Any]]) -> set[str]:
    """What was ticked before a refusal; with `?tick=all` everything shown, for who decides the same about thirty."""
    if form is not None:
        return form.ticked
    return {str(row["line"].delivery.pk) for row in rows} if request.GET.get("tick") == "all" else set()


def _asked(word: str) -> Why | None:
    """The reason that the address asks for; an unknown one narrows nothing."""
    return Why[word.upper()] if word.upper() in Why.__members__ else None


def _rows(lines: Iterable[Line], mine: Rights, now: Any) -> list[dict[str, Any]]:
    """Each line with its place, who can fix it, and its button; the first carries the page's filled one."""
    found = list(lines)
    who: dict[Right, str] = {}
    shown = zip(found, places.of([line.delivery for line in found], mine, now=now), strict=True)
    return [
        {"line": line, "place": place, "who": _who(line, place, who), "button": _button(line, place)}
        for line, place in shown
    ]


def _who(line: Line, place: Place, known: dict[Right, str]) -> str:
    """ "You can", or the roles that can; asked once for each right."""
    if line.who:
        return line.who
    right, mine = Right.DECIDE_DELIVERY, place.may_decide
    if line.why is Why.CUT_OFF:
        right, mine = Right.MANAGE_CHANNEL, place.may_connect
    elif line.why is Why.PROOF:
        right, mine = Right.PROVE_HANDOFF, place.may_prove
    if mine:
        return "You can."
    if right not in known:
        known[right] = access.who_can(right)
    return f"{known[right]}."


def _button(line: Line, place: Place) -> dict[str, str]:
    """Where the cure stands: the account, the delivery it waits for, or the delivery itself."""
    row = line.delivery
    if place.is_broken_off and place.may_connect and line.why in (Why.CUT_OFF, Why.FAILED):
        return {"label": "Reconnect the account", "url": reverse("divisions:channel", args=[row.channel.slug])}
    if line.why is Why.CUT_OFF and place.may_see_channel:
        return {"label": "See the account", "url": reverse("divisions:channel", args=[row.channel.slug])}
    if line.why is Why.WAITS and row.after is not None and row.after.state != DeliveryState.CANCELLED:
        row = row.after
    elif line.why is Why.WAITS:
        return {"label": "Open the post", "url": reverse("posts:detail", args=[row.post_id])}
    url = reverse("posts:delivery", args=[row.pk])
    if line.why is Why.PROOF and place.may_prove:
        return {"label": "Paste the link", "url": url}
    if line.why in _DECIDED and place.may_decide:
        return {"label": "Decide", "url": url}
    return {"label": "See its attempts", "url": url}
