"""Platform tokens at rest: encrypted with rotating keys (FIELD_KEYS, newest first), never rendered, never logged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from divisions.errors import BadInput
from divisions.models import Channel


def _box() -> MultiFernet:
    return _box_of(tuple(settings.FIELD_KEYS))


@lru_cache(maxsize=1)
def _box_of(keys: tuple[str, ...]) -> MultiFernet:
    """Made once for the keys in use: a deliverer opens one box a call."""
    return MultiFernet([Fernet(key) for key in keys])


def seal(secrets: Mapping[str, str]) -> str:
    """Encrypt a mapping of secrets to text that may stand in the database."""
    return _box().encrypt(json.dumps(dict(secrets)).encode()).decode() if secrets else ""


def open_for(channel: Channel) -> dict[str, str]:
    """Decrypt a channel's secrets. Raises BadInput (field FIELD_KEYS) when no current key fits."""
    return open_sealed(channel.credentials, of=f"The credentials of {channel.slug}", else_="reconnect the account")


def open_sealed(sealed: str, *, of: str, else_: str) -> dict[str, str]:
    """Decrypt what `seal` made; empty text is no secrets. `of` names it and `else_` is the other cure, for BadInput."""
    if not sealed:
        return {}
    try:
        return dict(json.loads(_box().decrypt(sealed.encode())))
    except InvalidToken as error:
        raise _shut(of, else_) from error


def reseal(sealed: str, *, of: str, else_: str) -> str:
    """The same secrets under the newest key, without opening them to the caller. Raises BadInput as `open_sealed`."""
    try:
        return _box().rotate(sealed.encode()).decode()
    except InvalidToken as error:
        raise _shut(of, else_) from error


def _shut(of: str, else_: str) -> BadInput:
    return BadInput(
        "FIELD_KEYS",
        f"{of} were sealed with a key that FIELD_KEYS no longer holds.",
        cure=f"Add the old key to FIELD_KEYS, or {else_}.",
    )
