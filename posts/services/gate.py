"""The one gate before every call (P1, P4, P6): is exactly this still approved, for this channel, now?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
    """Return why a delivery may not be sent, or None. Reads rows and rendition bytes afresh; trusts no cached value.

    Needs `revision__post`, `variant` and `channel` loaded. Reads are done under the delivery's lock.
    """
    revision, variant, channel = delivery.revision, delivery.variant, delivery.channel
    if revision is None or variant is None:
        return _closed("It carries no approved revision.")
    post = revision.post
    if post.stage != Stage.SCHEDULED or post.revision_id != revision.pk:
        return _closed("The post was taken back after this was queued.")
    if post.audience != channel.audience:
        return _closed("The post and the channel are for different readers.")
    if channel.state == ChannelState.RETIRED:
        return _closed("The channel is retired.")
    approvals = Approval.objects.filter(revision=revision, voided_at__isnull=True)
    hashes = set(approvals.values_list("content_hash", flat=True))
    if not hashes:
        return _closed("Its approval was voided.")
    if hashes != {fingerprint.of_revision(revision)}:
        return _closed("The stored content is not the content that was approved.")
    payload = schedule.payload_of(post, revision, variant)
    if delivery.payload_hash != fingerprint.of_payload(delivery.payload) or delivery.payload != payload:
        return _closed("What was queued is not what was approved.")
    if not revision.not_before <= now <= revision.not_after:
        return _closed("The time that was approved has passed.")
    return None


def _closed(cause: str) -> Closed:
    return Closed(
        cause=f"{cause} Nothing was sent.",
        who="A supervisor, or whoever wrote the post.",
        press="Open the post, look at what is there now and submit it again.",
    )
