"""The register of accounts: the list, the file, one account's entry, who holds it, the declared number."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from divisions import access
from divisions.access import Rights
from divisions.errors import BadInput, NotVisible, SomebodyElseSaved, WrongMoment
from divisions.forms.register import DeclareForm, HolderForm, RecordForm
from divisions.models import AccountHolder
from divisions.permissions import Right
from divisions.selectors import account_history, register
from divisions.selectors.register import Entry
from divisions.services import register as services
from divisions.services.department import may_everywhere
from divisions.states import NOT_ACCOUNTS, Platform
from divisions.views.register_file import lines

PAGE = 50
HISTORY = 20
SHOWS = [
    ("", "In use"),
    ("rule", "Fewer than two administrators"),
    ("missing", "Something missing"),
    ("retired", "Given up"),
]


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every account one may see, how complete its entry is, and who holds it."""
    every, found, chosen = _found(request)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    holders = register.holders_of([each.channel for each in page.object_list])
    in_use = register.narrowed(every)
    context = {
        "page_obj": page,
        "rows": [{"entry": each, "holders": holders[each.channel.pk]} for each in page.object_list],
        "chosen": chosen,
        "shows": SHOWS,
        "divisions": sorted({each.channel.division for each in every}, key=lambda d: (d.position, d.name, d.pk)),
        "platforms": [p for p in Platform if p not in NOT_ACCOUNTS and any(e.channel.platform == p for e in every)],
        "broken": len(register.narrowed(every, show="rule")),
        "whole": sum(each.is_whole for each in in_use),
        "total": len(in_use),
        **_declared(request),
    }
    return render(request, "divisions/register.html", context)


@login_required
@require_safe
def file(request: HttpRequest) -> HttpResponse:
    """The same rows as a CSV file for a spreadsheet."""
    _, found, _ = _found(request)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="accounts-{timezone.localdate():%Y-%m-%d}.csv"'
    answer.write("\ufeff")  # else a spreadsheet takes UTF-8 for something else
    csv.writer(answer).writerows(lines(found, register.holders_of([each.channel for each in found])))
    return answer


@login_required
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """One account's entry, and the form to change it."""
    entry = register.entry(_rights(request), slug)
    if request.method != "POST":
        return _page(request, entry)
    _require(request, entry)
    form = RecordForm(entry.channel, entry.record, request.POST)
    if form.is_valid():
        try:
            changed = services.change_record(channel=entry.channel, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            messages.success(request, "Saved." if changed else "Nothing was different, so nothing changed.")
            return redirect("divisions:register_entry", slug=slug)
        except BadInput as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        except ValidationError as error:
            form.add_error(None, error)
        except WrongMoment as refusal:
            messages.error(request, str(refusal))
            return redirect("divisions:register_entry", slug=slug)
    return _page(request, entry, record=form)


@login_required
@require_POST
def add_holder(request: HttpRequest, slug: str) -> HttpResponse:
    """Somebody can sign in to it as its administrator."""
    entry = register.entry(_rights(request), slug)
    _require(request, entry)
    form = HolderForm(entry.channel, request.POST)
    if form.is_valid():
        try:
            row = services.add_holder(channel=entry.channel, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            messages.success(request, f"{row.user} is entered as an administrator of it.")
            return redirect("divisions:register_entry", slug=slug)
        except BadInput as error:
            form.add_error(error.field, str(error))
        except WrongMoment as refusal:
            messages.error(request, str(refusal))
            return redirect("divisions:register_entry", slug=slug)
    return _page(request, entry, holder=form)


@login_required
@require_POST
def remove_holder(request: HttpRequest, pk: int) -> HttpResponse:
    """They can no longer."""
    mine = _rights(request)
    row = AccountHolder.objects.select_related("channel__division", "user").filter(pk=pk).first()
    if row is None or row.channel.division_id not in mine.visible_division_ids():
        raise NotVisible
    try:
        services.remove_holder(holder=row, by=request.user)  # type: ignore[arg-type]
        messages.success(request, f"{row.user} is no longer entered. Take them out at the platform too.")
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    return redirect("divisions:register_entry", slug=row.channel.slug)


@login_required
@require_POST
def declare(request: HttpRequest) -> HttpResponse:
    """How many accounts the department says it has: shown as it was and as it will be, then signed."""
    services.require_declare(by=request.user)  # type: ignore[arg-type]
    form = DeclareForm(request.POST, label_suffix="")
    if form.is_valid() and form.cleaned_data["sure"]:
        typed = form.cleaned_data
        try:
            services.declare(number=typed["number"], was=typed["was"], by=request.user)  # type: ignore[arg-type]
            messages.success(request, f"Signed: {typed['number']} accounts are declared.")
            return redirect("divisions:register")
        except SomebodyElseSaved as refusal:
            messages.error(request, str(refusal))
            return redirect("divisions:register")
        except BadInput as error:
            form.add_error(error.field, str(error))
    context = {"form": form, **_declared(request), "number": form.cleaned_data.get("number")}
    return render(request, "divisions/register_declare.html", context, status=422 if form.errors else 200)


def _require(request: HttpRequest, entry: Entry) -> None:
    channel = entry.channel
    access.require(request.user, Right.MANAGE_CHANNEL, channel.division, channel=channel, has=_rights(request))  # type: ignore[arg-type]


def _found(request: HttpRequest) -> tuple[list[Entry], list[Entry], dict[str, str]]:
    """Every entry one sees, those that the address asks for, and what it asks."""
    every = register.entries(_rights(request))
    chosen = {key: request.GET.get(key, "").replace("\x00", "") for key in ("show", "division", "platform", "q")}
    narrow = {key: chosen[key] for key in ("show", "division", "platform")}
    return every, register.narrowed(every, words=chosen["q"].strip(), **narrow), chosen


def _declared(request: HttpRequest) -> dict[str, Any]:
    """The two numbers for who oversees the whole; for others the register is their division's."""
    mine = _rights(request)
    whole = mine.anywhere(Right.VIEW_WALL) or mine.anywhere(Right.VIEW_ALL) or mine.anywhere(Right.MANAGE_CHANNEL)
    department = request.department  # type: ignore[attr-defined]
    if not whole or department is None:
        return {"counted": None, "declared": None, "declare": None}
    declared = department.declared_accounts
    may = may_everywhere(mine, Right.MANAGE_CHANNEL)
    counted = register.counted()
    form = DeclareForm(initial={"number": counted, "was": declared}, label_suffix="") if may else None
    return {"counted": counted, "declared": declared, "declare": form}


def _page(
    request: HttpRequest, entry: Entry, *, record: RecordForm | None = None, holder: HolderForm | None = None
) -> HttpResponse:
    mine, channel = _rights(request), entry.channel
    manages = mine.can(Right.MANAGE_CHANNEL, channel.division_id, channel) and not entry.is_retired
    history = Paginator(account_history.of_channel(channel), HISTORY).get_page(request.GET.get("page"))
    context = {
        "entry": entry,
        "channel": channel,
        "holders": list(register.holders(channel)),
        "record": record or (RecordForm(channel, entry.record) if manages else None),
        "holder": holder or (HolderForm(channel) if manages else None),
        "manages": manages,
        "page_obj": history,
        "history": [account_history.told(each) for each in history],
        "now": timezone.now(),
        "zone": channel.division.zone or request.department.zone,  # type: ignore[attr-defined]
    }
    return render(request, "divisions/register_entry.html", context, status=422 if record or holder else 200)


def _rights(request: HttpRequest) -> Rights:
    return request.rights  # type: ignore[attr-defined, no-any-return]
