"""Mastodon: images with their descriptions first, then the one call that shows something.

Calls, errors and the server's own limits: `mastodon_api`. Every request is checked against the OpenAPI file of API 4.7.
The call that shows something carries the delivery's key (`Idempotency-Key`, kept for an hour by Mastodon itself and by
no server that only speaks its API). `scheduled_at` is never sent: look-alikes ignore it and publish at once.
"""

from __future__ import annotations

import json as json_module
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors import composing
from connectors import mastodon_api as api
from connectors import mastodon_shapes as shapes
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
    State,
    Step,
    Wait,
)
from connectors.errors import ConnectorError, Misconfigured, NotAuthorised, Refused, Temporary, Uncertain
from connectors.facts import MASTODON as FACTS
from connectors.http import FilePart

PAGE_SIZE = 40  # the most a server gives
KEY_KEPT = timedelta(minutes=55)  # Mastodon forgets a key after an hour
LOOK_BACK = timedelta(seconds=120)  # `Probe.since` lies that much before the first attempt
PROCESSING_PAUSE = timedelta(seconds=3)


class Mastodon(BaseConnector):
    """Speaks the Mastodon API for one account on its own server."""

    platform: ClassVar[str] = "mastodon"
    ambiguous_policy: ClassVar[Policy] = Policy.FIND_THEN_REPEAT

    def capabilities(self, account: Account | None = None) -> Capabilities:
        """Return the table's figures, or those of the account's own server.

        These stand in the setting `limits` where the account was looked at (see `limits`); else they are asked once a
        day, which is a wire call.
        """
        if account is not None and isinstance(kept := account.settings.get("limits"), dict):
            return _as_capabilities(api.limits_from(kept))
        if account is None or not account.api_base or not account.secrets.get("access_token"):
            return FACTS
        return _as_capabilities(api.limits(account))

    def limits(self, account: Account) -> dict[str, Any]:
        """What the account's server says of its limits, as JSON; empty when it is silent."""
        found = asdict(api.limits(account))
        return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items() if value}

    def plan(self, outgoing: Outgoing) -> tuple[Step, ...]:
        """Upload each image with its description, then post (or edit). Pure.

        An edit carries its images again: Mastodon drops those that are not named. Raises NotSupported for hide and
        restore: nobody can hide one answer of somebody else there.
        """
        act, target = outgoing.act, outgoing.target
        if act in (Act.HIDE, Act.RESTORE):
            raise self._cannot(act.value)
        if act is not Act.PUBLISH and target is None:
            raise Misconfigured(f"a {act.value} needs a target: set Outgoing.target")
        if act is Act.WITHDRAW and target is not None:
            return (Step(name=act.value, repeatable=True, payload={"target": target.remote_id}),)
        uploads = [_image_step(number, item) for number, item in enumerate(outgoing.media, start=1)]
        body: dict[str, Any] = {
            "status": composing.compose(self.platform, outgoing),
            "language": outgoing.language.partition("-")[0].lower(),
        }
        if act is Act.EDIT and target is not None:
            payload = {"target": target.remote_id, "body": body}
            return (*uploads, Step(name="edit", repeatable=True, payload=payload))
        body["visibility"] = "public"
        if target is not None:
            body["in_reply_to_id"] = target.remote_id
        return (*uploads, Step(name="status", repeatable=False, payload={"key": outgoing.key, "body": body}))

    @reads_answers
    def run(self, account: Account, step: Step, state: State) -> Result:
        """Make the one call of this step. States hold `media` (ids by number) and `processing`."""
        name = step.name.partition("-")[0]
        if name == "upload":
            return self._upload(account, step, state)
        if name == "status":
            return self._post(account, step, state)
        if name == "edit":
            return self._edit(account, step, state)
        if name == "withdraw":
            return self._withdraw(account, step)
        raise self._cannot(step.name)

    @reads_answers
    def verify(self, account: Account) -> Health:
        """Ask who the token belongs to, compare, and say where the server is not Mastodon itself."""
        try:
            me = self._me(account)
        except NotAuthorised as error:
            return Health(ok=False, warnings=(error.message,))
        if str(me.get("id") or "") != account.remote_id:
            found = f"the token belongs to @{me.get('acct')} ({me.get('id')})"
            return Health(ok=False, warnings=(f"{found}, not to {account.handle}",))
        if me.get("suspended") is True:
            return Health(ok=False, warnings=("the server has suspended the account",))
        return Health(ok=True, warnings=_about_server(account))

    @reads_answers
    def find(self, account: Account, probe: Probe) -> tuple[Remote, ...]:
        """Publication, answer: by id, else own posts. Edit, withdrawal: the target as it is.

        Raises Temporary when a new post is not there and sending it once more would not be safe: the server keeps no
        keys, or ours has lapsed. Then nothing was learnt, nothing is repeated, and a person decides.
        """
        speaking = probe.act in (Act.PUBLISH, Act.REPLY)
        known = probe.remote_id if speaking else probe.target_id
        if known:
            return self._read(account, known)
        found = self._look_among_own(account, probe)
        if not found and speaking:
            _must_be_safe_to_repeat(account, probe)
        return found

    @reads_answers
    def list_own(self, account: Account, cursor: str | None, since: datetime | None) -> Page[Remote]:
        """List own posts and answers, newest first, boosts left out; pages end at the first older one."""
        query = {"limit": str(PAGE_SIZE), "exclude_reblogs": "true", **({"max_id": cursor} if cursor else {})}
        path = f"api/v1/accounts/{api.node(account.remote_id)}/statuses"
        answer = api.call(account, "GET", path, repeatable=True, query=query)
        items = [shapes.remote(account, item) for item in _list(answer.text())]
        fresh = tuple(remote for remote in items if since is None or remote.created_at >= since)
        return Page(items=fresh, next_cursor=api.next_page(answer) if items and len(fresh) == len(items) else None)

    @reads_answers
    def profile(self, account: Account) -> Profile:
        """Read the name, handle, words, first link and picture of the account the token belongs to."""
        return shapes.profile(self._me(account))

    @reads_answers
    def fetch_comments(self, account: Account, remote: Remote, cursor: str | None) -> Page[Comment]:
        """Return the answers below a post, our own marked. The server gives them all at once."""
        path = f"api/v1/statuses/{api.node(remote.remote_id)}/context"
        body = api.read(api.call(account, "GET", path, repeatable=True), True)
        below = body["descendants"]
        return Page(items=tuple(shapes.comment(remote.remote_id, item, account.remote_id) for item in below))

    @reads_answers
    def metrics(self, account: Account, remotes: Sequence[Remote]) -> dict[str, Metrics]:
        """Return counts, one call a post: look-alikes know no other way."""
        counts: dict[str, Metrics] = {}
        for remote in remotes:
            for found in self._read(account, remote.remote_id):
                counts[remote.remote_id] = shapes.metrics(found.raw)
        return counts

    def _me(self, account: Account) -> dict[str, Any]:
        return api.read(api.call(account, "GET", "api/v1/accounts/verify_credentials", repeatable=True), True)

    def _upload(self, account: Account, step: Step, state: State) -> Result:
        waiting, wanted = state.get("processing"), step.payload
        if waiting:
            answer = api.call(account, "GET", f"api/v1/media/{api.node(str(waiting))}", repeatable=True)
        else:
            media = FilePart(wanted["filename"], wanted["mime"], self._blob(account, wanted["sha256"]))
            parts = {"file": media, **({"description": wanted["alt"]} if wanted["alt"] else {})}
            answer = api.call(account, "POST", "api/v2/media", repeatable=True, multipart=parts)
        media_id = str(waiting or api.read(answer, True).get("id") or "")
        if not media_id:
            raise Temporary("the Mastodon server answered an upload without an id", status=answer.status)
        if answer.status in (202, 206):
            return Wait({**state, "processing": media_id}, datetime.now(UTC) + PROCESSING_PAUSE)
        through = {key: value for key, value in state.items() if key != "processing"}
        return Next({**through, "media": {**state.get("media", {}), wanted["number"]: media_id}})

    def _post(self, account: Account, step: Step, state: State) -> Result:
        headers = {"Idempotency-Key": step.payload["key"]}
        body = _with_media(step, state)
        answer = api.call(account, "POST", "api/v1/statuses", repeatable=False, json=body, headers=headers)
        return _done(api.read(answer, False), Uncertain)

    def _edit(self, account: Account, step: Step, state: State) -> Result:
        path = f"api/v1/statuses/{api.node(step.payload['target'])}"
        body = _with_media(step, state)
        return _done(api.read(api.call(account, "PUT", path, repeatable=True, json=body), True), Temporary)

    def _withdraw(self, account: Account, step: Step) -> Result:
        target = step.payload["target"]
        raw: dict[str, Any] = {"already_gone": True}
        try:
            answer = api.call(account, "DELETE", f"api/v1/statuses/{api.node(target)}", repeatable=True)
            raw = api.read(answer, True)
        except Refused as error:
            if not api.is_gone(error):
                raise
        return Done(Receipt(remote_id=target, url="", raw=raw))

    def _read(self, account: Account, remote_id: str) -> tuple[Remote, ...]:
        try:
            answer = api.call(account, "GET", f"api/v1/statuses/{api.node(remote_id)}", repeatable=True)
        except Refused as error:
            if api.is_gone(error):
                return ()
            raise
        return (shapes.remote(account, api.read(answer, True)),)


