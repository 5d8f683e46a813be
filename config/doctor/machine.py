"""The machine: Python, Redis, disk, clock, time zone data, and whether mail can leave."""

from __future__ import annotations

import shutil
import smtplib
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import redis as client
from django.conf import settings
from django.core.mail import get_connection
from django.db import connection
from django.utils import timezone

from config.doctor.seen import Seen, fine, named, stop, warn
from divisions.models import Department, Division

LEAST_PYTHON = (3, 11)
SKEW_WARN, SKEW_STOP = timedelta(seconds=2), timedelta(seconds=30)
MB = 1024 * 1024
DISK_WARN, DISK_STOP = 2048 * MB, 256 * MB


def python(now: datetime) -> Seen:
    """The interpreter is new enough."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < LEAST_PYTHON:
        return stop(f"Python {found}", "Use Python 3.11 or newer.")
    return fine(f"Python {found}")


def redis(now: datetime) -> Seen:
    """Redis answers. Without it posts still go out: a worker looks by itself every second."""
    try:
        with client.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1) as server:
            server.ping()
    except (client.RedisError, OSError) as error:
        return warn(
            f"Redis does not answer ({type(error).__name__}). Posts go out all the same, daily work does not run.",
            "Start Redis, or set REDIS_URL to where it is.",
        )
    return fine("Redis answers")


def disk(now: datetime) -> Seen:
    """There is room for pictures and logs."""
    return room({name: _free(folder) for name, folder in (("media", settings.MEDIA_ROOT), ("var", settings.VAR_DIR))})


def room(free: dict[str, int]) -> Seen:
    """Judge free bytes by folder."""
    said = ", ".join(f"{name}: {count // MB:,} MB free" for name, count in free.items())
    cure = "Make room on that disk, or move STORAGE to a larger one."
    least = min(free.values())
    if least < DISK_STOP:
        return stop(said, cure)
    return warn(said, cure) if least < DISK_WARN else fine(said)


def _free(folder: Path) -> int:
    there = next(p for p in (folder, *folder.parents) if p.exists())
    return shutil.disk_usage(there).free


def clock(now: datetime, *, host: Callable[[], datetime] = timezone.now) -> Seen:
    """The clocks of this machine and of the database agree: `due_at` is compared with this machine's."""
    before = host()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    after = host()
    apart = max(before - theirs, theirs - after, timedelta(0))
    said = f"this machine and the database are {apart.total_seconds():.1f} s apart"
    cure = "Keep both machines on the same time server (chrony or systemd-timesyncd)."
    if apart >= SKEW_STOP:
        return stop(said, cure)
    return warn(said, cure) if apart >= SKEW_WARN else fine(said)


def zones(now: datetime) -> Seen:
    """Every time zone that the department and its divisions name is known on this machine."""
    wanted = {*Department.objects.values_list("zone", flat=True), *Division.objects.values_list("zone", flat=True)}
    unknown = [zone for zone in sorted(wanted - {""}) if not _is_known(zone)]
    if unknown:
        return stop(
            f"unknown time zones: {named(unknown)}", "Install the system's tzdata, or correct the zone in Django admin."
        )
    return fine(f"time zone data for {named(sorted(wanted - {''})) or 'UTC'}")


def _is_known(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


def mail(now: datetime) -> Seen:
    """Mail leaves this machine: warnings about accounts and a sender that has died come by mail."""
    kind = settings.EMAIL_BACKEND.split(".")[-2]
    if kind != "smtp":
        if settings.LOCAL:
            return fine(f"mail goes to {kind}, nobody is written to")
        return warn(f"mail goes to {kind}: nobody reads it", "EMAIL_URL=smtp+tls://user:password@host:587")
    server = get_connection(timeout=5)
    try:
        server.open()
        server.close()
    except (OSError, smtplib.SMTPException) as error:
        return warn(
            f"the mail server {settings.EMAIL_HOST}:{settings.EMAIL_PORT} takes no mail ({type(error).__name__})",
            "Set EMAIL_URL to a server that takes mail from here: an alarm could not be sent.",
        )
    return fine(f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} takes mail")
