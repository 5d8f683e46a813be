"""What subscribers of e-mail lists got: pages over the folder that `EMAIL_URL=file:…` writes mails to. Reads only.

Only mails of connectors (`*.eml`) show here; those to people of the department are none of the network's business.
"""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from html import escape
from pathlib import Path

from aiohttp import web

from connectors.sandbox.pages import linked, page

SHOWN = 100
FOLDER = web.AppKey("mail folder", Path)
NAME = re.compile(r"[A-Za-z0-9.-]{1,200}\.eml")
HEADERS = ("From", "To", "Subject", "Date", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Message-ID")
BACK = '<p><a href="/see/email/">E-mail lists</a></p>'


def routes() -> list[web.RouteDef]:
    """Return the pages; before those of `pages`, which take any two names."""
    return [web.get("/see/email/", _index), web.get("/see/email/{name}/", _mail)]


async def _index(request: web.Request) -> web.Response:
    rows = "".join(_row(path) for path in _newest(request))
    none = "<p>No mail was written yet. In training, mails of lists go to a folder that this page shows.</p>"
    head = '<p><a href="/see/">Sandbox network</a></p><h1>E-mail lists: what subscribers got</h1>'
    return page("E-mail lists", head + (f"<ul class=accounts>{rows}</ul>" if rows else none))


async def _mail(request: web.Request) -> web.Response:
    name, folder = request.match_info["name"], request.app.get(FOLDER)
    if folder is None or not NAME.fullmatch(name) or not (folder / name).is_file():
        return page("Not there", f"{BACK}<p>This mail is not there (any more).</p>", 404)
    message = _read(folder / name)
    rows = "".join(f"<dt>{key}</dt><dd>{escape(str(message[key]))}</dd>" for key in HEADERS if message[key])
    part = message.get_body(("plain",))
    text = str(part.get_content()) if part is not None else ""
    head = f"{BACK}<h1>{escape(str(message['Subject'] or ''))}</h1>"
    return page("Mail", f"{head}<article><dl>{rows}</dl><div class=text>{linked(text)}</div></article>")


def _newest(request: web.Request) -> list[Path]:
    folder = request.app.get(FOLDER)
    found = [path for path in folder.glob("*.eml") if NAME.fullmatch(path.name)] if folder is not None else []
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)[:SHOWN]


def _row(path: Path) -> str:
    message = _read(path)
    subject, to, by = (escape(str(message[key] or "")) for key in ("Subject", "To", "From"))
    return f'<li><a href="/see/email/{path.name}/">{subject or "No subject"}</a> <span>to {to}, from {by}</span></li>'


def _read(path: Path) -> EmailMessage:
    message = message_from_bytes(path.read_bytes(), policy=modern)
    assert isinstance(message, EmailMessage)
    return message
