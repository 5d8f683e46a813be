"""The signed addresses in a list's mails: confirm, manage, leave. The token is the right; nobody signs in for them.

A token says whose and which list, and nothing that could be read as an address.
"""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.urls import reverse

_CONFIRM, _MANAGE, _LEAVE = "posts.mailing.confirm", "posts.mailing.manage", "posts.mailing.leave"
CONFIRM_WITHIN_S = 48 * 3600


def confirm(request_id: int) -> str:
    """The whole address that confirms one request."""
    return _whole("posts:subscribe_confirm", signing.dumps(request_id, salt=_CONFIRM))


def manage(subscriber_id: int) -> str:
    """The whole address of somebody's own page."""
    return _whole("posts:subscribe_manage", signing.dumps(subscriber_id, salt=_MANAGE))


def leave(subscriber_id: int, channel_id: int) -> str:
    """The whole address that takes somebody off one list at once (RFC 8058)."""
    return _whole("posts:subscribe_leave", signing.dumps([subscriber_id, channel_id], salt=_LEAVE))


def read_confirm(token: str) -> int | None:
    """Which request a token confirms; None when it was not made by us or is older than two days."""
    found = _read(token, _CONFIRM, CONFIRM_WITHIN_S)
    return found if isinstance(found, int) else None


def read_manage(token: str) -> int | None:
    """Whose page a token opens; None when it was not made by us."""
    found = _read(token, _MANAGE, None)
    return found if isinstance(found, int) else None


def read_leave(token: str) -> tuple[int, int] | None:
    """Who leaves which list; None when the token was not made by us."""
    found = _read(token, _LEAVE, None)
    if isinstance(found, list) and len(found) == 2 and all(isinstance(part, int) for part in found):
        return found[0], found[1]
    return None


def _whole(name: str, token: str) -> str:
    return settings.BASE_URL + reverse(name, args=[token])


def _read(token: str, salt: str, max_age: int | None) -> object:
    try:
        return signing.loads(token, salt=salt, max_age=max_age)
    except (signing.BadSignature, ValueError, TypeError):
        return None
