"""Whom to remind of what waits for approval, rung by rung as its time runs out. Reads only; sends nothing.

Reviewers of the division first, with the deputy in the place of who is away; then the deputies of who has left since;
at last the central officers. Nothing is ever approved by itself: what nobody approves in time expires.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from divisions import access
from divisions.models import User
from divisions.permissions import Reach, Right
from divisions.selectors import duty
from posts.models import Revision
from posts.models.approving import Rung
from posts.selectors import approving

# A rung is reached when so little of the time to approve is left: this share of it, or this long, whichever is less.
STEPS: tuple[tuple[Rung, float, timedelta], ...] = (
    (Rung.REVIEWERS, 1 / 2, timedelta(hours=4)),
    (Rung.DEPUTIES, 1 / 4, timedelta(hours=2)),
    (Rung.CENTRAL, 1 / 8, timedelta(hours=1)),
)


def reached(revision: Revision, *, now: datetime) -> list[Rung]:
    """The rungs that are reached, lowest first. Pure."""
    span, left = revision.approve_by - revision.created_at, revision.approve_by - now
    return [rung for rung, share, most in STEPS if left <= min(span * share, most)]


def people(revision: Revision, rung: Rung, *, division_ids: set[int], editors: set[int], now: datetime) -> list[User]:
    """Who is told on a rung: only people who could approve it by a right of their own, and have not yet (P2).

    `division_ids` are those whose reviewers decide: the post's, or of linked channels that keep their own approver.
    """
    own, central = (
        [person for pk in sorted(division_ids) for person in access.people_with(Right.REVIEW_POST, pk, reach=reach)]
        for reach in (Reach.OWN, Reach.TREE)
    )
    away = {absence.user_id: absence.deputy for absence in duty.away(duty.day_of(now))}
    standing = approving.standing(revision)
    if standing.waits_for == approving.CENTRAL:
        own = central  # the division has done its part
    able = {person.pk for person in (*own, *central)}
    found = {
        Rung.REVIEWERS: [away.get(person.pk, person) for person in own],
        Rung.DEPUTIES: [away[person.pk] for person in own if person.pk in away],
        Rung.CENTRAL: [away.get(person.pk, person) for person in central],
    }[rung]
    out = editors | {approval.approved_by_id or 0 for approval in standing.given}
    told = {person.pk: person for person in found if person.pk in able and person.pk not in out and person.is_active}
    return sorted(told.values(), key=lambda person: (person.name, person.pk))
