"""What the sandbox's sign-in pages of Facebook and X share: the page that asks, codes good once, and ways to go wrong.

The person here only picks one of the made-up accounts. Codes live in memory. What each platform answers is the
business of `facebook_oauth` and `x_oauth`.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from connectors.sandbox.network import same

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
RAN_OUT = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a person allowed: to which app, where to, on which account ("" = all she has), what, until when."""

    client_id: str
    redirect_uri: str
    account: str
    scopes: tuple[str, ...]
    challenge: str
    until: datetime


CODES: web.AppKey[dict[str, Code]] = web.AppKey("sandbox-codes", dict)


def page(
    label: str,
    asked: Mapping[str, str],
    scopes: Iterable[str],
    *,
    accounts: Iterable[str] = (),
    wrongs: Mapping[str, str] | None = None,
) -> web.Response:
    """Show what is asked for, with permissions to untick and something to go wrong."""
    hidden = "".join(f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">' for k, v in asked.items())
    rows = "".join(_permission(name) for name in scopes)
    bad = {"": "nothing", RAN_OUT: "the code has run out", **(wrongs or {})}
    options = "".join(f'<option value="{escape(value)}">{escape(words)}</option>' for value, words in bad.items())
    choices = "".join(f"<option>{escape(name)}</option>" for name in accounts)
    pick = f'<p><label>Account <select name="account">{choices}</select></label></p>' if choices else ""
    return shown(
        f"<p>Sandbox network</p><h1>{label}, made up: Substation asks for access</h1>"
        f"<p>Nothing here is real. It wants to:</p>"
        f'<form method="post">{hidden}<ul>{rows}</ul>{pick}'
        f'<p><label>What goes wrong <select name="wrong">{options}</select></label></p>'
        '<p><button name="answer" value="allow">Allow</button> '
        '<button name="answer" value="deny">Not now</button></p></form>'
    )


def _permission(name: str) -> str:
    box = f'<input type="checkbox" name="scopes" value="{escape(name)}" checked>'
    return f"<li><label>{box} {escape(name)}</label></li>"


def keep(codes: dict[str, Code], code: Code, *, lasts: timedelta, ran_out: bool) -> str:
    """Keep what was allowed and return the code for it."""
    now = datetime.now(UTC)
    for old in [text for text, kept in codes.items() if kept.until < now - lasts]:
        del codes[old]
    text = secrets.token_urlsafe(24)
    until = now - timedelta(seconds=1) if ran_out else now + lasts
    codes[text] = Code(
        client_id=code.client_id,
        redirect_uri=code.redirect_uri,
        account=code.account,
        scopes=code.scopes,
        challenge=code.challenge,
        until=until,
    )
    return text


def fits(code: Code, form: Mapping[str, str]) -> bool:
    """Whether a code is traded by who got it, where it went, with the verifier to its challenge."""
    verifier = str(form.get("code_verifier") or "")
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return (
        code.client_id == form.get("client_id")
        and code.redirect_uri == form.get("redirect_uri")
        and (not code.challenge or same(digest, code.challenge))
    )


def known_redirect(address: str, platform: str) -> bool:
    """Whether the made-up app was registered with this address: our callback of that platform, on any host."""
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") and parts.path == f"/desk/channels/connect/{platform}/back/"


def back(redirect: str, query: Mapping[str, str]) -> web.Response:
    """Send the person back."""
    return web.Response(status=302, headers={"Location": f"{redirect}?{urlencode(query)}", **HEADERS})


def shown(body: str, status: int = 200) -> web.Response:
    """Return one of the network's own pages."""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Sign in · sandbox</title>'
        '<link rel="stylesheet" href="/see/style.css"><link rel="icon" href="data:,"></head>'
        f"<body><main>{body}</main></body></html>"
    )
    return web.Response(text=text, content_type="text/html", status=status, headers=HEADERS)
