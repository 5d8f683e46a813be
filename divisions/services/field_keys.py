"""Puts everything that is sealed in the database under the newest of FIELD_KEYS, so that an old key can go.

What is sealed: the platforms' tokens of each channel, the secrets of our apps there, connections that are begun,
and the key of the signed list. Nothing is shown or opened.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.conf import settings
from django.db import transaction

from divisions.models import Channel, Department, PendingConnection, PlatformApp, User
from divisions.permissions import Right
from divisions.services import credentials
from divisions.services.department import require_everywhere
from records.services import ledger


@transaction.atomic
def rotate(*, by: User | None, now: datetime | None = None) -> int:
    """Re-seal it all with the newest key; returns how many secrets. All of it or nothing.

    Takes `manage_channel` everywhere. Raises BadInput (FIELD_KEYS) naming the account whose secrets no key opens.
    """
    require_everywhere(by, Right.MANAGE_CHANNEL)
    count = 0
    for channel in Channel.objects.exclude(credentials="").select_for_update().order_by("pk"):
        of = f"The credentials of {channel.slug}"
        channel.credentials = credentials.reseal(channel.credentials, of=of, else_="reconnect the account")
        channel.save(update_fields=["credentials"])
        count += 1
    for department in Department.objects.exclude(signing_key="").select_for_update():
        of, else_ = "The keys of the official list", "make a new one with manage.py official_key --rotate"
        department.signing_key = credentials.reseal(department.signing_key, of=of, else_=else_)
        department.save(update_fields=["signing_key"])
        count += 1
    for app in PlatformApp.objects.exclude(client_secret="").select_for_update():
        of, else_ = f"The secret of the app at {app.get_platform_display()}", "enter it anew on the connect page"
        app.client_secret = credentials.reseal(app.client_secret, of=of, else_=else_)
        app.save(update_fields=["client_secret"])
        count += 1
    for begun in PendingConnection.objects.select_for_update():  # of the last minutes; no secret that stays
        begun.sealed = credentials.reseal(begun.sealed, of="A connection that is begun", else_="wait ten minutes")
        begun.save(update_fields=["sealed"])
    ledger.remember(
        "divisions.field_keys.rotated", ("department", 1), by=by, now=now, data={"secrets": count, "key": newest()}
    )
    return count


def newest() -> str:
    """The newest key's name: the beginning of its hash, which gives nothing of it away."""
    return hashlib.sha256(settings.FIELD_KEYS[0].encode()).hexdigest()[:12]
