"""Sign-in to the sandbox's Facebook: the dialogue, tokens of a made-up person, her Pages, and taking all that back.

The person administers every Page of the network. Permissions can be unticked, as in the real dialogue; a Page's token
then lacks them. People live in memory: after a restart their tokens are dead, those of the Pages are not.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from aiohttp import web

from connectors.connecting.sandbox import APPS
from connectors.sandbox import facebook_shapes as shapes
from connectors.sandbox import oauth
from connectors.sandbox.network import NETWORK, same
from connectors.sandbox.oauth import CODES, Code
from connectors.sandbox.store import Account, new_token

PREFIX = "/facebook/v25.0"
APP = APPS["facebook"]
CODE_LASTS = timedelta(minutes=10)
SCOPES = (
    "pages_show_list",
    "pages_manage_posts",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
)
ALL_TASKS = ("ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE")
FEW_TASKS = ("ADVERTISE", "ANALYZE")
NO_TASK = "no_task"


@dataclass(slots=True, kw_only=True)
class Person:
    """Who signed in: her id, what she left ticked, what she may do on the Pages."""

    id: str
    scopes: tuple[str, ...]
    tasks: tuple[str, ...] = ALL_TASKS


PEOPLE: web.AppKey[dict[str, Person]] = web.AppKey("facebook-people", dict)
GRANTED: web.AppKey[dict[str, Person]] = web.AppKey("facebook-granted", dict)  # by Page


def prepare(app: web.Application) -> None:
    """Give the network its memory of people and codes."""
    app[PEOPLE], app[GRANTED], app[CODES] = {}, {}, {}


def routes() -> list[web.RouteDef]:
    """Return the routes of the sign-in; they stand before those of the Pages."""
    return [
        web.get(f"{PREFIX}/dialog/oauth", _ask),
        web.post(f"{PREFIX}/dialog/oauth", _allow),
        web.post(f"{PREFIX}/oauth/access_token", _trade),
        web.get(f"{PREFIX}/debug_token", _debug_token),
        web.get(f"{PREFIX}/me", _me),
        web.get(f"{PREFIX}/me/accounts", _accounts),
        web.delete(f"{PREFIX}/{{person}}/permissions", _revoke),
    ]


async def _ask(request: web.Request) -> web.Response:
    asked = request.query
    if asked.get("client_id") != APP.client_id or asked.get("response_type") != "code":
        return oauth.shown("<h1>Invalid App ID</h1><p>The app is not known here.</p>", 400)
    if not oauth.known_redirect(asked.get("redirect_uri", ""), "facebook"):
        return oauth.shown("<h1>URL blocked</h1><p>The redirect address is not one of this app's.</p>", 400)
    wanted = [name for name in asked.get("scope", "").split(",") if name]
    if not set(wanted) <= set(SCOPES):
        return oauth.shown("<h1>Invalid scopes</h1><p>The app asks for a permission it does not have.</p>", 400)
    hidden = {name: asked.get(name, "") for name in ("client_id", "redirect_uri", "state")}
    return oauth.page("Facebook", hidden, wanted, wrongs={NO_TASK: "the person may not post on the Pages"})


async def _allow(request: web.Request) -> web.Response:
    form = await request.post()
    redirect, state = str(form.get("redirect_uri") or ""), str(form.get("state") or "")
    if form.get("client_id") != APP.client_id or not oauth.known_redirect(redirect, "facebook"):
        return oauth.shown("<h1>URL blocked</h1><p>The redirect address is not one of this app's.</p>", 400)
    if form.get("answer") != "allow":
        why = {"error": "access_denied", "error_reason": "user_denied", "error_description": "Permissions error"}
        return oauth.back(redirect, {**why, "state": state})
    code = Code(
        client_id=APP.client_id,
        redirect_uri=redirect,
        account=NO_TASK if form.get("wrong") == NO_TASK else "",
        scopes=tuple(str(name) for name in form.getall("scopes", [])),
        challenge="",
        until=datetime.now(UTC),
    )
    ran_out = form.get("wrong") == oauth.RAN_OUT
    text = oauth.keep(request.app[CODES], code, lasts=CODE_LASTS, ran_out=ran_out)
    return oauth.back(redirect, {"code": text, "state": state})


async def _trade(request: web.Request) -> web.Response:
    """A code for a short-lived token, or a short-lived for a long-lived one."""
    form = {key: str(value) for key, value in (await request.post()).items()}
    if form.get("client_id") != APP.client_id or not same(form.get("client_secret", ""), APP.client_secret):
        return shapes.bad("Error validating client secret.", code=1)
    people = request.app[PEOPLE]
    if form.get("grant_type") == "fb_exchange_token":
        person = people.pop(form.get("fb_exchange_token", ""), None)
        return shapes.error("token") if person is None else _token(people, person, 60 * 24 * 3600)
    code = request.app[CODES].pop(form.get("code", ""), None)
    if code is None or not oauth.fits(code, form):
        return shapes.bad("Error validating verification code. Make sure your redirect_uri is identical.")
    if code.until < datetime.now(UTC):
        return shapes.bad("This authorization code has expired.")
    person_id = str(10**15 + secrets.randbelow(10**14))
    tasks = FEW_TASKS if code.account == NO_TASK else ALL_TASKS
    return _token(people, Person(id=person_id, scopes=code.scopes, tasks=tasks), 3600)


def _token(people: dict[str, Person], person: Person, lasts_s: int) -> web.Response:
    token = new_token()
    people[token] = person
    return web.json_response({"access_token": token, "token_type": "bearer", "expires_in": lasts_s})


async def _me(request: web.Request) -> web.Response:
    person = request.app[PEOPLE].get(bearer(request))
    return shapes.error("token") if person is None else web.json_response({"id": person.id})


async def _accounts(request: web.Request) -> web.Response:
    """The person's Pages with a token each; without the permission to list them Facebook answers an empty list."""
    person = request.app[PEOPLE].get(bearer(request))
    if person is None:
        return shapes.error("token")
    pages = [one for one in request.app[NETWORK].store.accounts() if one.platform == "facebook"]
    if "pages_show_list" not in person.scopes:
        pages = []
    for account in pages:
        request.app[GRANTED][account.id] = person
    return web.json_response({"data": [_page(request, account, person) for account in pages]})


