"""What a reviewer decides: approve exactly this content, ask for changes, reject. Never about own work (P2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from divisions import access
from divisions.access import Rights
from divisions.errors import BadInput, NotAllowed, NotVisible, Refusal, WrongMoment
from divisions.models import LinkRule, User
from divisions.permissions import Right
from divisions.states import Approver
from posts.errors import NoLongerFits, OwnWork
from posts.models import Approval, Post, Review, Revision, WordComment
from posts.models.review import Verdict
from posts.selectors import fit
from posts.services import fingerprint, news, remarks, repeat, schedule, seats
from posts.services.compose import lock, move, void_approvals
from posts.services.memory import remember
from posts.services.remarks import Comment
from posts.states import Basis, Stage


@transaction.atomic
def approve(*, revision: Revision, by: User, note: str = "", now: datetime | None = None) -> Approval:
    """Approve the content of a revision and bind the approval to its hash; with the last seat, write the deliveries.

    Raises OwnWork for author and editors (a superuser too), NotAllowed without `review_post`, NoLongerFits when a
    channel would refuse it by now, WrongMoment when the post is not in review, a newer revision exists, the person's
    seat is taken, the time to approve has passed, or the stored content is not the content that was submitted.
    """
    moment = now or timezone.now()
    post, fresh = _lock_for_decision(revision, by)
    if moment > fresh.approve_by:
        raise WrongMoment("The time to approve it has passed.", cure="The author can pick a new time and submit again.")
    require_sendable(fresh)
    seat = seats.take(fresh, by, access.rights(by), deciding_ids(fresh))
    approval = seats.sign(fresh, seat, by=by, note=note, now=moment)
    remember(
        "revision.approved",
        post,
        by=by,
        now=moment,
        revision=fresh.number,
        number=approval.number,
        content_hash=fresh.content_hash,
        note=note.strip(),
        **({"seat": seat.number, "seats": seat.of, "completes": seat.completes} if seat.of > 1 else {}),
    )
    if seat.completes:
        schedule.make_deliveries(post=post, revision=fresh, approval=approval, now=moment)
        repeat.begin(post=post, revision=fresh, approval=approval, now=moment)
        move(post, Stage.SCHEDULED, now=moment)
        news.approved(post, by=by, now=moment)
    else:
        news.to_approve(fresh, places=deciding_ids(fresh), editors=editors(fresh), now=moment)
    return approval


@transaction.atomic
def request_changes(
    *, revision: Revision, by: User, note: str, comments: Sequence[Comment] = (), now: datetime | None = None
) -> Review:
    """Send the post back to its author with a reason, and with comments on words: (quote, comment) pairs.

    Raises BadInput: field `note` without any of them, `quote-N` when the N-th quote does not stand in the revision,
    `comment-N` when nothing is said about it. Empty pairs are left out.
    """
    said = remarks.read(revision, comments)
    words = note.strip() or (remarks.as_note(*said[0]) if said else "")
    review = _send_back(revision, by, words, Verdict.CHANGES, Stage.CHANGES_REQUESTED, now or timezone.now(), said)
    WordComment.objects.bulk_create(WordComment(review=review, quote=quote, comment=about) for quote, about in said)
    return review


@transaction.atomic
def reject(*, revision: Revision, by: User, note: str, now: datetime | None = None) -> Review:
    """End the post with a reason. Raises BadInput (field `note`) without one."""
    return _send_back(revision, by, note, Verdict.REJECTED, Stage.CANCELLED, now or timezone.now())


@transaction.atomic
def recall(*, post: Post, by: User, now: datetime | None = None) -> Post:
    """Take a post back out of review, to change it."""
    row = lock(post)
    access.require(by, Right.DRAFT_POST, row.division)
    if row.stage != Stage.IN_REVIEW:
        raise WrongMoment(f"This post is “{row.get_stage_display()}”, not in review.")
    moment = now or timezone.now()
    void_approvals(row, by=by, now=moment, reason="The post was taken back from review")
    move(row, Stage.DRAFT, now=moment)
    _reset(row)
    remember("post.recalled", row, by=by, now=moment)
    return row


@transaction.atomic
def expire_overdue(*, now: datetime, limit: int = 200) -> int:
    """Expire posts that nobody approved in time; returns how many. Run by every tick."""
    rows = list(
        Post.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(stage=Stage.IN_REVIEW, approve_by__lt=now)
        .select_related("division")
        .order_by("pk")[:limit]
    )
    for row in rows:
        void_approvals(row, by=None, now=now, reason="Nobody gave the other approval in time")
        move(row, Stage.EXPIRED, now=now)
        remember(
            "post.expired",
            row,
            by=None,
            now=now,
            approve_by=row.approve_by.isoformat() if row.approve_by else "",
        )
    news.expired(rows, now=now)
    return len(rows)


def why_not(revision: Revision, by: User, mine: Rights) -> Refusal | None:
    """Why a person cannot decide about a revision, or None when they can. What the page shows in place of buttons."""
    try:
        _require_reviewer(revision, by, mine)
    except Refusal as refusal:
        return refusal
    return None


def why_not_approve(revision: Revision, by: User, mine: Rights) -> Refusal | None:
    """Why a person who decides cannot approve (only say no), or None: the seat that is theirs is taken."""
    try:
        seats.take(revision, by, mine, deciding_ids(revision))
    except Refusal as refusal:
        return refusal
    return None


def require_sendable(revision: Revision) -> None:
    """Raise unless every channel is still open to it, still takes it, and what is stored is what was submitted."""
    _require_links(revision)
    problems = fit.problems(revision)
    if problems:
        raise NoLongerFits(problems)
    if fingerprint.of_revision(revision) != revision.content_hash:
        raise WrongMoment(
            "The stored content is not what was submitted.", cure="Tell an administrator; do not approve."
        )


def _lock_for_decision(revision: Revision, by: User) -> tuple[Post, Revision]:
    post = lock(revision.post)
    fresh = Revision.objects.select_related("post__division").get(pk=revision.pk)
    fresh.post = post
    _require_reviewer(fresh, by, access.rights(by))
    if post.stage != Stage.IN_REVIEW:
        raise WrongMoment(f"Somebody was faster: this post is now “{post.get_stage_display()}”.")
    if post.revision_id != fresh.pk:
        raise WrongMoment("There is a newer revision.", cure="Open the post again and look at that one.")
    return post, fresh


def _require_reviewer(revision: Revision, by: User, mine: Rights) -> None:
    """The right on the post's division, or on a linked target that keeps its own approver; and never one's own."""
    post = revision.post
    if by is None:
        raise NotAllowed(Right.REVIEW_POST.label, where=str(post.division))
    targets = _targets_with_own_approver(revision)
    reviewer = mine.can(Right.REVIEW_POST, post.division_id)
    if targets:
        reviewer = all(mine.can(Right.REVIEW_POST, link.target_channel.division_id) for link in targets)
    if not reviewer:
        if post.division_id not in mine.visible_division_ids():
            raise NotVisible
        where = targets[0].target_channel.division if targets else post.division
        raise NotAllowed(Right.REVIEW_POST.label, where=str(where), who=access.who_can(Right.REVIEW_POST))
    for variant in revision.variants.select_related("channel"):
        own = variant.channel.division_id == post.division_id
        if own and not mine.can(Right.REVIEW_POST, post.division_id, variant.channel) and not targets:
            raise NotAllowed(Right.REVIEW_POST.label, where=str(variant.channel))
    if by.pk in editors(revision):
        raise OwnWork(access.who_can(Right.REVIEW_POST))


def deciding_ids(revision: Revision) -> set[int]:
    """Ids of the divisions whose reviewers decide: the post's, or those of linked targets that keep their own."""
    targets = _targets_with_own_approver(revision)
    return {link.target_channel.division_id for link in targets} or {revision.post.division_id}


