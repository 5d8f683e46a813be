"""What the system answers in a check round, for many accounts in a fixed number of queries.

Only what stands in our own tables; what asks the network (links, the profile) is `services.look`. An answer that
cannot be had yet says so and is no yes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber

from divisions.models import AccountHolder, Channel
from divisions.selectors import completeness
from divisions.states import ChannelState, Mode
from moderation.checks import CHECKED_WITHIN, LAST_POSTS, LINKS, LINKS_BACK, NOT_LOOKED
from moderation.models import ChannelWatch, DriftCase
from moderation.selectors import contributions, watched
from moderation.selectors.contributions import Unanswered
from moderation.states import PROOF, TOKEN_LEFT, UNANSWERED, Answer
from posts.models import Correction, Delivery
from posts.states import Act, DeliveryState

_S = DeliveryState


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer of the system and the words of what it saw."""

    answer: Answer
    detail: str


@dataclass(slots=True)
class Facts:
    """What is read about one account; `posts` are its last ones, newest first."""

    posts: list[Delivery] = field(default_factory=list)
    trouble: Counter[str] = field(default_factory=Counter)
    corrections: int = 0
    drift: int | None = None
    holders: int = 0
    factors: int = 0
    policy: bool | None = None
    unanswered: Unanswered = contributions.NONE
    comments_read_at: datetime | None = None


def of_channels(channels: Sequence[Channel], *, now: datetime) -> dict[int, dict[str, Seen]]:
    """The answers by channel id and question. `channels` carry their division and duty officer."""
    facts = _facts(channels, now)
    return {
        channel.pk: {code: rule(channel, facts[channel.pk], now) for code, rule in _RULES.items()}
        for channel in channels
    }


def last_posts(channel_ids: Sequence[int], *, now: datetime) -> list[Delivery]:
    """The last posts of each account, the newest first. One query."""
    newest = Window(RowNumber(), partition_by=F("channel"), order_by=[F("settled_at").desc(), F("pk").desc()])
    return list(
        Delivery.objects.filter(channel__in=channel_ids, act=Act.PUBLISH, state=_S.DELIVERED, settled_at__lte=now)
        .annotate(newest=newest)
        .filter(newest__lte=LAST_POSTS)
        .order_by("channel", "newest")
    )


def _facts(channels: Sequence[Channel], now: datetime) -> dict[int, Facts]:
    ids = [channel.pk for channel in channels]
    facts: dict[int, Facts] = defaultdict(Facts)
    for row in last_posts(ids, now=now):
        facts[row.channel_id].posts.append(row)
    for channel_id, state, n in _trouble(ids, now):
        facts[channel_id].trouble[state] += n
    waiting = Correction.objects.filter(verdict="", asked_at__lte=now, post__deliveries__channel__in=ids)
    waiting = waiting.filter(post__deliveries__act=Act.PUBLISH, post__deliveries__state=_S.DELIVERED)
    counted = waiting.values_list("post__deliveries__channel").annotate(n=Count("pk", distinct=True)).order_by()
    for channel_id, n in counted:
        facts[channel_id].corrections = n
    drift, policy = _drift_cases(ids, now), watched.policy_links(ids)
    for channel_id, holders, factors in _held(ids, now):
        facts[channel_id].holders, facts[channel_id].factors = holders, factors
    unanswered, read = contributions.unanswered_of(ids), contributions.read_by(ids, now=now)
    for channel_id in ids:
        facts[channel_id].unanswered = unanswered.get(channel_id, contributions.NONE)
        facts[channel_id].comments_read_at = read.get(channel_id)
        facts[channel_id].drift = drift.get(channel_id)
        facts[channel_id].policy = None if policy is None else policy.get(channel_id, False)
    return facts


def _drift_cases(ids: Sequence[int], now: datetime) -> dict[int, int]:
    """Open differences by channel id; accounts that were never read back are absent. Two queries."""
    looked = ChannelWatch.objects.filter(channel__in=ids, looked_at__lte=now).values_list("channel", flat=True)
    cases = DriftCase.objects.filter(channel__in=ids, closed_at=None, found_at__lte=now)
    counted = cases.values_list("channel").annotate(n=Count("pk")).order_by()
    return dict.fromkeys(looked, 0) | dict(counted)


