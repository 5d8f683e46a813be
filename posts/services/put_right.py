"""The rows that bring a post's newest words to its copies: an edit, a reply, or a publication that was not out yet.

Rights and the second person are asked above (`correct`); the gate looks at every row again before its call.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from divisions import access
from divisions.errors import NotVisible, WrongMoment
from divisions.models import User
from divisions.permissions import Right
from divisions.states import Platform
from posts.models import Attempt, Delivery, Post, Revision, Variant
from posts.selectors import copies, corrections
from posts.selectors.copies import CopyOf, Shows
from posts.services import decide, hold_lock, schedule
from posts.services.compose import lock
from posts.services.memory import about_delivery, remember
from posts.services.take_down import GRACE, remote_id_of
from posts.states import CLAIMABLE, Act, DeliveryState, Stage
from records.services import ledger

_S = DeliveryState
_STOPPABLE = (*CLAIMABLE, _S.IN_FLIGHT, _S.HELD, _S.MISSED, _S.FAILED, _S.AWAITING_PROOF)
_KEPT = ("due_at", "ready_at", "grace_until", "state", "state_at", "settled_at", "problem", "hold")
Frozen = dict[int, dict[str, Variant]]


def everywhere(post: Post, revision: Revision, *, by: User, now: datetime) -> list[Delivery]:
    """Write a row for each copy that its newest revision can put right now; the website first, the others after it.

    `post` is locked, the hold lock is shared, `revision` is the post's. What carries other words and is not out is
    cancelled and, where that was approved, replaced. Copies in doubt are left to `catch_up`. Raises WrongMoment while a
    call of an older revision is open.
    """
    rows = _locked(post)
    _refuse_open_calls(rows, revision)
    standing = _read_again(post, rows)
    frozen = _frozen(revision)
    stopped = _stop([row for row in rows if row.revision_id != revision.pk], by, now)
    made: list[Delivery] = []
    for copy in standing:
        variants = frozen.get(copy.channel.pk, {})
        if copy.publication.pk in stopped and Act.PUBLISH in variants:
            made.append(_instead(copy, variants[Act.PUBLISH], stopped[copy.publication.pk], post, revision, now))
        elif copy.is_out and (act := corrections.due_act(copy, variants, now=now)):
            made.append(_on_copy(copy, variants[act], post, revision, now))
    return _write(made, now)


@transaction.atomic
def catch_up(*, delivery: Delivery, by: User, now: datetime | None = None) -> Delivery:
    """Bring the newest words to one copy that shows others: found later, or its edit did not come through.

    The same approval covers it, while its time lasts. An edit that failed is tried again by its own row; where it can
    never pass any more it is closed and answered instead. Raises WrongMoment when nothing has to be done or can be.
    """
    moment = now or timezone.now()
    hold_lock.share_for_transaction()
    post = lock(delivery.post)
    access.require(by, Right.CORRECT_POST, post.division)
    revision = post.revision
    if revision is None or post.stage != Stage.SCHEDULED or revision.corrects_id is None:
        raise WrongMoment("It was not corrected.")
    if moment > revision.not_after:
        raise WrongMoment("The time that was approved has passed.", cure="Correct it again: a second person confirms.")
    _locked(post)
    copy = next((c for c in copies.of_post(post) if c.publication.pk == delivery.pk), None)
    if copy is None:
        raise NotVisible
    copy.publication.post = post
    row = _again(copy, post, revision, by, moment)
    remember("correction.caught_up", post, by=by, now=moment, channel=row.channel.slug, does=row.act, delivery=row.pk)
    return row


def next_act(copy: CopyOf, revision: Revision, frozen: Iterable[str], *, now: datetime) -> Act | None:
    """What a press of “Correct it now” would do to a copy; None = nothing that was approved can be done any more.

    `frozen` are the acts that were approved for it.
    """
    stands, approved = copy.shows(revision), set(frozen)
    if stands == Shows.NOT_OUT:
        waits = copy.publication.revision_id != revision.pk and not copy.is_retired
        return Act.PUBLISH if waits and Act.PUBLISH in approved else None
    if stands not in (Shows.OLD, Shows.STUCK) or now > revision.not_after:
        return None
    before = copy.act_on(revision)
    act = corrections.due_act(copy, approved, now=now)
    if before is not None and before.act == act:
        return act
    return corrections.due_act(copy, approved - {row.act for row in copy.acts_for(revision)}, now=now)


def _again(copy: CopyOf, post: Post, revision: Revision, by: User, now: datetime) -> Delivery:
    variants = _frozen(revision).get(copy.channel.pk, {})
    act, before = next_act(copy, revision, variants, now=now), copy.act_on(revision)
    if act is None and copy.shows(revision) in (Shows.OLD, Shows.STUCK):
        raise WrongMoment(
            "What was approved cannot be done here any more.", cure="Correct it again: then it is approved anew."
        )
    if act is None:
        raise WrongMoment("Nothing has to be done here: it is right, or on its way.")
    if act == Act.PUBLISH:
        _refuse_open_calls([copy.publication], revision)
        _cancel([copy.publication], by, now)
        return _write([schedule.delivery_of(post, revision, variants[act], now, now)], now)[0]
    if before is not None and before.act == act:
        return decide.send_again(delivery=before, by=by, now=now)
    _cancel([before] if before else [], by, now)
    try:
        with transaction.atomic():
            return _write([_on_copy(copy, variants[act], post, revision, now)], now)[0]
    except IntegrityError as error:
        raise WrongMoment("It is being changed this moment.", cure="Look again in a minute.") from error


def _locked(post: Post) -> list[Delivery]:
    rows = list(
        Delivery.objects.select_for_update(of=("self",)).filter(post=post).select_related("channel").order_by("pk")
    )
    for row in rows:
        row.post = post
    return rows


def _read_again(post: Post, rows: Sequence[Delivery]) -> list[CopyOf]:
    """The copies as they stand under the locks, before anything is stopped."""
    by_pk = {row.pk: row for row in rows}
    found = copies.of_post(post)
    for copy in found:
        copy.publication.post = by_pk[copy.publication.pk].post
    return found


def _refuse_open_calls(rows: Iterable[Delivery], revision: Revision) -> None:
    """A call under way may show older words a second from now; nothing is decided about it meanwhile."""
    going = [r.pk for r in rows if r.revision_id and r.revision_id != revision.pk and r.state == _S.IN_FLIGHT]
    if going and Attempt.objects.filter(delivery__in=going, ended_at__isnull=True).exists():
        raise WrongMoment("It is going out this moment.", cure="Try again in a minute.")


def _stop(older: Sequence[Delivery], by: User, now: datetime) -> dict[int, Delivery]:
    """Cancel what carries older words and surely is not out; returns how those stood, by id."""
    stopped = [row for row in older if row.revision_id and row.state in _STOPPABLE and row.look_at is None]
    stood = {row.pk: _as_it_stood(row) for row in stopped}
    _cancel(stopped, by, now)
    for row in older:
        if row.act == Act.EDIT and (row.state == _S.UNCERTAIN or row.look_at is not None):
            # Whatever became of the older edit, the newer one follows; an unfinished one would stand in its way.
            row.state, row.state_at, row.settled_at, row.look_at = _S.FAILED, now, now, None
            row.save(update_fields=["state", "state_at", "settled_at", "look_at"])
    return stood


def _as_it_stood(row: Delivery) -> Delivery:
    return Delivery(pk=row.pk, **{name: getattr(row, name) for name in _KEPT})


def _cancel(rows: Sequence[Delivery], by: User, now: datetime) -> None:
    for row in rows:
        row.state, row.state_at, row.settled_at = _S.CANCELLED, now, now
        row.claimed_by, row.lease_until, row.look_at = "", None, None
    Delivery.objects.bulk_update(rows, ["state", "state_at", "settled_at", "claimed_by", "lease_until", "look_at"])
    ledger.append_many([about_delivery("cancelled", row, by=by, now=now) for row in rows])


def _frozen(revision: Revision) -> Frozen:
    """The approved variants by channel and act."""
    found: Frozen = {}
    for variant in revision.variants.select_related("channel__division").prefetch_related("media"):
        found.setdefault(variant.channel_id, {})[variant.act] = variant
    return found


def _on_copy(copy: CopyOf, variant: Variant, post: Post, revision: Revision, now: datetime) -> Delivery:
    """An edit of a copy that stands, or a reply to it; tried for a day, then a person has it on the list."""
    row = schedule.delivery_of(post, revision, variant, now, now)
    row.publication, row.target_remote_id = copy.publication, remote_id_of(copy.publication)
    row.grace_until = now + GRACE
    return row


def _instead(
    copy: CopyOf, variant: Variant, before: Delivery, post: Post, revision: Revision, now: datetime
) -> Delivery:
    """A publication with the new words, where the old one stood: what waited for a person's hand waits on."""
    row = schedule.delivery_of(post, revision, variant, max(now, before.due_at), now)
    if before.state in (_S.MISSED, _S.FAILED, _S.HELD):
        for name in _KEPT:
            setattr(row, name, getattr(before, name))
        row.state_at = now
    return row


def _write(rows: list[Delivery], now: datetime) -> list[Delivery]:
    """Save the rows, our own page first, and let a hold that covers one have it."""
    rows.sort(key=lambda row: row.channel.platform != Platform.WEBSITE)
    first = rows[0] if rows and rows[0].channel.platform == Platform.WEBSITE else None
    for row in rows:
        row.after = first if row is not first else None
        row.save()
    schedule.open_lanes([row.channel for row in rows])
    hold_lock.born_held([row for row in rows if row.state == _S.QUEUED])
    ledger.append_many(
        [
            about_delivery("queued", r, by=None, now=now, does=r.act, due_at=r.due_at.isoformat(), key=r.key)
            for r in rows
        ]
    )
    return rows
