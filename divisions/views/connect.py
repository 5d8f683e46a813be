"""Connecting an account, step by step: which, how, the way to the platform and back, what was found, connect.

Thin: gate, form, one service call, answer. What may be connected and what stands in the way is the services' business.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from connectors import connecting
from connectors.connecting.contract import Way
from divisions import access
from divisions.access import Rights
from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.forms.connect import APP_KEYS, AskedForm, HandForm, NameForm, StartForm
from divisions.models import PendingConnection, PendingStep, User
from divisions.permissions import Right
from divisions.selectors import connecting as reports
from divisions.services import connect as services
from divisions.services import connect_begun as begun
from divisions.services import connected, platform_apps
from divisions.services.connect import Wanted
from divisions.states import Audience, Mode, Platform

STATED = ("division", "audience", "mode")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Which account: whose, where, for whom, and how it sends."""
    mine = _gate(request)
    form = StartForm(mine, request.POST or None)
    if not form.is_valid():
        return render(request, "divisions/connect.html", {"form": form}, status=422 if form.is_bound else 200)
    said = form.cleaned_data
    query = {"division": said["division"].slug, "audience": said["audience"], "mode": said["mode"]}
    return redirect(f"{reverse('divisions:connect_platform', args=[said['platform']])}?{urlencode(query)}")


@never_cache
@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def platform(request: HttpRequest, platform: str) -> HttpResponse:
    """What has to be done at one platform, and the way there."""
    mine = _gate(request)
    if platform not in Platform.values:
        raise NotVisible
    asked = StartForm(mine, {**{key: _plain(request.GET.get(key, "")) for key in STATED}, "platform": platform})
    if not asked.is_valid():
        return redirect("divisions:connect")
    said = asked.cleaned_data
    wanted = Wanted(platform=platform, mode=said["mode"], division=said["division"], audience=said["audience"])
    return _ways(request, wanted)


@never_cache
@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reconnect(request: HttpRequest, slug: str) -> HttpResponse:
    """Sign in to a channel's account again: its history and its address here stay."""
    channel = reports.connectable(request.rights).filter(slug=slug).first()  # type: ignore[attr-defined]
    if channel is None:
        raise NotVisible
    access.require(_person(request), Right.MANAGE_CHANNEL, channel.division, channel=channel)
    if channel.platform not in connecting.PLATFORMS:
        raise WrongMoment("Substation does not speak to this platform by itself.", cure="It is posted to by hand.")
    mode = reports.mode_of(channel, request.POST.get("mode", ""))
    wanted = Wanted(
        platform=channel.platform, mode=mode, division=channel.division, audience=channel.audience, channel=channel
    )
    return _ways(request, wanted)


@never_cache
@login_required
@require_http_methods(["GET"])
def back(request: HttpRequest, platform: str) -> HttpResponse:
    """The one address a platform sends people back to; whatever stands in it leads to our own pages only."""
    _gate(request)
    if platform not in connecting.PLATFORMS:
        raise NotVisible
    query = {key: _plain(request.GET.get(key, ""))[:4000] for key in ("state", "code", "error")}
    try:
        pending = services.came_back(platform=platform, query=query, session=_browser(request), by=_person(request))
    except WrongMoment as refusal:
        label = connecting.get(platform).label
        return render(
            request, "divisions/connect_refused.html", {"refusal": refusal, "platform_label": label}, status=400
        )
    return redirect("divisions:connecting", key=pending.key)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pending(request: HttpRequest, key: UUID) -> HttpResponse:
    """What is begun: the way to the platform, the choice among its accounts, what was found, and the decision."""
    person = _person(request)
    row = begun.mine(key=key, session=_browser(request), by=person)
    act = request.POST.get("act", "")
    if act == "give_up":
        begun.give_up(pending=row)
        messages.info(request, "Nothing was connected and nothing is kept.")
        return redirect("divisions:channels")
    try:
        if act == "choose":
            services.choose(pending=row, remote_id=_plain(request.POST.get("account", "")), by=person)
            return redirect("divisions:connecting", key=row.key)
        if act == "connect":
            name = NameForm(request.POST, label_suffix="")
            if row.channel is None and not name.is_valid():
                return _pending(request, row, name=name)
            channel = services.connect(pending=row, name=name.data.get("name", ""), by=person)
            messages.success(request, f"{channel} is connected.")
            return redirect("divisions:channel", slug=channel.slug)
    except (BadInput, WrongMoment) as refusal:
        return _pending(request, row, refusal=refusal)
    return _pending(request, row)


def _ways(request: HttpRequest, wanted: Wanted) -> HttpResponse:
    """The page of one platform, or what somebody did on it."""
    forms = _forms(request, wanted)
    act = request.POST.get("act", "")
    if request.method != "POST" or act not in forms or not forms[act].is_valid():
        return _ways_page(request, wanted, forms)
    form = forms[act]
    try:
        return _did(request, wanted, act, form)
    except BadInput as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _ways_page(request, wanted, forms)


