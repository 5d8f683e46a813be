"""The wall: all accounts on one page, worst first, and the divisions beside one another. Thin: selectors judge.

What is done about an account without leaving the page is `moderation.views.wall_acts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from divisions import access
from divisions.access import Rights
from divisions.errors import NotAllowed
from divisions.permissions import Right
from divisions.states import Audience, Platform
from moderation.selectors import league as standings
from moderation.selectors import wall
from moderation.selectors.wall import Row
from moderation.states import SPARK_DAYS, Level
from moderation.views import wall_acts

PAGE = 50
EDGES = {Level.ACT: "is-failed-edge", Level.SOON: "is-due-edge", Level.ORDER: ""}
# Reason.step -> what the button says, the right it asks for, and the delivery state that the list is narrowed to.
BUTTONS: dict[str, tuple[str, Right | None, str]] = {
    "reconnect": ("Reconnect", Right.MANAGE_CHANNEL, ""),
    "renew": ("Renew", Right.MANAGE_CHANNEL, ""),
    "duty": ("Name somebody", Right.MANAGE_CHANNEL, ""),
    "write": ("Start a post", Right.DRAFT_POST, ""),
    "decide_broken": ("Decide", Right.DECIDE_DELIVERY, "failed"),
    "decide_doubt": ("Decide", Right.DECIDE_DELIVERY, "uncertain"),
    "comments": ("Read them", None, ""),
    "prove": ("Paste the link", Right.PROVE_HANDOFF, "awaiting_proof"),
    "decide_drift": ("Decide", Right.DECIDE_DRIFT, ""),
    "check": ("Check it", Right.SIGN_CHECK, ""),
    "admins": ("Name a second", Right.MANAGE_CHANNEL, ""),
    "takeover": ("Finish it", Right.MANAGE_CHANNEL, ""),
    "profile": ("Complete it", Right.MANAGE_CHANNEL, ""),
    "look": ("See the account", None, ""),
}


@login_required
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Every account the person oversees, in three groups, narrowed by the filters of the address; one may lie open."""
    mine = _who_oversees(request)
    now, zone = timezone.now(), request.department.zone  # type: ignore[attr-defined]
    every = wall.rows(mine, now=now)
    wall.remember(mine, every)
    chosen = {key: request.GET.get(key, "") for key in ("show", "division", "platform")}
    found = wall.narrowed(every, **chosen)
    pages, opened = Paginator(found, PAGE), _opened(found, request.GET.get("open", ""))
    page = pages.get_page(request.GET.get("page") if opened is None else found.index(opened) // PAGE + 1)
    said = wall_acts.said(request)
    context = {
        "may_hold": mine.anywhere(Right.HOLD_ALL),
        "page_obj": page,
        "groups": _groups(list(page.object_list), every, chosen, request, now=now, zone=zone),
        "opened": opened,
        "detail": wall_acts.detail(opened, mine, now=now, zone=zone) if opened is not None else None,
        "back": urlencode(wall_acts.kept(request.GET)),
        "said": said,
        "said_elsewhere": said is not None and (opened is None or said["slug"] != opened.channel.slug),
        "chosen": chosen,
        **_segments(every, chosen),
        "all_levels": wall.levels(every),
        "total": len(every),
        "doubts": sum(row.channel.doubts for row in every),
        "today": wall.today(mine, now=now, zone=zone),
        "divisions": list({row.channel.division.slug: row.channel.division for row in _by_place(every)}.values()),
        "platforms": sorted({row.channel.platform for row in every}),
        "now": now,
        "zone": zone,
    }
    return render(request, "moderation/wall.html", context)


@login_required
@require_safe
def league(request: HttpRequest) -> HttpResponse:
    """The divisions beside one another, those with most accounts to act on first."""
    mine = _who_oversees(request)
    now = timezone.now()
    every = wall.rows(mine, now=now)
    wall.remember(mine, every)
    found = standings.standings(every, mine, now=now)
    context = {
        "page_obj": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "days": SPARK_DAYS,
        "now": now,
        "zone": request.department.zone,  # type: ignore[attr-defined]
    }
    return render(request, "moderation/wall_league.html", context)


def _who_oversees(request: HttpRequest) -> Rights:
    mine: Rights = request.rights  # type: ignore[attr-defined]
    if not wall.may_open(mine):
        raise NotAllowed(Right.VIEW_WALL.label, where="the department", who=access.who_can(Right.VIEW_WALL))
    return mine


def _opened(found: Sequence[Row], slug: str) -> Row | None:
    return next((row for row in found if row.channel.slug == slug), None) if slug else None


def _groups(
    rows: Sequence[Row], every: Sequence[Row], chosen: dict[str, str], request: HttpRequest, *, now: Any, zone: str
) -> list[dict[str, Any]]:
    """The three groups of a page with their totals over all pages; empty ones are left out."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    totals = wall.levels(wall.narrowed(every, division=chosen["division"], platform=chosen["platform"]))
    sparks, peak = wall.sparks(rows, now=now, zone=zone)
    groups = []
    for level in Level:
        lines = [
            {
                "row": row,
                "name": _name(row),
                "spark": sparks[row.channel.pk],
                "connection": wall.connection_words(row.channel, now),
                "unanswered": wall.unanswered(row.channel, now),
                "button": button(row, mine),
                "open_url": wall_acts.opened(request.GET, row.channel.slug),
                "worst": row is rows[0],
            }
            for row in rows
            if row.level is level
        ]
        if lines:
            groups.append(
                {
                    "level": level,
                    "count": totals[level.name.lower()],
                    "lines": lines,
                    "peak": peak,
                    "edge": EDGES[level],
                }
            )
    return groups


def _segments(every: Sequence[Row], chosen: dict[str, str]) -> dict[str, Any]:
    """The groups as filters with their numbers, inside the chosen division and platform."""
    found = wall.narrowed(every, division=chosen["division"], platform=chosen["platform"])
    counts = wall.levels(found)
    names = [(level.name.lower(), level.label, counts[level.name.lower()]) for level in Level]
    return {"shown": len(found), "segments": names}


def _name(row: Row) -> str:
    """As people call the account: its handle on X, its name elsewhere."""
    channel = row.channel
    if channel.platform == Platform.X and channel.handle and channel.audience == Audience.PUBLIC:
        return f"@{channel.handle.lstrip('@')}"
    return str(channel.name)


def button(row: Row, mine: Rights) -> dict[str, str] | None:
    """The one button of a row: the worst reason's cure, or a look at the account for who may not do it.

    `act` names what posts and comes back here; `open` means the row's own details, where it is done.
    """
    if row.reason is None:
        return None
    step, channel = row.reason.step, row.channel
    label, right, state = BUTTONS[step]
    if right is not None and not mine.can(right, channel.division_id, channel):  # type: ignore[arg-type]  # its pk
        step, (label, right, state) = "look", BUTTONS["look"]
    if step == "reconnect":
        return {"label": label, "act": reverse("moderation:wall_reconnect", args=[channel.slug])}
    if step == "duty":
        return {"label": label, "open": "yes"}
    if step == "comments":
        url = f"{reverse('moderation:comments')}?channel={channel.slug}"
    elif state:
        url = _to_decide(channel, state)
    elif right is Right.DECIDE_DRIFT:
        url = f"{reverse('moderation:drift')}?channel={channel.slug}"
    elif right is Right.SIGN_CHECK:
        url = _to_check(channel)
    elif step in ("admins", "profile"):
        url = reverse("divisions:register_entry", args=[channel.slug])
    elif step == "takeover":
        url = reverse("divisions:takeover", args=[channel.slug])
    elif right is Right.DRAFT_POST:
        url = f"{reverse('posts:new')}?division={channel.division.slug}"
    else:
        url = reverse("divisions:channel", args=[channel.slug])
    return {"label": label, "url": url}


def _to_decide(channel: Any, state: str) -> str:
    """The post itself when there is only one, else the list of them."""
    only = {
        "failed": channel.broken_post if channel.broken == 1 else None,
        "uncertain": channel.doubt_post if channel.doubts == 1 else None,
        "awaiting_proof": channel.proof_post if channel.proofs == 1 else None,
    }[state]
    if only:
        return f"{reverse('posts:detail', args=[only])}#where"
    return f"{reverse('posts:list')}?channel={channel.slug}&where={state}"


def _to_check(channel: Any) -> str:
    """The open round, or the account's rounds when none was opened."""
    if channel.open_round:
        return reverse("moderation:round", args=[channel.open_round])
    return f"{reverse('moderation:rounds')}?channel={channel.slug}"


def _by_place(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.channel.division.position, row.channel.division.name))
