"""The beat's tick and the nudge from a door. A task claims a batch itself; nothing is queued a post at a time."""

from __future__ import annotations

import logging
import os
import socket
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from celery import shared_task
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from posts.models import Heartbeat
from posts.services import (
    agenda,
    break_glass,
    claim,
    deliver,
    heard,
    list_mail,
    reminders,
    repeat,
    review,
    subscribing,
    sweep,
    videos,
)
from posts.services.agenda import Agenda
from posts.services.deliver import Clock
from posts.services.senders import SENDERS

log = logging.getLogger(__name__)

REPEATS_EVERY_S = 60.0
_repeats_at: float | None = None


@shared_task(ignore_result=True)
def tick() -> None:
    """One tick: beat, look after what needs it, set going what is due. Two at once are harmless."""
    beat("beat", timezone.now())
    run_tick(worker=f"{socket.gethostname()}:{os.getpid()}", wait=False)


@shared_task(ignore_result=True)
def remind() -> None:
    """Remind whoever can still approve or has to sign, as time runs out; tell writers what became of their posts."""
    now = timezone.now()
    for look in (reminders.climb, heard.tell, break_glass.say_overdue):
        _safely(look, now)


@shared_task(ignore_result=True)
def make_videos() -> None:
    """Make the clean copies that wait, one after another. A second one finds that one is being made, and ends."""
    while videos.make_one() is not None:
        pass


@shared_task(ignore_result=True)
def send_sign_ups() -> int:
    """Send the links that people who signed up for a list wait for; returns how many went."""
    return list_mail.send_due(now=timezone.now())


@shared_task(ignore_result=True)
def tidy_lists() -> int:
    """Forget addresses that nobody needs any more; returns how many."""
    return subscribing.tidy(now=timezone.now())


def beat(name: str, now: datetime) -> None:
    """Say that something is alive: `tick` = somebody looks for due posts, `beat` = the broker brings ticks."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": now})


def run_tick(*, worker: str, now: datetime | None = None, side_by_side: bool = True, wait: bool = True) -> int:
    """Do one tick. Side by side, each platform goes its own way in threads of this process; else in this thread.

    Returns how many deliveries were claimed, 0 when it does not `wait` for them. With `now`, the clock stands still
    (tests). Raises the database's errors when that is away.
    """
    moment = now or timezone.now()
    clock: Clock = (lambda: moment) if now else timezone.now
    found = agenda.read(now=moment)
    platforms = _looked_after(found, moment, repeats=now is not None or _a_minute_has_passed())
    if not side_by_side:
        if found.unanswered:
            _safely(sweep.look_up, moment)
        one = f"{worker[:80]}:{uuid.uuid4().hex[:12]}"
        return deliver.run_due(clock=clock, worker=one) if platforms or found.unanswered else 0
    if found.unanswered:  # in a thread of its own: its calls hold up nothing that is due
        SENDERS.aside("look-up", lambda: _safely(sweep.look_up, clock()))
    SENDERS.wake(platforms, worker=worker, clock=clock)
    return SENDERS.wait() if wait else 0


def _looked_after(found: Agenda, now: datetime, *, repeats: bool) -> Sequence[str]:
    """Look after what needs it; returns the platforms with something due, read again where that may have changed."""
    looks: list[Callable[..., int]] = []
    looks += [review.expire_overdue] if found.overdue else []
    looks += [sweep.lapsed] if found.lapsed else []
    looks += [sweep.missed] if found.late or found.lapsed else []
    looks += [repeat.materialise] if repeats else []
    for look in looks:
        _safely(look, now)
    return claim.due_platforms(now=now) if looks else found.platforms


def _a_minute_has_passed() -> bool:
    """Whether this process last looked for posts that repeat a minute ago or more: they are made days ahead."""
    global _repeats_at
    if _repeats_at is not None and time.monotonic() - _repeats_at < REPEATS_EVERY_S:
        return False
    _repeats_at = time.monotonic()
    return True


def _safely(look: Callable[..., int], moment: datetime) -> None:
    """One row that cannot be handled must not keep all others from going out; a database that is away ends the tick."""
    try:
        look(now=moment)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("%s went wrong; the tick goes on", look.__name__)


def nudge() -> None:
    """Ask a worker to look now, after the commit. A broker that is down changes nothing: the beat looks anyway."""
    transaction.on_commit(_send_nudge, robust=True)


def _send_nudge() -> None:
    try:
        tick.apply_async(retry=False, expires=5)
    except Exception as error:
        log.warning("no nudge, the next tick will do it: %s", error.__class__.__name__)
