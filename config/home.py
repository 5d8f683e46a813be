"""The desk's home: what needs me, what is due, what came back, my channels, who is on. It reads and draws only."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from config import home_people
from divisions.access import Rights
from divisions.models import Department, Division, Membership
from divisions.permissions import Reach, Right
from divisions.states import Platform
from moderation.models import Task
from moderation.selectors import findings, wall
from posts.models import Post
from posts.selectors import desk, needs, presence
from posts.selectors.needs import Need


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Everything a person looks for first, each list bounded and with a way to all of it."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    now = timezone.now()
    places = desk.home_memberships(mine)
    department: Department | None = request.department  # type: ignore[attr-defined]
    today = findings.today(department.zone if department else "UTC", now)
    waiting = _with_tasks(needs.rows(mine, now=now), mine, today)
    due, came_back = _posts(mine, now)
    tree = bool(places) and places[0].role.reach == Reach.TREE
    channels = list(desk.my_channels(mine, accounts_only=tree)[: desk.ROWS])
    approvers = desk.approvers(places[0].division, without=mine.user_id) if places else []
    context = {
        **_title(waiting, approvers),
        "needs": waiting,
        "people_lines": home_people.lines(mine, now=now, zone=department.zone if department else "UTC"),
        "due": due,
        "came_back": came_back,
        "since": now - desk.CAME_BACK,
        "channels": [_channel(channel, mine) for channel in channels],
        "may_write": mine.anywhere(Right.DRAFT_POST),
        "may_review": mine.anywhere(Right.REVIEW_POST),
        "approvers": approvers,
        "division": places[0].division if places else None,
        "tree": tree,
        "sees_wall": wall.may_open(mine),
        "zone": _zone(request, places),
        "now": now,
    }
    return render(request, "config/home.html", context)


def _with_tasks(found: list[Need], mine: Rights, today: date) -> list[Need]:
    """What needs the person with the tasks of check rounds: a late one before what has no clock. One query."""
    tasks = [_task(task, today) for task in findings.mine_to_do(mine)[: needs.ROWS]]
    clocks = [need for need in found if need.deadline is not None]
    rest = [*(need for need in found if need.deadline is None), *tasks]
    return [*clocks, *sorted(rest, key=lambda need: need.rank)][: needs.ROWS]


def _task(task: Task, today: date) -> Need:
    late = findings.is_late(task, today)
    return Need(
        sign="late" if late else "due",
        word="Late" if late else f"By {task.due_on:%a %-d %b}",
        note="From a check round",
        title=task.words,
        reason=f"{task.channel}. Say what was done about it.",
        step="moderation:task",
        pk=task.pk,
        button="Look and finish",
        rank=1 if late else 4,
        edge="is-due" if late else "",
    )


def _title(waiting: list[Need], approvers: list[Membership]) -> dict[str, str]:
    """The heading and its one sentence: how much, whether a clock runs, who could approve."""
    clocks = sum(need.sign == "clock" for need in waiting)
    heading = "Nothing needs you now"
    if waiting:
        many = len(waiting) >= needs.ROWS
        words = f"{presence.number(len(waiting))}{' or more' if many else ''}"
        heading = f"{words} {'thing needs' if len(waiting) == 1 else 'things need'} you"
    running = f"{presence.number(clocks)} {'has' if clocks == 1 else 'have'} a clock. " if clocks else ""
    if approvers:
        return {"heading": heading, "lead": f"{running}{approvers[0].user.name} can approve."}
    return {"heading": heading, "lead": running or "What you submit, and what fails, shows here."}


def _channel(channel: Any, mine: Rights) -> dict[str, Any]:
    """One of my channels: its name, how it stands, and a link only where its page exists for the person (P5)."""
    inside = channel.division_id in mine.visible_division_ids()
    shown = channel.get_platform_display() if channel.is_own else channel.name
    if channel.platform == Platform.X and channel.handle:
        shown = f"@{channel.handle.lstrip('@')}"
    return {
        "channel": channel,
        "name": shown if inside else f"{shown}, linked",
        "url": reverse("divisions:channel", args=[channel.slug]) if inside else "",
        "broken": f"{channel.broken} failed",
        "doubts": f"{channel.doubts} uncertain",
    }


def _posts(mine: Rights, now: datetime) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of "Due" and "Came back" with the presence of each post. Five queries."""
    due = list(desk.due(mine, now=now)[: desk.ROWS])
    came_back = list(desk.came_back(mine, now=now)[: desk.ROWS])
    found = presence.of_posts([*due, *came_back])
    return (
        [{"post": post, "presence": found[post.pk], "platforms": _platforms(post)} for post in due],
        [{"post": post, "presence": found[post.pk], "at": getattr(post, "heard_at", None)} for post in came_back],
    )


def _platforms(post: Post) -> list[str]:
    variants = post.revision.variants.all() if post.revision else []
    return sorted({variant.channel.platform for variant in variants} - {"feed"})


def _zone(request: HttpRequest, places: list[Membership]) -> str:
    """The division's clock for who works in one, the department's for who oversees several."""
    division: Division | None = places[0].division if len(places) == 1 and places[0].role.reach == Reach.OWN else None
    department: str = request.department.zone  # type: ignore[attr-defined]
    return (division.zone if division else "") or department
