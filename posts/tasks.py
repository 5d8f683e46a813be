"""The beat's tick and the nudge from a door. A task claims a batch itself; nothing is queued a post at a time."""

from __future__ import annotations

import logging
import os
import socket
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from celery import shared_task
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from posts.models import Heartbeat
from posts.services import deliver, review, sweep

log = logging.getLogger(__name__)

CALLS_IN_FLIGHT = 16


@shared_task(ignore_result=True)
def tick() -> int:
    """One tick: beat, look after what needs it, deliver what is due. Two at once are harmless."""
    beat("beat", timezone.now())
    return run_tick(worker=f"{socket.gethostname()}:{os.getpid()}")


def beat(name: str, now: datetime) -> None:
    """Say that something is alive: `tick` = somebody looks for due posts, `beat` = the broker brings ticks."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": now})


def run_tick(*, worker: str, now: datetime | None = None, side_by_side: bool = True) -> int:
    """Do one tick; returns how many deliveries were claimed. With `now`, the clock stands still (tests).

    Every tick claims under a name of its own: two ticks of one process must not take each other's claims for theirs.
    """
    moment = now or timezone.now()
    worker = f"{worker[:80]}:{uuid.uuid4().hex[:12]}"
    beat("tick", moment)
    for look in (review.expire_overdue, sweep.lapsed, sweep.missed):
        _safely(look, moment)
    clock = (lambda: moment) if now else timezone.now
    if not side_by_side:
        _safely(sweep.look_up, moment)
        return deliver.run_due(clock=clock, worker=worker)
    with ThreadPoolExecutor(CALLS_IN_FLIGHT + 1, thread_name_prefix="deliver") as executor:
        executor.submit(_look_up_in_thread, moment)  # its calls must not hold up what is due
        return deliver.run_due(clock=clock, worker=worker, executor=executor)


def _look_up_in_thread(moment: datetime) -> None:
    try:
        _safely(sweep.look_up, moment)
    finally:
        connection.close()


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
