"""What needs a person now, as rows for the desk's home, sorted by what is lost by waiting. Reads only.

Each source is narrowed to what the person may act on; what somebody else decides is not a need of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery

from divisions.access import Rights
from divisions.errors import BadInput
from divisions.permissions import Right
from posts.models import BreakGlass, Correction, Delivery, Incident, Post, Reminder, Review, Withdrawal
from posts.models.post import When
from posts.selectors import correcting, glass, incidents, moments, posts, repeats, review, withdrawals
from posts.states import Act, DeliveryState, Stage

ROWS = 8
APPROVE_AHEAD = timedelta(minutes=15)  # approve_by lies that long before a time that was chosen (posts.services.submit)
NEVER = datetime.max.replace(tzinfo=UTC)
_S = DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One row. `sign` and `word` make the chip; after `deadline` something is lost; `rank` sorts what has none."""

    sign: str
    title: str
    reason: str
    step: str
    pk: int
    button: str
    word: str = ""
    note: str = ""
    note_at: datetime | None = None
    deadline: datetime | None = None
    rank: int = 5
    edge: str = ""


def rows(mine: Rights, *, now: datetime) -> list[Need]:
    """The first rows of everything that needs the person. Nine queries."""
    unmade = list(repeats.not_made(mine)[:ROWS])
    why = repeats.why_not_made(unmade)
    found = [
        *(_unmade(post, why.get(post.pk, ""), now) for post in unmade),
        *(_draft(post, now) for post in drafts_with_a_clock(mine)[:ROWS]),
        *(_back(post) for post in came_back_to(mine)[:ROWS]),
        *(_review(post, now) for post in reviews(mine)[:ROWS]),
        *(_delivery(row, now) for row in deliveries(mine)[:ROWS]),
        *(_withdrawal(row) for row in withdrawals.waiting(mine)[:ROWS]),
        *(_correction(row) for row in correcting.waiting(mine)[:ROWS]),
        *(_promise(row, now) for row in incidents.promises_due(mine, now=now)[:ROWS]),
        *(_glass(row, now) for row in glass.to_sign(mine)[:ROWS]),
    ]
    found.sort(key=lambda need: (need.deadline is None, need.deadline or NEVER, need.rank, need.title))
    return found[:ROWS]


def drafts_with_a_clock(mine: Rights) -> QuerySet[Post]:
    """The person's own drafts for which a time was picked, the earliest first."""
    own = posts.visible_to(mine).filter(posts.looked_after_by(mine.user_id), stage=Stage.DRAFT, draft__when=When.AT)
    own = own.exclude(repeats.NOT_MADE)  # they have their own line, with the reason
    return own.exclude(draft__wall_time="").select_related("draft").order_by("draft__wall_time", "pk")


def came_back_to(mine: Rights) -> QuerySet[Post]:
    """The person's own posts that a reviewer sent back or nobody approved in time, with `note` and `reviewer`."""
    last = Review.objects.filter(revision__post=OuterRef("pk")).order_by("-at", "-pk")
    return (
        posts.visible_to(mine)
        .filter(posts.looked_after_by(mine.user_id), stage__in=(Stage.CHANGES_REQUESTED, Stage.EXPIRED))
        .annotate(note=Subquery(last.values("note")[:1]), reviewer=Subquery(last.values("by__name")[:1]))
        .order_by("-stage_at", "-pk")
    )


def reviews(mine: Rights) -> QuerySet[Post]:
    """Posts in review that the person may decide about: without their own work (P2), the shortest clock first."""
    told = Reminder.objects.filter(revision=OuterRef("revision"), told=mine.user_id)
    return review.waiting(mine).annotate(reminded=Exists(told))


def deliveries(mine: Rights) -> QuerySet[Delivery]:
    """Deliveries that wait for this person: in doubt or failed where they decide, by hand where they may prove."""
    mine_to_decide = Q(post__division__in=mine.division_ids(Right.DECIDE_DELIVERY))
    released = Q(state=_S.HELD, hold__released_at__isnull=False)  # under a hold nobody can decide: no need yet
    decide = mine_to_decide & (Q(state__in=(_S.FAILED, _S.UNCERTAIN, _S.MISSED)) | released)
    prove = Q(state=_S.AWAITING_PROOF, post__division__in=mine.division_ids(Right.PROVE_HANDOFF))
    return (
        Delivery.objects.filter(decide | prove)
        .select_related("post__division", "channel", "revision")
        .order_by(F("revision__not_after").desc(nulls_last=True), "pk")
    )


