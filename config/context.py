"""What every page's frame needs to know: the desk's navigation of the person who is signed in, and the department.

Nothing is read before a template asks for it: pages outside the desk pay nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import DateTimeField, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.functional import SimpleLazyObject

from config import banner
from config.health import STOPPED_AFTER
from config.templatetags.look import ago, initials
from divisions.access import Rights
from divisions.models import Department, Membership
from divisions.permissions import Reach, Right
from divisions.selectors import notices
from moderation.selectors import contributions, drift, findings, rounds, wall
from posts.models import Heartbeat
from posts.selectors import desk, needs

_PEOPLE = tuple(f"divisions:{name}" for name in ("people", "person", "person_move", "access_reviews", "access_review"))
_CHANNELS = tuple(f"divisions:{name}" for name in ("channel", "roster", "roster_channel", "takeover", "who_could"))


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: `nav` on the desk (docs/look.md section 1), `department` everywhere."""
    context = {"department": getattr(request, "department", None)}
    if request.path_info.startswith("/desk/") and hasattr(request, "rights"):
        context["nav"] = SimpleLazyObject(lambda: _desk(request))
    return context


def _desk(request: HttpRequest) -> dict[str, Any]:
    """The whole navigation in four queries; empty for somebody who is not signed in."""
    if not request.user.is_authenticated:
        return {}
    mine: Rights = request.rights  # type: ignore[attr-defined]
    department: Department | None = request.department  # type: ignore[attr-defined]
    now = timezone.now()
    places = desk.home_memberships(mine)
    numbers = _numbers(mine, now)
    beat = numbers.pop("beat")
    watched = _watched(mine, now)
    areas = _areas(request, mine, numbers)
    return {
        "department_name": department.name if department else "",
        "department_short": department.short_name if department else "",
        "place": _place(places),
        **_person(request, places, watched),
        "needs": numbers["needs"],
        "news": numbers["news"],
        "areas": areas,
        "groups": _groups(request, mine, places, watched, drift=numbers["drift"], checks=numbers["checks"]),
        "bottom": _bottom(areas, request, watched),
        "home_url": reverse("config:home"),
        "new_post_url": reverse("posts:new"),
        "can_post": mine.anywhere(Right.DRAFT_POST),
        "sending": _sending(beat, now),
        "stopped": banner.stopped(beat, department, now=now),
        "today": _today(department, now),
        "hold": banner.hold(mine, department, now=now),
        "search_url": None,
        "admin_url": reverse("admin:index") if request.user.is_staff else "",
    }


def _numbers(mine: Rights, now: datetime) -> dict[str, Any]:
    """Everything that is counted, and the last tick, in one query."""
    beat = Heartbeat.objects.filter(name="tick").values("beat_at")[:1]
    sources = (*needs.total(mine, now=now), needs.count_of(findings.mine_to_do(mine)))
    asked = {f"need_{n}": count for n, count in enumerate(sources)}
    found = (
        Department.objects.annotate(
            beat=Subquery(beat, output_field=DateTimeField()),
            review=needs.count_of(needs.reviews(mine)),
            drift=needs.count_of(drift.open_to(mine)),
            comments=needs.count_of(contributions.waiting_for(mine)),
            checks=needs.count_of(rounds.overdue(mine, now=now)),
            news=needs.count_of(notices.unseen(mine)),
            **asked,
        )
        .values("beat", "review", "drift", "comments", "checks", "news", *asked)
        .first()
    ) or {}
    return {
        "beat": found.get("beat"),
        "review": found.get("review") or 0,
        "drift": found.get("drift") or 0,
        "comments": found.get("comments") or 0,
        "checks": found.get("checks") or 0,
        "news": found.get("news") or 0,
        "needs": sum(found.get(key) or 0 for key in asked),
    }


def _areas(request: HttpRequest, mine: Rights, numbers: dict[str, int]) -> list[dict[str, Any]]:
    areas = [_area(request, "Home", "home", "config:home", count=numbers["needs"])]
    if mine.anywhere(Right.REVIEW_POST):
        areas.append(
            _area(
                request, "Review", "check_circle_outline", "posts:review", "posts:decide", "posts:matrix",
                "divisions:absences", count=numbers["review"], tone="waiting",
            )
        )  # fmt: skip
    areas.append(_area(request, "Posts", "list", "posts:list", "posts:detail", "posts:compose", "posts:delivery"))
    areas.append(_area(request, "Calendar", "calendar_today", "posts:calendar", "posts:repeats", "posts:repeat"))
    if mine.anywhere(Right.DRAFT_POST):
        areas.append(_area(request, "Media", "photo_camera", "posts:media", "posts:media_edit"))
    if contributions.may_open(mine):
        areas.append(_area(request, "Comments", "chat", "moderation:comments", count=numbers["comments"]))
    return areas


