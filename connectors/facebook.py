"""Facebook Pages, always the staged way: nothing is visible before the last step, which works on a stored id.

Calls and errors: `facebook_graph`. Field and parameter names: the vendor's machine-readable specs of Graph
v25.0, against
which the tests check every request. Only an answer to a comment (or post) is visible at once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from connectors import account as account_of
from connectors import composing, matching
from connectors import facebook_graph as graph
from connectors import facebook_shapes as shapes
from connectors.base import BaseConnector, reads_answers
from connectors.contract import (
    Account,
    Act,
    Comment,
    Done,
    Health,
    Media,
    Metrics,
    Next,
    Outgoing,
    Page,
    Policy,
    Probe,
    Profile,
    Receipt,
    Remote,
    Result,
    State,
    Step,
)
from connectors.errors import Misconfigured, NotAuthorised, Refused, Temporary, Uncertain
from connectors.http import FilePart

POST_FIELDS = (
    "id,message,created_time,updated_time,permalink_url,status_type,is_published,"
    "application{id,name},shares,attachments"
)
COMMENT_FIELDS = "id,from,message,created_time,is_hidden,can_hide,can_remove,parent,permalink_url"
COUNT_FIELDS = "shares,comments.limit(0).summary(true),reactions.limit(0).summary(true)"
PROFILE_FIELDS = "id,name,username,about,description,website"  # a picture's address is signed anew each time
PAGE_SIZE = "50"


class Facebook(BaseConnector):
    """Speaks Graph for one Page."""

    platform: ClassVar[str] = "facebook"
    ambiguous_policy: ClassVar[Policy] = Policy.FIND_THEN_ASK

    def plan(self, outgoing: Outgoing) -> tuple[Step, ...]:
        """Photos, draft, address, publish; or address and then the one call of any other act. Pure."""
        if outgoing.act is Act.PUBLISH:
            return _publish_steps(outgoing)
        if outgoing.target is None:
            raise Misconfigured(f"a {outgoing.act.value} needs a target: set Outgoing.target")
        target = outgoing.target.remote_id
        if outgoing.act in (Act.EDIT, Act.REPLY):
            speak = Step(
                name=outgoing.act.value,
                repeatable=outgoing.act is Act.EDIT,
                payload={"target": target, "message": composing.compose(self.platform, outgoing)},
            )
            return (Step(name="address", repeatable=True, payload={"target": target}), speak)
        return (Step(name=outgoing.act.value, repeatable=True, payload={"target": target}),)

    @reads_answers
    def run(self, account: Account, step: Step, state: State) -> Result:
        """Make the one call of this step. States hold `photos`, `post_id`, `url`."""
        name = step.name.partition("-")[0]
        if name == "photo":
            return self._photo(account, step, state)
        if name == "draft":
            return self._draft(account, step, state)
        if name == "address":
            return self._address(account, step, state)
        if name == "publish":
            return self._publish(account, state)
        if name == "reply":
            return self._reply(account, step, state)
        if name == "withdraw":
            return self._withdraw(account, step)
        if name in ("edit", "hide", "restore"):
            return self._update(account, name, step, state)
        raise self._cannot(step.name)

    @reads_answers
    def verify(self, account: Account) -> Health:
        """Read the Page with its token, then what the token may do and until when."""
        try:
            graph.call(account, "GET", graph.node(account.remote_id), repeatable=True, query={"fields": "id,name"})
        except NotAuthorised as error:
            return Health(ok=False, warnings=(error.message,))
        try:
            query = {"input_token": account_of.token(account)}
            facts = graph.call(account, "GET", "debug_token", repeatable=True, query=query)
        except (Refused, Temporary) as error:
            return Health(ok=True, warnings=(f"the token's expiry could not be read: {error.message}",))
        return shapes.health(facts.get("data") or {})

    @reads_answers
    def find(self, account: Account, probe: Probe) -> tuple[Remote, ...]:
        """Publication: by id, else in the list. Answer: among the comments. Else: the target as it is."""
        if probe.act is Act.REPLY and probe.target_id:
            return self._find_reply(account, probe)
        known = probe.remote_id if probe.act is Act.PUBLISH else probe.target_id
        if known:
            return self._read(account, known)
        return self._look_among_own(account, probe)

    @reads_answers
    def list_own(self, account: Account, cursor: str | None, since: datetime | None) -> Page[Remote]:
        """List published posts, newest first; "since" cannot be asked: pages end at the first older post."""
        query = {"fields": POST_FIELDS, "limit": PAGE_SIZE, **({"after": cursor} if cursor else {})}
        path = f"{graph.node(account.remote_id)}/published_posts"
        body = graph.call(account, "GET", path, repeatable=True, query=query)
        items = [shapes.remote(account, item) for item in shapes.data(body)]
        fresh = tuple(r for r in items if since is None or r.created_at >= since)
        return Page(items=fresh, next_cursor=shapes.after(body) if len(fresh) == len(items) else None)

    @reads_answers
    def profile(self, account: Account) -> Profile:
        """Read the Page's name, address, words and website."""
        query = {"fields": PROFILE_FIELDS}
        return shapes.profile(graph.call(account, "GET", graph.node(account.remote_id), repeatable=True, query=query))

    @reads_answers
    def fetch_comments(self, account: Account, remote: Remote, cursor: str | None) -> Page[Comment]:
        """Return the comments on one post, oldest first, answers to comments included; the Page's own are marked."""
        query = {
            "filter": "stream",
            "order": "chronological",
            "fields": COMMENT_FIELDS,
            "limit": PAGE_SIZE,
            **({"after": cursor} if cursor else {}),
        }
        path = f"{graph.node(remote.remote_id)}/comments"
        body = graph.call(account, "GET", path, repeatable=True, query=query)
        items = tuple(shapes.comment(remote.remote_id, item, account.remote_id) for item in shapes.data(body))
        return Page(items=items, next_cursor=shapes.after(body))

    @reads_answers
    def metrics(self, account: Account, remotes: Sequence[Remote]) -> dict[str, Metrics]:
        """Return the stable counts a post itself carries; views have changed their names too often."""
        counts: dict[str, Metrics] = {}
        for remote in remotes:
            try:
                body = graph.call(
                    account,
                    "GET",
                    graph.node(remote.remote_id),
                    repeatable=True,
                    query={"fields": COUNT_FIELDS},
                )
            except Refused as error:
                if not graph.is_gone(error):
                    raise
                continue
            counts[remote.remote_id] = shapes.metrics(body)
        return counts

    def _photo(self, account: Account, step: Step, state: State) -> Result:
        wanted = step.payload
        source = FilePart(wanted["filename"], wanted["mime"], self._blob(account, wanted["sha256"]))
        body = graph.call(
            account,
            "POST",
            f"{graph.node(account.remote_id)}/photos",
            repeatable=True,
            multipart={"published": "false", "alt_text_custom": wanted["alt"], "source": source},
        )
        return Next({**state, "photos": {**state.get("photos", {}), wanted["number"]: _id(body, True)}})

    def _draft(self, account: Account, step: Step, state: State) -> Result:
        photos = state.get("photos", {})
        form = {"message": step.payload["message"], "published": "false"}
        if step.payload.get("link"):
            form["link"] = step.payload["link"]
        if photos:
            form["attached_media"] = json.dumps([{"media_fbid": photos[n]} for n in sorted(photos, key=int)])
        path = f"{graph.node(account.remote_id)}/feed"
        body = graph.call(account, "POST", path, repeatable=True, form=form)
        return Next({**state, "post_id": _id(body, True)})

    def _address(self, account: Account, step: Step, state: State) -> Result:
        """Ask for the address before anything shows, so that the visible call is the last one."""
        target = step.payload.get("target") or state["post_id"]
        query = {"fields": "permalink_url"}
        body = graph.call(account, "GET", graph.node(target), repeatable=True, query=query)
        return Next({**state, "url": str(body.get("permalink_url") or shapes.fallback_url(target))})

    def _publish(self, account: Account, state: State) -> Result:
        post_id = state["post_id"]
        form = {"is_published": "true"}
        body = graph.call(account, "POST", graph.node(post_id), repeatable=True, form=form)
        _must_succeed(body)
        return Done(Receipt(remote_id=post_id, url=state.get("url", ""), raw=body))

    def _update(self, account: Account, name: str, step: Step, state: State) -> Result:
        target = step.payload["target"]
        form = (
            {"message": step.payload["message"]}
            if name == "edit"
            else {"is_hidden": "true" if name == "hide" else "false"}
        )
        try:
            body = graph.call(account, "POST", graph.node(target), repeatable=True, form=form)
        except Refused as error:
            if name != "hide" or not graph.is_gone(error):
                raise
            body = {"success": True, "already_gone": True}
        _must_succeed(body)
        return Done(Receipt(remote_id=target, url=state.get("url", ""), raw=body))

    def _withdraw(self, account: Account, step: Step) -> Result:
        target = step.payload["target"]
        try:
            body = graph.call(account, "DELETE", graph.node(target), repeatable=True)
        except Refused as error:
            if not graph.is_gone(error):
                raise
            body = {"success": True, "already_gone": True}
        _must_succeed(body)
        return Done(Receipt(remote_id=target, url="", raw=body))

    def _reply(self, account: Account, step: Step, state: State) -> Result:
        path = f"{graph.node(step.payload['target'])}/comments"
        body = graph.call(account, "POST", path, repeatable=False, form={"message": step.payload["message"]})
        comment_id = _id(body, False)
        return Done(Receipt(remote_id=comment_id, url=shapes.comment_url(state.get("url", ""), comment_id), raw=body))

    def _read(self, account: Account, remote_id: str) -> tuple[Remote, ...]:
        try:
            body = graph.call(account, "GET", graph.node(remote_id), repeatable=True, query={"fields": POST_FIELDS})
        except Refused as error:
            if graph.is_gone(error):
                return ()
            raise
        return (shapes.remote(account, body),) if body.get("is_published", True) else ()

    def _find_reply(self, account: Account, probe: Probe) -> tuple[Remote, ...]:
        query = {
            "filter": "stream",
            "order": "reverse_chronological",
            "since": str(int(probe.since.timestamp())),
            "fields": COMMENT_FIELDS,
            "limit": "100",
        }
        path = f"{graph.node(probe.target_id or '')}/comments"
        body = graph.call(account, "GET", path, repeatable=True, query=query)
        own = [item for item in shapes.data(body) if (item.get("from") or {}).get("id") == account.remote_id]
        remotes = [shapes.comment_remote(item) for item in own]
        if probe.remote_id:
            return tuple(remote for remote in remotes if remote.remote_id == probe.remote_id)
        return tuple(remote for remote in remotes if matching.matches(remote, probe))