def total(mine: Rights, *, now: datetime) -> tuple[Subquery, ...]:
    """The numbers of all sources as scalar subqueries, for one query that asks several things."""
    sources: tuple[QuerySet[Any], ...] = (
        drafts_with_a_clock(mine),
        came_back_to(mine),
        repeats.not_made(mine),
        reviews(mine),
        deliveries(mine),
        withdrawals.waiting(mine),
        correcting.waiting(mine),
        glass.to_sign(mine),
        incidents.promises_due(mine, now=now),
    )
    return tuple(count_of(source) for source in sources)


def count_of(rows: QuerySet[Any]) -> Subquery:
    """How many rows, as a scalar subquery."""
    counted: QuerySet[Any] = rows.model._default_manager.filter(pk__in=rows.order_by().values("pk"))
    return Subquery(
        counted.order_by().annotate(n=Func(F("pk"), function="COUNT", output_field=IntegerField())).values("n")
    )


def _unmade(post: Post, why: str, now: datetime) -> Need:
    due_at = _moment(post)
    late = due_at is None or due_at <= now
    return Need(
        sign="late" if late else "clock",
        word="Time passed" if late or due_at is None else _left(due_at - APPROVE_AHEAD, now),
        note="Did not repeat",
        title=str(post),
        reason=_short(why),
        step="posts:detail" if late else "posts:compose",
        pk=post.pk,
        button="Decide" if late else "Put it right",
        deadline=None if late or due_at is None else due_at - APPROVE_AHEAD,
        rank=2,
        edge="is-due",
    )


def _draft(post: Post, now: datetime) -> Need:
    due_at = _moment(post)
    late = due_at is None or due_at <= now
    return Need(
        sign="late" if late else "clock",
        word="Time passed" if late else _left(due_at - APPROVE_AHEAD, now) if due_at else "",
        note="Draft",
        title=str(post),
        reason="The time you picked has passed. Pick a new one."
        if late
        else "Submit it so that somebody can approve it in time.",
        step="posts:compose",
        pk=post.pk,
        button="Continue writing",
        deadline=None if late or due_at is None else due_at - APPROVE_AHEAD,
        rank=3,
        edge="is-due" if due_at and not late and due_at - now < timedelta(days=1) else "",
    )


def _moment(post: Post) -> datetime | None:
    try:
        return moments.moment(post.draft.wall_time, post.draft.zone)
    except BadInput:
        return None


def _back(post: Post) -> Need:
    expired = post.stage == Stage.EXPIRED
    note, reviewer = getattr(post, "note", "") or "", getattr(post, "reviewer", "") or "The reviewer"
    return Need(
        sign=post.stage,
        note_at=post.stage_at,
        title=str(post),
        reason="Nobody approved it in time. Pick a new time and submit it again."
        if expired
        else f"{reviewer}: “{_short(note)}”",
        step="posts:detail" if expired else "posts:compose",
        pk=post.pk,
        button="Pick a new time" if expired else "Make the change",
        rank=2 if expired else 1,
    )


def _review(post: Post, now: datetime) -> Need:
    revision = post.revision
    again = f", revision {revision.number}" if revision and revision.number > 1 else ""
    return Need(
        sign="clock" if post.approve_by else "in_review",
        word=_left(post.approve_by, now) if post.approve_by else "",
        note="Reminder: to review" if getattr(post, "reminded", False) else "To review",
        title=str(post),
        reason=f"{post.get_kind_display()} by {post.author.name}{again}. Not approved by then, it expires.",
        step="posts:decide",
        pk=post.pk,
        button="Review",
        deadline=post.approve_by,
        rank=1,
        edge="is-due" if post.approve_by and post.approve_by - now < timedelta(hours=1) else "",
    )


