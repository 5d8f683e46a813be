"""What a person says of a comment: it is answered there, it needs no answer, or neither after all.

Nothing is sent from here: answering and hiding happen on the platform. Reading is `moderation.services.reading`.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, NotVisible, WrongMoment
from divisions.models import User
from divisions.permissions import Right
from moderation.models import Contribution
from moderation.states import Answered
from records.services import ledger

SAID = {Answered.THERE: "moderation.comment.answered", Answered.NOT_NEEDED: "moderation.comment.not_needed"}


@transaction.atomic
def answer(*, contribution: Contribution, how: str, by: User, now: datetime | None = None) -> Contribution:
    """Say that it is answered there (`there`) or needs no answer (`not_needed`).

    Raises NotAllowed without `answer_comment`, BadInput (field `how`), WrongMoment when somebody was faster.
    """
    row = _locked(contribution, by)
    if how not in SAID:
        raise BadInput("how", "That is neither of the two.", cure="Answered there, or needs no answer.")
    if row.answered_at is not None:
        raise WrongMoment(f"Somebody was faster: {row.get_answered_how_display().lower()}.")
    row.answered_how, row.answered_by, row.answered_at = how, by, now or timezone.now()
    row.save(update_fields=["answered_how", "answered_by", "answered_at"])
    _remember(SAID[Answered(how)], row, by, row.answered_at)
    return row


@transaction.atomic
def reopen(*, contribution: Contribution, by: User, now: datetime | None = None) -> Contribution:
    """Take back what a person said about it: it waits again.

    Raises NotAllowed without `answer_comment`, WrongMoment when nobody said anything: an answer of ours that was read
    there cannot be taken back here.
    """
    row = _locked(contribution, by)
    if not row.by_person:
        raise WrongMoment("There is nothing to take back.", cure="Open the list again.")
    before = row.answered_how
    row.answered_how, row.answered_by, row.answered_at = "", None, None
    row.save(update_fields=["answered_how", "answered_by", "answered_at"])
    _remember("moderation.comment.reopened", row, by, now or timezone.now(), before=before)
    return row


def _locked(contribution: Contribution, by: User) -> Contribution:
    rows = Contribution.objects.select_for_update(of=("self",)).select_related("channel__division")
    row = rows.filter(pk=contribution.pk).first()
    if row is None:
        raise NotVisible
    access.require(by, Right.ANSWER_COMMENT, row.channel.division, channel=row.channel)
    return row


def _remember(act: str, row: Contribution, by: User, now: datetime, **data: object) -> None:
    facts = {"channel": row.channel.slug, "remote_id": row.remote_id, "url": row.url, **data}
    ledger.remember(act, ("contribution", row.pk), by=by, now=now, data=facts, division=row.channel.division)
