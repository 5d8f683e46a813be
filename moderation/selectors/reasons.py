"""Why an account needs somebody: one function a rule, each gives a sentence, an icon and the step that cures it.

Plain Python over a channel with the wall's annotations; thresholds and their reasons stand in `moderation.states`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from divisions.selectors import completeness, takeover
from divisions.states import ChannelState
from moderation.selectors import profile
from moderation.states import CHECK_LATE, DOUBT, PROFILE, PROOF, SILENCE, TOKEN_LEFT, UNANSWERED, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One sentence about an account. `rank` orders reasons of one level; `step` names the cure for the view to link."""

    code: str
    level: Level
    rank: int
    icon: str
    words: str
    step: str


def assess(channel: Any, *, silent: timedelta, ratio: float | None, now: datetime) -> tuple[Reason, ...]:
    """Every reason why an account needs somebody, worst first.

    `channel` is an `accounts.Account`; `silent` is the time since its last post, `ratio` that time over its
    cadence (None without one).
    """
    found = [
        *_connection(channel, now),
        *_drift(channel),
        *_broken(channel),
        *_doubt(channel, now),
        *_silence(channel, silent, ratio),
        *_unanswered(channel, now),
        *_proof(channel, now),
        *_takeover(channel, now),
        *_duty(channel),
        *_check(channel, now),
        *_admins(channel),
        *_profile(channel),
    ]
    return tuple(sorted(found, key=lambda reason: (reason.level, reason.rank)))


def _connection(channel: Any, now: datetime) -> Iterator[Reason]:
    if channel.state == ChannelState.NEEDS_ATTENTION:
        words = channel.state_reason or "The connection needs attention."
        yield Reason(code="attention", level=Level.ACT, rank=0, icon="link_off", words=_stop(words), step="reconnect")
    elif channel.state == ChannelState.PAUSED:
        why = f": {channel.state_reason}" if channel.state_reason else ""
        yield Reason(
            code="paused", level=Level.SOON, rank=1, icon="do_not_disturb", words=_stop(f"Paused{why}"), step="look"
        )
    elif channel.token_expires_at is not None and channel.token_expires_at - now <= TOKEN_LEFT.soon:
        yield _token(channel.token_expires_at - now)


def _token(left: timedelta) -> Reason:
    if left <= timedelta(0):
        words, icon = "The connection has ended, so nothing can go out.", "link_off"
    else:
        words, icon = f"The connection ends in {_count(left.days, 'day')}. Renew it before.", "link"
    level = Level.ACT if left <= TOKEN_LEFT.act else Level.SOON
    return Reason(code="token", level=level, rank=0, icon=icon, words=words, step="renew")


def _drift(channel: Any) -> Iterator[Reason]:
    """Posts that are not ours are named as such; any other difference is counted with them."""
    if not channel.drifts:
        return
    if channel.strangers == channel.drifts:
        words = f"Shows {_count(channel.strangers, 'post').lower()} we did not send."
    else:
        words = f"Differs from what we sent in {_count(channel.drifts, 'place')}."
    yield Reason(code="drift", level=Level.ACT, rank=1, icon="report", words=words, step="decide_drift")


def _broken(channel: Any) -> Iterator[Reason]:
    if channel.broken:
        words = f"{_count(channel.broken, 'post')} did not go out and {_wait(channel.broken)} for a decision."
        yield Reason(code="broken", level=Level.ACT, rank=1, icon="error", words=words, step="decide_broken")


def _doubt(channel: Any, now: datetime) -> Iterator[Reason]:
    if channel.doubts:
        since = now - channel.doubt_since
        words = f"{_count(channel.doubts, 'post')} unconfirmed for {_span(since)}."
        level = Level.ACT if since >= DOUBT.act else Level.SOON
        yield Reason(code="doubt", level=level, rank=2, icon="help", words=words, step="decide_doubt")


