"""The one gate before every call (P1, P4, P6): is exactly this still approved, for this channel, now?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from divisions.states import ChannelState
from posts.models import Approval, Delivery, Revision
from posts.models.amends import AmendVerdict
from posts.services import fingerprint, resting, schedule
from posts.states import Act, Basis, DeliveryState, Stage

_APPROVALS = """
SELECT revision_id, content_hash, basis, seats, approved_by_id FROM posts_approval
WHERE revision_id = ANY(%s) AND voided_at IS NULL
"""


class _Approval(NamedTuple):
    """What the gate asks of an approval that stands."""

    revision_id: int
    content_hash: str
    basis: str
    seats: int
    approved_by_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Why the gate is closed, in the three answers every failure gives: what, who can fix it, what to press."""

    cause: str
    who: str
    press: str


def look(delivery: Delivery, *, now: datetime) -> Closed | None:
    """Return why a delivery may not be sent, or None (see `look_many`)."""
    return look_many([delivery], now=now).get(delivery.pk)


def look_many(deliveries: Sequence[Delivery], *, now: datetime) -> dict[int, Closed]:
    """Return why deliveries may not be sent, by id; what is not in the answer may.

    Reads rows and rendition bytes afresh and trusts no cached value. Needs `revision__post`, `variant`, `publication`,
    `withdrawal` and `channel` loaded. Reads are done under the deliveries' locks; their number does not grow with that
    of the deliveries.
    """
    revisions = {d.revision.pk: d.revision for d in deliveries if d.revision is not None}
    approved = _approvals(list(revisions))
    baseless = _baseless(approved, revisions)
    acts = _approved_acts([d for d in deliveries if d.revision_id is None])
    stored, pictures = fingerprint.with_pictures(list(revisions.values()))
    for variant in (d.variant for d in deliveries if d.variant is not None):
        variant._prefetched_objects_cache = {"media": pictures.get(variant.pk, [])}  # type: ignore[attr-defined]
    found = {}
    for delivery in deliveries:
        pk = delivery.revision_id
        if pk is None:
            why = _why_not_down(delivery, acts.get(delivery.pk, set()))
        elif pk in baseless:
            why = "The repeating post it is one of no longer stands for exactly this."
        else:
            why = _why_not(delivery, approved.get(pk, []), stored.get(pk, ""), now)
        if why:
            found[delivery.pk] = _closed(why)
    return found


def _approvals(revisions: list[int]) -> dict[int, list[_Approval]]:
    """The approvals that stand, by revision."""
    approved: dict[int, list[_Approval]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_APPROVALS, [revisions])
        for approval in map(_Approval._make, cursor.fetchall()):
            approved.setdefault(approval.revision_id, []).append(approval)
    return approved


def _why_not(delivery: Delivery, approved: list[_Approval], stored: str, now: datetime) -> str:
    revision, variant, channel = delivery.revision, delivery.variant, delivery.channel
    if revision is None or variant is None:
        return "It carries no approved revision."
    post = revision.post
    if post.stage != Stage.SCHEDULED or post.revision_id != revision.pk:
        return "The post was taken back after this was queued."
    if post.audience != channel.audience:
        return "The post and the channel are for different readers."
    if channel.state == ChannelState.RETIRED:
        return "The channel is retired."
    if not approved:
        return "Its approval was voided."
    if {approval.content_hash for approval in approved} != {stored}:
        return "The stored content is not the content that was approved."
    if missing := _seats_missing(revision, approved):
        return missing
    payload = schedule.payload_of(post, revision, variant)
    if delivery.payload_hash != fingerprint.of_payload(delivery.payload) or delivery.payload != payload:
        return "What was queued is not what was approved."
    if not revision.not_before <= now <= revision.not_after:
        return "The time that was approved has passed."
    return _why_no_target(delivery)


def _baseless(approved: Mapping[int, Sequence[_Approval]], revisions: Mapping[int, Revision]) -> set[int]:
    """Revisions approved by a pattern that does not stand for them; no query when none is approved that way."""
    by_pattern = [pk for pk, rows in approved.items() if any(a.basis == Basis.PATTERN for a in rows)]
    return set(by_pattern) - resting.standing(revisions[pk] for pk in by_pattern)


def _seats_missing(revision: Revision, approved: list[_Approval]) -> str:
    """A review counts its seats: as many as were asked for when it was submitted or approved. Other bases are alone."""
    if any(approval.basis != Basis.REVIEW for approval in approved):
        return ""
    asked = max(revision.approvals_needed, *(approval.seats for approval in approved))
    given = len({approval.approved_by_id for approval in approved})
    return f"{given} of {asked} approvals are there." if given < asked else ""


def _approved_acts(deliveries: Sequence[Delivery]) -> dict[int, set[str]]:
    """What was approved of deliveries that have no revision, by id; no query when there are none."""
    approved: dict[int, set[str]] = {}
    if deliveries:
        live = Approval.objects.filter(delivery__in=deliveries, voided_at__isnull=True)
        for pk, content in live.values_list("delivery_id", "content_hash"):
            approved.setdefault(pk or 0, set()).add(content)
    return approved


def _why_not_down(delivery: Delivery, approved: set[str]) -> str:
    """Taking down: confirmed, of exactly this copy, and what is queued is what was confirmed. It is never too late."""
    withdrawal = delivery.withdrawal
    if delivery.act != Act.WITHDRAW or withdrawal is None:
        return "It carries no approved revision."
    if withdrawal.verdict != AmendVerdict.CONFIRMED or withdrawal.post_id != delivery.post_id:
        return "Nobody has confirmed that it is taken down."
    if delivery.channel.state == ChannelState.RETIRED:
        return "The channel is retired."
    if delivery.payload.get("target") != delivery.target_remote_id:
        return "What was queued is not what was approved."
    if approved != {fingerprint.of_payload(delivery.payload)}:
        return "What was queued is not what was approved."
    return _why_no_target(delivery)


def _why_no_target(delivery: Delivery) -> str:
    """An edit, a reply or a withdrawal is done to a copy of this post that stands."""
    copy = delivery.publication
    if delivery.act == Act.PUBLISH:
        return ""
    if copy is None or copy.post_id != delivery.post_id or copy.channel_id != delivery.channel_id:
        return "It belongs to no copy of this post."
    return "" if copy.state == DeliveryState.DELIVERED else "The copy it is about is not there any more."


def _closed(cause: str) -> Closed:
    return Closed(
        cause=f"{cause} Nothing was sent.",
        who="A supervisor, or whoever wrote the post.",
        press="Open the post, look at what is there now and submit it again.",
    )
