"""Writes drafts: start, save (compare and set), change an approved post, drop. Drafts are not in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from divisions import access
from divisions.access import Rights
from divisions.errors import BadInput, NotVisible, SomebodyElseSaved, WrongMoment
from divisions.models import Division, User
from divisions.permissions import Right
from divisions.selectors import channels as channel_selectors
from divisions.states import Audience
from posts.kinds import SPECS, Flag, Kind
from posts.models import Approval, Delivery, Draft, DraftMedia, DraftVariant, MediaAsset, Pattern, Post
from posts.models.post import When
from posts.selectors import moments
from posts.services.memory import about_delivery, remember
from posts.states import CLAIMABLE, EDITABLE_STAGES, Basis, DeliveryState, Stage, check_stage_move
from records.services import ledger

MAX_TITLE = 150
MAX_TEXT = 63_206  # the longest any channel takes (Facebook)
MAX_PICTURES = 10
MAX_FACT = 1000
MAX_RULE = 200
MAX_WHY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftInput:
    """Everything the composer's form holds. `channels` maps channel id to its own words, None = the same words.

    `not_touched` maps a flag to why the post does not touch it and of which words that was said: "why", "words".
    """

    kind: str
    title: str = ""
    text: str = ""
    language: str = "en"
    facts: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    not_touched: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    when: str = When.APPROVED
    wall_time: str = ""
    repeats: str = ""
    expires_on: date | None = None
    channels: Mapping[int, str | None] = field(default_factory=dict)
    media: tuple[int, ...] = ()


@transaction.atomic
def start(
    *, division: Division, kind: str, by: User, audience: str = Audience.PUBLIC, now: datetime | None = None
) -> Post:
    """Open an empty draft in a division, with the division's own channels ticked.

    Raises BadInput for an unknown kind, or a staff-only kind said to the public.
    """
    mine = access.rights(by)
    access.require(by, Right.DRAFT_POST, division, has=mine)
    _check_kind(kind, audience)
    if audience not in Audience.values:
        raise BadInput("audience", f"“{audience}” is not an audience.", cure="Public or staff only.")
    moment = now or timezone.now()
    post = Post.objects.create(
        division=division, kind=kind, audience=audience, author=by, created_at=moment, stage_at=moment
    )
    draft = Draft.objects.create(
        post=post, zone=moments.zone_of(division), editor_ids=[by.pk], saved_by=by, saved_at=moment
    )
    own = channel_selectors.offered_in_composer(mine, division.pk, audience)
    DraftVariant.objects.bulk_create(
        DraftVariant(draft=draft, channel=c) for c in own if c.division_id == division.pk and c.is_own
    )
    remember("post.started", post, by=by, now=moment, kind=kind, audience=audience)
    return post


@transaction.atomic
def save(*, post: Post, version: int, data: DraftInput, by: User, now: datetime | None = None) -> Draft:
    """Save the draft if nobody saved in between; returns it with its new version.

    Raises SomebodyElseSaved for a stale `version`, WrongMoment when the post is no longer a draft, BadInput for what
    cannot be stored at all (unknown channel, foreign picture, text beyond every platform).
    """
    row, mine = lock(post), access.rights(by)
    access.require(by, Right.DRAFT_POST, row.division, has=mine)
    if row.stage not in EDITABLE_STAGES:
        raise WrongMoment(
            f"This post is “{row.get_stage_display()}” and cannot be changed now.",
            cure="Open it and press “Change (needs approval again)”.",
        )
    draft = Draft.objects.select_for_update().get(post=row)
    if draft.version != version:
        who = draft.saved_by.name if draft.saved_by else "Somebody"
        raise SomebodyElseSaved(
            f"{who} saved this draft while you were writing.",
            cure="Your words are still in the form below. Compare, then save again to keep yours.",
        )
    _check(row, data)
    _write(row, draft, data, by, mine, now or timezone.now())
    return draft


def _write(post: Post, draft: Draft, data: DraftInput, by: User, mine: Rights, moment: datetime) -> None:
    draft.version += 1
    draft.title, draft.text, draft.language = data.title.strip(), data.text, data.language
    draft.facts = {k: v for k, v in data.facts.items() if v not in ("", None)}
    draft.flags = sorted(data.flags)
    draft.not_touched = {flag: dict(said) for flag, said in data.not_touched.items() if str(said["why"]).strip()}
    draft.when, draft.wall_time, draft.expires_on = data.when, data.wall_time, data.expires_on
    draft.repeats = data.repeats
    draft.saved_by, draft.saved_at = by, moment
    draft.editor_ids = sorted({*draft.editor_ids, by.pk})
    draft.save()
    _write_channels(post, draft, data, mine)
    _write_media(post, draft, data)
    post.title, post.kind = draft.title, data.kind
    post.save(update_fields=["title", "kind"])


def _write_channels(post: Post, draft: Draft, data: DraftInput, mine: Rights) -> None:
    offered = channel_selectors.offered_in_composer(mine, post.division_id, post.audience)
    known = {c.pk for c in offered} | set(draft.variants.values_list("channel_id", flat=True))
    for pk in data.channels:
        if pk not in known:
            raise BadInput("channels", "One of the chosen channels is not open to you.", cure="Untick it.")
    draft.variants.exclude(channel__in=data.channels).delete()
    for pk, text in data.channels.items():
        DraftVariant.objects.update_or_create(draft=draft, channel_id=pk, defaults={"text": text})


def _write_media(post: Post, draft: Draft, data: DraftInput) -> None:
    own = set(MediaAsset.objects.filter(pk__in=data.media, division=post.division_id).values_list("pk", flat=True))
    if set(data.media) - own:
        raise BadInput("media", "A chosen picture is not in this division's library.", cure="Choose it again.")
    draft.media.exclude(asset__in=data.media).delete()
    for position, pk in enumerate(dict.fromkeys(data.media)):
        DraftMedia.objects.update_or_create(draft=draft, asset_id=pk, defaults={"position": position})


def _check(post: Post, data: DraftInput) -> None:
    """Refuse what cannot be stored; everything else is saved and becomes a finding."""
    _check_kind(data.kind, post.audience)
    _limit("title", data.title.strip(), MAX_TITLE)
    _limit("text", data.text, MAX_TEXT)
    _limit("repeats", data.repeats, MAX_RULE)
    for pk, text in data.channels.items():
        _limit(f"text-{pk}", text or "", MAX_TEXT)
    for name, value in data.facts.items():
        _limit(name, str(value), MAX_FACT)
    if unknown := set(data.flags) - set(Flag.values):
        raise BadInput("flags", f"“{unknown.pop()}” is not known.", cure="Untick it.")
    for flag, said in data.not_touched.items():
        if flag not in Flag.values:
            raise BadInput("flags", f"“{flag}” is not known.", cure="Load the page again.")
        for words in (said["why"], *said["words"]):
            _limit(f"why-{flag}", str(words), MAX_WHY)
    if len(data.media) > MAX_PICTURES:
        raise BadInput("media", f"{len(data.media)} pictures; at most {MAX_PICTURES}.", cure="Remove some.")
    if data.expires_on and data.expires_on > moments.LAST_DAY:
        raise BadInput("expires_on", f"The year {data.expires_on.year} is out of reach.", cure="Pick a nearer day.")
    if data.when not in When.values:
        raise BadInput("when", "Say when it goes out.", cure="As soon as approved, or at a time.")


def _check_kind(kind: str, audience: str) -> None:
    if kind not in Kind.values:
        raise BadInput("kind", f"“{kind}” is not a kind of post.", cure=f"One of {', '.join(Kind.labels)}.")
    if SPECS[kind].internal_only and audience != Audience.INTERNAL:
        raise BadInput("kind", "An internal notice is for staff only.", cure="Start a staff-only post for it.")


def _limit(name: str, value: str, limit: int) -> None:
    if len(value) > limit:
        raise BadInput(name, f"{len(value)} of {limit} characters.", cure=f"Shorten by {len(value) - limit}.")
    if "\x00" in value:
        raise BadInput(name, "There is an invisible character that cannot be stored.", cure="Type it again.")


@transaction.atomic
def change(*, post: Post, by: User, now: datetime | None = None) -> Post:
    """Take an approved, scheduled or expired post back to a draft: voids the approval, cancels open deliveries.

    Raises WrongMoment once a call of it has begun: then the ways are correct and withdraw.
    """
    row = lock(post)
    access.require(by, Right.DRAFT_POST, row.division)
    check_stage_move(row.stage, Stage.DRAFT)
    moment = now or timezone.now()
    cancel_deliveries(row, by=by, now=moment)
    void_approvals(row, by=by, now=moment, reason="The post was changed")
    Draft.objects.filter(post=row).update(editor_ids=[by.pk], saved_by=by, saved_at=moment)
    move(row, Stage.DRAFT, now=moment)
    Post.objects.filter(pk=row.pk).update(due_at=None, approve_by=None)
    remember("post.reopened", row, by=by, now=moment)
    return row


@transaction.atomic
def cancel(*, post: Post, by: User, now: datetime | None = None) -> Post:
    """Drop a post that has not gone anywhere. Its rows stay; nothing is deleted."""
    row = lock(post)
    access.require(by, Right.DRAFT_POST, row.division)
    check_stage_move(row.stage, Stage.CANCELLED)
    moment = now or timezone.now()
    cancel_deliveries(row, by=by, now=moment)
    void_approvals(row, by=by, now=moment, reason="The post was dropped")
    move(row, Stage.CANCELLED, now=moment)
    remember("post.cancelled", row, by=by, now=moment)
    return row


def lock(post: Post) -> Post:
    """Lock the post row first, as every editorial act does: of two at once one wins, the other is told."""
    try:
        return Post.objects.select_for_update(of=("self",)).select_related("division", "author").get(pk=post.pk)
    except Post.DoesNotExist as error:
        raise NotVisible from error


def move(post: Post, to: Stage, *, now: datetime) -> None:
    """Move a locked post to another stage."""
    check_stage_move(post.stage, to)
    post.stage, post.stage_at = to, now
    post.save(update_fields=["stage", "stage_at"])


def cancel_deliveries(post: Post, *, by: User | None, now: datetime) -> None:
    """Cancel what has not begun. Raises WrongMoment when a call has begun or something is out."""
    rows = list(
        Delivery.objects.select_for_update(of=("self",)).filter(post=post).select_related("channel").order_by("pk")
    )
    open_rows = [row for row in rows if row.state != DeliveryState.CANCELLED]
    if any(row.first_attempt_at is not None for row in open_rows) or any(
        row.state not in (*CLAIMABLE, DeliveryState.HELD, DeliveryState.MISSED) for row in open_rows
    ):
        raise WrongMoment("It has begun to go out.", cure="Correct or withdraw it instead.")
    for row in open_rows:
        row.post = post
        row.state, row.state_at, row.settled_at = DeliveryState.CANCELLED, now, now
    Delivery.objects.bulk_update(open_rows, ["state", "state_at", "settled_at"])
    ledger.append_many([about_delivery("cancelled", row, by=by, now=now) for row in open_rows])


def void_approvals(post: Post, *, by: User | None, now: datetime, reason: str) -> None:
    """Void every standing approval of a post, each with its own ledger entry."""
    for approval in Approval.objects.filter(revision__post=post, voided_at__isnull=True):
        approval.voided_at, approval.voided_by, approval.void_reason = now, by, reason
        approval.save(update_fields=["voided_at", "voided_by", "void_reason"])
        remember("approval.voided", post, by=by, now=now, number=approval.number, reason=reason)
    end_pattern(post, by=by, now=now, reason=f"{reason}."[:200])


def end_pattern(post: Post, *, by: User | None, now: datetime, reason: str) -> int:
    """End the pattern that a locked post carries; drop its occurrences that have not begun, and return how many.

    What a person has taken up since (changed, or written on) is theirs and stays.
    """
    pattern = Pattern.objects.select_for_update(of=("self",)).filter(revision__post=post, ended_at=None).first()
    if pattern is None:
        return 0
    pattern.ended_at, pattern.ended_by, pattern.end_reason = now, by, reason
    pattern.save(update_fields=["ended_at", "ended_by", "end_reason"])
    standing = Approval.objects.filter(revision=OuterRef("revision"), basis=Basis.PATTERN, voided_at=None)
    by_itself = Q(Exists(standing), stage=Stage.SCHEDULED) | Q(
        stage=Stage.DRAFT, revision=None, draft__editor_ids__len=0
    )
    rows = list(Post.objects.filter(by_itself, pattern=pattern).order_by("pk"))
    dropped = sum(_drop_occurrence(row, by, now, reason) for row in rows)
    remember("pattern.ended", post, by=by, now=now, pattern=pattern.pk, reason=reason, dropped=dropped)
    return dropped


def _drop_occurrence(post: Post, by: User | None, now: datetime, reason: str) -> int:
    """Drop one occurrence; what has begun to go out meanwhile goes on."""
    try:
        with transaction.atomic():
            row = lock(post)
            if row.stage != post.stage:
                return 0  # somebody took it up in this moment
            cancel_deliveries(row, by=by, now=now)
            void_approvals(row, by=by, now=now, reason="It repeats no more")
            move(row, Stage.CANCELLED, now=now)
            remember("post.cancelled", row, by=by, now=now, reason=reason)
    except WrongMoment:
        return 0
    return 1
