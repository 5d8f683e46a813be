"""Signing as the Standard Webhooks convention has it, so that receivers can check with a ready-made library. Pure.

Proven against that library in the tests; what is signed and when it is sent is `webhook`'s business.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from connectors.errors import Misconfigured

PREFIX = "whsec_"
BYTES = 32  # the convention asks for 24 to 64
FEWEST = 24


def new_secret() -> str:
    """Return a fresh secret for one endpoint, as its receiver's library takes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return `v1,` and the base64 HMAC-SHA256 over `id.timestamp.body`; raises Misconfigured for a bad secret."""
    said = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.digest(_key(secret), said, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < FEWEST:
        raise Misconfigured("the endpoint's secret is not one of ours: make a new one on the channel's page")
    return key
