"""Connecting a Facebook Page: OAuth code, a long-lived token of the person, then the token of the Page she picks.

Permissions and tasks from the vendor's "Pages API" pages; `pages_show_list` (the list of Pages needs it) and that the
token address takes a posted form are general knowledge, tried against the sandbox only. Facebook's server-side flow
has the app's secret where others have PKCE.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.connecting import findings, wire
from connectors.connecting.contract import App, Asked, Finding, Guide, Opened, Scope, Way, Weight
from connectors.contract import Account
from connectors.errors import ConnectorError, Misconfigured, NotSupported
from connectors.facebook_graph import LIVE_BASE, VERSION

DIALOG = "https://www.facebook.com"
WHO = "Whoever is administrator of the Page"
WRITE_TASKS = ("CREATE_CONTENT", "MANAGE")
MODERATE_TASKS = ("MODERATE", "MANAGE")


class FacebookPages:
    """Asks for the permissions a Page needs and proves each of them."""

    platform: ClassVar[str] = "facebook"
    label: ClassVar[str] = "Facebook"
    ways: ClassVar[tuple[Way, ...]] = (Way.SIGN_IN,)
    asked: ClassVar[tuple[Asked, ...]] = ()
    before_sign_in: ClassVar[tuple[Asked, ...]] = ()
    registers_itself: ClassVar[bool] = False
    renews_by: ClassVar[tuple[str, ...]] = ()
    scopes: ClassVar[tuple[Scope, ...]] = (
        Scope(name="pages_show_list", gives="show your Pages to choose from", needed=True),
        Scope(name="pages_manage_posts", gives="post, change or delete posts", needed=True),
        Scope(name="pages_read_engagement", gives="read the Page and prove that a post is there", needed=True),
        Scope(name="pages_read_user_content", gives="read the public's comments", opens=("read",)),
        Scope(name="pages_manage_engagement", gives="answer or hide comments", opens=("hide", "reply")),
    )
    guide: ClassVar[Guide] = Guide(
        who="somebody with full control of the Page; a personal Facebook sign-in of theirs is used, not a shared one",
        before=(
            "Make an app of type Business and add the product Facebook Login.",
            "Under Facebook Login, Settings, enter the redirect address below as a valid OAuth redirect address.",
            "Ask for the permissions below. Until Facebook has reviewed the app, only people with a role in the app "
            "can sign in.",
            "Copy App id and App secret (Settings, Basic) into the fields here: once, for all Pages.",
        ),
        where="https://developers.facebook.com/apps/",
        ends="https://www.facebook.com/settings/?tab=business_tools",
        stays="Posts and comments stay on the Page. The person's permission stays until it is taken back there.",
    )

    def app(self, app: App, typed: Mapping[str, str], redirect_uri: str) -> App:
        """Return the app as it is stored; Facebook has one address for all."""
        return app

    def authorise(self, app: App, *, redirect_uri: str, state: str, challenge: str) -> str:
        """Return Facebook's dialogue; asks anew for what was declined before."""
        query = {
            "client_id": app.client_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "response_type": "code",
            "scope": ",".join(scope.name for scope in self.scopes),
            "auth_type": "rerequest",
        }
        return wire.address(f"{app.api_base or DIALOG}/{VERSION}/dialog/oauth", query)

    def exchange(self, app: App, *, code: str, redirect_uri: str, verifier: str, now: datetime) -> tuple[Opened, ...]:
        """Code, long-lived token of the person, their Pages with a token each."""
        url, own = f"{_base(app)}/oauth/access_token", {"client_id": app.client_id, "client_secret": app.client_secret}
        first = wire.post(url, {**own, "code": code, "redirect_uri": redirect_uri})
        longer = {**own, "grant_type": "fb_exchange_token", "fb_exchange_token": str(first.get("access_token", ""))}
        token = str(wire.post(url, longer).get("access_token", ""))
        me, _ = _get(app, "me", {"fields": "id"}, token, now)
        fields = {"fields": "id,name,username,link,tasks,access_token", "limit": "100"}
        pages, _ = _get(app, "me/accounts", fields, token, now)
        rows = pages.get("data")
        return tuple(_page(app, item, str(me.get("id", ""))) for item in (rows if isinstance(rows, list) else []))

    def typed(self, app: App, typed: Mapping[str, str], *, now: datetime) -> tuple[Opened, ...]:
        """Raise NotSupported: a Page is only opened by signing in."""
        raise NotSupported("A Facebook Page is connected by signing in")

    def examine(self, app: App, opened: Opened, *, now: datetime) -> tuple[Finding, ...]:
        """The Page answers, the token's facts, each permission, the person's tasks on the Page, the clocks."""
        token = opened.secrets.get("access_token", "")
        try:
            _, ahead = _get(app, opened.remote_id, {"fields": "id,name"}, token, now)
            facts = _debug(app, token, now)
        except ConnectorError as error:
            return (findings.trouble(error),)
        found = [findings.ok("token", "The sign-in works: the Page answers.")]
        granted = [str(name) for name in facts.get("scopes") or ()]
        found += findings.scopes(self.scopes, granted, who=WHO)
        found += [*_tasks(opened), findings.ends(_ends(facts), now, renews=False)]
        return (*found, wire.clock(ahead), findings.second_factor(self.label))

    def revoke(self, app: App, account: Account) -> str:
        """Delete the person's permissions for the app: every Page of that sign-in loses them."""
        person = str(account.settings.get("granted_by") or "")
        if not person:
            raise NotSupported("Facebook was not told who signed in")
        wire.delete(f"{_base(app)}/{person}/permissions", _app_token(app))
        return "Facebook has taken the permissions back."


