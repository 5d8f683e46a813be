"""The sandbox's Bluesky answering: limits in the headers, errors by name, in the reference server's words."""

from __future__ import annotations

import math
import time
from typing import Any

from aiohttp import web

from connectors.sandbox.faults import Rule
from connectors.sandbox.network import Network
from connectors.sandbox.store import Account

LIMIT, WINDOW_S = 3_000, 300
OTHER_CID = "bafyreib2rxk3rybk3aobmv5cjuql3bm2twh4jo5uxgf5kpqcsgz7soitae"


def answer(network: Network, account: Account, body: dict[str, Any]) -> web.Response:
    """Answer a call with its headers."""
    left = network.counted(account, LIMIT)
    return web.json_response(body, headers=_limits(left, time.time() + WINDOW_S))


def failed(status: int, name: str, words: str) -> web.Response:
    """Return an error as the protocol words it."""
    return web.json_response({"error": name, "message": words}, status=status)


def refuse(fault: str, rule: Rule) -> web.Response:
    """Word a fault as the reference server does."""
    if fault == "expired":
        return failed(400, "ExpiredToken", "Token has expired")
    if fault == "429":
        response = failed(429, "RateLimitExceeded", "Rate Limit Exceeded")
        seconds = math.ceil(rule.number(60))
        response.headers.update({**_limits(0, time.time() + seconds), "Retry-After": str(seconds)})
        return response
    if fault == "duplicate":  # what "I have that already" means here: other content stands under the key
        return failed(400, "InvalidSwap", f"Record was at {OTHER_CID}")
    return failed(500, "InternalServerError", "Internal Server Error")


def _limits(remaining: int, reset: float) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(LIMIT),
        "RateLimit-Remaining": str(remaining),
        "RateLimit-Reset": str(int(reset)),
        "RateLimit-Policy": f"{LIMIT};w={WINDOW_S}",
    }
