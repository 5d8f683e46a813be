"""Many posts at once, set-based: the same rows and ledger entries that compose, submit and approve write one by one.

For volume and imports, where eighty queries a post would take hours. Same checks, same rights, same hash; a test
compares it with the single services row by row. One channel a post, no pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from divisions import access
from divisions.access import Rights
from divisions.errors import NotAllowed, WrongMoment
from divisions.models import Channel, Division, User
from divisions.permissions import Right
from posts.errors import OwnWork, StopsOpen
from posts.models import Approval, Delivery, Draft, DraftVariant, Post, Review, Revision, Variant
from posts.models.post import When
from posts.models.review import Verdict
from posts.selectors import approving
from posts.selectors.candidate import look_at
from posts.services import hold_lock, schedule, submit
from posts.services.memory import about_delivery, entry
from posts.states import Basis, Stage
from records.services import ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One post as its officer wrote it and its supervisor approves it. `zone` is that of the wall clock."""

    channel: Channel
    officer: User
    supervisor: User
    kind: str
    title: str
    text: str
    wall_time: str
    zone: str


@transaction.atomic
def write_and_approve(items: Sequence[Written], *, now: datetime) -> list[Delivery]:
    """Write, submit and approve posts; returns their deliveries, in order. All of them or none.

    Raises StopsOpen with the first post that a check stops, NotAllowed without the rights, OwnWork when somebody would
    approve their own words.
    """
    _check_people(items)
    hold_lock.share_for_transaction()
    posts = _posts(items, now)
    drafts = _drafts(items, posts, now)
    revisions, variants = _revisions(items, posts, drafts, now)
    approvals = _approvals(items, revisions, now)
    for post, revision in zip(posts, revisions, strict=True):
        post.revision, post.stage, post.stage_at = revision, Stage.SCHEDULED, now
        post.due_at, post.approve_by = revision.due_at, revision.approve_by
    Post.objects.bulk_update(posts, ["revision", "stage", "stage_at", "due_at", "approve_by"])
    deliveries = _deliveries(posts, revisions, variants, now)
    _remember(items, posts, revisions, approvals, deliveries, now)
    return deliveries


def _check_people(items: Iterable[Written]) -> None:
    """Ask the rights once a person and channel, not once a post."""
    known: dict[int, Rights] = {}
    for officer, supervisor, channel in {(i.officer, i.supervisor, i.channel) for i in items}:
        for person in (officer, supervisor):
            known.setdefault(person.pk, access.rights(person))
        for right in (Right.DRAFT_POST, Right.SUBMIT_POST):
            _require(officer, right, channel.division, channel, known)
        _require(supervisor, Right.REVIEW_POST, channel.division, channel, known)
        if officer.pk == supervisor.pk:
            raise OwnWork(access.who_can(Right.REVIEW_POST))


def _require(person: User, right: Right, place: Division, channel: Channel, known: dict[int, Rights]) -> None:
    access.require(person, right, place, channel=channel, has=known[person.pk])
    if channel.division_id != place.pk:
        raise NotAllowed(right.label, where=str(channel))


def _posts(items: Iterable[Written], now: datetime) -> list[Post]:
    return Post.objects.bulk_create(
        Post(
            division=item.channel.division,
            kind=item.kind,
            audience=item.channel.audience,
            author=item.officer,
            title=item.title,
            created_at=now,
            stage_at=now,
        )
        for item in items
    )


def _drafts(items: Sequence[Written], posts: Sequence[Post], now: datetime) -> list[Draft]:
    drafts = Draft.objects.bulk_create(
        Draft(
            post=post,
            version=2,
            title=item.title,
            text=item.text,
            when=When.AT,
            wall_time=item.wall_time,
            zone=item.zone,
            saved_by=item.officer,
            saved_at=now,
        )
        for item, post in zip(items, posts, strict=True)
    )
    DraftVariant.objects.bulk_create(
        DraftVariant(draft=draft, channel=item.channel) for item, draft in zip(items, drafts, strict=True)
    )
    return drafts


def _revisions(
    items: Sequence[Written], posts: Sequence[Post], drafts: Sequence[Draft], now: datetime
) -> tuple[list[Revision], list[Variant]]:
    revisions, variants = [], []
    rules = approving.rules()
    for item, post, draft in zip(items, posts, drafts, strict=True):
        seen = look_at(draft, [(item.channel, None)], (), now=now)
        if stops := [stop for stop in seen.stops if not stop.is_question]:
            raise StopsOpen(stops)
        if approving.of(post, kind=item.kind, flags=(), channels=[item.channel], rows=rules).seats > 1:
            raise WrongMoment(f"“{item.title}” asks for two approvers.", cure="Submit it by itself.")
        revision, own, _ = submit.frozen(post, draft, seen, item.officer, number=1, now=now)
        revisions.append(revision)
        variants += own
    Revision.objects.bulk_create(revisions)
    Variant.objects.bulk_create(variants)
    return revisions, variants


def _approvals(items: Sequence[Written], revisions: Sequence[Revision], now: datetime) -> list[Approval]:
    decided = list(zip(items, revisions, strict=True))
    Review.objects.bulk_create(
        Review(revision=revision, by=item.supervisor, verdict=Verdict.APPROVED, at=now) for item, revision in decided
    )
    return Approval.objects.bulk_create(
        Approval(
            revision=revision,
            content_hash=revision.content_hash,
            basis=Basis.REVIEW,
            approved_by=item.supervisor,
            approved_at=now,
        )
        for item, revision in decided
    )


def _deliveries(
    posts: Sequence[Post], revisions: Sequence[Revision], variants: Sequence[Variant], now: datetime
) -> list[Delivery]:
    made = []
    for post, revision, variant in zip(posts, revisions, variants, strict=True):
        variant._prefetched_objects_cache = {"media": []}  # type: ignore[attr-defined]  # there are none: no query
        made.append(schedule.delivery_of(post, revision, variant, revision.due_at or now, now))
    Delivery.objects.bulk_create(made)
    schedule.open_lanes(list({variant.channel for variant in variants}))
    hold_lock.born_held(made)
    return made


def _remember(
    items: Sequence[Written],
    posts: Sequence[Post],
    revisions: Sequence[Revision],
    approvals: Sequence[Approval],
    deliveries: Sequence[Delivery],
    now: datetime,
) -> None:
    entries: list[ledger.Entry] = []
    for item, post, revision, approval, delivery in zip(items, posts, revisions, approvals, deliveries, strict=True):
        hashed = {"revision": revision.number, "content_hash": revision.content_hash}
        due = delivery.due_at.isoformat()
        entries += [
            entry("post.started", post, by=item.officer, now=now, kind=item.kind, audience=post.audience),
            entry("post.submitted", post, by=item.officer, now=now, **hashed, channels=[item.channel.slug]),
            entry("revision.approved", post, by=item.supervisor, now=now, **hashed, number=approval.number, note=""),
            about_delivery(
                "queued", delivery, by=None, now=now, due_at=due, approval=approval.number, key=delivery.key
            ),
        ]
    ledger.append_many(entries)
