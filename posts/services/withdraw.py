"""Takes a post down everywhere: asked for with ground and reason, confirmed by a second person, proven by copy (P9).

What the approval already promised (an appeal that is resolved, a booking photo after 14 days …) needs the ground alone.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, WrongMoment
from divisions.models import User
from divisions.permissions import Right
from posts.errors import OwnWork
from posts.kinds import Kind
from posts.models import Attempt, Correction, Delivery, Post, Withdrawal
from posts.models.amends import AmendVerdict
from posts.services import news, take_down
from posts.services.amends import MAX_REASON, decide
from posts.services.compose import lock, void_approvals
from posts.services.memory import about_delivery, remember
from posts.states import CLAIMABLE, JUDGEMENTS, Act, Basis, DeliveryState, Ground
from records.services import ledger

MIN_REASON = 10
_OUT = (DeliveryState.DELIVERED, DeliveryState.UNCERTAIN, DeliveryState.IN_FLIGHT, DeliveryState.AWAITING_RETRY)
_STOPPABLE = (
    *CLAIMABLE,
    DeliveryState.IN_FLIGHT,
    DeliveryState.HELD,
    DeliveryState.MISSED,
    DeliveryState.FAILED,
    DeliveryState.AWAITING_PROOF,
)


@transaction.atomic
def ask(*, post: Post, ground: str, reason: str, by: User, now: datetime | None = None) -> Withdrawal:
    """Ask that a post is taken down; on a ground that the approval promised it goes down at once.

    Raises BadInput (field `ground` or `reason`), WrongMoment when nothing of it is out or it is asked for already.
    """
    moment = now or timezone.now()
    row = lock(post)
    access.require(by, Right.WITHDRAW_POST, row.division)
    _check(row, ground, reason, moment)
    if not Delivery.objects.filter(post=row, act=Act.PUBLISH, state__in=_OUT).exists():
        raise WrongMoment("Nothing of it is out, so there is nothing to take down.", cure="Drop it instead.")
    if row.withdrawals.filter(verdict__in=["", AmendVerdict.CONFIRMED]).exists():
        raise WrongMoment("Somebody asked for that already.", cure="Open the post: a second person confirms it.")
    standing = ground not in JUDGEMENTS
    withdrawal = Withdrawal.objects.create(
        post=row,
        ground=ground,
        reason=reason.strip(),
        asked_by=by,
        asked_at=moment,
        basis=Basis.STANDING if standing else Basis.REVIEW,
        verdict=AmendVerdict.CONFIRMED if standing else "",
        decided_at=moment if standing else None,
    )
    facts = {"ground": ground, "because": withdrawal.get_ground_display(), "reason": withdrawal.reason}
    remember("withdrawal.asked", row, by=by, now=moment, **facts)
    if standing:
        _take_down(withdrawal, row, by, moment)
    else:
        news.second_person(withdrawal, row, by=by, now=moment)
    return withdrawal


@transaction.atomic
def confirm(*, withdrawal: Withdrawal, by: User, note: str = "", now: datetime | None = None) -> Withdrawal:
    """Confirm what somebody else asked for: every copy is taken down now, what is not out never goes.

    Raises OwnWork for whoever asked, WrongMoment when it is decided already or a copy is being sent this second.
    """
    moment = now or timezone.now()
    post, row = _open(withdrawal, by)
    if row.asked_by_id == by.pk:
        raise OwnWork(access.who_can(Right.WITHDRAW_POST))
    decide(row, AmendVerdict.CONFIRMED, by=by, note=note, now=moment)
    remember("withdrawal.confirmed", post, by=by, now=moment, ground=row.ground, note=row.note)
    _take_down(row, post, by, moment)
    return row


@transaction.atomic
def refuse(*, withdrawal: Withdrawal, by: User, note: str, now: datetime | None = None) -> Withdrawal:
    """Leave the post up, with a reason (field `note`); whoever asked takes it back this way too."""
    moment = now or timezone.now()
    post, row = _open(withdrawal, by)
    own = row.asked_by_id == by.pk
    if not own and not note.strip():
        raise BadInput("note", "Say why it stays up.", cure="Write the reason.")
    decide(row, AmendVerdict.TAKEN_BACK if own else AmendVerdict.REFUSED, by=by, note=note, now=moment)
    remember(f"withdrawal.{row.verdict}", post, by=by, now=moment, note=row.note)
    return row


def _check(post: Post, ground: str, reason: str, now: datetime) -> None:
    if ground not in Ground.values:
        raise BadInput("ground", "Say on what ground.", cure="Choose one. Disagreement is not a ground.")
    length = len(reason.strip())
    if length < MIN_REASON:
        raise BadInput(
            "reason", "Say why, in one sentence. It is kept for good.", cure=f"At least {MIN_REASON} letters."
        )
    if length > MAX_REASON:
        raise BadInput("reason", f"{length} of {MAX_REASON} characters.", cure=f"Shorten by {length - MAX_REASON}.")
    if ground == Ground.RESOLVED and post.kind != Kind.APPEAL:
        raise BadInput("ground", "Only an appeal is resolved.", cure="Choose another ground.")
    ends = post.revision.expires_at if post.revision else None
    if ground == Ground.EXPIRED and (ends is None or ends > now):
        raise BadInput("ground", "Its time is not over.", cure="Choose another ground, or wait until it ends.")


def _open(withdrawal: Withdrawal, by: User) -> tuple[Post, Withdrawal]:
    post = lock(withdrawal.post)
    access.require(by, Right.WITHDRAW_POST, post.division)
    row = Withdrawal.objects.select_for_update(of=("self",)).get(pk=withdrawal.pk)
    row.post = post
    if row.verdict:
        raise WrongMoment(f"Somebody was faster: it is {row.get_verdict_display().lower()}.")
    return post, row


def _take_down(withdrawal: Withdrawal, post: Post, by: User, now: datetime) -> None:
    """Stop what is not out, void what was approved (so nothing of it is sent any more), take down what stands."""
    rows = list(
        Delivery.objects.select_for_update(of=("self",))
        .filter(post=post)
        .select_related("channel", "amended_by")
        .order_by("pk")
    )
    for row in rows:
        row.post = post
    _stop(rows, by, now)
    void_approvals(post, by=by, now=now, reason="The post was withdrawn")
    for correction in Correction.objects.select_for_update().filter(post=post, verdict=""):
        decide(correction, AmendVerdict.TAKEN_BACK, by=by, note="The post was withdrawn.", now=now)
    standing = [row for row in rows if row.act in (Act.PUBLISH, Act.REPLY) and row.state == DeliveryState.DELIVERED]
    try:
        with transaction.atomic():
            take_down.of(withdrawal, standing, now=now)
    except IntegrityError as error:
        raise WrongMoment("A correction of it is going out this moment.", cure="Try again in a minute.") from error


def _stop(rows: list[Delivery], by: User, now: datetime) -> None:
    """Cancel what no call is open for. A call under way, or one without an answer, is taken down when it shows."""
    calls = Attempt.objects.filter(delivery__in=[row.pk for row in rows], ended_at__isnull=True)
    open_calls = set(calls.values_list("delivery_id", flat=True))
    stopped = [row for row in rows if row.state in _STOPPABLE and row.pk not in open_calls and row.look_at is None]
    for row in stopped:
        row.state, row.state_at, row.settled_at = DeliveryState.CANCELLED, now, now
        row.claimed_by, row.lease_until = "", None
    for row in (row for row in rows if row.act == Act.EDIT and row.state == DeliveryState.UNCERTAIN):
        # Whatever became of the edit, the copy goes; an unfinished edit would stand in its way.
        row.state, row.state_at, row.settled_at, row.look_at = DeliveryState.FAILED, now, now, None
        row.save(update_fields=["state", "state_at", "settled_at", "look_at"])
    Delivery.objects.bulk_update(stopped, ["state", "state_at", "settled_at", "claimed_by", "lease_until"])
    ledger.append_many([about_delivery("cancelled", row, by=by, now=now) for row in stopped])
