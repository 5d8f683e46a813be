"""The sandbox's X answering: limits in the headers, and its two kinds of error body.

What an answer says of posts and users is in `x_shapes`.
"""

from __future__ import annotations

import hashlib
import time
from typing import Any

from aiohttp import web

from connectors.sandbox.faults import Rule
from connectors.sandbox.network import Network
from connectors.sandbox.store import Account
from connectors.sandbox.x_shapes import PROBLEMS

LIMIT, WINDOW_S = 100, 15 * 60


def _limits(remaining: int, reset: float) -> dict[str, str]:
    return {
        "x-rate-limit-limit": str(LIMIT),
        "x-rate-limit-remaining": str(remaining),
        "x-rate-limit-reset": str(int(reset)),
        "x-transaction-id": hashlib.sha256(str(reset).encode()).hexdigest()[:16],
    }


def answer(network: Network, account: Account, body: dict[str, Any], status: int = 200) -> web.Response:
    """Answer a call with its headers."""
    headers = _limits(network.counted(account, LIMIT), time.time() + WINDOW_S)
    return web.json_response(body, status=status, headers=headers)


def refuse(fault: str, rule: Rule) -> web.Response:
    """Word a fault as X does."""
    if fault == "expired":
        return problem(401, None, "Unauthorized", title="Unauthorized")
    if fault == "429":
        response = problem(429, None, "Too Many Requests", title="Too Many Requests")
        response.headers.update(_limits(0, time.time() + rule.number(60)))
        return response
    if fault == "duplicate":
        return duplicate()
    return web.json_response({"code": 131, "message": "Internal error"}, status=500)


def duplicate() -> web.Response:
    """Refuse the same text."""
    return problem(403, None, "You are not allowed to create a Tweet with duplicate content.")


def not_found(what: str) -> web.Response:
    """Say that there is no such thing."""
    return problem(404, "resource-not-found", f"Could not find [{what}].", resource_type="tweet")


def problem(
    status: int, name: str | None, detail: str, title: str = "Invalid Request", resource_type: str = ""
) -> web.Response:
    """Return an `application/problem+json` body; without a name its type is `about:blank`, as in real life."""
    body: dict[str, Any] = {
        "title": "Forbidden" if status == 403 else title,
        "detail": detail,
        "type": f"{PROBLEMS}{name}" if name else "about:blank",
        "status": status,
    }
    if resource_type or name == "not-authorized-for-resource":
        body["resource_type"] = resource_type or "tweet"
    response = web.json_response(body, status=status)
    response.content_type = "application/problem+json"
    return response
