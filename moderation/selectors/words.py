"""Words and addresses as compared between what we sent and what a platform shows. Pure.

Platforms shorten addresses, make links of bare names (example.gov) and write & as &amp;: none of that is a change.
"""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

from connectors import matching

_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_BARE = re.compile(r"(?<![\w@])(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/\S*)?", re.IGNORECASE)
_END = ".,;:!?)]}'\"…"


def same(shown: str, said: str, *, has_links: bool) -> bool:
    """Whether two texts say the same, addresses left aside; bare names count as such only where links are shown."""
    if _plain(shown) == _plain(said):
        return True
    return has_links and _without_names(shown) == _without_names(said)


def addresses(text: str) -> tuple[str, ...]:
    """The addresses in a text, in their order, without the punctuation behind them."""
    return tuple(found.rstrip(_END) for found in _ADDRESS.findall(html.unescape(text)))


def key(address: str) -> str:
    """An address as compared: host without www., and path; case of the host, query and fragment do not count."""
    whole = address if "://" in address else f"https://{address}"
    try:
        return f"{host(whole)}{urlsplit(whole).path.rstrip('/')}"
    except ValueError:  # no address at all; it is still the same as itself
        return address


def host(address: str) -> str:
    """The host of an address, without www."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def names_in(text: str) -> frozenset[str]:
    """Keys of the bare names in a text (example.gov/parks), which platforms turn into links."""
    return frozenset(key(found.rstrip(_END)) for found in _BARE.findall(_ADDRESS.sub(" ", html.unescape(text))))


def _plain(text: str) -> str:
    return matching.normalised(_ADDRESS.sub(" ", html.unescape(text)))


def _without_names(text: str) -> str:
    return matching.normalised(_BARE.sub(" ", _plain(text)))