def editors(revision: Revision) -> set[int]:
    """Ids of the author and of everybody who changed the words since the last revision that a review completed."""
    approved = Approval.objects.filter(
        revision__post=revision.post_id, revision__number__lt=revision.number, completes=True, basis=Basis.REVIEW
    )
    since = approved.order_by("-revision__number").values_list("revision__number", flat=True).first() or 0
    ids = {revision.post.author_id}
    for submitted_by, edited in Revision.objects.filter(
        post=revision.post_id, number__gt=since, number__lte=revision.number
    ).values_list("submitted_by", "editor_ids"):
        ids |= {submitted_by, *edited}
    return ids


def _links(revision: Revision) -> list[LinkRule]:
    """The rules that open other divisions' channels to this post."""
    return list(
        LinkRule.objects.filter(
            source_channel__division=revision.post.division_id,
            target_channel__in=[v.channel_id for v in revision.variants.all()],
            revoked_at__isnull=True,
        ).select_related("target_channel__division")
    )


def _targets_with_own_approver(revision: Revision) -> list[LinkRule]:
    return [link for link in _links(revision) if link.approver == Approver.TARGET]


def _require_links(revision: Revision) -> None:
    """A link that was ended after the post was submitted opens nothing any more."""
    open_to_us = {link.target_channel_id for link in _links(revision)}
    for variant in revision.variants.select_related("channel"):
        foreign = variant.channel.division_id != revision.post.division_id
        if foreign and variant.channel_id not in open_to_us:
            raise WrongMoment(
                f"{variant.channel} no longer takes posts of {revision.post.division}.",
                cure="Ask for changes: the author can leave that channel out.",
            )


def _send_back(
    revision: Revision,
    by: User,
    note: str,
    verdict: Verdict,
    to: Stage,
    moment: datetime,
    said: Sequence[Comment] = (),
) -> Review:
    note = note.strip()
    if not note:
        raise BadInput("note", "Say why, in a sentence the author can act on.", cure="Write the reason.")
    if len(note) > 2000:
        raise BadInput("note", f"{len(note)} of 2000 characters.", cure="Shorten it.")
    post, fresh = _lock_for_decision(revision, by)
    review = Review.objects.create(revision=fresh, by=by, verdict=verdict, note=note, at=moment)
    void_approvals(post, by=by, now=moment, reason="The other reviewer said no")
    move(post, to, now=moment)
    _reset(post)
    kind = "changes_requested" if verdict is Verdict.CHANGES else "rejected"
    words = {"comments": [{"quote": quote, "comment": about} for quote, about in said]} if said else {}
    remember(f"revision.{kind}", post, by=by, now=moment, revision=fresh.number, note=note, **words)
    news.sent_back(post, review, now=moment)
    return review


def _reset(post: Post) -> None:
    """Back at the desk, no clock runs."""
    Post.objects.filter(pk=post.pk).update(due_at=None, approve_by=None)
