"""Makes occurrences of a pattern: posts of their own, scheduled on its approval; or drafts that say why not.

Frozen from what was approved, never from the library or a draft of today. The checks, the submitter's rights and the
channels are those of today.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from divisions.access import Rights
from divisions.models import Channel, LinkRule, User
from divisions.permissions import Right
from divisions.states import ChannelState
from posts.models import (
    Approval,
    Draft,
    DraftMedia,
    DraftVariant,
    MediaAsset,
    Pattern,
    Post,
    Revision,
    RevisionMedia,
    Variant,
)
from posts.models.post import When
from posts.selectors import approving, recurrence, repeats
from posts.selectors.candidate import Look, look_at
from posts.selectors.recurrence import Occurrence
from posts.services import fingerprint, schedule, submit
from posts.services.memory import remember
from posts.states import Basis, Stage


@dataclass(frozen=True, slots=True)
class Making:
    """What the occurrences of one pass share: the pattern, what its submitter may do today, the time."""

    pattern: Pattern
    rights: Rights
    now: datetime

    @property
    def keeper(self) -> User:
        """On whose rights it rests: whoever took it over, else whoever submitted it."""
        return self.source.post.owner or self.source.submitted_by

    @property
    def source(self) -> Revision:
        """What was approved."""
        return self.pattern.revision


def make_all(making: Making, batch: Sequence[Occurrence]) -> int:
    """Make those that do not exist yet, in the caller's transaction; returns how many were scheduled."""
    variants = list(making.source.variants.select_related("channel__division").prefetch_related("media__asset"))
    there = set(Post.objects.filter(pattern=making.pattern).values_list("occurs_at", flat=True))
    why = _why_not_now(making, [v.channel for v in variants])
    made = 0
    for occurrence in batch:
        if occurrence.at is None:
            _left_out(making, occurrence)
        elif occurrence.wall not in there:
            made += _make(making, occurrence, variants, why)
    return made


def _left_out(making: Making, occurrence: Occurrence) -> None:
    facts = {"pattern": making.pattern.pk, "when": recurrence.day_words(occurrence.wall), "why": occurrence.note}
    remember("pattern.left_out", making.source.post, by=None, now=making.now, **facts)


def _make(making: Making, occurrence: Occurrence, variants: Sequence[Variant], why: str) -> int:
    """Write the post and its draft; schedule it, or say why it waits as a draft."""
    post = _post(making, occurrence)
    draft = _draft(making, post, occurrence, variants)
    seen = look_at(draft, [(v.channel, v.text) for v in variants], _pictures(variants), now=making.now)
    why = why or " ".join(f"{stop.message} {stop.cure}".strip() for stop in seen.stops if not stop.is_question)
    if why:
        facts = {"pattern": making.pattern.pk, "of": making.source.post_id, "occurs_at": occurrence.wall, "why": why}
        remember("post.not_repeated", post, by=None, now=making.now, **facts)
        return 0
    _schedule(making, post, draft, seen)
    return 1


def _post(making: Making, occurrence: Occurrence) -> Post:
    first = making.source.post
    return Post.objects.create(
        division=first.division,
        kind=first.kind,
        audience=first.audience,
        author=first.author,
        owner=first.owner,
        title=making.source.title,
        pattern=making.pattern,
        occurs_at=occurrence.wall,
        created_at=making.now,
        stage_at=making.now,
    )


def _draft(making: Making, post: Post, occurrence: Occurrence, variants: Sequence[Variant]) -> Draft:
    """The approved words as a draft, so that this one alone can be changed."""
    source = making.source
    draft = Draft.objects.create(
        post=post,
        title=source.title,
        text=source.text,
        language=source.language,
        facts=source.facts,
        flags=source.flags,
        when=When.AT,
        wall_time=occurrence.wall,
        zone=source.zone,
        expires_on=recurrence.last_day(source.expires_at, source.wall_time, occurrence.wall, source.zone),
        saved_by=source.submitted_by,
        saved_at=making.now,
    )
    plain = source.text.replace("\r\n", "\n").strip()
    DraftVariant.objects.bulk_create(
        DraftVariant(draft=draft, channel=v.channel, text=None if v.text == plain else v.text) for v in variants
    )
    DraftMedia.objects.bulk_create(
        DraftMedia(draft=draft, asset=asset, position=n) for n, asset in enumerate(_pictures(variants))
    )
    return draft


def _pictures(variants: Sequence[Variant]) -> list[MediaAsset]:
    """The pictures as they were approved: what the library says of them today is not what somebody looked at."""
    uses = {use.asset_id: use for variant in variants for use in variant.media.all()}
    shown = []
    for use in sorted(uses.values(), key=lambda use: use.position):
        asset = copy(use.asset)
        asset.duration_ms, asset.poster_sha256 = use.duration_ms, use.poster_sha256
        asset.captions_sha256, asset.no_speech = use.captions_sha256, use.no_speech
        asset.sha256, asset.mime, asset.alt_text, asset.credit = use.sha256, use.mime, use.alt, use.credit
        asset.width, asset.height, asset.size_bytes = use.width, use.height, use.size_bytes
        shown.append(asset)
    return shown


def _schedule(making: Making, post: Post, draft: Draft, seen: Look) -> None:
    """Freeze it, approve it by its pattern, and queue it."""
    source, now = making.source, making.now
    revision, variants, pictures = submit.frozen(post, draft, seen, source.submitted_by, number=1, now=now)
    revision.html = source.html  # as approved, should the same text be marked up otherwise today
    revision.content_hash = fingerprint.of_parts(revision, variants, pictures)
    revision.save()
    Variant.objects.bulk_create(variants)
    RevisionMedia.objects.bulk_create(pictures)
    approval = Approval.objects.create(
        revision=revision, content_hash=revision.content_hash, basis=Basis.PATTERN, approved_at=now
    )
    post.revision, post.stage = revision, Stage.SCHEDULED
    post.due_at, post.approve_by = revision.due_at, revision.approve_by
    post.save(update_fields=["revision", "stage", "due_at", "approve_by"])
    remember(
        "post.repeated",
        post,
        by=None,
        now=now,
        pattern=making.pattern.pk,
        of=source.post_id,
        occurs_at=post.occurs_at,
        revision=revision.number,
        content_hash=revision.content_hash,
        number=approval.number,
        rests_on=repeats.approval_numbers(source),
    )
    schedule.make_deliveries(post=post, revision=revision, approval=approval, now=now)


def _why_not_now(making: Making, channels: Sequence[Channel]) -> str:
    """Why nobody's rights or no channel carry it today, in words for whoever takes it over; empty when all is well."""
    post, who = making.source.post, making.keeper
    linked = LinkRule.objects.filter(
        source_channel__division=post.division_id, target_channel__in=channels, revoked_at__isnull=True
    )
    open_to_us = set(linked.values_list("target_channel", flat=True))
    if not making.rights.can(Right.SUBMIT_POST, post.division_id):
        return f"{who.name} no longer submits posts for {post.division}. Somebody who does can take it over here."
    if approving.standing(making.source).half:
        return "By now two people have to approve such a post, and one did. Submit it, so that both can."
    for channel in channels:
        own = channel.division_id == post.division_id
        if channel.state == ChannelState.RETIRED:
            return f"{channel} is retired. Leave it out, then submit it."
        if not own and channel.pk not in open_to_us:
            return f"{channel} no longer takes posts of {post.division}. Leave it out, then submit it."
        if own and not making.rights.can(Right.SUBMIT_POST, post.division_id, channel):
            return f"{who.name} no longer submits for {channel}. Somebody who does can take it over here."
    return ""
