"""The checklist by which an account passes to somebody else: open it, tick it, close it. Rules: services."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from divisions.access import Rights
from divisions.errors import BadInput, NotVisible, WrongMoment
from divisions.forms.takeover import OpenForm
from divisions.models import Channel, TakeoverStep
from divisions.selectors import channels, takeover
from divisions.services import takeover as services
from divisions.states import NOT_ACCOUNTS

BEFORE = 5


@login_required
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """The open list of an account, or the form that opens one; and those that were closed."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    channel = _account(mine, slug)
    form = OpenForm(channel, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.open_(channel=channel, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            return redirect("divisions:takeover", slug=slug)
        except (BadInput, WrongMoment) as refusal:
            field = refusal.field if isinstance(refusal, BadInput) and refusal.field in form.fields else None
            form.add_error(field, str(refusal))
    rows = list(takeover.of_channel(channel)[: BEFORE + 1])
    current = next((row for row in rows if row.closed_at is None), None)
    lines = takeover.lines(current) if current else []
    context = {
        "channel": channel,
        "current": current,
        "lines": lines,
        "open_steps": any(line.row.done_at is None for line in lines),
        "overdue": current is not None and takeover.is_overdue(current, now=timezone.now()),
        "due_at": current.opened_at + takeover.DUE if current else None,
        "may_tick": current is not None and takeover.may_tick(mine, current),
        "may_manage": takeover.may_manage(mine, channel),
        "before": [row for row in rows if row is not current],
        "form": form,
        "now": timezone.now(),
        "zone": request.department.zone,  # type: ignore[attr-defined]
    }
    return render(request, "divisions/takeover.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def tick(request: HttpRequest, pk: int) -> HttpResponse:
    """One step is done."""
    step = get_object_or_404(TakeoverStep.objects.select_related("takeover__channel"), pk=pk)
    slug = step.takeover.channel.slug
    _account(request.rights, slug)  # type: ignore[attr-defined]
    try:
        services.tick(step=step, by=request.user, note=request.POST.get("note", ""))  # type: ignore[arg-type]
    except (BadInput, WrongMoment) as refusal:
        messages.error(request, str(refusal))
    return redirect("divisions:takeover", slug=slug)


@login_required
@require_POST
def close(request: HttpRequest, slug: str) -> HttpResponse:
    """All is done."""
    channel = _account(request.rights, slug)  # type: ignore[attr-defined]
    row = takeover.of_channel(channel).filter(closed_at__isnull=True).first()
    try:
        if row is None:
            raise WrongMoment("Nobody is taking this account over now.")
        services.close(takeover=row, by=request.user)  # type: ignore[arg-type]
        messages.success(request, f"{channel} is in {row.to_user}’s hands.")
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    return redirect("divisions:takeover", slug=slug)


def _account(mine: Rights, slug: str) -> Channel:
    found = channels.visible_to(mine).exclude(platform__in=NOT_ACCOUNTS).filter(slug=slug).first()
    if found is None:
        raise NotVisible
    return found
