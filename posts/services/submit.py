"""Freezes a draft into an immutable revision and sends it to review."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from divisions import access
from divisions.errors import NotAllowed, SomebodyElseSaved
from divisions.models import Channel, User
from divisions.permissions import Right
from posts.errors import StopsOpen
from posts.html import to_html
from posts.kinds import SPECS, Flag
from posts.models import Draft, MediaAsset, Post, Revision, RevisionMedia, Variant
from posts.models.post import When
from posts.selectors import approving
from posts.selectors.candidate import Look, look
from posts.services import direct, fingerprint, news
from posts.services.compose import lock, move
from posts.services.memory import remember
from posts.states import Stage, check_stage_move

APPROVED_RANGE = timedelta(hours=24)
APPROVE_AHEAD = timedelta(minutes=15)
SHORT_NOTICE = timedelta(minutes=30)


@transaction.atomic
def submit(
    *, post: Post, by: User, version: int | None = None, now: datetime | None = None, urgent: bool = False
) -> Revision:
    """Freeze the draft as the next revision and put the post in review; what the matrix trusts goes out at once.

    `urgent` leaves the question what it touches open: seconds count, and whoever signs afterwards reads it.
    Raises StopsOpen while a check stops it, SomebodyElseSaved for a stale `version`, NotAllowed for a channel that
    the person may not submit for, WrongMoment when the post is not a draft.
    """
    moment = now or timezone.now()
    row = lock(post)
    access.require(by, Right.SUBMIT_POST, row.division)
    check_stage_move(row.stage, Stage.IN_REVIEW)
    draft = Draft.objects.select_for_update().get(post=row)
    draft.post = row
    if version is not None and version != draft.version:
        raise SomebodyElseSaved("The draft was changed after you opened it.", cure="Look at it again, then submit.")
    seen = look(draft, now=moment)
    if stops := [stop for stop in seen.stops if not (urgent and stop.is_question)]:
        raise StopsOpen(list(stops))
    channels = [p.channel for p in seen.previews]
    _require_channels(by, channels)
    asked = approving.of(row, kind=row.kind, flags=draft.flags, channels=channels)
    doubtful = any(finding.is_about_touching for finding in seen.findings)
    trusted = not doubtful and direct.is_trusted(
        row, asked, [channel.pk for channel in channels], repeats=draft.repeats
    )
    revision = _freeze(row, draft, seen, by, moment, needed=asked.seats)
    row.revision, row.title = revision, revision.title
    row.due_at, row.approve_by = revision.due_at, revision.approve_by
    row.save(update_fields=["revision", "title", "due_at", "approve_by"])
    move(row, Stage.IN_REVIEW, now=moment)
    Draft.objects.filter(pk=draft.pk).update(editor_ids=[])
    remember(
        "post.submitted",
        row,
        by=by,
        now=moment,
        revision=revision.number,
        content_hash=revision.content_hash,
        channels=[channel.slug for channel in channels],
    )
    if trusted:
        direct.publish(post=row, revision=revision, by=by, now=moment)
    elif not urgent and (SPECS[row.kind].urgent or Flag.AMBER in draft.flags):
        writers = {*revision.editor_ids, row.author_id}
        news.to_approve(revision, places={row.division_id}, editors=writers, now=moment)
    return revision


def _require_channels(by: User, channels: list[Channel]) -> None:
    mine = access.rights(by)
    for channel in channels:
        if not access.can_post_to(mine, Right.SUBMIT_POST, channel):
            raise NotAllowed(Right.SUBMIT_POST.label, where=str(channel), who=access.who_can(Right.SUBMIT_POST))


def _freeze(post: Post, draft: Draft, seen: Look, by: User, now: datetime, *, needed: int) -> Revision:
    last = post.revisions.order_by("-number").values_list("number", flat=True).first() or 0
    revision, variants, pictures = frozen(post, draft, seen, by, number=last + 1, needed=needed, now=now)
    revision.save()
    Variant.objects.bulk_create(variants)
    RevisionMedia.objects.bulk_create(pictures)
    return revision


def frozen(
    post: Post, draft: Draft, seen: Look, by: User, *, number: int, now: datetime, needed: int = 1
) -> tuple[Revision, list[Variant], list[RevisionMedia]]:
    """What submitting writes, not written yet. Rows are immutable, so the hash is computed before the first insert."""
    not_before = seen.due_at or now
    not_after = not_before + APPROVED_RANGE
    revision = Revision(
        post=post,
        number=number,
        submitted_by=by,
        editor_ids=sorted({*draft.editor_ids, by.pk}),
        created_at=now,
        title=draft.title,
        text=draft.text,
        html=to_html(_page_text(draft, seen)),
        language=draft.language,
        facts=draft.facts,
        flags=draft.flags,
        when=draft.when,
        wall_time=draft.wall_time,
        repeats=draft.repeats,
        zone=draft.zone,
        due_at=seen.due_at,
        not_before=not_before,
        not_after=not_after,
        approve_by=approve_by(post.kind, draft.when, seen.due_at, now=now),
        expires_at=seen.expires_at,
        approvals_needed=needed,
        findings=[f.to_json() for f in seen.findings],
    )
    variants = [
        Variant(revision=revision, channel=p.channel, text=p.text.replace("\r\n", "\n").strip(), link=p.link)
        for p in seen.previews
    ]
    pictures = [
        _picture(variant, position, asset)
        for variant, preview in zip(variants, seen.previews, strict=True)
        for position, asset in enumerate(seen.pictures)
        if asset in preview.media
    ]
    revision.content_hash = fingerprint.of_parts(revision, variants, pictures)
    return revision, variants, pictures


def _picture(variant: Variant, position: int, asset: MediaAsset) -> RevisionMedia:
    return RevisionMedia(
        variant=variant,
        position=position,
        asset=asset,
        sha256=asset.sha256,
        mime=asset.mime,
        width=asset.width,
        height=asset.height,
        size_bytes=asset.size_bytes,
        alt=asset.alt_text,
        credit=asset.credit,
        duration_ms=asset.duration_ms,
        poster_sha256=asset.poster_sha256,
        captions_sha256=asset.captions_sha256,
        no_speech=asset.no_speech,
    )


def _page_text(draft: Draft, seen: Look) -> str:
    """The words our own pages and feeds show: the public page's variant, else the staff feed's, else the draft's."""
    own = {p.channel.platform: p.text for p in seen.previews if p.channel.is_own}
    return own.get("website") or own.get("internal") or own.get("feed") or draft.text


def approve_by(kind: str, when: str, due_at: datetime | None, *, now: datetime) -> datetime:
    """The last moment at which a post submitted `now` may be approved."""
    if when != When.AT or due_at is None:
        return (due_at or now) + APPROVED_RANGE
    if SPECS[kind].urgent or due_at - now < SHORT_NOTICE:
        return due_at
    return due_at - APPROVE_AHEAD