def _did(request: HttpRequest, wanted: Wanted, act: str, form: Any) -> HttpResponse:
    person, said = _person(request), form.cleaned_data
    if act == "hand":
        facts = {key: getattr(wanted, key) for key in ("platform", "division", "audience")}
        channel = connected.by_hand(by=person, **facts, **said)
        messages.success(request, f"{channel} is added. A person posts there by hand.")
        return redirect("divisions:channel", slug=channel.slug)
    if act == "typed":
        row = services.typed(wanted=wanted, typed=said, session=_browser(request), by=person)
        if secret := services.hand_out(pending=row):
            return _pending(request, row, secret=secret)
        return redirect("divisions:connecting", key=row.key)
    if "client_id" in form.fields:
        keys = {key: said[key] for key in ("client_id", "client_secret")}
        platform_apps.keep(platform=wanted.platform, by=person, **keys)
    row = services.begin(wanted=wanted, typed=said, session=_browser(request), by=person)
    return redirect("divisions:connecting", key=row.key)


def _forms(request: HttpRequest, wanted: Wanted) -> dict[str, Any]:
    """The ways this platform offers; only the one that was pressed is filled from the request."""
    act = request.POST.get("act", "")

    def data(name: str) -> Any:
        return request.POST if request.method == "POST" and act == name else None

    if wanted.mode == Mode.HAND_OFF:
        return {"hand": HandForm(data("hand"), label_suffix="", auto_id="hand-%s")}
    way = connecting.get(wanted.platform)
    found: dict[str, Any] = {}
    if Way.SIGN_IN in way.ways:
        where = way.before_sign_in if reports.server_is_unknown(wanted) else ()
        asked = [*where, *(APP_KEYS if _keys_wanted(request, wanted) else ())]
        found["sign_in"] = AskedForm(asked, data("sign_in"), auto_id="sign_in-%s")
    if Way.TYPED in way.ways:
        known = reports.known_of(wanted)
        found["typed"] = AskedForm(way.asked, data("typed"), auto_id="typed-%s", initial=known)
    return found


def _keys_wanted(request: HttpRequest, wanted: Wanted) -> bool:
    """The app's keys are asked for once, by who may give them; `?keys=1` asks for other ones."""
    if wanted.mode == Mode.SANDBOX or connecting.get(wanted.platform).registers_itself:
        return False
    missing = platform_apps.of(wanted.platform, wanted.mode) is None
    return (missing or "keys" in request.GET) and platform_apps.may_keep(_person(request))


def _ways_page(request: HttpRequest, wanted: Wanted, forms: dict[str, Any]) -> HttpResponse:
    way = connecting.PLATFORMS.get(wanted.platform)
    context = {
        "wanted": wanted,
        "way": way,
        "made_here": connecting.made_here(wanted.platform),
        "platform_label": Platform(wanted.platform).label,
        "mode": Mode(wanted.mode),
        "readers": Audience(wanted.audience).label,
        "forms": forms,
        "app": reports.app_of(wanted) if way and wanted.mode != Mode.HAND_OFF else None,
        "may_keep": platform_apps.may_keep(_person(request)),
        "redirect_address": services.callback(wanted.platform),
        "modes": reports.modes_for(wanted.channel) if wanted.channel else [],
    }
    bad = any(form.is_bound and form.errors for form in forms.values())
    return render(request, "divisions/connect_ways.html", context, status=422 if bad else 200)


def _pending(
    request: HttpRequest,
    row: PendingConnection,
    *,
    name: NameForm | None = None,
    refusal: Any = None,
    secret: str = "",
) -> HttpResponse:
    """`secret` = what the other side needs, in this one answer and in no other."""
    found = begun.chosen(row)
    context: dict[str, Any] = {
        "pending": row,
        "platform_label": row.get_platform_display(),
        "way": connecting.get(row.platform),
        "made_here": connecting.made_here(row.platform),
        "secret": secret,
        "refusal": refusal,
        "zone": request.department.zone,  # type: ignore[attr-defined]
        "again": _again_address(row),
    }
    if row.step == PendingStep.SIGN_IN:
        context["address"] = services.sign_in_address(row)
    elif row.step == PendingStep.CHOOSE:
        context["accounts"] = reports.choices(begun.accounts(row))
    elif found is not None:
        context |= reports.report(row, found)
        context["several"] = len(begun.accounts(row)) > 1
        context["name"] = name or NameForm(initial={"name": found.name}, label_suffix="")
    return render(request, "divisions/connecting.html", context, status=422 if refusal or name else 200)


def _again_address(row: PendingConnection) -> str:
    if row.channel is not None:
        return reverse("divisions:reconnect", args=[row.channel.slug])
    query = {"division": row.division.slug, "audience": row.audience, "mode": row.mode}
    return f"{reverse('divisions:connect_platform', args=[row.platform])}?{urlencode(query)}"


def _gate(request: HttpRequest) -> Rights:
    mine: Rights = request.rights  # type: ignore[attr-defined]
    if not mine.anywhere(Right.MANAGE_CHANNEL):
        raise NotAllowed(Right.MANAGE_CHANNEL.label, where="your division", who=access.who_can(Right.MANAGE_CHANNEL))
    return mine


def _person(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def _browser(request: HttpRequest) -> str:
    """What binds a connection to this browser; a signed-in one always has it."""
    return request.session.session_key or ""


def _plain(text: str) -> str:
    return text.replace("\x00", "")
