"""Turns an approval into deliveries, and re-times them inside what was approved. The row is the schedule."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, WrongMoment
from divisions.models import Channel, User
from divisions.permissions import Right
from divisions.states import Platform
from posts.kinds import SPECS, Kind
from posts.models import Approval, ChannelLane, Delivery, Post, Revision, RevisionMedia, Variant
from posts.selectors import moments
from posts.services import fingerprint, hold_lock
from posts.services.compose import lock
from posts.services.memory import about_delivery, remember
from posts.states import CLAIMABLE, DeliveryState, Stage
from records.services import ledger

DEFAULT_GRACE = timedelta(hours=2)
_RETIMED = (*CLAIMABLE, DeliveryState.MISSED)
_TIMES = ("due_at", "ready_at", "grace_until")


def make_deliveries(*, post: Post, revision: Revision, approval: Approval, now: datetime) -> list[Delivery]:
    """Write one delivery a channel, in the transaction that approves. The public page goes first, others follow it."""
    hold_lock.share_for_transaction()
    due_at = revision.due_at or now
    variants = list(revision.variants.select_related("channel").prefetch_related("media"))
    variants.sort(key=lambda v: (v.channel.platform != Platform.WEBSITE, v.pk))
    made: list[Delivery] = []
    first: Delivery | None = None
    for variant in variants:
        delivery = delivery_of(post, revision, variant, due_at, now)
        delivery.after = first
        delivery.save()
        if variant.channel.platform == Platform.WEBSITE:
            first = delivery
        made.append(delivery)
    open_lanes([v.channel for v in variants])
    hold_lock.born_held(made)
    Post.objects.filter(pk=post.pk).update(due_at=due_at)
    post.due_at = due_at
    ledger.append_many(
        [
            about_delivery(
                "queued", d, by=None, now=now, due_at=due_at.isoformat(), approval=approval.number, key=d.key
            )
            for d in made
        ]
    )
    return made


def delivery_of(post: Post, revision: Revision, variant: Variant, due_at: datetime, now: datetime) -> Delivery:
    """The delivery of one variant, queued, not written yet. Needs `variant.channel` loaded."""
    payload = payload_of(post, revision, variant)
    return Delivery(
        act=variant.act,
        post=post,
        revision=revision,
        variant=variant,
        channel=variant.channel,
        payload=payload,
        payload_hash=fingerprint.of_payload(payload),
        key=uuid.uuid4().hex,
        due_at=due_at,
        ready_at=due_at,
        grace_until=grace_until(revision, due_at),
        urgent=SPECS[post.kind].urgent,
        state=DeliveryState.QUEUED,
        state_at=now,
    )


def payload_of(post: Post, revision: Revision, variant: Variant) -> dict[str, Any]:
    """Everything that will be said on one channel, as JSON."""
    return {
        "title": revision.title,
        "text": variant.text,
        "language": revision.language,
        "link": variant.link or None,
        "url": _own_address(post, revision, variant.channel),
        "media": [_item(m) for m in sorted(variant.media.all(), key=lambda m: m.position)],
    }


def _item(m: RevisionMedia) -> dict[str, Any]:
    """One picture; a video has more to it (keys that a picture lacks: payloads made before keep their hash)."""
    said: dict[str, Any] = {
        "sha256": m.sha256,
        "mime": m.mime,
        "alt": m.alt,
        "credit": m.credit,
        "width": m.width,
        "height": m.height,
        "size_bytes": m.size_bytes,
    }
    if m.is_video:
        said |= {"poster": m.poster_sha256, "captions": m.captions_sha256}
        said |= {"no_speech": m.no_speech, "duration_ms": m.duration_ms}
    return said


def _own_address(post: Post, revision: Revision, channel: Channel) -> str | None:
    if channel.platform == Platform.WEBSITE:
        return f"{settings.BASE_URL}{post.address(revision.title)}"
    if channel.platform == Platform.FEED:
        return f"{settings.BASE_URL}/{post.division.slug}/feed.atom#post-{post.pk}"
    if channel.platform == Platform.INTERNAL:
        return f"{settings.BASE_URL}/desk/staff/{post.pk}/"
    return None


def grace_until(revision: Revision, due_at: datetime) -> datetime:
    """The last moment at which a delivery due at `due_at` may still begin (P12)."""
    spec = SPECS[revision.post.kind]
    if spec.grace is not None:
        return due_at + spec.grace
    ends = _event_end(revision) if spec.kind == Kind.EVENT else None
    return max(ends, due_at) if ends else due_at + DEFAULT_GRACE


def _event_end(revision: Revision) -> datetime | None:
    for name in ("ends_at", "starts_at"):
        wall = revision.facts.get(name)
        if wall:
            try:
                return moments.moment(str(wall), revision.zone)
            except BadInput:
                continue
    return None


def open_lanes(channels: list[Channel]) -> None:
    """Make sure that every channel has its two lanes."""
    ChannelLane.objects.bulk_create(
        [ChannelLane(channel=c, urgent=urgent) for c in channels for urgent in (False, True)],
        ignore_conflicts=True,
    )


@transaction.atomic
def retime(*, post: Post, due_at: datetime, by: User, now: datetime | None = None) -> list[Delivery]:
    """Move what has not begun, missed ones too, to another moment inside the approved range; the approval stays.

    Raises BadInput (field `due_at`) outside the range or in the past, WrongMoment when nothing is left to move.
    """
    moment = now or timezone.now()
    hold_lock.share_for_transaction()
    row = lock(post)
    access.require(by, Right.RETIME_POST, row.division)
    if row.stage != Stage.SCHEDULED or row.revision is None:
        raise WrongMoment(f"This post is “{row.get_stage_display()}”, there is nothing to re-time.")
    check_range(row.revision, due_at, moment)
    rows = list(
        Delivery.objects.select_for_update(of=("self",))
        .filter(post=row, revision=row.revision, state__in=_RETIMED, first_attempt_at__isnull=True)
        .select_related("channel")
        .order_by("pk")
    )
    if not rows:
        raise WrongMoment("It has begun to go out.", cure="Correct or withdraw it instead.")
    for delivery in rows:
        delivery.post = row
        delivery.due_at = delivery.ready_at = due_at
        delivery.grace_until = grace_until(row.revision, due_at)
        if delivery.state == DeliveryState.MISSED:
            hold_lock.refuse_covered(delivery)
            delivery.state, delivery.state_at, delivery.settled_at, delivery.problem = (
                DeliveryState.QUEUED,
                moment,
                None,
                {},
            )
    Delivery.objects.bulk_update(rows, [*_TIMES, "state", "state_at", "settled_at", "problem"])
    Post.objects.filter(pk=row.pk).update(due_at=due_at)
    remember("post.retimed", row, by=by, now=moment, due_at=due_at.isoformat())
    return rows


def check_range(revision: Revision, due_at: datetime, now: datetime) -> None:
    """Raise BadInput (field `due_at`) for a moment in the past or outside what was approved."""
    if due_at <= now:
        raise BadInput("due_at", "That time has passed.", cure="Pick a later one.")
    if not revision.not_before <= due_at <= revision.not_after:
        raise BadInput(
            "due_at",
            "That is outside the time that was approved.",
            cure="Press “Change (needs approval again)” and pick the new time there.",
        )
