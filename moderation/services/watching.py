"""Reads accounts back and opens a case for each difference: by the hour, and when a person asks.

Calls to a platform are made outside transactions, bounded in pages, time and questions. A platform that is down makes
"not looked", with since when, never a case. A lease keeps two workers from looking at one account at once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from connectors.contract import Account, Act, Connector, Probe, Profile, Remote
from connectors.errors import ConnectorError, NotSupported, Refused
from divisions import access
from divisions.errors import BadInput, WrongMoment
from divisions.models import Channel, User
from divisions.permissions import Right
from divisions.services import notices, tokens
from divisions.services.accounts import account_of, connector_of
from moderation.models import ChannelWatch, DriftCase
from moderation.selectors import expected
from moderation.selectors.drift import readable
from moderation.selectors.expected import Copy
from moderation.services import comparing, linking, turns
from moderation.services.comparing import Finding
from moderation.states import LOOK_BACK, LOOK_EVERY, LOOK_FAR_BACK, DriftKind
from records.services import ledger

log = logging.getLogger(__name__)

PAGES, PAGES_FAR = 4, 20
SECONDS = 30.0  # in one look, no further page or question after so long
SECONDS_OF_ALL = 45.0  # of the beat, no further account is begun: the next minute goes on
QUESTIONS = 25  # "is it really gone?", one call each; the rest is asked by the next look
A_MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)
_OF_POSTS = (DriftKind.POSTED, DriftKind.EDITED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look came to: new cases, or why there was none."""

    cases: tuple[DriftCase, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What the platform told: its posts back to `since`, and the profile."""

    posts: tuple[Remote, ...]
    since: datetime
    profile: Profile


def enrol(*, now: datetime) -> None:
    """Begin to watch what can be read and is not watched yet, spread over the hour."""
    for_first_time = readable().filter(watch__isnull=True)
    rows = [
        ChannelWatch(channel=channel, next_at=now + timedelta(seconds=channel.pk * 617 % 3600))
        for channel in for_first_time
    ]
    ChannelWatch.objects.bulk_create(rows, ignore_conflicts=True)


def look_at_due(*, now: datetime | None = None, most: int = 20) -> int:
    """Look at the accounts whose time has come; returns how many. The clock goes on between them, unless given."""
    enrol(now=now or timezone.now())
    count, ends = 0, time.monotonic() + SECONDS_OF_ALL
    while count < most and time.monotonic() < ends and (found := _claim_next(now or timezone.now())) is not None:
        _look_safely(found, now or timezone.now())
        count += 1
    return count


def _look_safely(watch: ChannelWatch, now: datetime) -> None:
    """One account that cannot be compared must not keep the others from being looked at."""
    try:
        _look(watch, now=now, far=False)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("%s could not be looked at", watch.channel.slug)
        _failed(watch, error, now)


def look_now(*, channel: Channel, by: User | None, now: datetime | None = None) -> Looked:
    """Look at one account over the long window because a person asks.

    Raises NotAllowed, WrongMoment for an account that cannot be read or at which somebody looks this moment.
    """
    access.require(by, Right.DECIDE_DRIFT, channel.division, channel=channel)
    moment = now or timezone.now()
    if not readable().filter(pk=channel.pk).exists():
        raise WrongMoment("It cannot be read back.", cure="Only accounts that are connected can be; look yourself.")
    ChannelWatch.objects.bulk_create([ChannelWatch(channel=channel, next_at=moment)], ignore_conflicts=True)
    watch = turns.claim(ChannelWatch.objects.filter(channel=channel), moment)
    if watch is None:
        raise WrongMoment("It is being looked at this moment.", cure="Open the page again in a minute.")
    return _look(watch, now=moment, far=True)


def _claim_next(now: datetime) -> ChannelWatch | None:
    due = ChannelWatch.objects.filter(next_at__lte=now, channel__in=readable())
    return turns.claim(due.order_by("next_at"), now)


def _look(watch: ChannelWatch, *, now: datetime, far: bool) -> Looked:
    far = far or watch.far_at is None or watch.far_at <= now - A_DAY
    ends = time.monotonic() + SECONDS
    try:
        channel = tokens.keep_fresh(watch.channel, now=now)
        watch.channel.credentials = channel.credentials
        connector, account = connector_of(channel), account_of(channel)
        turns.leave_room(channel, now)
        seen = _read(connector, account, now=now, far=far, ends=ends)
        expectation = expected.of_channel(watch.channel, since=seen.since, now=now)
        found = comparing.posts(
            seen.posts,
            expectation,
            _outside(watch.channel),
            seen_from=seen.since,
            watched_from=watch.channel.created_at - A_MINUTE,  # some platforms tell whole seconds only
            now=now,
        )
        gone = _gone(connector, account, found.absent, ends=ends)
    except (ConnectorError, BadInput) as error:
        return _failed(watch, error, now)
    return _record(watch, [*found.findings, *gone], seen, now=now, far=far)


def _read(connector: Connector, account: Account, *, now: datetime, far: bool, ends: float) -> _Seen:
    """The account's posts, page by page, as far back as the bounds allow; then its profile."""
    since = now - (LOOK_FAR_BACK if far else LOOK_BACK)
    posts: list[Remote] = []
    cursor: str | None = None
    for number in range(PAGES_FAR if far else PAGES):
        if number and time.monotonic() > ends:
            break
        page = connector.list_own(account, cursor, since)
        posts += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    if cursor is not None:
        since = min((post.created_at for post in posts), default=now)
    return _Seen(posts=tuple(posts), since=since, profile=_profile(connector, account))


def _profile(connector: Connector, account: Account) -> Profile:
    try:
        return connector.profile(account)
    except NotSupported:
        return Profile()


def _outside(channel: Channel) -> dict[str, dict[str, object]]:
    """The newest known state of each post that is not ours."""
    rows = DriftCase.objects.filter(channel=channel, delivery=None, kind__in=_OF_POSTS).order_by("found_at", "pk")
    return {row.remote_id: row.shown for row in rows}


def _gone(connector: Connector, account: Account, absent: Sequence[Copy], *, ends: float) -> list[Finding]:
    """Ask for each copy that was not listed whether it is really gone; lists lag behind, and leave answers out."""
    findings: list[Finding] = []
    for copy in [copy for copy in absent if copy.has_id][:QUESTIONS]:
        if time.monotonic() > ends:
            break
        try:
            shown = connector.find(account, _probe(copy))
        except (NotSupported, Refused):
            continue  # it does not say, so we do not know
        findings += [*comparing.against(shown[0], copy)] if shown else [comparing.deleted(copy)]
    return findings


def _probe(copy: Copy) -> Probe:
    row = copy.delivery
    return Probe(
        act=Act(row.act),
        key=row.key,
        since=copy.out_since - A_DAY,
        remote_id=copy.newest_id,
        target_id=row.target_remote_id or None,
        text=copy.texts[0],
    )


@transaction.atomic
def _failed(watch: ChannelWatch, error: Exception, now: datetime) -> Looked:
    """Not looked: say why and since when, and try again. Says nothing about what the account shows."""
    row = ChannelWatch.objects.select_for_update().get(pk=watch.pk)
    if row.lease == watch.lease:
        row.channel = watch.channel
        turns.held_up(row, error, now)
        row.lease, row.lease_until = "", None
        row.save(update_fields=["problem", "problem_since", "next_at", "lease", "lease_until"])
    return Looked(problem=turns.problem_of(watch.channel, error))


@transaction.atomic
def _record(watch: ChannelWatch, findings: Sequence[Finding], seen: _Seen, *, now: datetime, far: bool) -> Looked:
    """Write down what was seen; the watch's lock makes it one writer an account, so a difference makes one case."""
    row = ChannelWatch.objects.select_for_update().get(pk=watch.pk)
    if row.lease != watch.lease:
        return Looked(problem="Somebody else looked meanwhile.")
    changed, row.profile = comparing.profile(row.profile, seen.profile)
    cases = _open_cases(watch.channel, [*_still(watch.channel, findings, seen, now), *changed], now)
    linking.write_down(watch.channel, seen.profile, now=now)
    row.looked_at, row.far_at = now, now if far else row.far_at
    row.problem, row.problem_since = "", None
    row.next_at, row.lease, row.lease_until = now + LOOK_EVERY, "", None
    row.save()
    return Looked(cases=tuple(cases))


def _still(channel: Channel, findings: Iterable[Finding], seen: _Seen, now: datetime) -> list[Finding]:
    """Those of copies to which nothing happened by our own hand since they were compared."""
    found = list(findings)
    if not any(finding.copy for finding in found):
        return found
    copies = expected.of_channel(channel, since=seen.since, now=now).copies
    stamps = {copy.delivery.pk: copy.stamp for copy in copies}
    return [f for f in found if f.copy is None or stamps.get(f.copy.delivery.pk) == f.copy.stamp]


def _open_cases(channel: Channel, findings: Sequence[Finding], now: datetime) -> list[DriftCase]:
    ids = {finding.remote_id for finding in findings}
    rows = DriftCase.objects.filter(channel=channel, remote_id__in=ids)
    known = set(rows.values_list("kind", "remote_id", "fingerprint"))
    fresh = {finding.key: finding for finding in findings if finding.key not in known}
    cases = [_case(channel, finding, now) for finding in fresh.values()]
    DriftCase.objects.bulk_create(cases)
    ledger.append_many(
        [
            ledger.Entry(
                type="moderation.drift.found",
                subject_type="drift_case",
                subject_id=case.pk,
                occurred_at=now,
                division=channel.division,
                data={"channel": channel.slug, "kind": case.kind, "remote_id": case.remote_id, "url": case.url},
            )
            for case in cases
        ]
    )
    _tell(channel, cases, now)
    return cases


def _tell(channel: Channel, cases: Sequence[DriftCase], now: datetime) -> None:
    """Whoever decides about it, once a look: one case by its own page, several by the list."""
    if not cases:
        return
    one = len(cases) == 1
    what = cases[0].get_kind_display().lower() if one else f"{len(cases)} differences"
    notices.tell(
        access.people_with(Right.DECIDE_DRIFT, channel.division_id),
        f"{channel.name}: {what}",
        f"{channel.get_platform_display()} shows something else than we sent. Look, then say what it is.",
        f"/desk/drift/{cases[0].pk}/" if one else "/desk/drift/",
        kind="drift",
        key=f"drift-{cases[0].pk}",
        now=now,
    )


def _case(channel: Channel, finding: Finding, now: datetime) -> DriftCase:
    return DriftCase(
        channel=channel,
        kind=finding.kind,
        remote_id=finding.remote_id,
        fingerprint=finding.fingerprint,
        delivery=finding.copy.delivery if finding.copy else None,
        url=finding.url[:400],
        expected=dict(finding.expected),
        shown=dict(finding.shown),
        happened_at=finding.happened_at,
        found_at=now,
    )
