"""Once a year, each division: every membership is kept or ended by somebody who manages people there, and signed.

Opened by the beat ahead of its day, or by hand. Nothing ends before it is signed; nobody decides about themselves.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, NotAllowed, WrongMoment
from divisions.models import AccessReview, AccessReviewItem, Division, Membership, User
from divisions.permissions import Right
from divisions.selectors import access_review, duty
from divisions.services import notices
from records.services import ledger

LONGEST_NOTE = 300
DIVISIONS_AT_ONCE = 50


def open_due(*, now: datetime) -> int:
    """Open the reviews that are due within 30 days; returns how many. By the beat; safe however often."""
    due = access_review.next_due(now=now)
    soon = [
        pk for pk, day in sorted(due.items(), key=lambda pair: pair[1]) if day <= duty.day_of(now) + access_review.AHEAD
    ]
    busy = AccessReview.objects.filter(signed_at__isnull=True).values("division")
    places = Division.objects.filter(pk__in=soon).exclude(pk__in=busy).order_by("pk")[:DIVISIONS_AT_ONCE]
    return sum(_open_quietly(place, now) for place in places)


def _open_quietly(place: Division, now: datetime) -> int:
    """One of them; 0 when another worker was faster."""
    try:
        open_(division=place, by=None, now=now)
    except WrongMoment:
        return 0
    return 1


@transaction.atomic
def open_(*, division: Division, by: User | None, now: datetime | None = None) -> AccessReview:
    """Open the review of a division with a row for every membership that is not over.

    Takes `manage_people` there. By hand it is due in 30 days, by the beat when its year is over, but never in the
    past: who only now hears of it gets the 30 days. Raises WrongMoment when one is open or nobody belongs there.
    """
    access.require(by, Right.MANAGE_PEOPLE, division)
    moment = now or timezone.now()
    today = duty.day_of(moment)
    due = access_review.next_due(now=moment).get(division.pk) if by is None else None
    due_on = due if due is not None and due > today else today + access_review.AHEAD
    alive = Membership.objects.filter(division=division, revoked_at__isnull=True).exclude(ends_on__lt=today)
    if not alive.exists():
        raise WrongMoment(f"Nobody belongs to {division}.")
    try:
        with transaction.atomic():
            review = AccessReview.objects.create(division=division, opened_at=moment, due_on=due_on)
    except IntegrityError as error:
        raise WrongMoment(f"The review of {division} is open already.") from error
    rows = [AccessReviewItem(review=review, membership=row) for row in alive.order_by("pk")]
    AccessReviewItem.objects.bulk_create(rows)
    _remember("opened", review, by, moment, {"due_on": str(due_on), "rows": len(rows)})
    notices.tell(
        access.people_with(Right.MANAGE_PEOPLE, division.pk),
        f"Who still needs their rights? {division.short_name}",
        f"Look through the {len(rows)} memberships of {division}, keep or end each, and sign by {due_on}.",
        f"/desk/access/{review.pk}/",
        key=f"access-review-{review.pk}",
        now=moment,
    )
    return review


@transaction.atomic
def decide(
    *, item: AccessReviewItem, decision: str, by: User, note: str = "", now: datetime | None = None
) -> AccessReviewItem:
    """Say whether a membership is still needed; can be changed until the review is signed.

    Raises BadInput (fields `decision`, `note`: ending needs a reason), NotAllowed about oneself, WrongMoment once
    signed or when the membership has ended.
    """
    review = _open_locked(item.review)
    access.require(by, Right.MANAGE_PEOPLE, review.division)
    rows = AccessReviewItem.objects.select_for_update(of=("self",)).select_related("membership__user")
    row = rows.get(pk=item.pk, review=review)
    if row.membership.user_id == by.pk:
        raise NotAllowed("decide about your own rights", where=str(review.division), who=access.who_can(_MANAGE))
    if row.membership.revoked_at is not None:
        raise WrongMoment("This membership has ended already.")
    if decision not in AccessReviewItem.Decision.values:
        raise BadInput("decision", "Say whether it is still needed.", cure="Keep it or end it.")
    note = note.replace("\x00", "").strip()
    if decision == AccessReviewItem.Decision.END and not note:
        raise BadInput("note", "Say why it ends.", cure="One sentence; it stays in the record.")
    if len(note) > LONGEST_NOTE:
        raise BadInput("note", f"{len(note)} of {LONGEST_NOTE} characters.", cure="Shorten it.")
    row.decision, row.note, row.decided_by, row.decided_at = decision, note, by, now or timezone.now()
    row.save(update_fields=["decision", "note", "decided_by", "decided_at"])
    facts = {"membership": row.membership_id, "email": row.membership.user.email, "decision": decision, "note": note}
    _remember("decided", review, by, now, facts)
    return row


@transaction.atomic
def sign(*, review: AccessReview, by: User, now: datetime | None = None) -> AccessReview:
    """Sign a review whose every row is decided: what was to end ends at once.

    Raises WrongMoment while rows are open, when signed already, or when somebody's rows were decided by themselves.
    """
    row = _open_locked(review)
    access.require(by, Right.MANAGE_PEOPLE, row.division)
    moment = now or timezone.now()
    items = AccessReviewItem.objects.filter(review=row, membership__revoked_at__isnull=True)
    todo = items.filter(decision="").count()
    if todo:
        one = "One membership is" if todo == 1 else f"{todo} memberships are"
        raise WrongMoment(f"{one} not decided yet.", cure="Keep or end each; your own is for somebody else.")
    ends = items.filter(decision=AccessReviewItem.Decision.END).order_by("membership")
    over = list(Membership.objects.filter(reviewed__in=ends).select_for_update(of=("self",)).select_related("user"))
    Membership.objects.filter(pk__in=[membership.pk for membership in over]).update(revoked_at=moment)
    access.mirror([membership.user for membership in over])
    row.signed_by, row.signed_at = by, moment
    row.save(update_fields=["signed_by", "signed_at"])
    ended = [[membership.pk, membership.user.email] for membership in over]
    _remember("signed", row, by, moment, {"ended": ended, "kept": items.count()})
    return row


_MANAGE = Right.MANAGE_PEOPLE


def _open_locked(review: AccessReview) -> AccessReview:
    rows = AccessReview.objects.select_for_update(of=("self",)).select_related("division")
    row = rows.get(pk=review.pk)
    if row.signed_at is not None:
        raise WrongMoment("This review is signed.")
    return row


def _remember(act: str, review: AccessReview, by: User | None, now: datetime | None, data: dict[str, object]) -> None:
    about = ("access_review", review.pk)
    ledger.remember(f"divisions.access_review.{act}", about, by=by, now=now, data=data, division=review.division)
