"""A major incident: opened, logged, its promised updates kept, its posts let through holds, stood down item by item."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.models import Division, User
from divisions.permissions import Right
from posts.kinds import Kind
from posts.models import Delivery, Draft, Hold, Incident, IncidentLog, Post
from posts.models.hold import LogKind
from posts.selectors.holds import covering
from posts.selectors.incidents import free_holds
from posts.services import compose, hold
from posts.services.hold_lock import take_for_transaction
from posts.statements import Statement
from posts.states import DeliveryState
from records.services import ledger

MAX_NAME, MAX_TEXT = 150, 1000
FURTHEST = timedelta(hours=48)  # a promise further away is no promise


@transaction.atomic
def open_(
    *,
    name: str,
    by: User,
    division: Division | None = None,
    holds: Iterable[Hold] = (),
    now: datetime | None = None,
) -> Incident:
    """Open an incident of a division, or of the whole department. Raises BadInput (field `name` or `holds`).

    `holds` are those placed before anybody had time to open it: they become the incident's.
    """
    _require(by, division)
    _check("name", name, MAX_NAME, "Name it as it will be spoken of, for example “Oak Street fire”.")
    moment = now or timezone.now()
    incident = Incident.objects.create(name=name.strip(), division=division, opened_by=by, opened_at=moment)
    taken = _take_in(incident, holds, by)
    _remember("opened", incident, by, moment, name=incident.name, **({"holds": taken} if taken else {}))
    return incident


def _take_in(incident: Incident, holds: Iterable[Hold], by: User) -> list[int]:
    """Make holds in force the incident's, each by who may place it; returns their ids."""
    wanted = {placed.pk for placed in holds}
    if not wanted:
        return []
    rows = list(free_holds(access.rights(by)).select_for_update(of=("self",)).filter(pk__in=wanted))
    if {row.pk for row in rows} != wanted:
        raise BadInput("holds", "One of these holds was released, or is another incident's.", cure="Look again.")
    for row in rows if incident.division is not None else ():
        if incident.division_id not in (row.division_id, row.channel.division_id if row.channel else None):
            raise BadInput("holds", f"The hold of {row.covers()} is not this division's.", cure="Untick it.")
    Hold.objects.filter(pk__in=wanted).update(incident=incident)
    return sorted(wanted)


@transaction.atomic
def log(
    *,
    incident: Incident,
    kind: str,
    text: str,
    by: User,
    next_update_at: datetime | None = None,
    post: Post | None = None,
    now: datetime | None = None,
) -> IncidentLog:
    """Write one line of the log. An update to the public also renews the promise of the next one (or ends it).

    Raises BadInput (field `kind`, `text` or `next_update_at`), WrongMoment when the incident is closed.
    """
    row, moment = _open(incident, by), now or timezone.now()
    if kind not in LogKind.values:
        raise BadInput("kind", "Say what it is.", cure="A decision, an update to the public or a note.")
    _check("text", text, MAX_TEXT, "Write what was decided or said, in one or two sentences.")
    _check_promise(next_update_at, moment)
    line = IncidentLog.objects.create(incident=row, at=moment, by=by, kind=kind, text=text.strip(), post=post)
    if kind == LogKind.UPDATE or next_update_at is not None:
        row.next_update_at = next_update_at
        row.save(update_fields=["next_update_at"])
    promised = next_update_at.isoformat() if next_update_at else ""
    _remember("logged", row, by, moment, kind=kind, text=line.text, next_update_at=promised)
    return line


@transaction.atomic
def start_statement(
    *, incident: Incident, statement: Statement, division: Division, by: User, now: datetime | None = None
) -> Post:
    """Start a draft from a holding statement, blanks and all; as a post of the incident its holds let it through."""
    row, moment = _open(incident, by), now or timezone.now()
    post = compose.start(division=division, kind=Kind.UPDATE, by=by, now=moment)
    Draft.objects.filter(post=post).update(title=statement.title, text=statement.text)
    Post.objects.filter(pk=post.pk).update(title=statement.title)
    _exempt(row, post, by, moment)
    IncidentLog.objects.create(
        incident=row, at=moment, by=by, kind=LogKind.NOTE, text=f"Statement started: {statement.name}.", post=post
    )
    return post