def _publish_steps(outgoing: Outgoing) -> tuple[Step, ...]:
    photos = [_photo_step(number, item) for number, item in enumerate(outgoing.media, start=1)]
    draft = {
        "message": composing.compose("facebook", outgoing),
        "link": composing.card_link(outgoing) or "",
    }
    return (
        *photos,
        Step(name="draft", repeatable=True, payload=draft),
        Step(name="address", repeatable=True, payload={}),
        Step(name="publish", repeatable=True, payload={}),
    )


def _photo_step(number: int, item: Media) -> Step:
    payload = {
        "number": str(number),
        "sha256": item.sha256,
        "mime": item.mime,
        "alt": item.alt,
        "filename": f"{item.sha256[:16]}.{item.mime.rpartition('/')[2]}",
    }
    return Step(name=f"photo-{number}", repeatable=True, payload=payload)


def _id(body: dict[str, Any], repeatable: bool) -> str:
    found = str(body.get("id") or "")
    if not found:
        what = "Facebook answered without an id"
        raise Temporary(what, status=200) if repeatable else Uncertain(what, status=200)
    return found


def _must_succeed(body: dict[str, Any]) -> None:
    if body.get("success") is not True and not body.get("id"):
        raise Temporary("Facebook did not say that it worked", status=200)
