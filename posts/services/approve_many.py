"""Approves several low-risk posts in one go, each by a call of its own: checked like any other, failing alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from divisions import access
from divisions.errors import BadInput, Refusal, WrongMoment
from divisions.models import User
from posts.models import Revision
from posts.selectors import approving, posts
from posts.services import review

MOST = 25


@dataclass(slots=True)
class Outcome:
    """What became of them: those approved, and those that were not, with the reason."""

    approved: list[Revision] = field(default_factory=list)
    refused: list[tuple[str, Refusal]] = field(default_factory=list)


def approve_many(*, revision_ids: Sequence[int], by: User, now: datetime | None = None) -> Outcome:
    """Approve revisions one after another, each in a transaction of its own; ids that do not exist for `by` say so.

    Raises BadInput (field `revisions`) for none or too many. Only what `approving.is_low_risk` says is approved here.
    """
    if not revision_ids:
        raise BadInput("revisions", "Nothing is ticked.", cure="Tick what you have read.")
    if len(set(revision_ids)) > MOST:
        raise BadInput("revisions", f"{len(set(revision_ids))} are ticked.", cure=f"At most {MOST} at a time.")
    mine, rows, outcome = access.rights(by), approving.rules(), Outcome()
    visible = posts.to_review(mine).values("pk")
    found = Revision.objects.filter(pk__in=revision_ids, post__in=visible).select_related("post__division")
    by_id = {revision.pk: revision for revision in found.prefetch_related("variants")}
    for pk in dict.fromkeys(revision_ids):
        revision = by_id.get(pk)
        title = revision.title if revision else "A post"
        try:
            if revision is None:
                raise WrongMoment("It does not wait for you any more.")
            if not approving.is_low_risk(revision, rows):
                raise WrongMoment("It is not one of those that are approved several at a time.", cure="Open it.")
            review.approve(revision=revision, by=by, now=now)
            outcome.approved.append(revision)
        except Refusal as refusal:
            outcome.refused.append((title, refusal))
    return outcome