def _held(ids: Sequence[int], now: datetime) -> Any:
    """Channel id, administrators at that time, those of them with a second factor. One query."""
    ended = Q(removed_at=None) | Q(removed_at__gt=now)
    rows = AccountHolder.objects.filter(ended, channel__in=ids, added_at__lte=now, user__is_active=True).order_by()
    counted = rows.values("channel").annotate(n=Count("pk"), factors=Count("pk", filter=Q(second_factor=True)))
    return counted.values_list("channel", "n", "factors")


def _trouble(ids: Sequence[int], now: datetime) -> Any:
    rows = Delivery.objects.filter(channel__in=ids, act=Act.PUBLISH, state_at__lte=now)
    late = rows.filter(state=_S.AWAITING_PROOF, due_at__lte=now - PROOF.soon)
    bad = rows.filter(state__in=(_S.FAILED, _S.MISSED, _S.UNCERTAIN))
    return (bad | late).values_list("channel", "state").annotate(n=Count("pk")).order_by()


def _cadence(channel: Channel, facts: Facts, now: datetime) -> Seen:
    last = facts.posts[0].settled_at if facts.posts else None
    silent = (now - last).days if last else (now - channel.created_at).days
    since = f"Last post {f'{_days(silent)} ago' if silent else 'today'}" if last else "Nothing was ever sent from here"
    if not channel.cadence_days:
        return Seen(Answer.NA, f"{since}; no cadence is promised.")
    promise = f"promised every {_days(channel.cadence_days) if channel.cadence_days > 1 else 'day'}"
    if silent > channel.cadence_days:
        return Seen(Answer.NO, f"No post for {_days(silent)}, {promise}." if last else f"{since}, {promise}.")
    return Seen(Answer.YES, f"{since}, {promise}.")


def _duty(channel: Channel, facts: Facts, now: datetime) -> Seen:
    if channel.duty_officer is None:
        return Seen(Answer.NO, "Nobody is on duty.")
    if not channel.duty_officer.is_active:
        return Seen(Answer.NO, f"{channel.duty_officer.name} no longer signs in.")
    return Seen(Answer.YES, f"{channel.duty_officer.name}.")


def _admins(channel: Channel, facts: Facts, now: datetime) -> Seen:
    wrong = completeness.two_admins(facts.holders, facts.factors)
    return Seen(Answer.NO, wrong) if wrong else Seen(Answer.YES, f"{facts.factors} with a second factor.")


def _trouble_seen(channel: Channel, facts: Facts, now: datetime) -> Seen:
    names = {_S.FAILED: "failed", _S.MISSED: "missed", _S.UNCERTAIN: "uncertain", _S.AWAITING_PROOF: "without its link"}
    found = [f"{facts.trouble[state]} {word}" for state, word in names.items() if facts.trouble[state]]
    return Seen(Answer.NO, f"{', '.join(found)}.".capitalize()) if found else Seen(Answer.YES, "Nothing waits.")


def _account(channel: Channel, facts: Facts, now: datetime) -> Seen:
    if channel.state != ChannelState.CONNECTED:
        why = f": {channel.state_reason}" if channel.state_reason else ""
        return Seen(Answer.NO, f"{channel.get_state_display()}{why}"[:299].rstrip(".") + ".")
    if channel.mode == Mode.HAND_OFF:
        return Seen(Answer.NA, "Posted by hand; no connection is needed.")
    if channel.token_expires_at and channel.token_expires_at - now <= TOKEN_LEFT.act:
        ended = channel.token_expires_at <= now
        left = "has ended" if ended else f"ends in {_days((channel.token_expires_at - now).days)}"
        return Seen(Answer.NO, f"The connection {left}.")
    if channel.checked_at is None or channel.checked_at > now:
        return Seen(Answer.UNREAD, "The account was not looked at yet.")
    if now - channel.checked_at > CHECKED_WITHIN:
        return Seen(Answer.UNREAD, f"The account was last looked at {_days((now - channel.checked_at).days)} ago.")
    return Seen(Answer.YES, "Looked at within two days.")


