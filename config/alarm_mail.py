"""What the administrators read when nothing is sent any more, and when it is again; and who they are."""

from __future__ import annotations

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import send_mail
from django.utils import dateformat

from config.models import Outage
from divisions import access
from divisions.models import Department, User
from divisions.permissions import Right
from posts.models import Delivery
from posts.states import CLAIMABLE, DeliveryState

log = logging.getLogger(__name__)

MOST = 20


def stopped(outage: Outage, *, now: datetime) -> bool:
    """Write that nothing is being sent. Returns whether the mail server took it."""
    since = _said(outage.last_tick_at)
    still = "still " if outage.mails else ""
    waiting = Delivery.objects.filter(state__in=CLAIMABLE, ready_at__lte=now).count()
    last = f"The last look for due posts was {since}." if since else "Nobody has ever looked for due posts."
    return _send(
        f"Nothing is {still}being sent",
        f"{last} Since then nothing goes out: no post, no correction, no withdrawal.\n"
        f"Due and waiting: {waiting}. They stay in the queue; what passes its time is listed as missed and a person "
        "decides.\n\n"
        "What to do\n"
        "1. On the machine of the worker, see whether it runs, and start it again:\n"
        "     docker-compose restart worker\n"
        "2. If that does not help, send without it, and leave this running:\n"
        "     manage.py deliver_due\n"
        "3. manage.py doctor names what else is in the way.\n\n"
        "A safety alert that cannot wait: post it by hand on the platform.\n"
        "You get another mail when sending works again, and one an hour until then.",
    )


def running_again(outage: Outage, *, now: datetime) -> bool:
    """Write that it works again, and what waits for a person because of it."""
    missed = Delivery.objects.filter(state=DeliveryState.MISSED, state_at__gte=outage.last_tick_at or outage.noticed_at)
    since = _said(outage.last_tick_at or outage.noticed_at)
    return _send(
        "Posts are sent again",
        f"Due posts are looked for again. Nobody looked from {since} to {_said(now)}.\n"
        f"Missed meanwhile and waiting for a person: {missed.count()}. Nothing late is sent by itself.",
    )


def whom_to_call(limit: int = 2) -> list[User]:
    """Whoever manages people in the department, administrators first: those who can do something about a machine."""
    having = {"role__role_rights__right": Right.MANAGE_PEOPLE, "role__role_rights__revoked_at__isnull": True}
    rows = access.active_memberships().filter(**having).select_related("user").order_by("role__code", "user__name")
    return list(dict.fromkeys(m.user for m in rows[: MOST * 2]))[:limit]


def recipients() -> list[str]:
    """Addresses of the administrators in office, of active superusers and of ADMINS, each once."""
    people = whom_to_call(MOST)
    roots = User.objects.filter(is_superuser=True, is_active=True).order_by("pk")[:MOST]
    configured = [entry if isinstance(entry, str) else entry[1] for entry in settings.ADMINS]
    return list(dict.fromkeys([*configured, *(user.email for user in [*people, *roots])]))[: MOST * 2]


def _send(subject: str, text: str) -> bool:
    to = recipients()
    if not to:
        log.error("%s, and there is no administrator to tell", subject)
        return True
    try:
        send_mail(f"Substation: {subject[0].lower()}{subject[1:]}", f"{text}\n\n{settings.BASE_URL}/desk/\n", None, to)
    except OSError as error:
        log.error("no mail that “%s”: %s", subject, error)
        return False
    return True


def _said(moment: datetime | None) -> str:
    zone = Department.objects.values_list("zone", flat=True).first() or "UTC"
    return dateformat.format(moment.astimezone(ZoneInfo(zone)), "D j M, H:i T") if moment else ""