def _silence(channel: Any, silent: timedelta, ratio: float | None) -> Iterator[Reason]:
    if ratio is None or ratio <= SILENCE.soon:
        return
    promised = _count(channel.cadence_days, "day") if channel.cadence_days > 1 else "day"
    since = f"Silent for {_count(silent.days, 'day')}" if channel.last_at else "Nothing was ever sent from here"
    level = Level.ACT if ratio >= SILENCE.act else Level.SOON
    words = f"{since}; the promise is a post every {promised}."
    yield Reason(code="silent", level=level, rank=3, icon="schedule", words=words, step="write")


def _unanswered(channel: Any, now: datetime) -> Iterator[Reason]:
    n, since = channel.unanswered, now - (channel.unanswered_since or now)
    if not n or since < UNANSWERED.soon:
        return
    words = f"{n} comments wait for an answer, the oldest for {_span(since)}."
    if n == 1:
        words = f"One comment has waited {_span(since)} for an answer."
    level = Level.ACT if since >= UNANSWERED.act else Level.SOON
    yield Reason(code="unanswered", level=level, rank=4, icon="chat", words=words, step="comments")


def _proof(channel: Any, now: datetime) -> Iterator[Reason]:
    if channel.proof_due_at is None or now - channel.proof_due_at < PROOF.soon:
        return
    late = now - channel.proof_due_at
    words = f"Posted by hand or not: the link is missing for {_span(late)}."
    level = Level.ACT if late >= PROOF.act else Level.SOON
    yield Reason(code="proof", level=level, rank=4, icon="link", words=words, step="prove")


def _takeover(channel: Any, now: datetime) -> Iterator[Reason]:
    """Somebody who had it before may still know the way in."""
    if channel.takeover_at is not None and now - channel.takeover_at >= takeover.DUE:
        late = now - channel.takeover_at - takeover.DUE
        since = f"{_count(late.days, 'day')} overdue" if late.days else "overdue"
        words = f"Its takeover is {since}: whoever had it before may still sign in."
        yield Reason(code="takeover", level=Level.ACT, rank=4, icon="lock", words=words, step="takeover")


def _duty(channel: Any) -> Iterator[Reason]:
    if not channel.duty_officer:
        yield Reason(
            code="duty", level=Level.SOON, rank=5, icon="person", words="Nobody is on duty for it.", step="duty"
        )


def _check(channel: Any, now: datetime) -> Iterator[Reason]:
    late = now - channel.check_due_at
    if late <= CHECK_LATE.soon:
        return
    since = "Never checked" if channel.signed_at is None else f"The check round is {_count(late.days, 'day')} late"
    words = f"{since}, due {_count(late.days, 'day')} ago." if channel.signed_at is None else f"{since}."
    level = Level.ACT if late >= CHECK_LATE.act else Level.SOON
    yield Reason(code="check", level=level, rank=6, icon="update", words=words, step="check")


def _admins(channel: Any) -> Iterator[Reason]:
    """One person can leave or lose a phone, and the account is gone with them; today it still works."""
    if words := completeness.two_admins(channel.holder_count, channel.factor_count):
        yield Reason(code="admins", level=Level.SOON, rank=7, icon="person", words=words, step="admins")


def _profile(channel: Any) -> Iterator[Reason]:
    known = profile.of_account(channel)
    if known.share < PROFILE.soon:
        more = f" and {len(known.missing) - 4} more" if len(known.missing) > 4 else ""
        words = f"The register knows {known.words} facts about it; missing: {', '.join(known.missing[:4])}{more}."
        yield Reason(code="profile", level=Level.SOON, rank=8, icon="person", words=words, step="profile")


def _count(n: int, thing: str) -> str:
    words = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
    if thing == "post":
        return f"{words[n] if n < len(words) else n} {thing}{'' if n == 1 else 's'}"
    return f"{n} {thing}{'' if n == 1 else 's'}"


def _wait(n: int) -> str:
    return "waits" if n == 1 else "wait"


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def _stop(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."