def _page(request: web.Request, account: Account, person: Person) -> dict[str, Any]:
    link = f"{request.scheme}://{request.host}/see/facebook/{quote(account.handle)}/"
    return {
        "id": account.remote_id,
        "name": account.name,
        "username": account.handle,
        "link": link,
        "tasks": list(person.tasks),
        "access_token": account.refresh_token,  # of this sign-in; the one made at the door is not hers to take back
    }


async def _debug_token(request: web.Request) -> web.StreamResponse:
    """What a Page's token may, asked with itself or with the app's own."""
    network, given = request.app[NETWORK], request.query.get("input_token", "")
    store = network.store
    account = store.account_by_token("facebook", given) or store.account_by_refresh_token("facebook", given)
    allowed = (given, f"{APP.client_id}|{APP.client_secret}")
    if account is None or not any(same(bearer(request), token) for token in allowed):
        return shapes.error("token")
    person = request.app[GRANTED].get(account.id)
    facts: Mapping[str, Any] = {
        "app_id": APP.client_id,
        "type": "PAGE",
        "application": "Substation",
        "is_valid": True,
        "expires_at": 0,
        "data_access_expires_at": 0,
        "profile_id": account.remote_id,
        "scopes": list(person.scopes if person else SCOPES),
    }
    return shapes.answer(network, account, {"data": dict(facts)})


async def _revoke(request: web.Request) -> web.Response:
    """Take a person's permissions back: the tokens of all her Pages are dead at once."""
    if not same(bearer(request), f"{APP.client_id}|{APP.client_secret}"):
        return shapes.error("token")
    store, granted = request.app[NETWORK].store, request.app[GRANTED]
    gone = [page for page, person in granted.items() if person.id == request.match_info["person"]]
    for page_id in gone:
        del granted[page_id]
        account = store.account(page_id)
        if account is not None:
            account.refresh_token = new_token()
            store.put_account(account)
    return web.json_response({"success": True}) if gone else shapes.error("gone")


def opens(token: str, account: Account) -> bool:
    """Whether a token is good for a Page: the one made at the network's door, or that of a person's sign-in."""
    return same(token, account.token) or same(token, account.refresh_token)


def bearer(request: web.Request) -> str:
    """Return the token of a call."""
    header = request.headers.get("Authorization", "")
    return header.removeprefix("Bearer ") if header.startswith("Bearer ") else ""
