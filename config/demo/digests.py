"""The demo's digests: last month's for the chief and the social media officer, last week's for the latter.

Made by the service as the beat would have, with the day on which each was due.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F

from divisions.models import Department, Notice, User
from divisions.services import department
from moderation.models import Digest
from moderation.services import digests

CHIEF, OFFICER = "chief@demo.example", "smo@demo.example"


def tell(*, now: datetime) -> None:
    """Name the chief, then make what was due on the 1st and on Monday; what the past told has been seen by now."""
    chief, officer = User.objects.get(email=CHIEF), User.objects.get(email=OFFICER)
    place = Department.objects.get()
    department.change_department(department=place, chief=chief, by=None, now=now)
    today = now.astimezone(ZoneInfo(place.zone)).date()
    for kind, people, day in (
        (Digest.Kind.MONTHLY, (chief, officer), today.replace(day=1)),
        (Digest.Kind.WEEKLY, (officer,), today - timedelta(days=today.weekday())),
    ):
        for person in people:
            digests.make(kind=kind, recipient=person, on=day, now=_at_six(day, place.zone))
    past = Notice.objects.filter(created_at__lt=now - timedelta(days=1))
    past.filter(seen_at__isnull=True).update(seen_at=F("created_at"))
    Notice.objects.filter(mail_due_at__isnull=False).update(mail_due_at=None)  # the demo writes to nobody
    Digest.objects.update(mailed_at=F("made_at"))


def _at_six(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, digests.HOUR, 2, tzinfo=ZoneInfo(zone))
