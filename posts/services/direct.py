"""Publishes what the matrix trusts at once, when it is submitted; a sample of it is looked at afterwards.

Never what touches anybody (the matrix and a trigger see to it), never with a stop open (nothing is submitted then),
never what another division keeps its own approver for, nor what repeats: its later dates rest on a person's approval.
"""

from __future__ import annotations

from datetime import datetime

from divisions.models import User
from posts.models import Approval, Post, Revision
from posts.models.approving import Asks
from posts.selectors import approving
from posts.selectors.approving import Requirement
from posts.services import schedule
from posts.services.compose import move
from posts.services.memory import remember
from posts.states import Basis, Stage


def is_trusted(post: Post, asked: Requirement, channel_ids: list[int], *, repeats: str) -> bool:
    """Whether it goes out without a review: trusted by the matrix, said once, on channels that ask nobody else.

    What a reviewer has sent back once goes to a reviewer again.
    """
    if asked.asks is not Asks.DIRECT or repeats or approving.was_sent_back(post):
        return False
    return not approving.keep_own_approver(post.division_id, channel_ids)


def publish(*, post: Post, revision: Revision, by: User, now: datetime) -> Approval:
    """Approve a submitted revision on the basis `direct` and write its deliveries, in the caller's transaction."""
    approval = Approval.objects.create(
        revision=revision, content_hash=revision.content_hash, basis=Basis.DIRECT, approved_at=now
    )
    facts = {"revision": revision.number, "number": approval.number, "content_hash": revision.content_hash}
    remember("revision.trusted", post, by=by, now=now, **facts)
    schedule.make_deliveries(post=post, revision=revision, approval=approval, now=now)
    move(post, Stage.SCHEDULED, now=now)
    return approval
