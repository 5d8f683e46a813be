"""One post's page: its deliveries worst first, its approvals, its facts, and what may be done with it now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from divisions.access import Rights
from divisions.errors import BadInput
from divisions.permissions import Right
from posts.kinds import SPECS, Fact, Flag
from posts.models import Approval, Delivery, Post, Review, Revision, Withdrawal
from posts.selectors import moments
from posts.selectors.published import LABELS, FactLine
from posts.states import CLAIMABLE, EDITABLE_STAGES, STAGE_MOVES, Act, DeliveryState, Stage

_S = DeliveryState
WORST_FIRST = (
    _S.FAILED,
    _S.MISSED,
    _S.UNCERTAIN,
    _S.HELD,
    _S.AWAITING_PROOF,
    _S.AWAITING_RETRY,
    _S.IN_FLIGHT,
    _S.QUEUED,
    _S.DELIVERED,
    _S.WITHDRAWN,
    _S.CANCELLED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One thing that may be done with a post: a link (`post` False) or a form; or why it is not offered (`why`)."""

    step: str
    label: str
    post: bool = True
    tone: str = "button--second"
    why: str = ""


WITHOUT_REVIEW = Way(step="posts:emergency", label="Publish without review", post=False, tone="button--danger")


def deliveries(post: Post) -> list[Delivery]:
    """All deliveries of a post, worst first, with `calls` (how many wire calls were made). One query."""
    found = (
        Delivery.objects.filter(post=post)
        .select_related("channel__division", "revision", "publication")
        .annotate(calls=Count("attempts"))
    )
    for row in found:
        row.post = post
    return sorted(found, key=lambda row: (WORST_FIRST.index(DeliveryState(row.state)), row.pk))


def approvals(revision: Revision | None) -> QuerySet[Approval]:
    """The standing approvals of a revision."""
    return Approval.objects.filter(revision=revision, voided_at__isnull=True).select_related("approved_by")


def last_review(post: Post) -> Review | None:
    """What a reviewer said last about any revision of it."""
    return Review.objects.filter(revision__post=post).select_related("by").first()


def facts(post: Post, revision: Revision | None) -> list[FactLine]:
    """The facts of its kind as approved (before that, as drafted), and what it touches."""
    draft = getattr(post, "draft", None)
    source = revision or draft
    held: dict[str, Any] = source.facts if source else {}
    zone = source.zone if source else ""
    found = [
        _line(fact, str(held[fact.name]), zone)
        for fact in SPECS[post.kind].facts
        if held.get(fact.name) not in ("", None)
    ]
    flags = source.flags if source else []
    if flags:
        found.append(FactLine("flags", "It touches", text=", ".join(Flag(flag).label for flag in flags)))
    return found


def _line(fact: Fact, text: str, zone: str) -> FactLine:
    label = LABELS.get(fact.name, fact.label)
    if fact.type == "choice":
        return FactLine(fact.name, label, text=dict(fact.choices).get(text, text))
    if fact.type == "moment":
        try:
            return FactLine(fact.name, label, moment=moments.moment(text, zone))
        except BadInput:
            return FactLine(fact.name, label, text=text)  # shown as it was typed
    return FactLine(fact.name, label, text=text)


def ways(
    post: Post, rows: list[Delivery], mine: Rights, *, may_decide: bool, withdrawal: Withdrawal | None = None
) -> list[Way]:
    """What the person may do with the post now, the next step first; what is near but not open says why."""
    found = [*_writing(post, mine), *_reviewing(post, may_decide)]
    begun = has_begun(rows)
    taken_down = withdrawal is not None and bool(withdrawal.verdict)
    if is_out(rows):
        found += _correct(post, mine, withdrawal)
    elif Stage.DRAFT in STAGE_MOVES[post.stage] and post.stage != Stage.IN_REVIEW and not taken_down:
        found.append(_change(post, mine, begun))
    if post.stage == Stage.SCHEDULED and can_retime(rows):
        found.append(_retime(post, mine))
    if Stage.CANCELLED in STAGE_MOVES[post.stage] and not begun and mine.can(Right.DRAFT_POST, post.division_id):
        found.append(Way(step="posts:cancel", label="Drop", tone="button--quiet"))
    if withdrawal is None and is_out(rows) and mine.can(Right.WITHDRAW_POST, post.division_id):
        found.append(Way(step="posts:withdraw", label="Take down", post=False, tone="button--quiet"))
    return found


def _correct(post: Post, mine: Rights, withdrawal: Withdrawal | None) -> list[Way]:
    """Words that are out are fixed: they are put right in the open, or taken down."""
    if withdrawal is not None or post.stage != Stage.SCHEDULED:
        return []
    mine_to_ask = mine.can(Right.CORRECT_POST, post.division_id)
    why = "" if mine_to_ask else "It is out, so its words are fixed. Your supervisor can correct it."
    return [Way(step="posts:correct", label="Correct", post=False, why=why)]


def is_out(rows: list[Delivery]) -> bool:
    """Whether a copy stands somewhere."""
    return any(row.act == Act.PUBLISH and row.state == _S.DELIVERED for row in rows)


def has_begun(rows: list[Delivery]) -> bool:
    """Whether a call was made or something is out: then its words are fixed."""
    open_rows = [row for row in rows if row.state != _S.CANCELLED]
    return any(
        row.first_attempt_at is not None or row.state not in (*CLAIMABLE, _S.HELD, _S.MISSED) for row in open_rows
    )


def can_retime(rows: list[Delivery]) -> bool:
    """Whether something is left that can move to another time."""
    waits = (*CLAIMABLE, _S.MISSED)
    return any(r.act == Act.PUBLISH and r.state in waits and r.first_attempt_at is None for r in rows)


def _writing(post: Post, mine: Rights) -> list[Way]:
    if not mine.can(Right.DRAFT_POST, post.division_id):
        return []
    if post.stage in EDITABLE_STAGES:
        label = "Make the change" if post.stage == Stage.CHANGES_REQUESTED else "Continue writing"
        return [Way(step="posts:compose", label=label, post=False, tone="")]
    if post.stage == Stage.IN_REVIEW:
        return [Way(step="posts:recall", label="Take back")]
    return []


def _reviewing(post: Post, may_decide: bool) -> list[Way]:
    if post.stage == Stage.IN_REVIEW and may_decide:
        return [Way(step="posts:decide", label="Review", post=False, tone="")]
    return []


def _change(post: Post, mine: Rights, begun: bool) -> Way:
    expired = post.stage == Stage.EXPIRED
    label = "Pick a new time" if expired else "Change (needs approval again)"
    why = ""
    if begun:
        why = "It has begun to go out, so its words are fixed."
    elif not mine.can(Right.DRAFT_POST, post.division_id):
        why = "Somebody who writes for this division can change it."
    return Way(step="posts:change", label=label, tone="" if expired else "button--second", why=why)


def _retime(post: Post, mine: Rights) -> Way:
    why = "" if mine.can(Right.RETIME_POST, post.division_id) else "Your supervisor can re-time it."
    return Way(step="posts:retime", label="Re-time", post=False, why=why)
