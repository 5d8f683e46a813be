"""Notices in the web process that nobody sends any more, and tells the administrators once.

The worker may be the dead one, so the thread lives where pages are served (config/wsgi.py starts it). However many web
processes watch on however many hosts, one row in the database decides who writes the mail (config.models.Outage). What
a mail says stands in config.alarm_mail.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from config import alarm_mail
from config.health import STOPPED_AFTER
from config.models import Outage
from posts.models import Heartbeat

log = logging.getLogger(__name__)

POLL_S = 15.0
BLIND_AFTER = timedelta(seconds=90)  # no look for so long (database away, machine asleep): what was seen counts no more
STEADY_LOOKS = 2  # one tick by hand (`deliver_due --once`) does not end an outage
REMIND_AFTER = timedelta(hours=1)
TRY_AGAIN_AFTER = timedelta(minutes=5)  # a mail server that is away, or a process that died with the mail in its hand


class Watch:
    """What one web process has seen of the tick. Trusts no other machine's clock: only whether the tick moves."""

    def __init__(self) -> None:
        self._looked_at: datetime | None = None
        self._beat: datetime | None = None
        self._still_since: datetime | None = None
        self._moved = 0

    def look(self, *, now: datetime) -> None:
        """One look: begin, remind of or end an outage. Raises the database's errors; then it cannot know."""
        beat = Heartbeat.objects.filter(name="tick").values_list("beat_at", flat=True).first()
        blind = self._looked_at is None or not timedelta(0) <= now - self._looked_at <= BLIND_AFTER
        moved = beat != self._beat
        self._moved = self._moved + 1 if moved and not blind else 0
        if moved or blind or self._still_since is None:
            self._still_since = now
        self._looked_at, self._beat = now, beat
        if now - self._still_since >= STOPPED_AFTER:
            _say_stopped(beat, now)
        elif self._moved >= STEADY_LOOKS:
            _say_running(now)


def _say_stopped(beat: datetime | None, now: datetime) -> None:
    """Open the outage unless it is open, and mail unless somebody has just done so."""
    outage, _ = Outage.objects.get_or_create(
        ended_at=None, defaults={"last_tick_at": beat, "noticed_at": now, "next_mail_at": now}
    )
    mine = Outage.objects.filter(pk=outage.pk, ended_at=None, next_mail_at__lte=now)
    if not mine.update(next_mail_at=now + TRY_AGAIN_AFTER):
        return
    log.error("nobody looks for due posts since %s", beat or "ever")
    if alarm_mail.stopped(outage, now=now):
        Outage.objects.filter(pk=outage.pk).update(next_mail_at=now + REMIND_AFTER, mails=outage.mails + 1)


def _say_running(now: datetime) -> None:
    """End the open outage, if there is one; who ends it writes the mail."""
    outage = Outage.objects.filter(ended_at=None).first()
    if outage is None or not Outage.objects.filter(pk=outage.pk, ended_at=None).update(ended_at=now):
        return
    log.warning("due posts are looked for again")
    if outage.mails:
        alarm_mail.running_again(outage, now=now)


def watch(*, wait: Callable[[float], bool], clock: Callable[[], datetime] = timezone.now) -> None:
    """Look every POLL_S until `wait(seconds)` says to stop, whatever goes wrong.

    A database that is away is said once in the log: whether posts are sent cannot be known without it.
    """
    seen, away = Watch(), False
    while not wait(POLL_S):
        try:
            seen.look(now=clock())
            away = False
        except Error as error:
            if not away:
                log.error("the database is away, so whether posts are sent cannot be known: %s", error)
            away = True
        except Exception:
            log.exception("a look at the tick went wrong; the next one comes")
        finally:
            connection.close()


class Alarm:
    """The thread of one web process."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch; a second start changes nothing, and tests have no thread."""
        if self._thread is None and not settings.TESTING:
            self._thread = threading.Thread(target=watch, kwargs={"wait": self._stop.wait}, name="alarm", daemon=True)
            self._thread.start()


ALARM = Alarm()