def _contact(channel: Channel, facts: Facts, now: datetime) -> Seen:
    place = channel.division
    needed = {"its address on the web": channel.url, "phone": place.phone_desk, "address": place.address}
    missing = [name for name, value in {**needed, "hours": place.hours}.items() if not value.strip()]
    if missing:
        return Seen(Answer.NO, f"Missing: {', '.join(missing)}.")
    return Seen(Answer.YES, f"{place.phone_desk}, {place.hours.rstrip('.')}."[:300])


def _alt(channel: Channel, facts: Facts, now: datetime) -> Seen:
    pictures = [item for row in facts.posts for item in row.payload.get("media", ())]
    if not pictures:
        return Seen(Answer.NA, f"No picture in the last {LAST_POSTS} posts.")
    told = sum(bool(item.get("alt", "").strip()) for item in pictures)
    return Seen(Answer.YES if told == len(pictures) else Answer.NO, f"{told} of {len(pictures)} pictures.")


def _corrections(channel: Channel, facts: Facts, now: datetime) -> Seen:
    n = facts.corrections
    if n:
        return Seen(Answer.NO, f"{n} {'waits' if n == 1 else 'wait'} for a decision.")
    return Seen(Answer.YES, "None waits.")


def _drift(channel: Channel, facts: Facts, now: datetime) -> Seen:
    if facts.drift is None and channel.mode == Mode.HAND_OFF:
        return Seen(Answer.NA, "Posted by hand: nothing is read back.")
    if facts.drift is None:
        return Seen(Answer.UNREAD, "The account was not read back yet.")
    n = facts.drift
    return (
        Seen(Answer.NO, f"{n} {'case is' if n == 1 else 'cases are'} open.") if n else Seen(Answer.YES, "No open case.")
    )


def _answered(channel: Channel, facts: Facts, now: datetime) -> Seen:
    if not contributions.can_be_read(channel):
        return Seen(Answer.NA, contributions.why_not(channel))
    if facts.comments_read_at is None:
        return Seen(Answer.UNREAD, "The comments were not read yet.")
    if now - facts.comments_read_at > CHECKED_WITHIN:
        return Seen(Answer.UNREAD, f"The comments were last read {_days((now - facts.comments_read_at).days)} ago.")
    waits = facts.unanswered
    if waits.oldest is None:
        return Seen(Answer.YES, "None waits.")
    since, late = now - waits.oldest, now - waits.oldest >= UNANSWERED.act
    age = _days(since.days) if late else f"{int(since.total_seconds() // 3600)} h"
    words = f"{waits.count} {'waits' if waits.count == 1 else 'wait'}, the oldest for {age}."
    return Seen(Answer.NO if late else Answer.YES, words)


def _policy(channel: Channel, facts: Facts, now: datetime) -> Seen:
    if facts.policy is None:
        return Seen(Answer.NA, "No comment policy is published yet.")
    if facts.policy:
        return Seen(Answer.YES, "Linked.")
    return Seen(Answer.NO, "The account does not link it.")


def _not_looked(channel: Channel, facts: Facts, now: datetime) -> Seen:
    return Seen(Answer.UNREAD, NOT_LOOKED)


_RULES: Mapping[str, Callable[[Channel, Facts, datetime], Seen]] = {
    "cadence": _cadence,
    "duty": _duty,
    "admins": _admins,
    "trouble": _trouble_seen,
    "account": _account,
    "contact": _contact,
    "alt": _alt,
    "corrections": _corrections,
    "answered": _answered,
    "drift": _drift,
    "policy": _policy,
    LINKS: _not_looked,
    LINKS_BACK: _not_looked,
}


def _days(n: int) -> str:
    return f"{n} day{'' if n == 1 else 's'}"
