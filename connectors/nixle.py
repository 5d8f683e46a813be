"""Nixle, spoken to through Everbridge: one call sends a text to phones, and nothing brings it back.

No key and no test system there, so the launch is made once and never repeated; its title ends in the delivery's mark,
by which a launch whose answer was lost is looked up. Calls and errors: `nixle_api`; shapes: `nixle_shapes`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from connectors import composing, delivery_code, matching
from connectors import nixle_api as api
from connectors import nixle_shapes as shapes
from connectors.base import BaseConnector, reads_answers
from connectors.contract import (
    Account,
    Act,
    Done,
    Health,
    Metrics,
    Outgoing,
    Page,
    Policy,
    Probe,
    Receipt,
    Remote,
    Result,
    Secrets,
    State,
    Step,
)
from connectors.errors import Misconfigured, NotAuthorised, Refused, Uncertain

SENT_AS_NEW = (Act.PUBLISH, Act.REPLY)  # a correction is a new message: what has gone cannot be changed
SHORT_TITLE = 60


class Nixle(BaseConnector):
    """Speaks the Everbridge Suite for one organization."""

    platform: ClassVar[str] = "nixle"
    ambiguous_policy: ClassVar[Policy] = Policy.FIND_THEN_ASK

    def plan(self, outgoing: Outgoing) -> tuple[Step, ...]:
        """One launch that is made once; a reply is a message of its own. Raises NotSupported for all else. Pure."""
        if outgoing.act not in SENT_AS_NEW:
            raise self._cannot(outgoing.act.value)
        if outgoing.act is Act.REPLY and outgoing.target is None:
            raise Misconfigured("a reply needs a target: set Outgoing.target")
        long_text = unicodedata.normalize("NFC", outgoing.text).replace("\r\n", "\n").strip()
        if outgoing.link and outgoing.link not in long_text:
            long_text = f"{long_text}\n{outgoing.link}"
        payload = {
            "title": delivery_code.added(_title(outgoing), outgoing.key),
            "text": long_text,
            "sms": composing.compose(self.platform, outgoing),
            "level": shapes.LEVEL_OF_KIND.get(outgoing.kind, ""),
        }
        return (Step(name="launch", repeatable=False, payload=payload),)

    @reads_answers
    def run(self, account: Account, step: Step, state: State) -> Result:
        """Launch. Raises Misconfigured before anything is said where a live account was not released."""
        if step.name != "launch":
            raise self._cannot(step.name)
        shapes.require_release(account)
        wanted = {**step.payload, "level": shapes.level(account, step.payload["level"])}
        path = f"notifications/{api.organization(account)}"
        answer = api.call(account, "POST", path, repeatable=False, json=shapes.body(account, wanted))
        remote_id = str(answer.get("id") or "")
        if not remote_id:
            raise Uncertain("Everbridge answered without an id", status=200)
        return Done(Receipt(remote_id=remote_id, url=shapes.page_url(account, remote_id), raw=answer))

    @reads_answers
    def verify(self, account: Account) -> Health:
        """Ask for the places Nixle may reach for this organization, and compare them with the account's settings."""
        try:
            shapes.require_release(account)
            wanted = set(shapes.region_ids(account))
            answer = api.call(account, "GET", f"nixleRegionIds/{api.organization(account)}", repeatable=True)
        except (NotAuthorised, Misconfigured) as error:
            return Health(ok=False, warnings=(error.message,))
        except Refused as error:
            return Health(ok=False, warnings=(f"Everbridge gives no Nixle places: {error.message}",))
        strange = sorted(wanted - shapes.known_regions(answer))
        return Health(ok=not strange, warnings=tuple(f"the region {one} is not among yours" for one in strange))

    def refresh(self, account: Account) -> Secrets | None:
        """Fetch a new token with the client's id and secret; name and password do not expire."""
        known = account.secrets.get("client_id") and account.secrets.get("client_secret")
        return {**account.secrets, **api.new_token(account)} if known else None

    @reads_answers
    def find(self, account: Account, probe: Probe) -> tuple[Remote, ...]:
        """By id where known, else by the delivery's mark at the end of a title; by text where a title has no mark."""
        known = probe.remote_id if probe.act in SENT_AS_NEW else probe.target_id
        if known:
            return self._read(account, known)
        return self._look_among_own(account, probe)

    @reads_answers
    def list_own(self, account: Account, cursor: str | None, since: datetime | None) -> Page[Remote]:
        """List Nixle messages, a page's newest first; reading ends at the first page without one made since."""
        query = {"pageNumber": cursor or "1"}
        path = f"notifications/{api.organization(account)}"
        answer = api.call(account, "GET", path, repeatable=True, query=query)
        everything = shapes.items(answer)
        remotes = [shapes.remote(account, item) for item in everything]
        fresh = [one for one in remotes if since is None or one.created_at >= since]
        shown = sorted((r for r in fresh if shapes.is_public(r.raw)), key=lambda r: r.created_at, reverse=True)
        return Page(items=tuple(shown), next_cursor=shapes.next_page(answer) if fresh else None)

    @reads_answers
    def metrics(self, account: Account, remotes: Sequence[Remote]) -> dict[str, Metrics]:
        """Return the sending counts in `raw` (totalCount, confirmedCount, unreachableCount …)."""
        found = {remote.remote_id: self._read(account, remote.remote_id) for remote in remotes}
        return {remote_id: shapes.metrics(read[0].raw) for remote_id, read in found.items() if read}

    def _is_sought(self, remote: Remote, probe: Probe) -> bool:
        mark = shapes.mark(remote.raw)
        return mark == delivery_code.of(probe.key) or (not mark and matching.matches(remote, probe))

    def _read(self, account: Account, remote_id: str) -> tuple[Remote, ...]:
        path = f"notifications/{api.organization(account)}/{api.node(remote_id)}"
        try:
            answer = api.call(account, "GET", path, repeatable=True)
        except Refused as error:
            if api.is_gone(error):
                return ()
            raise
        item = answer.get("result") or {}
        return (shapes.remote(account, item),)


def _title(outgoing: Outgoing) -> str:
    """The post's title; an answer without one begins like its text."""
    words = " ".join((outgoing.title or outgoing.text).split())
    return words if outgoing.title or len(words) <= SHORT_TITLE else f"{words[:SHORT_TITLE].rsplit(' ', 1)[0]} ..."
