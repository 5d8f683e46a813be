"""What a person decides about one delivery: proof of a hand-off, try again, it went out, send it now, drop it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, NotVisible, WrongMoment
from divisions.models import User
from divisions.permissions import Right
from divisions.states import ChannelState, Mode
from posts.models import Delivery
from posts.services import follow, hold_lock, read_back, schedule, take_down
from posts.services.compose import lock
from posts.services.memory import about_delivery
from posts.states import Act, DeliveryState, check_delivery_move
from records.services import ledger

_PROVABLE = (DeliveryState.AWAITING_PROOF, DeliveryState.UNCERTAIN, DeliveryState.MISSED)
_check_url = URLValidator(schemes=["http", "https"])


@transaction.atomic
def prove(*, delivery: Delivery, link: str, by: User, now: datetime | None = None) -> Delivery:
    """Record the link of what a person posted by hand, or of what went out unheard.

    Raises BadInput (field `link`) for what is no address, is not on the account's platform, or is already the proof
    of another post; WrongMoment when this delivery waits for no proof.
    """
    row = _lock(delivery)
    uncertain = row.state == DeliveryState.UNCERTAIN
    _require(by, Right.DECIDE_DELIVERY if uncertain else Right.PROVE_HANDOFF, row)
    by_hand = row.channel.mode == Mode.HAND_OFF and row.state == DeliveryState.HELD  # posted all the same
    if not by_hand and row.state not in _PROVABLE:
        raise WrongMoment(f"This delivery is “{row.get_state_display()}” and waits for no proof.")
    link = _checked_link(link.strip(), row)
    moment = now or timezone.now()
    row.remote_id, row.remote_url, row.settled_at, row.problem = link[:200], link, moment, {}
    _to(row, DeliveryState.DELIVERED, moment)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise BadInput("link", "This link is already the proof of another post.", cure="Copy the right one.") from error
    Delivery.objects.filter(after=row).update(after=None)
    follow.receipts([row], now=moment)
    ledger.append(about_delivery("delivered", row, by=by, now=moment, url=link, how="link pasted by a person"))
    return row


@transaction.atomic
def send_again(*, delivery: Delivery, by: User, looked: bool = False, now: datetime | None = None) -> Delivery:
    """Put a failed, missed or uncertain delivery back in the queue, to go now: same row, same key.

    An uncertain one asks that somebody `looked` at the account first. Raises WrongMoment while the channel is not
    connected or the approved range has passed.
    """
    hold_lock.share_for_transaction()
    row = _lock(delivery)
    _require(by, Right.DECIDE_DELIVERY, row)
    hold_lock.refuse_covered(row)
    moment = now or timezone.now()
    if row.channel.state != ChannelState.CONNECTED:
        raise WrongMoment(f"{row.channel} is not connected.", cure="Reconnect the account first.")
    if row.withdrawal is None and (row.revision is None or moment > row.revision.not_after):
        raise WrongMoment("The time that was approved has passed.", cure="Copy the post and have it approved again.")
    if row.state == DeliveryState.UNCERTAIN:
        if not looked:
            raise BadInput("looked", "Look at the account first, then tick the box.", cure="It may be there already.")
        _to(row, DeliveryState.AWAITING_RETRY, moment)
    else:
        _to(row, DeliveryState.QUEUED, moment)
    _stop_waiting(row)
    row.due_at = row.ready_at = moment
    row.grace_until = moment + take_down.GRACE
    if row.revision is not None:
        row.grace_until = max(schedule.grace_until(row.revision, moment), moment + timedelta(minutes=5))
    row.failures, row.settled_at, row.problem, row.hold, row.look_at = 0, None, {}, None, None
    if row.steps and row.steps[row.step_index]["name"] == read_back.NAME:
        row.step_index, row.step_state = 0, {}  # the order was taken and nothing came of it: give it once more
    row.save()
    ledger.append(about_delivery("sent_again", row, by=by, now=moment, looked=looked))
    return row


def _stop_waiting(row: Delivery) -> None:
    """What it was to follow was left unsent for good: it goes alone, unless its link leads there."""
    before = row.after
    if before is None or before.state != DeliveryState.CANCELLED:
        return
    if row.payload["link"] and row.payload["link"] == before.payload["url"]:
        raise WrongMoment(
            f"Its link leads to the {before.channel.get_platform_display().lower()}, and that was left unsent.",
            cure="Leave this unsent too, and submit the post again.",
        )
    row.after = None


@transaction.atomic
def seen(*, delivery: Delivery, by: User, now: datetime | None = None) -> Delivery:
    """A person did it on the platform, or looked and saw that it is done: the edit shows, the copy is gone.

    For what is proven by looking (edits and withdrawals); a publication's proof is its link. Raises WrongMoment when
    nothing waits for a look.
    """
    row = _lock(delivery)
    _require(by, Right.PROVE_HANDOFF, row)
    if row.act not in (Act.EDIT, Act.WITHDRAW) or row.state != DeliveryState.AWAITING_PROOF:
        raise WrongMoment(f"This is “{row.get_state_display()}”, nobody has to look.")
    moment = now or timezone.now()
    row.settled_at, row.problem = moment, {"seen_by": by.name}
    row.remote_id, row.remote_url = row.target_remote_id, ""
    _to(row, DeliveryState.DELIVERED, moment)
    row.save()
    follow.receipts([row], now=moment)
    ledger.append(about_delivery(row.proven_word, row, by=by, now=moment, how="a person looked"))
    return row


@transaction.atomic
def drop_all(*, deliveries: Sequence[Delivery], by: User, now: datetime | None = None) -> None:
    """Drop several, all of them or none."""
    for delivery in sorted(deliveries, key=lambda d: d.pk):
        drop(delivery=delivery, by=by, now=now)


@transaction.atomic
def drop(*, delivery: Delivery, by: User, note: str = "", now: datetime | None = None) -> Delivery:
    """Leave it unsent: CANCELLED, and nobody is asked again. Of an uncertain one a person says with it: it did not go.

    A correction or a withdrawal of a copy is closed only with a `note` that says what becomes of the copy (P9). Raises
    WrongMoment while it may be out all the same: its last call had no answer, and nobody has looked yet.
    """
    row = _lock(delivery)
    _require(by, Right.DECIDE_DELIVERY, row)
    moment = now or timezone.now()
    if row.look_at is not None and row.state != DeliveryState.UNCERTAIN:
        raise WrongMoment(
            "Its last call had no answer, so it may be out. It is being looked for.",
            cure="Try again in a few minutes, or look at the account yourself.",
        )
    if row.act != Act.PUBLISH and not 5 <= len(note.strip()) <= 500:
        raise BadInput("note", "Say what becomes of this copy, in 5 to 500 letters.", cure="Write it down; it is kept.")
    if note.strip():
        row.problem = {**row.problem, "closed": note.strip(), "closed_by": by.name}
    if row.state == DeliveryState.UNCERTAIN:
        row.problem = {**row.problem, "cause": f"{by.name} looked: it did not go out, and it is left unsent."}
        _to(row, DeliveryState.FAILED, moment)
    _to(row, DeliveryState.CANCELLED, moment)
    row.settled_at, row.look_at = moment, None
    row.save()
    ledger.append(about_delivery("dropped", row, by=by, now=moment, note=note.strip()))
    return row


def _lock(delivery: Delivery) -> Delivery:
    post = lock(delivery.post)
    try:
        row = (
            Delivery.objects.select_for_update(of=("self",))
            .select_related("channel", "revision__post", "after__channel")
            .get(pk=delivery.pk)
        )
    except Delivery.DoesNotExist as error:
        raise NotVisible from error
    row.post = post
    return row


def _require(by: User, right: Right, row: Delivery) -> None:
    """The right in the post's division (a linked channel's delivery belongs to the post)."""
    own = row.channel if row.channel.division_id == row.post.division_id else None
    access.require(by, right, row.post.division, channel=own)


def _to(row: Delivery, state: DeliveryState, now: datetime) -> None:
    check_delivery_move(row.state, state)
    row.state, row.state_at = state, now


def _checked_link(link: str, row: Delivery) -> str:
    try:
        _check_url(link)
    except ValidationError as error:
        raise BadInput("link", "This is not a web address.", cure="Copy it from the browser: https://…") from error
    if len(link) > 200:
        raise BadInput("link", f"{len(link)} of 200 characters.", cure="Copy the short address of the post.")
    expected = urlsplit(row.channel.url).hostname or ""
    host = urlsplit(link).hostname or ""
    if expected and not (host == expected or host.endswith("." + expected.removeprefix("www."))):
        raise BadInput("link", f"This is not a link to {expected}.", cure="Open the post there and copy its address.")
    return link
