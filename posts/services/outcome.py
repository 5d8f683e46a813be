"""What an answer means for a delivery: states, the three answers a person needs, the ledger entry. Sends nothing.

Every function takes a delivery locked by the caller, with `channel` and `post__division` loaded.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from connectors.contract import Act as WireAct
from connectors.contract import Done, Next, Probe, Receipt, Remote, Result, Step, Wait
from connectors.errors import (
    ConnectorError,
    Duplicate,
    Misconfigured,
    NotAuthorised,
    NotSupported,
    Refused,
    Temporary,
    Uncertain,
)
from divisions.errors import BadInput
from divisions.models import Channel
from divisions.services import channels
from divisions.states import ChannelState
from posts.models import ChannelLane, Delivery
from posts.services import follow, read_back
from posts.services.accounts import account_of, connector_of
from posts.services.memory import about_delivery
from posts.states import DeliveryState, Outcome, check_delivery_move
from records.services import ledger

LOOK_BACK = timedelta(seconds=120)  # their clock may be behind ours
SAME_TEXT = "Look there first. If it is an older post with the same words, change a word and submit it again."

_CLOSE = """
UPDATE posts_attempt a SET ended_at = %(now)s, outcome = v.outcome, status = v.status, code = v.code,
    request_id = v.request, words = v.words
FROM (SELECT unnest(%(deliveries)s::bigint[]) AS delivery, unnest(%(numbers)s::int[]) AS number,
        unnest(%(outcomes)s::text[]) AS outcome, unnest(%(statuses)s::int[]) AS status,
        unnest(%(codes)s::text[]) AS code, unnest(%(requests)s::text[]) AS request,
        unnest(%(words)s::text[]) AS words) AS v
WHERE a.delivery_id = v.delivery AND a.number = v.number AND a.ended_at IS NULL
"""
_DELIVER = """
WITH v AS (
    SELECT unnest(%(ids)s::bigint[]) AS id, unnest(%(remote_ids)s::text[]) AS remote_id, unnest(%(urls)s::text[]) AS url
), may_go AS (
    UPDATE posts_delivery SET after_id = NULL WHERE after_id = ANY(%(ids)s::bigint[])
)
UPDATE posts_delivery d SET state = 'delivered', state_at = %(now)s, settled_at = %(now)s, remote_id = v.remote_id,
    remote_url = v.url, problem = '{}', claimed_by = '', lease_until = NULL, look_at = NULL
FROM v WHERE d.id = v.id
"""

Twins = tuple[Remote, ...] | ConnectorError

_OUTCOMES: dict[type, Outcome] = {
    Done: Outcome.DONE,
    Next: Outcome.NEXT,
    Wait: Outcome.WAIT,
    Temporary: Outcome.TEMPORARY,
    Refused: Outcome.REFUSED,
    NotAuthorised: Outcome.NOT_AUTHORISED,
    Duplicate: Outcome.DUPLICATE,
    Uncertain: Outcome.UNCERTAIN,
    Misconfigured: Outcome.MISCONFIGURED,
    NotSupported: Outcome.NOT_SUPPORTED,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What a failure says to a person: what happened, who can fix it, what to press."""

    cause: str
    who: str
    press: str
    words: str = ""

    def to_json(self) -> dict[str, str]:
        """For the delivery's row."""
        return {"cause": self.cause, "who": self.who, "press": self.press, "words": self.words}


def close_attempt(delivery: Delivery, number: int, answer: Result | ConnectorError, *, now: datetime) -> None:
    """Write how one call ended, once."""
    close_attempts([(delivery.pk, number, answer)], now=now)


