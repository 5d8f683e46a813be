"""Somebody who signs in at the sandbox network's pages as a browser would, without one."""

from __future__ import annotations

import re
from html import unescape
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """Follow nothing: where it leads is what a test wants to see."""


def answer_page(address: str, *, untick: tuple[str, ...] = (), **chosen: str) -> str:
    """Open a sign-in page, answer it and return where it sends the person back to."""
    opener = build_opener(_Stay)
    page = opener.open(address).read().decode()
    fields = [(n, unescape(v)) for n, v in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)]
    fields += [("scopes", name) for name in re.findall(r'name="scopes" value="([^"]+)"', page) if name not in untick]
    said = {"answer": "allow", **chosen}
    with pytest.raises(HTTPError) as sent:
        opener.open(Request(address, urlencode([*fields, *said.items()]).encode()))
    with sent.value as answer:
        assert answer.code == 302, answer.read().decode()
        return str(answer.headers["Location"])


def refused_page(address: str) -> tuple[int, str]:
    """Open a sign-in page that says no at once."""
    with pytest.raises(HTTPError) as sent:
        build_opener(_Stay).open(address)
    with sent.value as answer:
        return answer.code, answer.read().decode()


def query_of(address: str) -> dict[str, str]:
    """The query of an address, each name once."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def local(address: str) -> str:
    """Path and query of an address, for Django's test client."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"