def _image_step(number: int, item: Media) -> Step:
    payload = {
        "number": str(number),
        "sha256": item.sha256,
        "mime": item.mime,
        "alt": item.alt,
        "filename": f"{item.sha256[:16]}.{item.mime.rpartition('/')[2]}",
    }
    return Step(name=f"upload-{number}", repeatable=True, payload=payload)


def _with_media(step: Step, state: State) -> dict[str, Any]:
    media = state.get("media", {})
    ids = [media[number] for number in sorted(media, key=int)]
    return {**step.payload["body"], **({"media_ids": ids} if ids else {})}


def _done(body: dict[str, Any], doubt: type[ConnectorError]) -> Done:
    remote_id = str(body.get("id") or "")
    if not remote_id:
        raise doubt("the Mastodon server answered without an id", status=200)
    return Done(Receipt(remote_id=remote_id, url=str(body.get("url") or body.get("uri") or ""), raw=body))


def _list(text: str) -> list[dict[str, Any]]:
    body = json_module.loads(text)
    if not isinstance(body, list):
        raise Temporary("the Mastodon server answered a list without its items", status=200)
    return [item for item in body if isinstance(item, dict)]


def _as_capabilities(found: api.Limits) -> Capabilities:
    """Put the server's own figures in the place of the table's, where it gives any."""
    media = FACTS.media
    kinds = tuple(kind for kind in media.mime if kind in found.mime) if found.mime else media.mime
    rules = replace(
        media,
        count=found.max_media or media.count,
        max_bytes=found.max_bytes or media.max_bytes,
        alt_max=found.alt_max or media.alt_max,
        mime=kinds,
    )
    return replace(
        FACTS,
        max_text=found.max_text or FACTS.max_text,
        url_length=found.url_length or FACTS.url_length,
        media=rules,
        idempotency=FACTS.idempotency if found.keeps_keys or not found.version else "none",
    )


def _about_server(account: Account) -> tuple[str, ...]:
    found = api.limits(account)
    if found.keeps_keys or not found.version:
        return ()
    return (f"the server ({found.version[:60]}) only speaks Mastodon's API: after a lost answer a person decides",)


def _must_be_safe_to_repeat(account: Account, probe: Probe) -> None:
    """Raise Temporary unless one more call with the same key can make no second post."""
    if datetime.now(UTC) - (probe.since + LOOK_BACK) > KEY_KEPT:
        raise Temporary("it is not there, and too long ago to send it again by itself")
    found = api.limits(account)
    if not found.keeps_keys:
        raise Temporary("it is not there, and this server does not refuse a second copy: look before sending it again")