@transaction.atomic
def exempt(*, incident: Incident, post: Post, by: User, now: datetime | None = None) -> int:
    """Let a post of the incident go in spite of its holds; what they stopped goes on. Returns how many rows did."""
    row, moment = _open(incident, by), now or timezone.now()
    if not access.rights(by).can(Right.DECIDE_DELIVERY, post.division_id):
        raise NotAllowed(Right.DECIDE_DELIVERY.label, where=str(post.division))
    opened = _exempt(row, post, by, moment)
    IncidentLog.objects.create(
        incident=row, at=moment, by=by, kind=LogKind.DECISION, text=f"Goes in spite of the hold: {post}.", post=post
    )
    return opened


@transaction.atomic
def close(*, incident: Incident, by: User, now: datetime | None = None) -> Incident:
    """Stand down. Raises WrongMoment while a hold is in force, something held is undecided, or an update is owed."""
    row, moment = _open(incident, by), now or timezone.now()
    left = open_items(row)
    if left:
        raise WrongMoment("It cannot be stood down yet.", cure=" ".join(left))
    row.closed_at, row.closed_by = moment, by
    row.save(update_fields=["closed_at", "closed_by"])
    _remember("closed", row, by, moment)
    return row


def open_items(incident: Incident) -> list[str]:
    """What still keeps an incident from being stood down, each as a sentence."""
    items = []
    holds = Hold.objects.filter(incident=incident, drill=False)
    if n := holds.filter(released_at__isnull=True).count():
        items.append(f"Release {'its hold' if n == 1 else f'its {n} holds'}.")
    held = Delivery.objects.filter(hold__in=holds.filter(released_at__isnull=False), state=DeliveryState.HELD)
    if n := held.values("post").distinct().count():
        items.append(f"Decide about {'one post' if n == 1 else f'{n} posts'} that it stopped.")
    if incident.next_update_at is not None:
        items.append("Log the update that was promised, without promising another.")
    return items


def _open(incident: Incident, by: User) -> Incident:
    row = Incident.objects.select_for_update(of=("self",)).select_related("division").filter(pk=incident.pk).first()
    if row is None:
        raise NotVisible
    _require(by, row.division)
    if row.closed_at is not None:
        raise WrongMoment("This incident was stood down.", cure="Open a new one.")
    return row


def _exempt(incident: Incident, post: Post, by: User, now: datetime) -> int:
    """List the post on every hold of the incident, and let what they stopped of it go at its time."""
    holds = list(Hold.objects.filter(incident=incident, released_at__isnull=True, drill=False))
    if not holds:
        return 0
    take_for_transaction()
    for placed in holds:
        placed.exempt_posts.add(post)
    rows = Delivery.objects.filter(post=post, hold__in=holds, state=DeliveryState.HELD, grace_until__gte=now)
    free = [row for row in rows.select_related("channel", "post") if covering(row) is None]
    opened = len(hold.keep(deliveries=free, by=by, now=now)) if free else 0
    ledger.remember(
        "posts.hold.exempted",
        ("hold", holds[0].pk),
        by=by,
        now=now,
        data={"post": post.pk, "incident": incident.pk, "opened": opened},
        division=incident.division,
    )
    return opened


def _require(by: User, division: Division | None) -> None:
    """Whoever may hold a place's posting runs its incidents."""
    mine = access.rights(by)
    if division is None:
        if not mine.anywhere(Right.HOLD_ALL):
            raise NotAllowed(Right.HOLD_ALL.label, where="the department", who=access.who_can(Right.HOLD_ALL))
    elif not mine.can(Right.HOLD_ALL, division.pk):
        access.require(by, Right.HOLD_DIVISION, division, has=mine)


def _check(field: str, text: str, limit: int, cure: str) -> None:
    length = len(text.strip())
    if not length:
        raise BadInput(field, "It is empty.", cure=cure)
    if length > limit:
        raise BadInput(field, f"{length} of {limit} characters.", cure=f"Shorten by {length - limit}.")


def _check_promise(at: datetime | None, now: datetime) -> None:
    if at is None:
        return
    if at <= now:
        raise BadInput("next_update_at", "That time has passed.", cure="Pick a later one.")
    if at > now + FURTHEST:
        raise BadInput("next_update_at", "That is more than two days away.", cure="Promise something nearer.")


def _remember(act: str, incident: Incident, by: User, now: datetime, **data: Any) -> None:
    ledger.remember(
        f"posts.incident.{act}", ("incident", incident.pk), by=by, now=now, data=data, division=incident.division
    )
