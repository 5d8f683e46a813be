"""Puts people on duty for an account from a moment to a moment, ends that, copies a week; warns where nobody is on.

Whoever manages the account plans it. Shifts are never edited; they end. Who is on duty follows from them and stands in
`divisions.selectors.roster`.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.urls import reverse
from django.utils import dateformat, timezone

from divisions import access
from divisions.errors import BadInput, NotAllowed, WrongMoment
from divisions.models import Absence, Channel, DutyShift, User
from divisions.permissions import Right
from divisions.selectors import register, roster
from divisions.services import notices
from divisions.services.channels import remember
from divisions.states import NOT_ACCOUNTS, ChannelState
from records.services import ledger

LONGEST = timedelta(days=31)
FURTHEST = timedelta(days=366)
MOST_NAMED = 12  # accounts in one warning


@transaction.atomic
def add(
    *, channel: Channel, user: User, starts_at: datetime, ends_at: datetime, by: User, now: datetime | None = None
) -> DutyShift:
    """Put somebody on duty for an account. Takes `manage_channel`.

    Raises BadInput (fields `user`, `starts_on`, `ends_on`) for somebody who is no member, has left or is away, for
    times that are over, turned round, too long or too far, and for a shift they have already.
    """
    access.require(by, Right.MANAGE_CHANNEL, channel.division, channel=channel)
    moment = now or timezone.now()
    row = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)  # two at once: one after the other
    if row.platform in NOT_ACCOUNTS or row.state == ChannelState.RETIRED:
        raise WrongMoment(f"{channel} needs nobody on duty.")
    _check_times(starts_at, ends_at, moment)
    why = _why_not(channel, user, starts_at, ends_at)
    if why:
        raise BadInput("user", why, cure="Choose somebody else, or other days.")
    shift = DutyShift.objects.create(
        channel=channel, user=user, starts_at=starts_at, ends_at=ends_at, made_by=by, created_at=moment
    )
    facts = {"shift": shift.pk, "email": user.email, "from": starts_at.isoformat(), "until": ends_at.isoformat()}
    remember("divisions.shift.added", channel, by, moment, facts)
    return shift


@transaction.atomic
def end(*, shift: DutyShift, by: User, now: datetime | None = None) -> DutyShift:
    """End a shift: one to come never happens, one that runs stops now. Raises WrongMoment when it is over."""
    rows = DutyShift.objects.select_for_update(of=("self",)).select_related("channel__division", "user")
    row = rows.get(pk=shift.pk)
    access.require(by, Right.MANAGE_CHANNEL, row.channel.division, channel=row.channel)
    moment = now or timezone.now()
    if row.revoked_at is not None or row.ends_at <= moment:
        raise WrongMoment("This shift is over.")
    row.revoked_at = moment
    row.save(update_fields=["revoked_at"])
    remember("divisions.shift.ended", row.channel, by, moment, {"shift": row.pk, "email": row.user.email})
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copied week came to."""

    made: int
    left: tuple[str, ...]


@transaction.atomic
def copy_week(*, to: date, by: User, now: datetime | None = None) -> Copied:
    """Repeat the shifts of the week before `to` (a Monday), at the same wall clock, where one manages the account.

    What cannot be repeated (somebody is away, has left, is on already) is left and named.
    """
    moment, zone = now or timezone.now(), roster.zone()
    mine = access.rights(by)
    if not mine.anywhere(Right.MANAGE_CHANNEL):
        who = access.who_can(Right.MANAGE_CHANNEL)
        raise NotAllowed("plan who is on duty", where="any division", who=who)
    to = roster.monday(to)
    start, end_ = roster.midnight(to - timedelta(days=7), zone), roster.midnight(to, zone)
    before = DutyShift.objects.filter(
        channel__in=roster.managed_by(mine).order_by(),
        revoked_at__isnull=True,
        starts_at__gte=start,
        starts_at__lt=end_,
    ).select_related("channel__division", "user")
    made: list[DutyShift] = []
    left: list[str] = []
    for row in before.order_by("channel", "starts_at", "pk"):
        again = _a_week_later(row, by, moment, zone)
        why = "its time has passed" if again.ends_at <= moment else ""
        if not why and not roster.may_plan(mine, row.channel):
            why = "not yours to plan"
        why = why or _why_not(row.channel, row.user, again.starts_at, again.ends_at)
        if why:
            left.append(f"{row.user}, {row.channel}: {why}")
            continue
        again.save()
        made.append(again)
    if made:
        data = {"week": str(to), "shifts": [row.pk for row in made], "left": left}
        ledger.remember("divisions.roster.copied", ("week", str(to)), by=by, now=moment, data=data)
    return Copied(made=len(made), left=tuple(left))


