"""Publishes a safety alert without waiting for review, by a trained person with a reason; somebody else signs it after.

The checks' stops still hold, and so does the gate; only the question what it touches may stay open, for whoever signs.
The chief and the central officers are told at once. While one of a person's emergency publications is unsigned past
its day, that person waits for review like everybody.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from divisions import access
from divisions.access import Rights
from divisions.errors import BadInput, NotAllowed, Refusal, WrongMoment
from divisions.models import Department, User
from divisions.permissions import Reach, Right
from divisions.selectors import duty
from divisions.services import notices
from divisions.services.people import today
from posts.errors import OwnWork
from posts.kinds import Kind
from posts.models import Approval, BreakGlass, Post, Revision
from posts.models.approving import SHORTEST_REASON
from posts.services import review, schedule, submit
from posts.services.compose import lock, move, void_approvals
from posts.services.memory import remember
from posts.states import EDITABLE_STAGES, Basis, Stage

SIGNED_WITHIN = timedelta(hours=24)
ONE_HOUR = timedelta(hours=1)
LONGEST_REASON = 2000


@transaction.atomic
def publish(
    *, post: Post, by: User, reason: str, version: int | None = None, now: datetime | None = None
) -> BreakGlass:
    """Send a safety alert now: submits the draft if it is one, approves it on the basis `break_glass`, queues it.

    Raises NotAllowed without training or membership, WrongMoment for anything but a safety alert or while an earlier
    one is unsigned past its day, BadInput (field `reason`) for too few words, StopsOpen and NoLongerFits as ever.
    """
    moment = now or timezone.now()
    row = lock(post)
    refusal = why_not(row, by, access.rights(by), now=moment)
    if refusal is not None:
        raise refusal
    words = _reason(reason)
    if row.stage in EDITABLE_STAGES:
        submit.submit(post=row, by=by, version=version, now=moment, urgent=True)
        row = lock(post)
    if row.stage != Stage.IN_REVIEW or row.revision is None:
        raise WrongMoment("This kind goes out without review as it is.", cure="Submit it.")
    revision = Revision.objects.select_related("post__division").get(pk=row.revision.pk)
    revision.post = row
    review.require_sendable(revision)
    void_approvals(row, by=by, now=moment, reason="It went out in an emergency")
    glass = _break(row, revision, by, words, moment)
    _tell(glass, row)
    return glass


def _break(row: Post, revision: Revision, by: User, reason: str, now: datetime) -> BreakGlass:
    approval = Approval.objects.create(
        revision=revision,
        content_hash=revision.content_hash,
        basis=Basis.BREAK_GLASS,
        approved_by=by,
        approved_at=now,
    )
    due = now + SIGNED_WITHIN
    glass = BreakGlass.objects.create(approval=approval, by=by, reason=reason, at=now, review_due_at=due)
    facts = {"revision": revision.number, "number": approval.number, "content_hash": revision.content_hash}
    remember("post.glass_broken", row, by=by, now=now, reason=reason, review_due_at=due.isoformat(), **facts)
    schedule.make_deliveries(post=row, revision=revision, approval=approval, now=now)
    move(row, Stage.SCHEDULED, now=now)
    return glass


@transaction.atomic
def sign(*, glass: BreakGlass, by: User, finding: str, now: datetime | None = None) -> BreakGlass:
    """Sign an emergency publication after looking at it: what was found, by somebody else with `review_post`.

    It does not approve anything: what is out is out; correct or withdraw it when it was wrong.
    Raises OwnWork for author, editors and whoever broke the glass, BadInput (field `finding`), WrongMoment when signed.
    """
    fresh = BreakGlass.objects.select_for_update(of=("self",)).get(pk=glass.pk)
    revision = Revision.objects.select_related("post__division").get(approvals=fresh.approval_id)
    access.require(by, Right.REVIEW_POST, revision.post.division)
    if by.pk == fresh.by_id or by.pk in review.editors(revision):
        raise OwnWork(access.who_can(Right.REVIEW_POST))
    if fresh.signed_at is not None:
        raise WrongMoment("Somebody has signed it already.")
    words = finding.strip()
    if not words:
        raise BadInput("finding", "Say what you found.", cure="One sentence is enough, for example: justified.")
    if len(words) > LONGEST_REASON:
        raise BadInput("finding", f"{len(words)} of {LONGEST_REASON} characters.", cure="Shorten it.")
    fresh.signed_by, fresh.signed_at, fresh.finding = by, now or timezone.now(), words
    fresh.save(update_fields=["signed_by", "signed_at", "finding"])
    facts = {"number": f"A-{fresh.approval_id}", "finding": words}
    remember("post.glass_signed", revision.post, by=by, now=fresh.signed_at, **facts)
    return fresh


def why_not(post: Post, by: User, mine: Rights, *, now: datetime) -> Refusal | None:
    """Why somebody may not send this without waiting, or None. What the page shows in place of the button."""
    if post.kind != Kind.SAFETY_ALERT:
        return WrongMoment("Only a safety alert goes out without waiting for review.")
    if post.stage not in (*EDITABLE_STAGES, Stage.IN_REVIEW):
        return WrongMoment(f"This post is “{post.get_stage_display()}”.")
    submits = mine.can(Right.SUBMIT_POST, post.division_id)
    if not submits or not duty.is_trained(by.pk, post.division, today(now)):
        return NotAllowed(Right.BREAK_GLASS.label, where=str(post.division), grants=_TRAINERS)
    late = BreakGlass.objects.filter(by=by, signed_at__isnull=True, review_due_at__lt=now).first()
    if late is not None:
        return WrongMoment(
            f"Your emergency publication {late.approval.number} is not signed, and its day is over.",
            cure="Once another reviewer has signed it, you can do this again. Until then it waits for review.",
        )
    return None


_TRAINERS = "An administrator or the social media officer, after the training,"


def _reason(typed: str) -> str:
    words = " ".join(typed.split())
    if len(words) < SHORTEST_REASON:
        raise BadInput(
            "reason",
            f"{len(words)} of at least {SHORTEST_REASON} characters.",
            cure="Say what is happening and why it cannot wait.",
        )
    if len(words) > LONGEST_REASON:
        raise BadInput("reason", f"{len(words)} of {LONGEST_REASON} characters.", cure="Shorten it.")
    return words


def say_overdue(*, now: datetime, limit: int = 50) -> int:
    """Tell once, the chief too, that nobody signed an emergency publication within its day; returns how many are so.

    Looks an hour back only: whoever was told is not told again (the notice's key), and Home keeps it in red.
    """
    late = BreakGlass.objects.filter(signed_at__isnull=True, review_due_at__lt=now, review_due_at__gte=now - ONE_HOUR)
    rows = list(late.select_related("by", "approval__revision__post__division").order_by("pk")[:limit])
    for glass in rows:
        post = glass.approval.revision.post  # type: ignore[union-attr]
        notices.tell(
            _watching(glass, post),
            f"Still not signed after a day: {post}",
            f"{glass.by} published “{post}” of {post.division} without review. Nobody has signed it, and the 24 hours "
            f"are over. Until somebody does, {glass.by} cannot publish so again.",
            reverse("posts:detail", args=[post.pk]),
            kind="alert_unreviewed",
            key=f"glass-overdue-{glass.pk}",
            now=now,
        )
    return len(rows)


def _watching(glass: BreakGlass, post: Post) -> list[User]:
    """The chief, the central officers and the division's reviewers, without who published it."""
    department = Department.objects.select_related("chief").first()
    chief = [department.chief] if department and department.chief else []
    central = access.people_with(Right.REVIEW_POST, post.division_id, reach=Reach.TREE)
    own = access.people_with(Right.REVIEW_POST, post.division_id, reach=Reach.OWN)
    return [person for person in (*chief, *central, *own) if person.pk != glass.by_id]


def _tell(glass: BreakGlass, post: Post) -> None:
    """Whoever watches, at once."""
    notices.tell(
        _watching(glass, post),
        f"Published without review: {post}",
        f"{glass.by} published the safety alert “{post}” of {post.division} without waiting for review.\n\n"
        f"Why: {glass.reason}\n\nSomebody else who approves for {post.division} has to look at it and sign within 24 "
        "hours.",
        reverse("posts:detail", args=[post.pk]),
        kind="alert_unreviewed",
        now=glass.at,
    )
