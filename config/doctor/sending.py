"""Sending: who looks for due posts, and what stands still."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from config.doctor.seen import Seen, fine, named, stop, warn
from config.health import LATE_AFTER, STOPPED_AFTER
from divisions.states import ChannelState
from posts.models import Delivery, Heartbeat
from posts.states import CLAIMABLE, DeliveryState

_START = "Start a worker (docker-compose restart worker; in the demo: make demo), or run manage.py deliver_due."
LAPSED_FOR = UNCLAIMED_FOR = timedelta(minutes=5)  # a tick a second should have taken it up
MISSED_FOR = timedelta(days=1)
MOST = 1000


def tick(now: datetime) -> Seen:
    """Somebody looks for due posts."""
    beat = Heartbeat.objects.filter(name="tick").values_list("beat_at", flat=True).first()
    if beat is None:
        return stop("nobody has ever looked for due posts: nothing is being sent", _START)
    age = max(now - beat, timedelta(0))
    said = f"last look for due posts {age.total_seconds():,.0f} s ago"
    if age >= STOPPED_AFTER:
        return stop(f"{said}: nothing is being sent", _START)
    return warn(said, _START) if age > LATE_AFTER else fine(said)


def beat(now: datetime) -> Seen:
    """The beat brings ticks and the daily work. Without it workers look by themselves, and posts go out."""
    found = Heartbeat.objects.filter(name="beat").values_list("beat_at", flat=True).first()
    age = None if found is None else max(now - found, timedelta(0))
    if age is not None and age <= LATE_AFTER:
        return fine(f"{age.total_seconds():,.0f} s ago")
    said = "never" if age is None else f"{age.total_seconds():,.0f} s ago"
    return warn(
        f"last tick that came from the beat: {said}. Workers look by themselves, but daily work does not run.",
        "Start the beat (docker-compose restart beat) and Redis.",
    )


def workers(now: datetime) -> Seen:
    """Workers that run say so every 15 s; one that died without a word is listed for an hour."""
    rows = dict(Heartbeat.objects.filter(name__startswith="worker:").values_list("name", "beat_at")[:MOST])
    silent = sorted(name for name, at in rows.items() if now - at > LATE_AFTER)
    there = len(rows) - len(silent)
    if silent:
        return warn(
            f"{there} at work; gone without a word within the last hour: {named(silent)}",
            "See its log. None of its posts is lost: another worker takes them over.",
        )
    if not there:
        return warn("no worker says that it is there", _START)
    return fine(f"{there} at work")


def stuck(now: datetime) -> Seen:
    """Nothing stands still that should move by itself, and nothing waits for a person unseen."""
    lapsed = Q(state=DeliveryState.IN_FLIGHT, lease_until__lt=now - LAPSED_FOR)
    unclaimed = Q(state__in=CLAIMABLE, after__isnull=True, ready_at__lt=now - UNCLAIMED_FOR)
    waiting = {
        "in flight with a worker that is gone": _ids(lapsed),
        "due and not taken up": _ids(unclaimed & Q(channel__state=ChannelState.CONNECTED)),
    }
    found = [f"{len(ids)} {words} ({named(ids)})" for words, ids in waiting.items() if ids]
    if found:
        return stop("; ".join(found), _START)
    doubtful = _ids(Q(state=DeliveryState.UNCERTAIN, look_at__isnull=True))
    missed = _ids(Q(state=DeliveryState.MISSED, state_at__lt=now - MISSED_FOR))
    persons = {"uncertain after every look": doubtful, "missed for more than a day": missed}
    found = [f"{len(ids)} {words} ({named(ids)})" for words, ids in persons.items() if ids]
    if found:
        return warn("; ".join(found), "A supervisor decides on the desk's home: it went out, send again, or drop it.")
    return fine("nothing stands still")


def _ids(which: Q) -> list[str]:
    return [
        f"delivery {pk}" for pk in Delivery.objects.filter(which).order_by("pk").values_list("pk", flat=True)[:MOST]
    ]