def close_attempts(ended: Sequence[tuple[int, int, Result | ConnectorError]], *, now: datetime) -> None:
    """Write how calls ended, each once: delivery id, attempt number, answer."""
    errors = [answer if isinstance(answer, ConnectorError) else None for _, _, answer in ended]
    both = list(zip(errors, ended, strict=True))
    values: dict[str, Any] = {
        "now": now,
        "deliveries": [delivery for delivery, _, _ in ended],
        "numbers": [number for _, number, _ in ended],
        "outcomes": [_OUTCOMES[type(answer)].value for _, _, answer in ended],
        "statuses": [e.status if e else _said(answer).get("http_status") for e, (_, _, answer) in both],
        "codes": [_clean(e.code, 100) if e else "" for e in errors],
        "requests": [_clean(e.request_id, 100) if e else "" for e in errors],
        "words": [_clean(e.message if e else _said(answer).get("words", ""), 4000) for e, (_, _, answer) in both],
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, values)


def _said(answer: Result | ConnectorError) -> dict[str, Any]:
    """What a connector wants kept of an answer that went well: `http_status` and `words`, secrets cut out."""
    return answer.receipt.raw if isinstance(answer, Done) else {}


def _clean(text: str, limit: int) -> str:
    """A platform's words as PostgreSQL takes them: it stores no NUL."""
    return text.replace("\x00", "")[:limit]


def deliver(delivery: Delivery, receipt: Receipt, *, now: datetime, how: str = "") -> None:
    """The receipt is in: DELIVERED. Whatever waited for this delivery may go now."""
    deliver_many([(delivery, receipt)], now=now, how=how)


def deliver_many(out: Sequence[tuple[Delivery, Receipt]], *, now: datetime, how: str = "") -> None:
    """The receipts of several are in. Raises IntegrityError when another delivery holds a receipt's id already."""
    if not out:
        return
    for row, receipt in out:
        check_delivery_move(row.state, DeliveryState.DELIVERED)
        row.remote_id, row.remote_url = _clean(receipt.remote_id, 200), _clean(receipt.url, 400)
        row.state, row.state_at, row.settled_at, row.problem = DeliveryState.DELIVERED, now, now, {}
        row.claimed_by, row.lease_until, row.look_at = "", None, None
    ids = [row.pk for row, _ in out]
    values: dict[str, Any] = {
        "now": now,
        "ids": ids,
        "remote_ids": [row.remote_id for row, _ in out],
        "urls": [row.remote_url for row, _ in out],
    }
    with connection.cursor() as cursor:
        cursor.execute(_DELIVER, values)
    follow.receipts([row for row, _ in out], now=now)
    ledger.append_many(
        [
            about_delivery(
                row.proven_word, row, by=None, now=now, remote_id=receipt.remote_id, url=receipt.url, how=how
            )
            for row, receipt in out
        ]
    )


def retry_at(delivery: Delivery, moment: datetime, *, now: datetime) -> None:
    """Again later, no failure counted. Its grace goes on running."""
    delivery.ready_at = moment
    _to(delivery, _again(delivery), now)


def doubt(delivery: Delivery, *, now: datetime) -> None:
    """The step that shows it had no answer: until a repeat or a look tells, it may be out. Saved by the caller."""
    last = delivery.step_index + 1 == len(delivery.steps)
    if last and delivery.steps[-1]["name"] != read_back.NAME:
        delivery.look_at, delivery.looks, delivery.looks_absent = now, 0, 0


def repeat(delivery: Delivery, *, now: datetime) -> None:
    """It surely is not there: once more, with the same key and the same bytes."""
    delivery.ready_at, delivery.problem, delivery.look_at = now, {}, None
    _to(delivery, _again(delivery), now)
    _remember(delivery, "repeated", now, looks=delivery.looks, absent=delivery.looks_absent)


def await_proof(delivery: Delivery, *, now: datetime) -> None:
    """A person posts it by hand and pastes the link."""
    _to(delivery, DeliveryState.AWAITING_PROOF, now)
    _remember(delivery, "awaiting_proof", now)


def by_hand(delivery: Delivery, *, now: datetime) -> None:
    """The platform offers no such act to software: a person does it there and says so."""
    platform = delivery.channel.get_platform_display()
    delivery.problem = Problem(
        cause=f"{platform} lets no software do this.",
        who="Whoever can open the account.",
        press="Do it there, then say that it is done.",
    ).to_json()
    await_proof(delivery, now=now)


