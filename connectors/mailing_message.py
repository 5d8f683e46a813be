"""One mail of a list as bytes: two forms, its headers, its way out. Pure: the same facts give the same bytes.

Words were approved; what is added here is where they stand, whom they come from, and how to leave the list.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

from connectors.composing import as_html
from connectors.mailing_port import Recipient

POLICY = SMTP.clone(max_line_length=78, cte_type="7bit")
LONGEST_SUBJECT = 200
_WORDS = {
    "en": {
        "read": "Read it on our page",
        "picture": "Picture",
        "why": "You get this because {address} is on the list “{list}” of the {department}.",
        "leave": "Leave this list or change what you get",
        "correction": "Correction: {title}",
    },
    "es": {
        "read": "Léalo en nuestra página",
        "picture": "Imagen",
        "why": "Recibe este mensaje porque {address} está en la lista «{list}» de {department}.",
        "leave": "Darse de baja o cambiar lo que recibe",
        "correction": "Corrección: {title}",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Whom the mails of a list come from. `host` stands behind the @ of Message-IDs, `list_id` names the list."""

    name: str
    address: str
    department: str
    host: str
    list_id: str


def sender_of(settings: Mapping[str, Any]) -> Sender:
    """Read the sender out of an account's settings."""
    found = settings.get("sender") or {}
    return Sender(
        name=str(found.get("name") or ""),
        address=parseaddr(str(found.get("address") or ""))[1],
        department=str(found.get("department") or ""),
        host=str(found.get("host") or "localhost"),
        list_id=str(found.get("list_id") or ""),
    )


def message_id(key: str, recipient: Recipient, sender: Sender) -> str:
    """The name of one mail, the same however often it is sent."""
    return f"<{key}.{recipient.number}@{sender.host}>"


def build(said: Mapping[str, Any], recipient: Recipient, sender: Sender) -> bytes:
    """Return the whole message, lines ended by CRLF, at most 78 columns of 7 bits.

    `said` is the step's payload: key, kind, title, text, link, language, media, at (ISO), answers (the key of the mail
    that this one corrects, or empty).
    """
    words = _WORDS.get(str(said["language"])[:2], _WORDS["en"])
    message = EmailMessage(policy=POLICY)
    title = _line(str(said["title"]))
    if said["answers"]:
        title = words["correction"].format(title=title)
    message["From"] = Address(display_name=_line(sender.name), addr_spec=sender.address)
    message["To"] = Address(addr_spec=recipient.address)
    message["Subject"] = title[:LONGEST_SUBJECT]
    message["Date"] = format_datetime(datetime.fromisoformat(str(said["at"])))
    message["Message-ID"] = message_id(str(said["key"]), recipient, sender)
    if said["answers"]:
        first = message_id(str(said["answers"]), recipient, sender)
        message["In-Reply-To"] = message["References"] = first
    for name, value in _list_headers(said, recipient, sender).items():
        message[name] = value
    message.set_content(_text(said, words, recipient, sender), cte="quoted-printable")
    message.add_alternative(_html(said, words, recipient, sender, title), subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{said['key']}.{recipient.number}")
    return message.as_bytes()


def _list_headers(said: Mapping[str, Any], recipient: Recipient, sender: Sender) -> dict[str, str]:
    """What a machine's mail to a list ought to have: RFC 2919, RFC 3834, RFC 8058. An alert is not called bulk."""
    headers = {
        "List-Id": f"<{sender.list_id}>",
        "List-Unsubscribe": f"<{recipient.leave_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    if said["kind"] != "safety_alert":
        headers["Precedence"] = "bulk"
    return headers


def _line(words: str) -> str:
    """One line: no break can become a header."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", words).split())


def _why(words: Mapping[str, str], recipient: Recipient, sender: Sender) -> str:
    return words["why"].format(address=recipient.address, list=sender.name, department=sender.department)


def _text(said: Mapping[str, Any], words: Mapping[str, str], recipient: Recipient, sender: Sender) -> str:
    parts = [str(said["text"])]
    if said["link"]:
        parts.append(f"{words['read']}: {said['link']}")
    parts += [f"{words['picture']}: {_described(item)}\n{item['url']}".strip() for item in said["media"]]
    parts.append(f"-- \n{_why(words, recipient, sender)}\n{words['leave']}: {recipient.manage_url}")
    return "\n\n".join(parts) + "\n"


def _described(item: Mapping[str, Any]) -> str:
    return f"{item['alt']} ({item['credit']})" if item["credit"] else str(item["alt"])


def _html(said: Mapping[str, Any], words: Mapping[str, str], recipient: Recipient, sender: Sender, title: str) -> str:
    parts = [f"<h1>{html.escape(title)}</h1>", as_html(str(said["text"]))]
    parts += [_picture(item, words) for item in said["media"]]
    if said["link"]:
        parts.append(f'<p><a href="{html.escape(str(said["link"]))}">{words["read"]}</a></p>')
    parts.append(
        f"<hr><p><small>{html.escape(_why(words, recipient, sender))}<br>"
        f'<a href="{html.escape(recipient.manage_url)}">{words["leave"]}</a></small></p>'
    )
    head = f'<head><meta charset="utf-8"><title>{html.escape(title)}</title></head>'
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="{html.escape(str(said["language"]))}">{head}\n<body>\n{body}\n</body></html>\n'
    )


def _picture(item: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """A picture as a link to its file, with its words; a film as a plain link."""
    address, alt = html.escape(str(item["url"])), html.escape(str(item["alt"]))
    if not address:
        return f"<p>{words['picture']}: {html.escape(_described(item))}</p>"
    if not str(item["mime"]).startswith("image/"):
        return f'<p><a href="{address}">{alt}</a></p>'
    credit = f"<br><small>{html.escape(str(item['credit']))}</small>" if item["credit"] else ""
    return f'<p><img src="{address}" alt="{alt}" width="560">{credit}</p>'
