"""The sandbox's Everbridge: as much of the Suite's REST interface as a Nixle message needs, with its own error bodies.

Every message is public at once and stays: there is no edit and no delete, like there. What the network shares lives in
`network`.
"""

from __future__ import annotations

import json
import math
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from connectors import counting
from connectors.sandbox.faults import Rule
from connectors.sandbox.network import NETWORK, Network, misbehave, same
from connectors.sandbox.store import OUR_APP, Account, Post, new_token, stamp

PREFIX = "/nixle"
PAGE_SIZE = 15
MAX_POSTS = 1000
REGIONS = [{"id": 5091, "name": "Founders Plaza", "state": "TX"}, {"id": 5092, "name": "Pecan Hollow", "state": "TX"}]
LEVELS = {1: "Community message", 2: "Advisory", 3: "Alert"}
EVENT_GROUPS = [{"id": 71, "name": "Severe weather"}]
LAUNCH = frozenset({"type", "launchtype", "message", "publicMessages", "broadcastSettings", "broadcastContacts"})
_SAID = ("type", "smsMessage", "instructions", "expire", "action")
_GRADED = ("category", "event", "severity", "urgency", "certainty")
_WHERE = ("eventGroups", "applyZipCodeToEventGroups", "community")
ALERT = frozenset((*_SAID, *_GRADED, *_WHERE))
REFUSALS = {
    "500": (500, "Internal Server Error"),
    "429": (429, "Too Many Requests"),
    "expired": (401, "Unauthorized"),
    "duplicate": (409, "Conflict"),
}


def routes() -> list[web.RouteDef]:
    """Return the routes under `/nixle/`."""
    return [
        web.post(f"{PREFIX}/authorization/v1/tokens", _token),
        web.get(f"{PREFIX}/rest/nixleRegionIds/{{organization}}", _handle),
        web.get(f"{PREFIX}/rest/nixleEventGroups/{{organization}}", _handle),
        web.route("*", f"{PREFIX}/rest/notifications/{{organization}}", _handle),
        web.route("*", f"{PREFIX}/rest/notifications/{{organization}}/{{number}}", _handle),
    ]


async def _token(request: web.Request) -> web.StreamResponse:
    """Give a client its token: id and secret are those of the account (its remote id, its refresh token)."""
    network = request.app[NETWORK]
    form = await request.post()
    account = network.store.account_by_remote("nixle", str(form.get("client_id") or "-"))
    if account is None or not same(str(form.get("client_secret") or ""), account.refresh_token):
        return web.json_response({"error": "invalid_client", "error_description": "Bad client"}, status=401)
    if form.get("grant_type") != "client_credentials":
        return web.json_response({"error": "unsupported_grant_type"}, status=400)
    account.token = new_token()
    network.store.put_account(account)
    return web.json_response({"access_token": account.token, "token_type": "Bearer", "expires_in": 28800})


async def _handle(request: web.Request) -> web.StreamResponse:
    """Find whose organization it is, check the sign-in, then do what is asked under the faults in force."""
    network = request.app[NETWORK]
    account = network.store.account_by_remote("nixle", request.match_info["organization"])
    if account is None or not _signed_in(request, account):
        return _refused(401, "Unauthorized")
    body = await _body(request)

    async def act() -> web.StreamResponse:
        return _acted(network, request, account, body)

    return await misbehave(network, request, account, _refuse, act, speaking=request.method == "POST")


def _acted(network: Network, request: web.Request, account: Account, body: Any) -> web.Response:
    number = request.match_info.get("number", "")
    if "/nixleRegionIds/" in request.path:
        return web.json_response({"cities": REGIONS, "counties": [], "zipcodes": []})
    if "/nixleEventGroups/" in request.path:
        return web.json_response({"message": "OK", "result": EVENT_GROUPS})
    match (request.method, bool(number)):
        case ("POST", False):
            return _launch(network, request, account, body)
        case ("GET", False):
            return _list(network, request, account)
        case ("GET", True):
            return _read(network, account, number)
        case ("PUT", True):
            return _stop(network, request, account, number, body)
    return _refused(405, "Method Not Allowed")


def _launch(network: Network, request: web.Request, account: Account, body: Any) -> web.Response:
    if problem := _problem(body):
        return _refused(400, problem)
    message, alert = body["message"], body["publicMessages"]["nixleAlertMessage"]
    now = network.now(account)
    post_id = network.new_post_id(account, now)
    last_line = message["textMessage"].rpartition("\n")[2]
    post = Post(
        id=post_id,
        account=account.id,
        text=alert["smsMessage"],
        link=last_line if last_line.startswith(("http://", "https://")) else "",
        root=post_id,
        history=[post_id],
        created_at=stamp(now),
        updated_at=stamp(now),
        arrived_at=stamp(datetime.now(UTC)),
        extra={
            "title": message["title"],
            "body": message["textMessage"],
            "alert": alert,
            "level": LEVELS.get(alert["type"], ""),
        },
    )
    network.store.put_post(post)
    base = f"{request.scheme}://{request.host}{PREFIX}/rest/notifications/{account.remote_id}"
    answer = {"message": "OK", "id": post_id, "baseUri": f"{base}/", "instanceUri": f"{base}/{post_id}"}
    return web.json_response(answer)


