"""A receiver of webhooks at `/webhook/<name>/`, as a careful one would be, and its page at `/see/webhook/<name>/`.

Until somebody pastes the secret on its page it takes everything; from then on it checks signature and age, and acts
once on each `webhook-id`. What it heard stands in the network's one file.
"""

from __future__ import annotations

import hmac
import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from aiohttp import web

from connectors.errors import Misconfigured
from connectors.sandbox.network import NETWORK
from connectors.sandbox.pages import linked, page
from connectors.webhook_signing import signature

AGE_S = 300
SHOWN = 50
NAME = r"{name:[a-z0-9-]{1,80}}"
_WHSEC = re.compile(r"whsec_[A-Za-z0-9+/]{20,100}={0,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One call: its body as it came, what the receiver made of it, and whether it answered 2xx."""

    id: str
    at: datetime
    body: str
    verdict: str
    taken: bool


class Receivers:
    """What the receivers keep."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def secret(self, name: str) -> str:
        """The secret that was pasted, or ""."""
        row = self._db.execute("SELECT secret FROM receiver WHERE name = ?", (name,)).fetchone()
        return str(row["secret"]) if row else ""

    def keep_secret(self, name: str, secret: str) -> None:
        """Check with this one from now on."""
        self._db.execute("INSERT OR REPLACE INTO receiver (name, secret) VALUES (?, ?)", (name, secret))

    def hear(self, name: str, call: Heard) -> None:
        """Write a call down."""
        row = (name, call.id, call.at.isoformat(), call.body, call.verdict, int(call.taken))
        self._db.execute("INSERT INTO heard (name, id, at, body, verdict, taken) VALUES (?, ?, ?, ?, ?, ?)", row)

    def heard(self, name: str) -> list[Heard]:
        """The newest calls first."""
        rows = self._db.execute("SELECT * FROM heard WHERE name = ? ORDER BY seq DESC LIMIT ?", (name, SHOWN))
        return [
            Heard(
                id=row["id"],
                at=datetime.fromisoformat(row["at"]),
                body=row["body"],
                verdict=row["verdict"],
                taken=bool(row["taken"]),
            )
            for row in rows
        ]

    def knows(self, name: str, message_id: str) -> bool:
        """Whether it has acted on this event already."""
        found = self._db.execute("SELECT 1 FROM heard WHERE name = ? AND id = ? AND taken", (name, message_id))
        return found.fetchone() is not None

    def names(self) -> list[str]:
        """Everybody who heard something or was given a secret."""
        rows = self._db.execute("SELECT name FROM receiver UNION SELECT name FROM heard ORDER BY name")
        return [row["name"] for row in rows]


RECEIVERS = web.AppKey("receivers", Receivers)


def prepare(app: web.Application) -> None:
    """Open what the receivers keep."""
    app[RECEIVERS] = Receivers(app[NETWORK].store.connection)


def routes() -> list[web.RouteDef]:
    """Return the door and its pages; before those of `pages`, which take any two names."""
    return [
        web.post(f"/webhook/{NAME}/", _hear),
        web.get("/see/webhook/", _index),
        web.get(f"/see/webhook/{NAME}/", _show),
        web.post(f"/see/webhook/{NAME}/", _paste),
    ]


async def _hear(request: web.Request) -> web.Response:
    kept, name, body = request.app[RECEIVERS], request.match_info["name"], await request.read()
    verdict, taken = judged(kept.secret(name), request.headers, body)
    message_id = request.headers.get("webhook-id", "")[:200]
    if taken and kept.knows(name, message_id):
        verdict = f"{verdict}; known already, not acted on again"
    text = body[:65_536].decode("utf-8", "replace")
    kept.hear(name, Heard(id=message_id, at=datetime.now(UTC), body=text, verdict=verdict, taken=taken))
    return web.Response(status=204 if taken else 401)


def judged(secret: str, headers: Mapping[str, str], body: bytes, now: datetime | None = None) -> tuple[str, bool]:
    """What a careful receiver makes of a call, and whether it takes it."""
    if not secret:
        return "unchecked, no secret was pasted here", True
    message_id, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent.isdecimal() or abs(int(sent) - (now or datetime.now(UTC)).timestamp()) > AGE_S:
        return "its time is more than five minutes off", False
    ours = signature(secret, message_id, int(sent), body)
    if not any(hmac.compare_digest(ours, theirs) for theirs in headers.get("webhook-signature", "").split(" ")):
        return "none of its signatures is made with our secret", False
    return "signature and time are good", True


async def _paste(request: web.Request) -> web.Response:
    name, form = request.match_info["name"], await request.post()
    secret = str(form.get("secret", "")).strip()
    try:
        fits = _WHSEC.fullmatch(secret) is not None and bool(signature(secret, "m", 1, b""))
    except Misconfigured:
        fits = False
    if not fits:
        return _page(request, name, said="That is no secret: it begins with whsec_ and was shown once.", status=400)
    request.app[RECEIVERS].keep_secret(name, secret)
    raise web.HTTPSeeOther(f"/see/webhook/{name}/")


async def _index(request: web.Request) -> web.Response:
    names = request.app[RECEIVERS].names()
    rows = "".join(f'<li><a href="/see/webhook/{name}/">{name}</a></li>' for name in names)
    body = f"<ul class=accounts>{rows}</ul>" if rows else "<p>No webhook was called yet.</p>"
    return page("Webhooks", f'<p><a href="/see/">Sandbox network</a></p><h1>Webhooks: what receivers heard</h1>{body}')


async def _show(request: web.Request) -> web.Response:
    return _page(request, request.match_info["name"])


def _page(request: web.Request, name: str, *, said: str = "", status: int = 200) -> web.Response:
    kept = request.app[RECEIVERS]
    calls = "".join(_card(call) for call in kept.heard(name)) or "<p>Nothing was heard yet.</p>"
    state = "It checks each call with the secret it was given." if kept.secret(name) else "It has no secret yet."
    wrong = f"<p role=alert><strong>{escape(said)}</strong></p>" if said else ""
    form = (
        f'{wrong}<form method="post"><p><label for="secret">Secret, as Substation showed it once</label></p>'
        '<p><input id="secret" name="secret" type="password" autocomplete="off" required> '
        "<button>Keep it</button></p></form>"
    )
    head = f'<p><a href="/see/webhook/">Webhooks</a></p><h1>{name}</h1><p class=handle>Webhook. {state}</p>'
    return page(name, f"{head}{form}{calls}", status)


def _card(call: Heard) -> str:
    """One call as a person reads it, with the bytes below."""
    try:
        told = json.loads(call.body)
        kind, data = str(told.get("type") or "?"), dict(told.get("data") or {})
    except (ValueError, TypeError, AttributeError):
        kind, data = "unreadable", {}
    title = escape(str(data.get("title") or ""))
    pictures = [item for item in data.get("media") or [] if isinstance(item, dict)]
    shown = "".join(f"<p class=link>Picture: {escape(str(item.get('alt') or ''))}</p>" for item in pictures)
    address = str(data.get("canonical_url") or "")
    return (
        f"<article><h2 class=when>{escape(kind)} · {call.at:%d %b %Y, %H:%M:%S} UTC</h2>"
        f"<p class=handle>{'Taken' if call.taken else 'Refused'}: {escape(call.verdict)}</p>"
        + (f"<p class=title><strong>{title}</strong></p>" if title else "")
        + (f"<div class=text>{linked(str(data['text']))}</div>" if data.get("text") else "")
        + (f"<p class=link>{linked(address)}</p>" if address else "")
        + f"{shown}<details><summary>As it came</summary><p class=handle>webhook-id {escape(call.id)}</p>"
        f"<pre>{escape(call.body)}</pre></details></article>"
    )
