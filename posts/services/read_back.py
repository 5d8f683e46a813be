"""Reading back: an edit or a withdrawal is proven by what the platform shows afterwards, never by its answer alone.

A last step of the same delivery, begun, committed and settled like every other call. Decides nothing about the copy;
what an answer means for the delivery stands in `outcome`.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from connectors import matching
from connectors.contract import (
    Account,
    Act,
    Connector,
    Done,
    Next,
    Outgoing,
    Probe,
    Receipt,
    Remote,
    Result,
    State,
    Step,
    Wait,
)
from connectors.errors import NotSupported, Refused
from posts.models import Delivery

NAME = "read-back"
PROVEN_BY_READING = (Act.EDIT, Act.WITHDRAW)
# A platform's readers may lag behind its writers by seconds (Bluesky) to minutes; after the last look a person looks.
PAUSES_S = (5, 20, 60, 300, 900)
LOOK_BACK = timedelta(minutes=5)  # their clock may be behind ours
_ADDRESS = re.compile(r"https?://\S+")


def steps(connector: Connector, outgoing: Outgoing, *, own: bool) -> tuple[Step, ...]:
    """The reading that proves this act, if it needs one. Our own pages are their own proof: no wire, no doubt."""
    if own or outgoing.act not in PROVEN_BY_READING or outgoing.target is None:
        return ()
    if not connector.capabilities().read_back:
        return ()
    words = connector.render(outgoing, connector.capabilities()).text if outgoing.act is Act.EDIT else ""
    payload = {
        "act": outgoing.act.value,
        "key": outgoing.key,
        "target": outgoing.target.remote_id,
        "text": words,
        "since": (outgoing.planned_at - LOOK_BACK).isoformat(),
    }
    return (Step(name=NAME, repeatable=True, payload=payload),)


def to_be_proven(result: Result, delivery: Delivery) -> Result:
    """A Done with a reading still to come is not the end: keep its receipt, go on to the reading."""
    if isinstance(result, Done) and delivery.step_index + 1 < len(delivery.steps):
        receipt = {"remote_id": result.receipt.remote_id, "url": result.receipt.url}
        return Next({**delivery.step_state, "receipt": receipt})
    return result


def look(connector: Connector, account: Account, step: Step, state: State, *, now: datetime) -> Result:
    """Read what the platform shows now. Done = proven; Wait = not yet.

    Raises NotSupported where the platform cannot be read (a person looks then), Refused when it still shows the old
    state after the last look, and the connectors' errors.
    """
    wanted = step.payload
    try:
        shown = connector.find(account, _probe(wanted))
    except Refused as error:
        raise NotSupported(f"{connector.platform} does not let us read it: {error.message}") from error
    if proof := _proof(wanted, shown, state.get("receipt") or {}):
        return Done(proof)
    looks = int(state.get("looks", 0))
    if looks >= len(PAUSES_S):
        raise Refused("it took the order, and it still shows what was there before", cure="Look at the account.")
    return Wait({**state, "looks": looks + 1}, now + timedelta(seconds=PAUSES_S[looks]))


def _probe(wanted: dict[str, str]) -> Probe:
    return Probe(
        act=Act(wanted["act"]),
        key=wanted["key"],
        since=datetime.fromisoformat(wanted["since"]),
        target_id=wanted["target"],
        text=wanted["text"],
    )


def _proof(wanted: dict[str, str], shown: tuple[Remote, ...], said: dict[str, str]) -> Receipt | None:
    """The receipt, once what is shown proves the act: gone, or there with the new words."""
    if wanted["act"] == Act.WITHDRAW:
        return None if shown else Receipt(remote_id=wanted["target"], url=said.get("url", ""))
    new = next((remote for remote in shown if _words(remote.text) == _words(wanted["text"])), None)
    return Receipt(remote_id=new.remote_id, url=new.url or said.get("url", "")) if new else None


def _words(text: str) -> str:
    """As compared: platforms put short addresses in the place of long ones."""
    return matching.normalised(_ADDRESS.sub(" ", text))
