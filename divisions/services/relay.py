"""What an e-mail list needs of this machine: the mail server of EMAIL_URL, who its mails come from. Sends nothing.

A list's own sender stands in its settings (`sender_name`, `sender_address`); without one its name and EMAIL_FROM do.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from divisions.models import Channel, Department

FILES = "django.core.mail.backends.filebased.EmailBackend"
SMTP = "django.core.mail.backends.smtp.EmailBackend"


def settings_of(channel: Channel) -> dict[str, Any]:
    """`relay` and `sender` as the connector reads them; without a mail server `relay` is empty. One query."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    department = Department.objects.first()
    sender = {
        "name": channel.settings.get("sender_name") or channel.name,
        "address": channel.settings.get("sender_address") or settings.DEFAULT_FROM_EMAIL,
        "department": department.name if department else "",
        "host": host,
        "list_id": f"{channel.slug}.{host}",
    }
    return {"relay": _relay(host), "sender": sender}


def for_a_try(to: str) -> dict[str, Any]:
    """What setting up a list needs of this machine: its mail server, our address, and whom the test mail goes to."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    return {
        "relay": _relay(host),
        "password": settings.EMAIL_HOST_PASSWORD,
        "base_url": settings.BASE_URL,
        "to": to,
        "seen_at": f"{settings.SANDBOX_URL}/see/email/" if settings.EMAIL_BACKEND == FILES else "",
    }


def password() -> dict[str, str]:
    """The mail server's password among the secrets, so that it is cut out of everything kept."""
    return {"relay_password": settings.EMAIL_HOST_PASSWORD} if settings.EMAIL_HOST_PASSWORD else {}


def _relay(name: str) -> dict[str, Any]:
    if settings.EMAIL_BACKEND == FILES:
        return {"folder": str(settings.EMAIL_FILE_PATH)}
    if settings.EMAIL_BACKEND != SMTP:
        return {}
    return {
        "host": settings.EMAIL_HOST,
        "port": settings.EMAIL_PORT,
        "user": settings.EMAIL_HOST_USER,
        "starttls": settings.EMAIL_USE_TLS,
        "tls": settings.EMAIL_USE_SSL,
        "name": name,
    }