def _a_week_later(row: DutyShift, by: User, now: datetime, zone: str) -> DutyShift:
    """The same by the clock on the wall, also over a change of time."""
    tz = ZoneInfo(zone)
    starts, ends = ((at.astimezone(tz) + timedelta(days=7)).astimezone(UTC) for at in (row.starts_at, row.ends_at))
    return DutyShift(channel=row.channel, user=row.user, starts_at=starts, ends_at=ends, made_by=by, created_at=now)


def _why_not(channel: Channel, user: User, starts_at: datetime, ends_at: datetime) -> str:
    """Why somebody cannot be on duty then, as a sentence; empty when they can."""
    if not register.duty_candidates(channel).filter(pk=user.pk).exists():
        return f"{user} is no member of {channel.division} or above it."
    tz = ZoneInfo(roster.zone())
    first, last = starts_at.astimezone(tz).date(), (ends_at - timedelta(microseconds=1)).astimezone(tz).date()
    away = Absence.objects.filter(user=user, revoked_at__isnull=True, starts_on__lte=last, ends_on__gte=first).first()
    if away is not None:
        return f"{user} is away from {_day(away.starts_on)} to {_day(away.ends_on)}."
    same = DutyShift.objects.filter(channel=channel, user=user, revoked_at__isnull=True)
    if same.filter(starts_at__lt=ends_at, ends_at__gt=starts_at).exists():
        return f"{user} is on duty then already."
    return ""


def _check_times(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    if ends_at <= starts_at:
        raise BadInput("ends_on", "It ends before it begins.", cure="Pick a later end.")
    if ends_at <= now:
        raise BadInput("ends_on", "That has passed.", cure="Pick a later end.")
    if ends_at - starts_at > LONGEST:
        raise BadInput("ends_on", "A shift is a month at most.", cure="Name a standing officer on the channel's page.")
    if starts_at > now + FURTHEST:
        raise BadInput("starts_on", "That is more than a year ahead.", cure="Pick an earlier day.")


def wall_clock(day: date, clock: time, zone: str, *, field: str) -> datetime:
    """The moment at which the clock on the wall of `zone` shows a time; of two such the first.

    Raises BadInput for a time that the clock skips.
    """
    naive, tz = datetime.combine(day, clock), ZoneInfo(zone)
    there = naive.replace(tzinfo=tz).astimezone(UTC)
    back = there.astimezone(tz).replace(tzinfo=None)
    if back != naive:
        words = f"The clock skips {naive:%H:%M} on {naive:%A, %B} {naive.day}: summer time begins."
        raise BadInput(field, words, cure=f"Pick {back:%H:%M} instead.")
    return there


# ---- nobody is on


@transaction.atomic
def warn(*, now: datetime) -> int:
    """Tell who manages accounts that nobody is on duty for some of them within seven days; returns how many accounts.

    Once a week for the same accounts of a division. By the beat; three queries while all is covered.
    """
    zone = roster.zone()
    rows = list(roster.accounts().order_by("pk"))
    bare = roster.gaps(rows, now=now, zone=zone)
    by_division: dict[int, list[Channel]] = defaultdict(list)
    for channel in rows:
        if channel.pk in bare:
            by_division[channel.division_id].append(channel)
    for division_id, channels in by_division.items():
        _warn(division_id, channels, bare, now, zone)
    return len(bare)


def _warn(
    division_id: int, channels: Sequence[Channel], bare: dict[int, list[roster.Span]], now: datetime, zone: str
) -> None:
    year, week, _ = now.isocalendar()
    same = zlib.crc32(",".join(str(channel.pk) for channel in channels).encode())
    lines = [f"{channel}: {_when(bare[channel.pk][0], now, zone)}" for channel in channels[:MOST_NAMED]]
    more = f"\n… and {len(channels) - MOST_NAMED} more" if len(channels) > MOST_NAMED else ""
    many = "An account has" if len(channels) == 1 else f"{len(channels)} accounts have"
    notices.tell(
        access.people_with(Right.MANAGE_CHANNEL, division_id),
        f"{many} nobody on duty: {channels[0].division.short_name}",
        "\n".join(lines) + more + "\n\nPut somebody on the roster, or name a standing officer.",
        reverse("divisions:roster"),
        key=f"uncovered-{division_id}-{year}-{week}-{same}",
        now=now,
    )


def _when(span: roster.Span, now: datetime, zone: str) -> str:
    if span.starts_at <= now:
        return "nobody now"
    return f"nobody from {dateformat.format(span.starts_at.astimezone(ZoneInfo(zone)), 'D j M, H:i')}"


def _day(day: date) -> str:
    return dateformat.format(day, "D j M")