def _problem(body: Any) -> str:
    """Return why this is no launch of a Nixle message, or nothing."""
    if not isinstance(body, dict) or set(body) - LAUNCH:
        return "Missing or invalid request input"
    if (body.get("type"), body.get("launchtype")) != ("Standard", "SendNow"):
        return "Invalid notification type or launchtype"
    message = body.get("message")
    alert = (body.get("publicMessages") or {}).get("nixleAlertMessage")
    if not isinstance(message, dict) or not message.get("title") or not message.get("textMessage"):
        return "The message needs a title and a text"
    if not isinstance(alert, dict) or set(alert) - ALERT or not isinstance(alert.get("type"), int):
        return "Invalid nixleAlertMessage"
    sms = str(alert.get("smsMessage") or "")
    if not sms or counting.sms_units(sms) > counting.sms_limit(sms):
        return "The SMS message is longer than 160 characters"
    known = {region["id"] for region in REGIONS}
    asked = (alert.get("community") or {}).get("regionIds") or []
    return "" if set(asked) <= known else "Invalid region id"


def _list(network: Network, request: web.Request, account: Account) -> web.Response:
    given = request.query.get("pageNumber", "1")
    number = int(given) if given.isdecimal() and int(given) else 1
    posts = network.store.timeline(account.id, limit=MAX_POSTS)
    start, pages = (number - 1) * PAGE_SIZE, max(1, math.ceil(len(posts) / PAGE_SIZE))
    base = f"{request.scheme}://{request.host}{request.path}?pageNumber="
    answer: dict[str, Any] = {
        "firstPageUri": f"{base}1",
        "lastPageUri": f"{base}{pages}",
        "message": "OK",
        "page": {
            "currentPageNo": number,
            "data": [_notification(account, post) for post in posts[start : start + PAGE_SIZE]],
            "pageSize": PAGE_SIZE,
            "start": start + 1,
            "totalCount": len(posts),
            "totalPageCount": pages,
        },
    }
    if number < pages:
        answer["nextPageUri"] = f"{base}{number + 1}"
    return web.json_response(answer)


def _read(network: Network, account: Account, number: str) -> web.Response:
    post = _found(network, account, number)
    if post is None:
        return _refused(404, "The notification does not exist")
    return web.json_response({"message": "OK", "result": _notification(account, post)})


def _stop(network: Network, request: web.Request, account: Account, number: str, body: Any) -> web.Response:
    """Stop what is still being sent. What has gone stays where it is: the post does not change."""
    post = _found(network, account, number)
    if post is None or not isinstance(body, dict) or body.get("notificationStatus") != "Stopped":
        return _refused(404 if post is None else 400, "Missing or invalid request input")
    post.extra["status"] = "Stopped"
    network.store.put_post(post)
    uri = f"{request.scheme}://{request.host}{request.path}"
    return web.json_response({"message": "OK", "id": post.id, "instanceUri": uri})


def _found(network: Network, account: Account, number: str) -> Post | None:
    post = network.store.post(number)
    return post if post is not None and post.account == account.id and not post.deleted_at else None


def _notification(account: Account, post: Post) -> dict[str, Any]:
    ours = post.app == OUR_APP
    alert = post.extra.get("alert") or {"type": 1, "smsMessage": post.text, "community": {"regionIds": []}}
    same_words = alert["smsMessage"] == post.text and "body" in post.extra
    long_text = post.extra["body"] if same_words else "\n".join(filter(None, (post.text, post.link)))
    return {
        "id": int(post.id),
        "organizationId": int(account.remote_id),
        "type": "Standard",
        "launchtype": "SendNow",
        "createdDate": int(datetime.fromisoformat(post.created_at).timestamp() * 1000),
        "createdName": "Substation" if ours else "A dispatcher",
        "source": "Api" if ours else "Web",
        "notificationMode": "Live",
        "notificationStatus": post.extra.get("status", "Completed"),
        "message": {
            "contentType": "Text",
            "title": post.extra.get("title") or post.text[:40],
            "textMessage": long_text,
        },
        "publicMessages": {"nixleAlertMessage": {**alert, "smsMessage": post.text}},
        "notificationResult": {
            "notificationId": int(post.id),
            "totalCount": 1200,
            "confirmedCount": 0,
            "confirmedLateCount": 0,
            "notConfirmedCount": 1188,
            "unreachableCount": 12,
        },
    }


def _signed_in(request: web.Request, account: Account) -> bool:
    header = request.headers.get("Authorization", "")
    if header.startswith("Basic "):
        try:
            name, _, password = b64decode(header.removeprefix("Basic ")).decode().partition(":")
        except ValueError:
            return False
        return name == account.handle and same(password, account.token)
    return same(header.removeprefix("Bearer "), account.token)


async def _body(request: web.Request) -> Any:
    if request.method == "GET" or not request.can_read_body:
        return None
    try:
        return json.loads(await request.read())
    except ValueError:
        return None


def _refuse(fault: str, rule: Rule) -> web.Response:
    return _refused(*REFUSALS[fault])


def _refused(status: int, message: str) -> web.Response:
    return web.json_response({"message": message, "status": status}, status=status)
