"""The department as entered: one department, own pages for every division, rights mirrored as they are held."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q

from config import alarm_mail
from config.doctor.seen import Seen, fine, named, stop, warn
from divisions import access
from divisions.models import Department, Division
from divisions.states import OWN_PLATFORMS, ChannelState


def department(now: datetime) -> Seen:
    """There is exactly one department."""
    count = Department.objects.count()
    if count != 1:
        return stop(f"{count} rows", "manage.py load_department FILE (make demo loads a made-up one).")
    return fine(str(Department.objects.get()))


def own_channels(now: datetime) -> Seen:
    """Every division has its public page, its feed and its staff feed."""
    own = Q(channels__platform__in=OWN_PLATFORMS) & ~Q(channels__state=ChannelState.RETIRED)
    short = Division.objects.annotate(own=Count("channels", filter=own)).filter(own__lt=len(OWN_PLATFORMS))
    names = list(short.order_by("slug").values_list("slug", flat=True)[:50])
    if names:
        return stop(f"without some of its own pages: {named(names)}", "manage.py load_department FILE makes them.")
    return fine(f"{Division.objects.count()} divisions with their own pages")


def mirror(now: datetime) -> Seen:
    """guardian's rows say what the memberships say. The memberships are the truth; Django admin reads the mirror."""
    wrong = access.mirror_differences()
    if wrong:
        return warn(
            f"{wrong} rows differ from the memberships",
            "It is rewritten every night; at once: celery -A config call divisions.tasks.resync_mirror",
        )
    return fine("equal to the memberships")


def administrators(now: datetime) -> Seen:
    """Somebody is told when sending stops."""
    count = len(alarm_mail.recipients())
    if not count:
        return warn(
            "nobody would be told that sending has stopped",
            "Give somebody the role administrator, or list addresses in ADMINS.",
        )
    return fine(f"{count} are told when sending stops")
