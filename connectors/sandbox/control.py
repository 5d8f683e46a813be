"""The network's own doors: the truth, faults, history, accounts. Not part of any platform.

`GET /_posts`, `POST /_control`, `POST /_seed`, `POST /_accounts`, `POST /_clear`. Bad input is answered 400
with the field
and the cure.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from aiohttp import web

from connectors.sandbox import faults, seeding
from connectors.sandbox.network import NETWORK, Network, completed, names
from connectors.sandbox.seeding import BadInput
from connectors.sandbox.store import Account, Post, stamp

ACCOUNT_FIELDS = (
    "platform",
    "handle",
    "name",
    "remote_id",
    "token",
    "refresh_token",
    "oauth1",
    "protected",
    "follower_token",
    "bio",
    "website",
    "picture",
)
PROFILE = ("name", "bio", "website", "picture")
PLATFORMS = ("facebook", "x", "mastodon", "bluesky", "youtube", "nixle")


def routes() -> list[web.RouteDef]:
    """Return the routes that begin with an underscore."""
    return [
        web.get("/_posts", _posts),
        web.get("/_accounts", _accounts),
        web.post("/_accounts", _answered(_put_accounts)),
        web.post("/_control", _answered(_control)),
        web.post("/_seed", _answered(_seed)),
        web.post("/_clear", _answered(_clear)),
    ]


async def _posts(request: web.Request) -> web.Response:
    """Return the truth as JSON lines: everything that ever showed, in the order it arrived."""
    since = request.query.get("since", "")
    try:
        after = stamp(_time("since", since)) if since else ""
    except BadInput as error:
        return web.json_response({"error": str(error)}, status=400)
    found = request.app[NETWORK].store.truth(request.query.get("account", ""), after)
    lines = "".join(json.dumps(post.truth(), ensure_ascii=False) + "\n" for post in found)
    return web.Response(text=lines, content_type="application/x-ndjson")


async def _accounts(request: web.Request) -> web.Response:
    """List the accounts, tokens left out."""
    shown = [
        {
            "account": account.id,
            "platform": account.platform,
            "handle": account.handle,
            "name": account.name,
            "remote_id": account.remote_id,
            "protected": account.protected,
        }
        for account in request.app[NETWORK].store.accounts()
    ]
    return web.json_response({"accounts": shown})


def _put_accounts(network: Network, body: Any) -> Any:
    """Make or change accounts; answers them with their tokens, one for one or a list for a list."""
    if isinstance(body, list):
        return {"accounts": [_account_facts(put_account(network, item)) for item in body]}
    return _account_facts(put_account(network, body))


def put_account(network: Network, given: Any) -> Account:
    """Make the account described, or change the one there is; what is not given stays or is made up."""
    if not isinstance(given, dict):
        raise BadInput("an account is a JSON object with platform and handle")
    unknown = sorted(set(given) - set(ACCOUNT_FIELDS))
    if unknown:
        raise BadInput(f"{unknown[0]} is no field of an account; known are {', '.join(ACCOUNT_FIELDS)}")
    platform, handle = str(given.get("platform") or ""), str(given.get("handle") or "").lstrip("@")
    if platform not in PLATFORMS or not handle or "/" in handle:
        raise BadInput(f"platform must be one of {', '.join(PLATFORMS)}, and handle a name without /")
    known = network.store.account(f"{platform}/{handle}") or Account(platform=platform, handle=handle)
    for name in ACCOUNT_FIELDS[2:]:
        if given.get(name) is not None:
            setattr(known, name, given[name])
    known.remote_id, known.protected = str(known.remote_id), bool(known.protected)
    other = network.store.account_by_remote(platform, known.remote_id) if known.remote_id else None
    if other is not None and other.id != known.id:
        raise BadInput(f"remote_id {known.remote_id} belongs to {other.id} already")
    network.store.put_account(completed(known))
    return known


def _control(network: Network, body: Any) -> Any:
    """Set a fault, or do at once what an outsider does."""
    given = _object(body)
    fault, account = str(given.get("fault") or ""), str(given.get("account") or "*")
    known = (*faults.PASSING, *faults.OUTSIDE, faults.SCRIPT, "none")
    if fault not in known:
        raise BadInput(f"fault is {fault!r}; it must be one of {', '.join(known)}")
    if fault in faults.OUTSIDE:
        return {"posts": [_outside(network, fault, one, given) for one in _named(network, account)]}
    if fault == "none":
        network.faults.clear(account)
        return {"rules": len(network.faults.rules)}
    network.faults.add(
        faults.Rule(
            account=account,
            fault=fault,
            p=_number(given, "p", 1.0),
            count=None if given.get("count") is None else int(_number(given, "count", 0)),
            seed=None if given.get("seed") is None else int(_number(given, "seed", 0)),
            value=_script(given) if fault == faults.SCRIPT else given.get("value"),
        )
    )
    return {"rules": len(network.faults.rules)}


def _script(given: dict[str, Any]) -> list[Any]:
    """The lines of a script: what happens to one call after another."""
    lines = given.get("value")
    names = [line.get("fault") if isinstance(line, dict) else line for line in lines or ()]
    if not isinstance(lines, list) or not lines or any(name not in faults.SCRIPTED for name in names):
        raise BadInput(f"value is the list of what happens to call after call: {', '.join(faults.SCRIPTED)}")
    return lines


def _outside(network: Network, fault: str, account: Account, given: dict[str, Any]) -> str:
    value = given.get("value")
    wanted = value if isinstance(value, dict) else {"text": value}
    if fault == "outside_profile":
        return _outside_profile(network, account, wanted)
    text = str(wanted.get("text") or "Said with another app.")
    if fault == "outside_post":
        return network.outside_post(account, text).id
    newest = network.store.timeline(account.id, limit=1)
    post = network.store.post(str(wanted["id"])) if wanted.get("id") else (newest[0] if newest else None)
    if post is None or post.account != account.id or post.deleted_at:
        raise BadInput(f"{account.id} has no such post")
    if fault == "outside_edit":
        _outside_edit(network, account, post, wanted, text)
    else:
        network.outside_delete(account, post)
    return post.id


def _outside_edit(network: Network, account: Account, post: Post, wanted: dict[str, Any], text: str) -> None:
    """Other words; or with `link` another card, with `pictures` only the first so many, and the words as they were."""
    post.link = str(wanted["link"] or "") if "link" in wanted else post.link
    if "pictures" in wanted:
        post.media = post.media[: int(_number(wanted, "pictures", 0))]
    other = "link" in wanted or "pictures" in wanted
    network.outside_edit(account, post, text if wanted.get("text") or not other else post.text)


def _outside_profile(network: Network, account: Account, wanted: dict[str, Any]) -> str:
    """Another name, bio, website or picture; nothing else."""
    if not wanted or not set(wanted) <= set(PROFILE):
        raise BadInput(f"value is an object with some of {', '.join(PROFILE)}")
    put_account(network, {"platform": account.platform, "handle": account.handle, **wanted})
    return ""


def _seed(network: Network, body: Any) -> Any:
    """Write history: `{"account": "platform/handle" | {…}, "posts": […]}`; answers the ids in order.

    `"comments": [{"post": id, …}]` are written below posts that stand there.
    """
    given = _object(body)
    wanted = given.get("account")
    if wanted is None:
        wanted = {key: given[key] for key in ACCOUNT_FIELDS if key in given}
    account = put_account(network, wanted) if isinstance(wanted, dict) else _named(network, str(wanted))[0]
    posts = given.get("posts", [])
    if not isinstance(posts, list):
        raise BadInput("posts is a list")
    seeded = [seeding.seed(network, account, item) for item in posts]
    said = [_seed_comment(network, account, item) for item in given.get("comments") or []]
    return {
        "account": account.id,
        "remote_id": account.remote_id,
        "token": account.token,
        "posts": [{"id": post.id, "key": post.key or None} for post in seeded],
        "comments": said,
    }


def _seed_comment(network: Network, account: Account, given: Any) -> str:
    facts = dict(_object(given))
    post = network.store.post(str(facts.pop("post", "")))
    if post is None or post.account != account.id:
        raise BadInput("post of a comment is the id of a post of this account")
    return seeding.comment(network, account, post, facts)


def _clear(network: Network, body: Any) -> Any:
    """Forget posts, files and faults; `{"accounts": true}` forgets the accounts too."""
    given = body if isinstance(body, dict) else {}
    network.store.clear(accounts=bool(given.get("accounts")))
    network.faults.clear()
    network.calls.clear()
    return {"cleared": True}


def _named(network: Network, name: str) -> list[Account]:
    found = [a for a in network.store.accounts() if name == "*" or name in names(a)]
    if not found:
        raise BadInput(f"account {name!r} is not known; make it with POST /_accounts")
    return found


def _account_facts(account: Account) -> dict[str, Any]:
    facts = {field: getattr(account, field) for field in ACCOUNT_FIELDS}
    return {"account": account.id, **facts}


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise BadInput("the body is a JSON object")
    return body


def _number(given: dict[str, Any], name: str, default: float) -> float:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadInput(f"{name} is a number")
    return float(value)


def _time(name: str, value: str) -> datetime:
    return seeding.time_of(name, value.replace(" ", "+"))


def _answered(act: Any) -> Any:
    """Wrap a door: JSON in, JSON out, bad input as 400 with its reason."""

    async def door(request: web.Request) -> web.Response:
        try:
            body = await request.json() if request.can_read_body else {}
            return web.json_response(act(request.app[NETWORK], body))
        except BadInput as error:
            return web.json_response({"error": str(error)}, status=400)
        except ValueError:
            return web.json_response({"error": "the body is not JSON"}, status=400)

    return door