def fail(delivery: Delivery, cause: str, who: str, press: str, *, now: datetime, words: str = "") -> None:
    """It did not go out, and will not by itself; uncertain instead where an earlier call may have shown it."""
    if delivery.look_at is not None:
        uncertain(delivery, words or cause, now=now)
        return
    delivery.problem = Problem(cause, who, press, words).to_json()
    delivery.settled_at = now
    _to(delivery, DeliveryState.FAILED, now)
    _remember(delivery, "failed", now, cause=cause, words=words)


def uncertain(delivery: Delivery, words: str, *, now: datetime) -> None:
    """We spoke and did not hear. Looked up on the platform, else a person decides; never sent again by itself."""
    delivery.problem = Problem(
        cause=f"We sent it and {delivery.channel.get_platform_display()} did not answer, so nothing is proven.",
        who="A supervisor decides, after a look at the account.",
        press="“It went out” with its link, or “Send again” when it is not there.",
        words=words,
    ).to_json()
    delivery.looks = delivery.looks_absent = 0
    delivery.look_at = now + timedelta(seconds=settings.RECONCILE_AFTER_S[0])
    _to(delivery, DeliveryState.UNCERTAIN, now)
    _remember(delivery, "uncertain", now, words=words)


def settle_error(
    delivery: Delivery, step: Step | None, error: ConnectorError, *, now: datetime, seen: Twins | None = None
) -> None:
    """Map one of the connectors' errors to a state (connectors.errors). `seen`: what was found for a Duplicate."""
    if isinstance(error, Temporary):
        _temporary(delivery, error, now)
    elif isinstance(error, Uncertain):
        if step is not None and step.repeatable:
            _temporary(delivery, Temporary(error.message), now)
        else:
            uncertain(delivery, error.message, now=now)
    elif isinstance(error, Duplicate):
        _duplicate(delivery, error, seen, now)
    elif isinstance(error, NotAuthorised | Misconfigured):
        _channel_trouble(delivery, error, now)
    elif step is not None and step.name == read_back.NAME:
        _unproven(delivery, error, now)
    else:
        cure = getattr(error, "cure", "") or "Change the post, then submit it again."
        cause = f"{delivery.channel.get_platform_display()} refused it: {error.message}"
        fail(delivery, cause, "Whoever wrote the post.", cure, now=now, words=error.message)


def find(delivery: Delivery) -> tuple[Remote, ...]:
    """Look on the platform for this delivery's post; only matches that no other delivery of the channel holds.

    Raises the connectors' errors. Makes wire calls: never inside a transaction that holds a lock for long.
    """
    payload = delivery.payload
    probe = Probe(
        act=WireAct(delivery.act),
        key=delivery.key,
        since=(delivery.first_attempt_at or delivery.due_at) - LOOK_BACK,
        remote_id=delivery.remote_id or None,
        target_id=delivery.target_remote_id or None,
        text=payload["text"],
        link=payload["link"],
    )
    try:
        account = account_of(delivery.channel)
    except BadInput as error:
        raise Misconfigured(str(error)) from error
    found = connector_of(delivery.channel).find(account, probe)
    taken = set(
        Delivery.objects.filter(channel=delivery.channel_id, remote_id__in=[r.remote_id for r in found])
        .exclude(pk=delivery.pk)
        .values_list("remote_id", flat=True)
    )
    return tuple(r for r in found if r.remote_id not in taken and r.created_at >= probe.since)


