"""Makes digests when their time comes and mails them: each once, whoever looks and however often.

What they say is made in `selectors.digest_story`; how a mail is sent is `divisions.services.letters`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput
from divisions.models import Department, User
from divisions.notice_kinds import Way
from divisions.permissions import Reach, Right
from divisions.services import letters, notices
from divisions.services.letters import Letter, Outcome
from divisions.services.notices import News
from moderation.models import Digest
from moderation.selectors import digest_letter, digest_story
from moderation.selectors.digest_archive import zone
from moderation.selectors.digest_scope import Scope, period
from records.services import ledger

Kind = Digest.Kind
HOUR = 6  # o'clock in the department's zone
LATE_BY = {Kind.WEEKLY: timedelta(days=2), Kind.MONTHLY: timedelta(days=5)}  # a beat that was away catches up so long
GIVE_UP = timedelta(days=2)


def make_due(*, now: datetime | None = None) -> int:
    """Make every digest whose time has come and is not there yet; returns how many. Two at once make none twice."""
    moment = now or timezone.now()
    here = moment.astimezone(ZoneInfo(zone()))
    if here.hour < HOUR:
        return 0
    return sum(
        make(kind=kind, recipient=person, on=here.date(), now=moment) is not None
        for kind in _kinds_on(here.date())
        for person in _missing(kind, here.date())
    )


def make(*, kind: str, recipient: User, on: date, now: datetime | None = None, by: User | None = None) -> Digest | None:
    """Make one person's digest of the last whole period before a day; None when it is there or has nothing to say.

    Raises BadInput (field `kind`) for a kind that is none.
    """
    if kind not in Kind.values:
        raise BadInput("kind", f"There is no digest “{kind}”.", cure=f"One of: {', '.join(Kind.values)}.")
    moment = now or timezone.now()
    first, last = period(kind, on)
    scope = Scope(
        kind=kind,
        person_id=recipient.pk,
        division_ids=access.rights(recipient).visible_division_ids(),
        first=first,
        last=last,
        zone=zone(),
    )
    numbers = digest_story.told(scope)
    if kind == Kind.DAILY and not digest_story.has_news(numbers):
        return None
    return _save(recipient, scope, numbers, by, moment)


@transaction.atomic
def _save(recipient: User, scope: Scope, numbers: dict[str, Any], by: User | None, now: datetime) -> Digest | None:
    row, made = Digest.objects.get_or_create(
        kind=scope.kind,
        recipient=recipient,
        starts_on=scope.first,
        defaults={"ends_on": scope.last, "numbers": numbers, "made_at": now},
    )
    if not made:
        return None
    facts = {"kind": row.kind, "for": recipient.label, "from": str(row.starts_on), "until": str(row.ends_on)}
    values = numbers["values"]
    ledger.remember("moderation.digest.sent", ("digest", row.pk), by=by, now=now, data={**facts, "values": values})
    news = News(
        user_id=recipient.pk,
        kind=f"digest_{row.kind}",
        subject=numbers["title"],
        text=numbers.get("lead", ""),
        path=reverse("moderation:digest", args=[row.pk]),
        key=f"digest-{row.pk}",
        by_mail=False,
    )
    notices.tell_each([news], now=now)
    return row


def mail_due(*, now: datetime | None = None) -> int:
    """Mail the digests that were not mailed yet to whoever wants them by mail; returns how many went."""
    moment = now or timezone.now()
    rows = Digest.objects.filter(mailed_at__isnull=True, made_at__gt=moment - GIVE_UP, recipient__is_active=True)
    owed = list(rows.order_by("pk").values_list("pk", "recipient", "kind"))
    ways = notices.ways_of(person for _, person, _ in owed)
    sent = 0
    with letters.line() as line:
        for pk, person, kind in owed:
            if Way.MAIL not in ways[person, f"digest_{kind}"]:
                continue
            outcome = _mail(pk, line, moment)
            sent += outcome is Outcome.SENT
            if outcome is Outcome.AWAY:
                break
    return sent


@transaction.atomic
def _mail(pk: int, line: letters.Line, now: datetime) -> Outcome | None:
    """Send one under its lock, so that two beats do not both; None when another has it."""
    rows = Digest.objects.select_for_update(of=("self",), skip_locked=True).select_related("recipient")
    row = rows.filter(pk=pk, mailed_at__isnull=True).first()
    if row is None:
        return None
    outcome = line.send(letter_of(row))
    if outcome in (Outcome.SENT, Outcome.NEVER):
        row.mailed_at = now
        row.save(update_fields=["mailed_at"])
    return outcome


def letter_of(row: Digest) -> Letter:
    """A digest as a mail."""
    return Letter(
        to=row.recipient,
        kind=f"digest_{row.kind}",
        key=f"digest-{row.pk}",
        subject=row.numbers["title"],
        template="digest_daily" if row.kind == Kind.DAILY else "digest_report",
        context=digest_letter.context(row),
    )


def _kinds_on(day: date) -> Iterable[str]:
    """Which digests are due on a day, or still may be made on it."""
    yield Kind.DAILY
    if timedelta(days=day.weekday()) <= LATE_BY[Kind.WEEKLY]:
        yield Kind.WEEKLY
    if timedelta(days=day.day - 1) < LATE_BY[Kind.MONTHLY]:
        yield Kind.MONTHLY


def _missing(kind: str, on: date) -> list[User]:
    """Who should have the digest of the period before a day and has not, as far as they want it at all."""
    first, _ = period(kind, on)
    have = set(Digest.objects.filter(kind=kind, starts_on=first).values_list("recipient", flat=True))
    people = [person for person in _recipients(kind) if person.pk not in have]
    ways = notices.ways_of(person.pk for person in people)
    return [person for person in people if ways[person.pk, f"digest_{kind}"]]


def _recipients(kind: str) -> list[User]:
    """Daily: who writes for a division of their own. Weekly: who oversees accounts. Monthly: they and the chief."""
    right, reach = (Right.DRAFT_POST, Reach.OWN) if kind == Kind.DAILY else (Right.SIGN_CHECK, Reach.TREE)
    having = {"role__role_rights__right": right, "role__role_rights__revoked_at__isnull": True, "role__reach": reach}
    found = {m.user_id: m.user for m in access.active_memberships().filter(**having).select_related("user")}
    if kind == Kind.MONTHLY:
        department = Department.objects.select_related("chief").first()
        if department and department.chief and department.chief.is_active:
            found[department.chief.pk] = department.chief
    return [found[pk] for pk in sorted(found)]
