"""A manager's side of an e-mail list: who is on it, bring, take out, take off. Rules live in the services."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from divisions.errors import BadInput, NotVisible
from divisions.models import Channel
from divisions.states import Platform
from posts.forms.subscribe import BringForm
from posts.models import Subscription
from posts.selectors import mailing, moments
from posts.services import lists

PAGE = 25
HEAD = ("address", "since", "how", "note")


@login_required
@require_safe
@never_cache
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """Counts, and everybody on the list."""
    return _page(request, _mine(request, slug), BringForm(label_suffix=""))


@login_required
@require_POST
def bring(request: HttpRequest, slug: str) -> HttpResponse:
    """Addresses collected elsewhere, with the note that says by what right."""
    channel, form = _mine(request, slug), BringForm(request.POST, label_suffix="")
    if form.is_valid():
        try:
            came = lists.bring(channel=channel, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            messages.success(request, _said(came))
            return redirect("posts:list_people", slug=slug)
        except BadInput as error:
            form.add_error(error.field, str(error))
    return _page(request, channel, form, status=422)


@login_required
@require_POST
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """The whole list as CSV; a POST, because the ledger says who took it out."""
    channel = _mine(request, slug)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{channel.slug}.csv"'
    rows = csv.writer(answer)
    rows.writerow(HEAD)
    for row in lists.export(channel=channel, by=request.user):  # type: ignore[arg-type]
        rows.writerow([_plain(cell) for cell in row])
    return answer


@login_required
@require_POST
def remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take one address off the list."""
    channel = _mine(request, slug)
    row = Subscription.objects.select_related("channel__division").filter(pk=pk, channel=channel).first()
    if row is None:
        raise NotVisible
    lists.remove(subscription=row, by=request.user)  # type: ignore[arg-type]
    messages.success(request, "Taken off this list.")
    return redirect("posts:list_people", slug=slug)


def _mine(request: HttpRequest, slug: str) -> Channel:
    """These are the public's addresses: seen by who manages the channel, and by nobody else."""
    mine = request.rights  # type: ignore[attr-defined]
    return mailing.managed(request.user, mine, slug, Platform.EMAIL)  # type: ignore[arg-type]


def _page(request: HttpRequest, channel: Channel, form: BringForm, *, status: int = 200) -> HttpResponse:
    asked = request.GET.get("q", "")[:254]
    page = Paginator(mailing.of_list(channel, asked=asked), PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "channel": channel,
        "page_obj": page,
        "numbers": mailing.numbers(channel),
        "form": form,
        "asked": asked.replace("\x00", ""),
        "zone": moments.zone_of(channel.division),
        "now": timezone.now(),
    }
    return render(request, "posts/list_people.html", context, status=status)


def _said(came: lists.Imported) -> str:
    """One sentence about an import, with what was left out and why."""
    parts = [f"{came.added:,} added", f"{came.known:,} were on it already"]
    if came.left:
        parts.append(f"{came.left:,} left out, because they had unsubscribed")
    if came.bad:
        shown = ", ".join(came.bad[:3]) + (" …" if len(came.bad) > 3 else "")
        parts.append(f"{len(came.bad):,} are no e-mail address ({shown})")
    return "; ".join(parts) + "."


def _plain(cell: str) -> str:
    """No cell that a spreadsheet would run."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
