"""When the readers of a draft's channels look most: the best window of each, as the checks and the composer need it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import dateformat

from divisions.models import Channel, Department
from posts.checks import Window
from posts.models import Draft
from posts.selectors.targets import Target

LEAD = timedelta(minutes=30)  # somebody has to approve it first
MOST = 3


@dataclass(frozen=True, slots=True)
class Hint:
    """One window in the draft's zone, with the next time it opens: `wall` is what the form would hold."""

    names: str
    starts: str
    ends: str
    wall: str
    clock: str
    day: str
    is_inside: bool


def of(channel: Channel, draft: Draft) -> Window | None:
    """A channel's best window, None when it has none. Needs the divisions of both loaded.

    No query, but one for the channel of another division that keeps the department's zone while ours keeps its own.
    """
    if channel.best_from is None or channel.best_until is None:
        return None
    return Window(starts=channel.best_from, ends=channel.best_until, zone=_zone(channel, draft))


def _zone(channel: Channel, draft: Draft) -> str:
    ours = draft.post.division
    if channel.division_id == ours.pk:
        return draft.zone
    if channel.division.zone or not ours.zone:
        return channel.division.zone or draft.zone
    return Department.objects.values_list("zone", flat=True).first() or draft.zone


def hints(ticked: Iterable[Target], draft: Draft, due_at: datetime | None, *, now: datetime) -> list[Hint]:
    """One hint a distinct window of the ticked boxes, those that open first come first, at most three."""
    named: dict[Window, list[str]] = {}
    for target in ticked:
        if (window := of(target.first, draft)) is not None:
            named.setdefault(window, []).append(target.label)
    found = sorted(named.items(), key=lambda pair: _opens(pair[0], due_at, now))[:MOST]
    return [_hint(window, names, draft.zone, due_at, now) for window, names in found]


def _opens(window: Window, due_at: datetime | None, now: datetime) -> datetime:
    """When it opens on the day that is chosen, else the next time, as far as that leaves time to approve."""
    tz = ZoneInfo(window.zone)
    today = now.astimezone(tz).date()
    for day in ((due_at or now).astimezone(tz).date(), today):
        opens = datetime.combine(day, window.starts, tzinfo=tz)
        if opens >= now + LEAD:
            return opens
    return datetime.combine(today + timedelta(days=1), window.starts, tzinfo=tz)


def _hint(window: Window, names: Sequence[str], zone: str, due_at: datetime | None, now: datetime) -> Hint:
    tz, theirs = ZoneInfo(zone), ZoneInfo(window.zone)
    opens = _opens(window, due_at, now)
    closes = datetime.combine(opens.date() + timedelta(days=window.ends_next_day), window.ends, tzinfo=theirs)
    starts, ends = opens.astimezone(tz), closes.astimezone(tz)
    days = (starts.date() - now.astimezone(tz).date()).days
    return Hint(
        names=" and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names),
        starts=f"{starts:%H:%M}",
        ends=f"{ends:%H:%M}",
        wall=f"{starts:%Y-%m-%dT%H:%M}",
        clock=f"{starts:%H:%M}",
        day={0: "today", 1: "tomorrow"}.get(days) or dateformat.format(starts, "D j M"),
        is_inside=due_at is not None and window.covers(due_at),
    )
