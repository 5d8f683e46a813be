"""The one gate before every call (P1, P4, P6): is exactly this still approved, for this channel, now?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import prefetch_related_objects

from divisions.states import ChannelState
from posts.models import Approval, Delivery
from posts.services import fingerprint, schedule
from posts.states import Stage


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

    Reads rows and rendition bytes afresh and trusts no cached value. Needs `revision__post`, `variant` and `channel`
    loaded. Reads are done under the deliveries' locks; their number does not grow with that of the deliveries.
    """
    revisions = {d.revision_id: d.revision for d in deliveries if d.revision is not None}
    approved: dict[int, set[str]] = {}
    for revision, content in Approval.objects.filter(revision__in=revisions, voided_at__isnull=True).values_list(
        "revision_id", "content_hash"
    ):
        approved.setdefault(revision, set()).add(content)
    stored = fingerprint.of_revisions(list(revisions.values()))
    prefetch_related_objects([d.variant for d in deliveries if d.variant is not None], "media")
    found = {}
    for delivery in deliveries:
        pk = delivery.revision_id or 0
        why = _why_not(delivery, approved.get(pk, set()), stored.get(pk, ""), now)
        if why:
            found[delivery.pk] = _closed(why)
    return found


def _why_not(delivery: Delivery, approved: set[str], stored: str, now: datetime) -> str:
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
    if approved != {stored}:
        return "The stored content is not the content that was approved."
    payload = schedule.payload_of(post, revision, variant)
    if delivery.payload_hash != fingerprint.of_payload(delivery.payload) or delivery.payload != payload:
        return "What was queued is not what was approved."
    if not revision.not_before <= now <= revision.not_after:
        return "The time that was approved has passed."
    return ""


def _closed(cause: str) -> Closed:
    return Closed(
        cause=f"{cause} Nothing was sent.",
        who="A supervisor, or whoever wrote the post.",
        press="Open the post, look at what is there now and submit it again.",
    )
