"""Cutting secrets out of text before it is kept, logged or shown. Pure.

Known secrets are cut by value, everything that looks like a token by pattern; values too short to be
secrets are left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

CUT = "[secret]"
SHORTEST = 6
_HEADERS = (
    re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{12,}"),
    re.compile(r"(?i)\b(oauth)\s+oauth_[^\n]*"),
)
_FIELDS = re.compile(
    r"(?i)(\"?(?:access_token|refresh_token|client_secret|app_secret|appsecret_proof|input_token"
    r"|oauth_token|oauth_signature|accessjwt|refreshjwt|password)\"?\s*[=:]\s*\"?)[^&\s\"',}]+"
)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` with every one of `secrets` (also URL-quoted) and everything token-like cut out."""
    for secret in sorted((s for s in secrets if len(s) >= SHORTEST), key=len, reverse=True):
        text = text.replace(secret, CUT).replace(quote(secret, safe=""), CUT)
    for header in _HEADERS:
        text = header.sub(lambda m: f"{m[1]} {CUT}", text)
    return _FIELDS.sub(lambda m: f"{m[1]}{CUT}", text)
