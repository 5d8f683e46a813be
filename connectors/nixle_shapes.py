"""Nixle's message as Everbridge takes it, and Everbridge's answers as the contract's shapes. Pure; no call is made.

Field names: Everbridge's descriptions of `nixleAlertMessage` and of a notification, 2026. A level's number is not
described anywhere public, so a live account has to be told it by Everbridge (setting `types`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from connectors import counting, delivery_code
from connectors.contract import Account, Metrics, Remote
from connectors.errors import Misconfigured, Temporary

PUBLIC_PAGES = "https://local.nixle.com"
LEVELS = ("community", "advisory", "alert")
LEVEL_OF_KIND = {"safety_alert": "alert"}  # every other kind: the account's own level
SANDBOX_TYPES = {"community": 1, "advisory": 2, "alert": 3}
CONTACT = {"name": "contactName", "email": "contactEmail", "phone": "contactPhone", "division": "contactDivision"}
_LAST_LINK = re.compile(r"\s*\n(https?://\S+)\s*$")


def body(account: Account, wanted: Mapping[str, str]) -> dict[str, Any]:
    """Return the launch of one message: `wanted` is the step's title, text, sms and level.

    Raises Misconfigured naming the setting that is missing or cannot be read.
    """
    alert: dict[str, Any] = {
        "type": _type(account, wanted["level"]),
        "smsMessage": wanted["sms"],
        "community": {"regionIds": region_ids(account), **_contact(account)},
    }
    groups = account.settings.get("event_groups")
    if groups:
        alert["eventGroups"] = [str(group) for group in groups]
    launch: dict[str, Any] = {
        "type": "Standard",
        "launchtype": "SendNow",
        "message": {"title": wanted["title"], "textMessage": wanted["text"]},
        "publicMessages": {"nixleAlertMessage": alert},
    }
    for setting, field in (("broadcast_settings", "broadcastSettings"), ("broadcast_contacts", "broadcastContacts")):
        if account.settings.get(setting):
            launch[field] = account.settings[setting]
    return launch


def level(account: Account, planned: str) -> str:
    """Return the level of a message: what its kind asks for, else the account's; raises Misconfigured."""
    found = planned or str(account.settings.get("level") or LEVELS[0])
    if found not in LEVELS:
        raise Misconfigured(f"the setting level is {found!r}; it is one of {', '.join(LEVELS)}")
    return found


def region_ids(account: Account) -> list[int]:
    """Return the places that get the messages; raises Misconfigured where a live account names none."""
    given = account.settings.get("region_ids")
    if given is None and account.mode == "sandbox":
        return []
    if not isinstance(given, list | tuple) or not given or not all(str(one).isdecimal() for one in given):
        raise Misconfigured("the setting region_ids is missing: list the numbers of the places from Everbridge")
    return [int(one) for one in given]


def require_release(account: Account) -> None:
    """Refuse to send to real phones until the department has said, on the account, that approved messages may go."""
    if account.mode == "live" and not account.settings.get("release"):
        raise Misconfigured(
            "Nixle sends to phones and nothing brings a text back: the setting release is missing. "
            "Write there who agreed that approved messages go out, or put the channel in hand-off"
        )


def remote(account: Account, item: dict[str, Any]) -> Remote:
    """Return one notification as the engine knows posts: its text is that of the text message."""
    message = item.get("message") or {}
    remote_id, long_text = str(item.get("id") or ""), str(message.get("textMessage") or "")
    found = _LAST_LINK.search(long_text)
    sms = str(alert_of(item).get("smsMessage") or "")
    return Remote(
        remote_id=remote_id,
        url=page_url(account, remote_id),
        text=sms or counting.fold_for_sms(_LAST_LINK.sub("", long_text)),
        created_at=_time(item.get("createdDate")),
        ours=_ours(account, item),
        links=(found[1],) if found else (),
        pictures=None,
        raw=item,
    )


def is_public(item: dict[str, Any]) -> bool:
    """Return True for a message of Nixle's: an organization's other notifications go to its own people only."""
    return bool(alert_of(item)) or "publicMessages" not in item or bool(mark(item))


def alert_of(item: dict[str, Any]) -> dict[str, Any]:
    """Return the Nixle part of a notification, empty where it has none."""
    found = (item.get("publicMessages") or {}).get("nixleAlertMessage")
    return found if isinstance(found, dict) else {}


def mark(item: dict[str, Any]) -> str:
    """Return the delivery's mark at the end of a notification's title."""
    return delivery_code.at_the_end(str((item.get("message") or {}).get("title") or ""))


def metrics(item: dict[str, Any]) -> Metrics:
    """Return the counts: how many people it was for, who it did not reach, who confirmed. Nobody counts reading."""
    counts = item.get("notificationResult")
    return Metrics(raw=counts if isinstance(counts, dict) else {})


def items(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the notifications of a page; raises Temporary when the answer is no page."""
    found = (answer.get("page") or {}).get("data")
    if not isinstance(found, list):
        raise Temporary("Everbridge answered a list without its data", status=200)
    return [item for item in found if isinstance(item, dict)]


def next_page(answer: dict[str, Any]) -> str | None:
    """Return the number of the next page, or None on the last."""
    page = answer.get("page") or {}
    number, of = int(page.get("currentPageNo") or 1), int(page.get("totalPageCount") or 1)
    return str(number + 1) if number < of else None


def known_regions(answer: dict[str, Any]) -> set[int]:
    """Return the numbers of the places in the organization's jurisdiction."""
    groups = [answer.get(name) or [] for name in ("cities", "counties", "zipcodes")]
    return {int(place["id"]) for group in groups for place in group}


def page_url(account: Account, remote_id: str) -> str:
    """Return the address people see: in the sandbox the message's own, else the department's page.

    Nixle numbers its public pages by itself, and Everbridge does not tell the number. The setting `page` is an
    address, or a name as in local.nixle.com/your-department.
    """
    if account.mode == "sandbox":
        root = account.api_base.rstrip("/").removesuffix("/nixle")
        return f"{root}/see/nixle/{account.handle.lstrip('@')}/status/{remote_id}/"
    page = str(account.settings.get("page") or "").strip("/")
    return page if not page or "://" in page else f"{PUBLIC_PAGES}/{quote(page)}/"


def _type(account: Account, wanted: str) -> int:
    types = account.settings.get("types") or (SANDBOX_TYPES if account.mode == "sandbox" else {})
    found = types.get(wanted) if isinstance(types, Mapping) else None
    if not isinstance(found, int):
        raise Misconfigured(
            f"the setting types has no number for {wanted}; ask Everbridge for the numbers and write them like "
            '{"community": 1, "advisory": 2, "alert": 3}'
        )
    return found


def _contact(account: Account) -> dict[str, str]:
    given = account.settings.get("contact") or {}
    return {field: str(given[name]) for name, field in CONTACT.items() if given.get(name)}


def _ours(account: Account, item: dict[str, Any]) -> bool | None:
    """Made by a program, and by the one of this account where it is named (setting `service_account`)."""
    source, maker = item.get("source"), str(account.settings.get("service_account") or "")
    if source is None:
        return True if mark(item) else None
    return source == "Api" and (not maker or item.get("createdName") == maker)


def _time(value: Any) -> datetime:
    try:
        return datetime.fromtimestamp(int(value) / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise Temporary("Everbridge answered a time we cannot read", status=200) from error