def _base(app: App) -> str:
    return f"{app.api_base or LIVE_BASE}/{VERSION}"


def _app_token(app: App) -> str:
    if not (app.client_id and app.client_secret):
        raise Misconfigured("The app's id and secret are not stored: enter them on the connect page")
    return f"{app.client_id}|{app.client_secret}"


def _get(
    app: App, path: str, query: Mapping[str, str], token: str, now: datetime
) -> tuple[dict[str, Any], timedelta | None]:
    """Read from Graph with a person's or a Page's token, proven to be used by the app itself."""
    proof = hmac.new(app.client_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    return wire.get(wire.address(f"{_base(app)}/{path}", {**query, "appsecret_proof": proof}), token, now=now)


def _page(app: App, item: Mapping[str, Any], person: str) -> Opened:
    tasks = item.get("tasks")
    remote_id = str(item.get("id") or "")
    settings = {"app_id": app.client_id, "granted_by": person}
    return Opened(
        remote_id=remote_id,
        name=str(item.get("name") or remote_id),
        handle=str(item.get("username") or remote_id),
        url=str(item.get("link") or f"{DIALOG}/{remote_id}"),
        api_base=app.api_base,
        secrets={"access_token": str(item.get("access_token") or ""), "app_secret": app.client_secret},
        settings=settings,
        tasks=tuple(str(task) for task in tasks) if isinstance(tasks, list) else None,
        grant=person,
    )


def _debug(app: App, token: str, now: datetime) -> Mapping[str, Any]:
    """What Facebook says of a token, asked with the app's own."""
    body, _ = wire.get(wire.address(f"{_base(app)}/debug_token", {"input_token": token}), _app_token(app), now=now)
    facts = body.get("data")
    return facts if isinstance(facts, dict) else {}


def _ends(facts: Mapping[str, Any]) -> datetime | None:
    ends = [facts.get(key) for key in ("expires_at", "data_access_expires_at")]
    known = [datetime.fromtimestamp(end, UTC) for end in ends if isinstance(end, int) and end > 0]
    return min(known, default=None)


def _tasks(opened: Opened) -> list[Finding]:
    """The person's own rights on the Page: CREATE_CONTENT to post, MODERATE to answer and hide."""
    if opened.tasks is None:
        return [
            Finding(code="tasks", weight=Weight.UNKNOWN, words="Facebook does not say what you may do on the Page.")
        ]
    give = f"{WHO} gives you this task (Page, Settings, Page access), then you sign in again."
    found = []
    if not set(opened.tasks) & set(WRITE_TASKS):
        words = "You may not post on this Page: the task CREATE_CONTENT is missing."
        found.append(Finding(code="task:CREATE_CONTENT", weight=Weight.STOP, words=words, cure=give))
    if not set(opened.tasks) & set(MODERATE_TASKS):
        words = "You may not answer or hide comments on this Page: the task MODERATE is missing."
        found.append(Finding(code="task:MODERATE", weight=Weight.WARNING, words=words, cure=give))
    return found or [findings.ok("tasks", "You may post and moderate on this Page.")]