def _temporary(delivery: Delivery, error: Temporary, now: datetime) -> None:
    if not error.rate_limited:
        delivery.failures += 1
    wait = error.retry_after if error.retry_after is not None else _backoff_s(delivery.failures)
    delivery.ready_at = now + timedelta(seconds=wait)
    delivery.problem = Problem(
        cause=f"{delivery.channel.get_platform_display()} could not take it yet: {error.message}",
        who="Nobody has to: it is tried again by itself.",
        press="Nothing, unless it is still here when its time is up.",
        words=error.message,
    ).to_json()
    if not error.rate_limited and not 400 <= (error.status or 0) < 500:
        doubt(delivery, now=now)
    if error.rate_limited:
        lanes = ChannelLane.objects.filter(channel=delivery.channel_id)
        lanes.update(next_call_at=delivery.ready_at)
    _to(delivery, _again(delivery), now)
    _remember(delivery, "awaiting_retry", now, words=error.message, again_at=delivery.ready_at.isoformat())


def _again(delivery: Delivery) -> DeliveryState:
    """Retry by itself, unless a hold was placed meanwhile: then a person's hand opens it."""
    return DeliveryState.HELD if delivery.hold_id else DeliveryState.AWAITING_RETRY


def _backoff_s(failures: int) -> float:
    """Full jitter, in the pace of RECONCILE_AFTER_S: by default a wait of up to 15 s, 30 s, 60 s … 10 minutes."""
    pace = settings.RECONCILE_AFTER_S[0]
    longest = min(20 * pace, pace / 2 * 2.0 ** min(max(failures - 1, 0), 10))
    return random.uniform(longest / 15, longest)  # noqa: S311


def look_for_twin(delivery: Delivery) -> Twins:
    """What the platform means by “I have that already”: the posts that may be it, or why nobody could look."""
    try:
        return find(delivery)
    except ConnectorError as trouble:
        return trouble


def _duplicate(delivery: Delivery, error: Duplicate, seen: Twins | None, now: datetime) -> None:
    if not isinstance(seen, tuple):
        trouble = seen.message if seen is not None else "nobody looked"
        uncertain(delivery, f"{error.message}; looking it up failed: {trouble}", now=now)
    elif len(seen) == 1:
        deliver(delivery, Receipt(remote_id=seen[0].remote_id, url=seen[0].url), now=now, how="found")
    else:
        cause = f"{delivery.channel.get_platform_display()} says that it shows this text already."
        fail(delivery, cause, "Whoever wrote the post.", SAME_TEXT, now=now, words=error.message)


def _unproven(delivery: Delivery, error: ConnectorError, now: datetime) -> None:
    """The order was taken and the proof is missing: a person looks. Nothing calls it done before."""
    platform = delivery.channel.get_platform_display()
    if isinstance(error, NotSupported):
        delivery.problem = Problem(
            cause=f"{platform} took the order and does not let us read the result.",
            who="Whoever can open the account.",
            press="Look at it there, then say what you saw.",
            words=error.message,
        ).to_json()
        await_proof(delivery, now=now)
        return
    cause = f"{platform} took the order, and what it shows has not changed."
    fail(delivery, cause, "Whoever can open the account.", "Look there, then try again.", now=now, words=error.message)


def _channel_trouble(delivery: Delivery, error: ConnectorError, now: datetime) -> None:
    """The account, not the post, is broken: flag the channel so that nothing else runs into the same wall."""
    channel: Channel = delivery.channel
    if isinstance(error, NotAuthorised):
        cause = f"{channel.get_platform_display()} no longer accepts our sign-in for {channel.name}."
        press = "Reconnect the account, then press “Try again” here."
    else:
        cause, press = error.message, "Correct the channel's setting, then press “Try again” here."
    if channel.state == ChannelState.CONNECTED:
        channels.move_channel(channel=channel, to=ChannelState.NEEDS_ATTENTION, by=None, reason=cause, now=now)
    who = "The social media officer or an administrator."
    fail(delivery, cause, who, press, now=now, words=error.message)


def _to(delivery: Delivery, state: DeliveryState, now: datetime) -> None:
    check_delivery_move(delivery.state, state)
    delivery.state, delivery.state_at = state, now
    delivery.claimed_by, delivery.lease_until = "", None
    delivery.save()


def _remember(delivery: Delivery, kind: str, now: datetime, **data: Any) -> None:
    ledger.append(about_delivery(kind, delivery, by=None, now=now, **data))
