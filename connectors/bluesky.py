"""Bluesky: images first, then one record under a key of our own choosing, so that a repeat makes no second post.

Calls, sessions and errors: `bluesky_api`. Keys: `bluesky_keys`. Every request is checked against the lexicons, and the
whole against the reference server. There is no edit: writing over a post brings hidden answers back and leaves likes
and answers on the old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from connectors import bluesky_api as api
from connectors import bluesky_gates as gates
from connectors import bluesky_keys as keys
from connectors import bluesky_shapes as shapes
from connectors import bluesky_text, composing
from connectors.base import BaseConnector, reads_answers
from connectors.bluesky_shapes import POST
from connectors.contract import (
    Account,
    Act,
    Comment,
    Done,
    Health,
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
from connectors.errors import Duplicate, Misconfigured, NotAuthorised, NotSupported, Refused, Temporary

PAGE_SIZE = 100
POSTS_A_CALL = 25
MOST_MENTIONS = 5
DEPTH = "10"


class Bluesky(BaseConnector):
    """Speaks to one account's own server (PDS), and through it to the network's view of it."""

    platform: ClassVar[str] = "bluesky"
    ambiguous_policy: ClassVar[Policy] = Policy.REPEAT

    def plan(self, outgoing: Outgoing) -> tuple[Step, ...]:
        """Images, mentions, what is answered, then the record; key, time and facets are chosen here. Pure.

        Every step can be repeated. Raises NotSupported for an edit.
        """
        act, target = outgoing.act, outgoing.target
        if act is Act.EDIT:
            raise self._cannot(act.value)
        if act is not Act.PUBLISH and target is None:
            raise Misconfigured(f"a {act.value} needs a target: set Outgoing.target")
        if target is not None and act is Act.WITHDRAW:
            return (_step(act.value, {"target": target.remote_id}),)
        if target is not None and act in (Act.HIDE, Act.RESTORE):
            look = _step("look", {"target": target.remote_id})
            gate = {"target": target.remote_id, "created_at": shapes.stamp(outgoing.planned_at)}
            return (look, _step(act.value, gate))
        text = composing.compose(self.platform, outgoing)
        found = bluesky_text.mentions(text)[:MOST_MENTIONS]
        named = [_step(f"mention-{n}", {"number": str(n), "handle": one[2]}) for n, one in enumerate(found, start=1)]
        payload: dict[str, Any] = {
            "rkey": keys.tid(outgoing.planned_at, outgoing.key),
            "record": shapes.record(outgoing, text),
            "images": shapes.embed_images(outgoing.media),
            "files": [{"sha256": item.sha256, "mime": item.mime} for item in outgoing.media],
            "mentions": [[start, end] for start, end, _ in found],
        }
        uploads = [_step(f"upload-{n}", {"number": str(n), **file}) for n, file in enumerate(payload["files"], start=1)]
        answered = [_step("look", {"target": target.remote_id})] if target is not None else []
        return (*uploads, *named, *answered, _step("post", payload))

    @reads_answers
    def run(self, account: Account, step: Step, state: State) -> Result:
        """Make the one call of this step. States hold `blobs`, `mentions`, `thread`, `gate`, `again`."""
        name = step.name.partition("-")[0]
        if name == "upload":
            return Next(self._uploaded(account, step.payload["number"], step.payload, state))
        if name == "mention":
            return self._mention(account, step, state)
        if name == "look":
            return self._look(account, step, state)
        if name == "post":
            return self._post(account, step, state)
        if name == "withdraw":
            return self._withdraw(account, step)
        if name in ("hide", "restore"):
            return self._hide(account, step, state, name == "hide")
        raise self._cannot(step.name)

    @reads_answers
    def verify(self, account: Account) -> Health:
        """Ask whose session it is and whether the account is in order. An ended session that renews itself is good."""
        ends = api.ends_at(account.secrets.get("access_token", ""))
        expires_at = None if ends is None else datetime.fromtimestamp(ends, UTC)
        try:
            body = api.call(account, "GET", "com.atproto.server.getSession")
        except NotAuthorised as error:
            renews = error.code == "ExpiredToken" and bool(account.secrets.get("refresh_token"))
            return Health(ok=renews, expires_at=expires_at, warnings=(error.message,))
        except Refused as error:
            return Health(ok=False, warnings=(f"{error.message}. {error.cure}",))
        if body.get("did") != account.remote_id:
            found = f"the session belongs to {body.get('handle')} ({body.get('did')})"
            return Health(ok=False, warnings=(f"{found}, not to {account.handle}",))
        if body.get("active") is False:
            return Health(ok=False, warnings=(f"the account is {body.get('status') or 'not active'}",))
        return Health(ok=True, expires_at=expires_at)

    @reads_answers
    def refresh(self, account: Account) -> Secrets | None:
        """Trade the refresh token for a new pair, or sign in anew with the app password; None without either."""
        if not account.secrets.get("refresh_token") and not account.secrets.get("app_password"):
            return None
        return api.renewed(account)

    @reads_answers
    def find(self, account: Account, probe: Probe) -> tuple[Remote, ...]:
        """Publication, answer: by its record, else own posts. Withdrawal: the target as it is. Asks the PDS only."""
        known = probe.remote_id if probe.act in (Act.PUBLISH, Act.REPLY) else probe.target_id
        if known:
            return self._read(account, known)
        return self._look_among_own(account, probe)

    @reads_answers
    def list_own(self, account: Account, cursor: str | None, since: datetime | None) -> Page[Remote]:
        """List own posts and answers from the PDS, newest first: no delay, unlike the network's view."""
        query = {"repo": api.did(account), "collection": POST, "limit": str(PAGE_SIZE)}
        body = api.call(
            account, "GET", "com.atproto.repo.listRecords", query={**query, **({"cursor": cursor} if cursor else {})}
        )
        items = [shapes.remote(account, item) for item in body["records"]]
        fresh = tuple(sorted((r for r in items if since is None or r.created_at >= since), key=_newest, reverse=True))
        more = body.get("cursor") if items and len(fresh) == len(items) else None
        return Page(items=fresh, next_cursor=str(more) if more else None)

    @reads_answers
    def profile(self, account: Account) -> Profile:
        """Read the name, handle, words, link and picture of the account."""
        return shapes.profile(api.call(account, "GET", "app.bsky.actor.getProfile", query={"actor": api.did(account)}))

    @reads_answers
    def fetch_comments(self, account: Account, remote: Remote, cursor: str | None) -> Page[Comment]:
        """Return the answers below a post, our own marked; hidden ones are those that the post's gate names."""
        query = {"uri": remote.remote_id, "depth": DEPTH, "parentHeight": "0"}
        try:
            body = api.call(account, "GET", "app.bsky.feed.getPostThread", query=query)
        except Refused as error:
            if api.is_gone(error):
                return Page(items=())
            raise
        gate = (body.get("threadgate") or {}).get("record") or {}
        hidden = frozenset(str(one) for one in gate.get("hiddenReplies") or [])
        return Page(items=tuple(shapes.comments(account, remote.remote_id, body["thread"], hidden)))

    @reads_answers
    def metrics(self, account: Account, remotes: Sequence[Remote]) -> dict[str, Metrics]:
        """Return counts, 25 posts a call; a post that is gone is left out."""
        counts: dict[str, Metrics] = {}
        for start in range(0, len(remotes), POSTS_A_CALL):
            uris = [remote.remote_id for remote in remotes[start : start + POSTS_A_CALL]]
            body = api.call(account, "GET", "app.bsky.feed.getPosts", query={"uris": uris})
            counts.update({str(view["uri"]): shapes.metrics(view) for view in body["posts"]})
        return counts

    def _uploaded(self, account: Account, number: str, file: dict[str, Any], state: State) -> State:
        """Upload one file; the same bytes are the same blob, however often."""
        content = self._blob(account, file["sha256"])
        body = api.call(account, "POST", "com.atproto.repo.uploadBlob", body=content, mime=file["mime"])
        blob = body.get("blob")
        if not isinstance(blob, dict) or not (blob.get("ref") or {}).get("$link"):
            raise Temporary("Bluesky answered an upload without a blob", status=200)
        return {**state, "blobs": {**state.get("blobs", {}), number: blob}}

    def _mention(self, account: Account, step: Step, state: State) -> Result:
        """Ask who a handle is; one that nobody has stays plain text."""
        query = {"handle": step.payload["handle"]}
        try:
            did = str(api.call(account, "GET", "com.atproto.identity.resolveHandle", query=query)["did"])
        except (Refused, NotSupported):
            return Next(state)
        return Next({**state, "mentions": {**state.get("mentions", {}), step.payload["number"]: did}})

    def _look(self, account: Account, step: Step, state: State) -> Result:
        """Read what is answered or hidden: our own from the PDS, another's from the network's view."""
        target = step.payload["target"]
        repo, collection, rkey = shapes.parts(target)
        if repo == api.did(account):
            query = {"repo": repo, "collection": collection, "rkey": rkey}
            return Next({**state, "thread": shapes.references(api.record(account, query))})
        posts = api.call(account, "GET", "app.bsky.feed.getPosts", query={"uris": [target]})["posts"]
        if not posts:
            raise Refused("what is to be answered is not there any more", cure="Drop the answer.", code="NotFound")
        return Next({**state, "thread": shapes.references(posts[0])})

    def _post(self, account: Account, step: Step, state: State) -> Result:
        """Write the record. The server may have dropped an image meanwhile: then it goes up again, once."""
        missing = state.get("again") or []
        if missing:
            number, *rest = missing
            file = step.payload["files"][int(number) - 1]
            state = self._uploaded(account, number, file, state)
            return Wait({**state, "again": rest}, datetime.now(UTC))
        try:
            body = api.call(
                account, "POST", "com.atproto.repo.putRecord", json=shapes.put(account, step.payload, state)
            )
        except Refused as error:
            if error.code != "BlobNotFound" or "again" in state:
                raise
            return Wait({**state, "again": [image["number"] for image in step.payload["images"]]}, datetime.now(UTC))
        remote_id = str(body.get("uri") or "")
        if not remote_id:
            raise Temporary("Bluesky answered without the record's address", status=200)
        return Done(Receipt(remote_id=remote_id, url=shapes.post_url(account, remote_id), raw=body))

    def _withdraw(self, account: Account, step: Step) -> Result:
        """Delete; the server says the same a second time."""
        repo, collection, rkey = shapes.parts(step.payload["target"])
        wanted = {"repo": repo, "collection": collection, "rkey": rkey}
        body = api.call(account, "POST", "com.atproto.repo.deleteRecord", json=wanted)
        return Done(Receipt(remote_id=step.payload["target"], url="", raw=body))

    def _hide(self, account: Account, step: Step, state: State, hidden: bool) -> Result:
        """Read the thread's gate, then write it back with one answer more or less; anew when it changed between."""
        root = state["thread"]["root"]["uri"]
        repo, _, rkey = shapes.parts(root)
        if repo != api.did(account):
            raise Refused("only answers in our own threads can be hidden", cure="Report it on Bluesky instead.")
        where = {"repo": repo, "collection": gates.GATE, "rkey": rkey}
        if "gate" not in state:
            return Wait({**state, "gate": gates.read(account, where)}, datetime.now(UTC))
        gate = state["gate"]
        record = gates.with_hidden(gate.get("value") or {}, root, step.payload, hidden)
        wanted = {**where, "record": record, "swapRecord": gate.get("cid")}
        try:
            body = api.call(account, "POST", "com.atproto.repo.putRecord", json=wanted)
        except Duplicate:
            return Wait({key: value for key, value in state.items() if key != "gate"}, datetime.now(UTC))
        return Done(Receipt(remote_id=step.payload["target"], url="", raw=body))

    def _read(self, account: Account, remote_id: str) -> tuple[Remote, ...]:
        repo, collection, rkey = shapes.parts(remote_id)
        try:
            found = api.record(account, {"repo": repo, "collection": collection, "rkey": rkey})
        except Refused as error:
            if api.is_gone(error):
                return ()
            raise
        return (shapes.remote(account, found),)

    def _is_sought(self, remote: Remote, probe: Probe) -> bool:
        return shapes.is_sought(remote, probe)


def _step(name: str, payload: dict[str, Any]) -> Step:
    return Step(name=name, repeatable=True, payload=payload)


def _newest(remote: Remote) -> tuple[datetime, str]:
    return remote.created_at, remote.remote_id