def _delivery(row: Delivery, now: datetime) -> Need:
    until = row.revision.not_after if row.revision else None
    open_still = until is not None and until > now
    if row.act != Act.PUBLISH:
        return _act(row)
    reason = {
        _S.UNCERTAIN: f"Nobody can vouch for {row.channel} yet. Look there, then decide.",
        _S.AWAITING_PROOF: f"Post it by hand on {row.channel}, then paste the link.",
        _S.HELD: f"The hold is released. Let {row.channel} go, or drop it.",
        _S.MISSED: f"{row.channel}: its time passed before it could go out.",
    }.get(DeliveryState(row.state), "") or f"{row.channel}: {_short(row.problem.get('cause', 'It did not go out.'))}"
    return Need(
        sign=row.state,
        note_at=row.state_at,
        title=str(row.post),
        reason=reason,
        step="posts:detail",
        pk=row.post_id,
        button="Paste the link" if row.state == _S.AWAITING_PROOF else "Decide",
        deadline=until if open_still else None,
        rank=0,
        edge="is-failed" if row.state == _S.FAILED and open_still else "is-due" if row.state == _S.UNCERTAIN else "",
    )


def _act(row: Delivery) -> Need:
    does = {Act.WITHDRAW: "taken down", Act.EDIT: "corrected", Act.REPLY: "corrected by a reply"}
    cause = row.problem.get("cause") or "it waits for a person"
    return Need(
        sign=row.state,
        note_at=row.state_at,
        title=str(row.post),
        reason=f"{row.channel} is not yet {does.get(Act(row.act), 'changed')}: {_short(cause)}",
        step="posts:detail",
        pk=row.post_id,
        button="Look and decide",
        rank=0,
        edge="is-failed" if row.state == _S.FAILED else "is-due",
    )


def _withdrawal(row: Withdrawal) -> Need:
    said = f"take it down: {row.get_ground_display().lower()}. It stands until you decide."
    return _asked(row, said, "posts:withdrawal")


def _glass(row: BreakGlass, now: datetime) -> Need:
    late = row.review_due_at < now
    return Need(
        sign="late" if late else "clock",
        word="Overdue" if late else _left(row.review_due_at, now),
        note="To sign",
        title=row.title,  # type: ignore[attr-defined]
        reason=f"{row.by} published it without review: “{_short(row.reason)}”",
        step="posts:detail",
        pk=row.post_id,  # type: ignore[attr-defined]
        button="Look and sign",
        deadline=row.review_due_at,
        rank=0,
        edge="is-failed" if late else "is-due",
    )


def _promise(row: Incident, now: datetime) -> Need:
    owed = row.next_update_at is not None and row.next_update_at <= now
    return Need(
        sign="late" if owed else "clock",
        word="Owed" if owed or row.next_update_at is None else _left(row.next_update_at, now),
        note="Incident",
        title=row.name,
        reason="The public was promised an update. Post it, even if nothing is new, then log it.",
        step="posts:incident",
        pk=row.pk,
        button="Open the incident",
        deadline=row.next_update_at,
        rank=-2,
        edge="is-failed" if owed else "is-due",
    )


def _correction(row: Correction) -> Need:
    said = f"correct it: {_short(row.was_wrong)} The wrong words stand until you decide."
    return _asked(row, said, "posts:correction")


def _asked(row: Withdrawal | Correction, said: str, step: str) -> Need:
    who = row.asked_by.name if row.asked_by else "Somebody"
    return Need(
        sign="due",
        word="To confirm",
        note_at=row.asked_at,
        title=str(row.post),
        reason=f"{who} asks to {said}",
        step=step,
        pk=row.pk,
        button="Look and decide",
        rank=-1,
        edge="is-due",
    )


def _left(moment: datetime, now: datetime) -> str:
    minutes = int((moment - now).total_seconds() // 60)
    if minutes < 0:
        return "No time left"
    if minutes < 60:
        return f"{minutes} min left"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min left"
    return f"{minutes // 1440} days left"


def _short(words: str) -> str:
    return words if len(words) <= 160 else words[:157].rstrip() + " …"
