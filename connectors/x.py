"""X (API v2): images and their descriptions first, then the one call that shows something.

Calls and errors: `x_api`. Names: the vendor's OpenAPI file 2.167, against which the tests check every
request. X refuses
the same text twice for a time it does not publish; that is all the protection it gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors import composing
from connectors import x_api as api
from connectors import x_shapes as shapes
from connectors.base import BaseConnector, reads_answers
from connectors.contract import (
    Account,
    Act,
    Capabilities,
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
    Secrets,
    State,
    Step,
    Wait,
)
from connectors.errors import Misconfigured, NotAuthorised, Refused, Temporary, Uncertain
from connectors.facts import X as X_FACTS
from connectors.http import FilePart

READ = {
    "post.fields": "created_at,conversation_id,source,public_metrics,edit_controls,attachments,entities",
    "expansions": "author_id,edit_history_post_ids,referenced_posts",
}
ABOUT = {"user.fields": "name,username,description,url,entities,profile_image_url"}


class X(BaseConnector):
    """Speaks API v2 for one user."""

    platform: ClassVar[str] = "x"
    ambiguous_policy: ClassVar[Policy] = Policy.FIND_THEN_REPEAT

    def capabilities(self, account: Account | None = None) -> Capabilities:
        """Answering the public works only for an app that may: setting `may_reply`."""
        if account is None or not account.settings.get("may_reply"):
            return X_FACTS
        return replace(X_FACTS, comments=replace(X_FACTS.comments, reply=True))

    def plan(self, outgoing: Outgoing) -> tuple[Step, ...]:
        """Upload and describe each image, then post; an edit is a post that names the old one. Pure."""
        act, target = outgoing.act, outgoing.target
        if act is not Act.PUBLISH and target is None:
            raise Misconfigured(f"a {act.value} needs a target: set Outgoing.target")
        if target is not None and act in (Act.WITHDRAW, Act.HIDE, Act.RESTORE):
            return (Step(name=act.value, repeatable=True, payload={"target": target.remote_id}),)
        body: dict[str, Any] = {"text": composing.compose(self.platform, outgoing)}
        if act is Act.EDIT and target is not None:
            body["edit_options"] = {"previous_post_id": target.remote_id}
        if act is Act.REPLY and target is not None:
            body["reply"] = {"in_reply_to_tweet_id": target.remote_id}
        uploads = [step for n, item in enumerate(outgoing.media, start=1) for step in _image_steps(n, item)]
        return (*uploads, Step(name="post", repeatable=False, payload={"body": body}))

    @reads_answers
    def run(self, account: Account, step: Step, state: State) -> Result:
        """Make the one call of this step. States hold `media` (ids by number) and `processing`."""
        name = step.name.partition("-")[0]
        if name == "upload":
            return self._upload(account, step, state)
        if name == "describe":
            return self._describe(account, step, state)
        if name == "post":
            return self._post(account, step, state)
        if name == "withdraw":
            return self._withdraw(account, step)
        if name in ("hide", "restore"):
            return self._hide(account, step, name == "hide")
        raise self._cannot(step.name)

    @reads_answers
    def verify(self, account: Account) -> Health:
        """Ask who the token belongs to, and compare."""
        try:
            data = api.call(account, "GET", "users/me", repeatable=True).get("data") or {}
        except NotAuthorised as error:
            return Health(ok=False, warnings=(error.message,))
        other = str(data.get("id") or "") != account.remote_id
        found = f"the token belongs to @{data.get('username')} ({data.get('id')})"
        return Health(ok=not other, warnings=(f"{found}, not to {account.handle}",) if other else ())

    def refresh(self, account: Account) -> Secrets | None:
        """Trade an OAuth 2 refresh token for a new pair; OAuth 1.0a tokens do not expire."""
        return api.renewed(account) if account.secrets.get("refresh_token") else None

    @reads_answers
    def find(self, account: Account, probe: Probe) -> tuple[Remote, ...]:
        """Publication, answer: by id, else own posts. Edit: newest version. Else: the target as it is."""
        if probe.act is Act.EDIT and probe.target_id:
            return self._newest_version(account, probe.target_id)
        known = probe.remote_id if probe.act in (Act.PUBLISH, Act.REPLY) else probe.target_id
        if known:
            return self._read(account, known)
        return self._look_among_own(account, probe)

    @reads_answers
    def list_own(self, account: Account, cursor: str | None, since: datetime | None) -> Page[Remote]:
        """List own posts and answers, newest first, reposts left out; X shows the newest 3,200."""
        query = {"max_results": "100", "exclude": "retweets", **READ}
        if cursor:
            query["pagination_token"] = cursor
        if since is not None:
            query["start_time"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        path = f"users/{api.node(account.remote_id)}/tweets"
        body = api.call(account, "GET", path, repeatable=True, query=query)
        items = tuple(shapes.remote(account, item) for item in _items(body))
        return Page(items=items, next_cursor=(body.get("meta") or {}).get("next_token"))

    @reads_answers
    def profile(self, account: Account) -> Profile:
        """Read the name, handle, words, link and picture of the user the token belongs to."""
        return shapes.profile(api.call(account, "GET", "users/me", repeatable=True, query=ABOUT).get("data") or {})

    @reads_answers
    def fetch_comments(self, account: Account, remote: Remote, cursor: str | None) -> Page[Comment]:
        """Return the last seven days' answers in the post's conversation, our own marked."""
        query = {
            "query": f"conversation_id:{remote.remote_id}",
            "max_results": "100",
            **READ,
            **({"next_token": cursor} if cursor else {}),
        }
        body = api.call(account, "GET", "tweets/search/recent", repeatable=True, query=query)
        people = (body.get("includes") or {}).get("users") or []
        users = {str(person.get("id")): str(person.get("username")) for person in people}
        below = [item for item in _items(body) if str(item.get("id")) != remote.remote_id]
        items = tuple(shapes.comment(account, remote.remote_id, item, users) for item in below)
        return Page(items=items, next_cursor=(body.get("meta") or {}).get("next_token"))

    @reads_answers
    def metrics(self, account: Account, remotes: Sequence[Remote]) -> dict[str, Metrics]:
        """Return public counts, a hundred posts a call."""
        counts: dict[str, Metrics] = {}
        for start in range(0, len(remotes), 100):
            ids = ",".join(remote.remote_id for remote in remotes[start : start + 100])
            query = {"ids": ids, **READ}
            try:
                body = api.call(account, "GET", "tweets", repeatable=True, query=query)
            except Refused as error:
                if not api.is_gone(error):
                    raise
                continue
            counts.update({str(item["id"]): shapes.metrics(item) for item in _items(body)})
        return counts

    def _upload(self, account: Account, step: Step, state: State) -> Result:
        waiting = state.get("processing")
        if waiting:
            query = {"media_id": str(waiting), "command": "STATUS"}
            body = api.call(account, "GET", "media/upload", repeatable=True, query=query)
        else:
            wanted = step.payload
            media = FilePart(wanted["filename"], wanted["mime"], self._blob(account, wanted["sha256"]))
            parts = {"media": media, "media_category": wanted["category"]}
            body = api.call(account, "POST", "media/upload", repeatable=True, multipart=parts)
        return _uploaded(step, state, body)

    def _describe(self, account: Account, step: Step, state: State) -> Result:
        wanted = {
            "id": state["media"][step.payload["number"]],
            "metadata": {"alt_text": {"text": step.payload["alt"]}},
        }
        api.call(account, "POST", "media/metadata", repeatable=True, json=wanted)
        return Next(state)

    def _post(self, account: Account, step: Step, state: State) -> Result:
        body = dict(step.payload["body"])
        media = state.get("media", {})
        if media:
            body["media"] = {"media_ids": [media[number] for number in sorted(media, key=int)]}
        answer = api.call(account, "POST", "tweets", repeatable=False, json=body)
        remote_id = str((answer.get("data") or {}).get("id") or "")
        if not remote_id:
            raise Uncertain("X answered without an id", status=201)
        url = shapes.post_url(account, remote_id)
        return Done(Receipt(remote_id=remote_id, url=url, raw=answer))

    def _withdraw(self, account: Account, step: Step) -> Result:
        target = step.payload["target"]
        try:
            body = api.call(account, "DELETE", f"tweets/{api.node(target)}", repeatable=True)
        except Refused as error:
            if not api.is_gone(error):
                raise
            body = {"data": {"deleted": True}, "already_gone": True}
        if (body.get("data") or {}).get("deleted") is not True:
            raise Temporary("X did not say that the post is deleted", status=200)
        return Done(Receipt(remote_id=target, url="", raw=body))

    def _hide(self, account: Account, step: Step, hidden: bool) -> Result:
        target = step.payload["target"]
        path = f"tweets/{api.node(target)}/hidden"
        try:
            body = api.call(account, "PUT", path, repeatable=True, json={"hidden": hidden})
        except Refused as error:
            if not hidden or not api.is_gone(error):
                raise
            body = {"data": {"hidden": True}, "already_gone": True}
        return Done(Receipt(remote_id=target, url="", raw=body))

    def _read(self, account: Account, remote_id: str) -> tuple[Remote, ...]:
        try:
            body = api.call(account, "GET", f"tweets/{api.node(remote_id)}", repeatable=True, query=READ)
        except Refused as error:
            if api.is_gone(error):
                return ()
            raise
        return (shapes.remote(account, body.get("data") or {}),)

    def _newest_version(self, account: Account, remote_id: str) -> tuple[Remote, ...]:
        found = self._read(account, remote_id)
        versions = shapes.history(found[0].raw) if found else []
        if versions and versions[-1] != remote_id:
            return self._read(account, versions[-1])
        return found


def _image_steps(number: int, item: Media) -> list[Step]:
    upload = {
        "number": str(number),
        "sha256": item.sha256,
        "mime": item.mime,
        "filename": f"{item.sha256[:16]}.{item.mime.rpartition('/')[2]}",
        "category": "tweet_gif" if item.mime == "image/gif" else "tweet_image",
    }
    steps = [Step(name=f"upload-{number}", repeatable=True, payload=upload)]
    if item.alt:
        describe = {"number": str(number), "alt": item.alt}
        steps.append(Step(name=f"describe-{number}", repeatable=True, payload=describe))
    return steps


def _uploaded(step: Step, state: State, body: dict[str, Any]) -> Result:
    """Read an upload's answer: through, still processing (come back), or refused by X."""
    data = body.get("data") or {}
    media_id = str(data.get("id") or "")
    if not media_id:
        raise Temporary("X answered an upload without an id", status=200)
    info = data.get("processing_info") or {}
    if info.get("state") == "failed":
        raise Refused("X could not process the image", cure="Try another file format.", status=200)
    if info.get("state") in ("pending", "in_progress"):
        pause = timedelta(seconds=float(info.get("check_after_secs") or 5))
        return Wait({**state, "processing": media_id}, datetime.now(UTC) + pause)
    through = {key: value for key, value in state.items() if key != "processing"}
    return Next({**through, "media": {**state.get("media", {}), step.payload["number"]: media_id}})


def _items(body: dict[str, Any]) -> list[dict[str, Any]]:
    data = body.get("data")
    if data is None and (body.get("meta") or {}).get("result_count") == 0:
        return []
    if not isinstance(data, list):
        raise Temporary("X answered a list without its data", status=200)
    return [item for item in data if isinstance(item, dict)]