def _groups(
    request: HttpRequest,
    mine: Rights,
    places: list[Membership],
    watched: tuple[int, int] | None,
    *,
    drift: int,
    checks: int,
) -> list[dict[str, Any]]:
    own = [_area(request, "Channels", "campaign", "divisions:channels", *_CHANNELS)]
    names: tuple[str, ...] = ("divisions:register", "divisions:register_entry", "divisions:register_declare")
    own.append(_area(request, "Account register", "contact_page", *names))
    if mine.anywhere(Right.VIEW_INTERNAL):
        own.append(_area(request, "Staff feed", "people", "posts:staff", "posts:staff_post"))
    if mine.anywhere(Right.MANAGE_PEOPLE) or mine.anywhere(Right.VIEW_ALL):
        own.append(_area(request, "People", "groups", *_PEOPLE))
    names = ("moderation:digests", "moderation:digest", "moderation:digest_rows")
    own.append(_area(request, "Digests", "assessment", *names))
    tree = not places or places[0].role.reach == Reach.TREE
    groups = [{"title": "Department" if tree else places[0].division.short_name, "areas": own}]
    oversight = [_wall(request, watched)] if watched is not None else []
    if watched is not None or mine.anywhere(Right.DECIDE_DELIVERY) or drift:
        oversight.append(
            _area(
                request, "Drift", "visibility", "moderation:drift", "moderation:drift_case", count=drift, tone="failed"
            )
        )
    if watched is not None or mine.anywhere(Right.DECIDE_DELIVERY):
        names = ("moderation:rounds", "moderation:round", "moderation:tasks", "moderation:task", "moderation:proof")
        oversight.append(_area(request, "Check rounds", "check", *names, count=checks, tone="failed"))
    if mine.anywhere(Right.DECIDE_DELIVERY):
        oversight.append(_area(request, "Stuck", "report", "posts:stuck"))
    if mine.anywhere(Right.HOLD_ALL) or mine.anywhere(Right.HOLD_DIVISION):
        oversight.append(_area(request, "Holds", "lock", "posts:holds", "posts:hold", "posts:hold_new"))
        oversight.append(_area(request, "Incidents", "flag", "posts:incidents", "posts:incident"))
    if oversight:
        groups.insert(0, {"title": "Oversight", "areas": oversight})
    return groups


def _wall(request: HttpRequest, watched: tuple[int, int]) -> dict[str, Any]:
    area = _area(
        request, "All accounts", "grid_view", "moderation:wall", "moderation:league", count=watched[0], tone="failed"
    )
    return {**area, "short": "Accounts"}


def _bottom(
    areas: list[dict[str, Any]], request: HttpRequest, watched: tuple[int, int] | None
) -> list[dict[str, Any]] | None:
    """The phone's four for who oversees; None = the shell's own choice."""
    return [areas[0], _wall(request, watched), *areas[1:3]] if watched is not None else None


def _watched(mine: Rights, now: datetime) -> tuple[int, int] | None:
    """How many overseen accounts need somebody now, and how many there are; None for who oversees none."""
    if not wall.may_open(mine):
        return None
    return wall.numbers(mine, now=now)


def _area(
    request: HttpRequest, label: str, icon: str, name: str, *also: str, count: int = 0, tone: str = ""
) -> dict[str, Any]:
    match = request.resolver_match
    current = match is not None and match.view_name in (name, *also)
    return {"label": label, "icon": icon, "url": reverse(name), "count": count, "count_tone": tone, "current": current}


def _person(request: HttpRequest, places: list[Membership], watched: tuple[int, int] | None) -> dict[str, str]:
    name = getattr(request.user, "name", "") or str(request.user)
    line = places[0].division.name if places else "No duties entered"
    if watched is not None:
        line = f"Oversees {watched[1]} accounts"
    return {"person_name": name, "person_line": line, "initials": initials(name.rpartition(",")[2])}


def _place(places: list[Membership]) -> str:
    return places[0].division.name if places else ""


def _sending(beat: datetime | None, now: datetime) -> dict[str, Any]:
    """Whether the clockwork that sends runs, said so that a person believes it."""
    if beat is None:
        return {"ok": False, "text": "Sending has not started"}
    if now - beat >= STOPPED_AFTER:
        return {"ok": False, "text": f"Sending stopped {ago(beat, now)}"}
    return {"ok": True, "text": f"Sending works, {ago(beat, now)}"}


def _today(department: Department | None, now: datetime) -> str:
    if department is None:
        return ""
    return dateformat.format(now.astimezone(ZoneInfo(department.zone)), "D j M, H:i T")
