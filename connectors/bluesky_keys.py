"""Record keys of our own choosing: a TID made from the delivery's key, so that a repeat writes the same record. Pure.

A TID is 13 letters of a sorting alphabet: 53 bits of microseconds and 10 bits of "clock id". Ours keep the time to
about 16 seconds; the 20 bits below are the delivery's key, the last 14 a checksum by which we know our own again.
Source: atproto.com/specs/tid; tested on the public interoperability files.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
KEY_BITS, MARK_BITS = 20, 14
TAIL_BITS = KEY_BITS + MARK_BITS
CLOCK_BITS = 10
_VALID = re.compile(f"[{ALPHABET[:16]}][{ALPHABET}]{{12}}")


def tid(planned_at: datetime, key: str) -> str:
    """Return the record key of a delivery: always the same for the same moment and key."""
    time = (microseconds(planned_at) << CLOCK_BITS) >> TAIL_BITS
    upper = time << KEY_BITS | _bits(key.encode(), KEY_BITS)
    return encoded(upper << MARK_BITS | _mark(upper))


def made_here(rkey: str) -> bool:
    """Return True when a record key carries our checksum; another's does so once in 16,384 times."""
    if not is_tid(rkey):
        return False
    number = decoded(rkey)
    return number & ((1 << MARK_BITS) - 1) == _mark(number >> MARK_BITS)


def time_of(rkey: str) -> datetime | None:
    """Return when a record key was made, as its maker said; None when it is no TID."""
    if not is_tid(rkey):
        return None
    try:
        return datetime.fromtimestamp((decoded(rkey) >> CLOCK_BITS) / 1_000_000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def is_tid(text: str) -> bool:
    """Return True for a well-formed TID."""
    return _VALID.fullmatch(text) is not None


def encoded(number: int) -> str:
    """Write 63 bits in the sorting alphabet."""
    return "".join(ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))


def decoded(text: str) -> int:
    """Read back what `encoded` wrote."""
    number = 0
    for letter in text:
        number = number << 5 | ALPHABET.index(letter)
    return number


def microseconds(at: datetime) -> int:
    """Return a moment in whole microseconds since 1970."""
    return round(at.timestamp() * 1_000_000)


def _bits(content: bytes, count: int) -> int:
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "big") & ((1 << count) - 1)


def _mark(upper: int) -> int:
    return _bits(b"substation %d" % upper, MARK_BITS)
