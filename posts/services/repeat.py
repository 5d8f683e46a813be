"""Posts that repeat: the pattern begins with its approval, its occurrences are made ahead of time, somebody stops it.

An occurrence is a post of its own with its own draft, revision, hash and deliveries. It rests on the approval of its
pattern (`posts.services.resting` says when that counts). What the checks, a right or a channel forbid by then is not
scheduled: it waits as a draft, with the reason, for its author or a supervisor.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from divisions import access
from divisions.access import Rights
from divisions.errors import BadInput, WrongMoment
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
from posts.services import fingerprint, resting, schedule, submit
from posts.services.compose import end_pattern, lock
from posts.services.memory import remember
from posts.states import Basis, Stage

log = logging.getLogger(__name__)

AHEAD = timedelta(days=14)
PATTERNS_AT_ONCE = 20
OCCURRENCES_AT_ONCE = 10  # of one pattern in one transaction, which shares the hold's lock: it has to be short
MAX_REASON = 200
_TICK = timedelta(microseconds=1)


def begin(*, post: Post, revision: Revision, approval: Approval, now: datetime) -> Pattern | None:
    """Write the pattern of a revision that repeats, in the transaction that approves it; None where it does not."""
    if not revision.repeats:
        return None
    rule = recurrence.read(revision.repeats)
    every = list(recurrence.occurrences(rule, revision.wall_time, revision.zone))
    pattern = Pattern.objects.create(revision=revision, made_until=_reach(every[1:], every[-1]))
    facts = {"pattern": pattern.pk, "rule": revision.repeats, "words": rule.words, "number": approval.number}
    remember("pattern.started", post, by=None, now=now, **facts)
    return pattern


def materialise(*, now: datetime) -> int:
    """Make the occurrences of the next 14 days that do not exist yet; returns how many were scheduled.

    Two queries when there is nothing to do. Safe however often, by however many, and in whatever steps of time it
    runs. Patterns on which nothing may rest any more are ended first.
    """
    over = resting.to_end().order_by("pk").values_list("pk", flat=True)[:PATTERNS_AT_ONCE]
    due = Pattern.objects.filter(ended_at__isnull=True, made_until__lt=now + AHEAD).order_by("made_until")
    return _each(over, _end_if_over, now) + _each(due.values_list("pk", flat=True)[:PATTERNS_AT_ONCE], _make_some, now)


def _each(pks: Iterable[int], act: Callable[[int, datetime], int], now: datetime) -> int:
    """One after another; one that cannot be handled does not stop the others."""
    made = 0
    for pk in pks:
        try:
            made += act(pk, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("pattern %s could not be continued; the others are", pk)
    return made


@transaction.atomic
def stop(*, pattern: Pattern, reason: str, by: User, now: datetime | None = None) -> Pattern:
    """End a pattern and drop its occurrences that have not begun to go out; the first post is left as it is.

    Raises BadInput (field `reason`) without one, NotAllowed for whoever may neither re-time nor is its author,
    WrongMoment when it has ended already.
    """
    post = lock(pattern.revision.post)
    mine = access.rights(by)
    if not repeats.may_stop(post, mine):
        access.require(by, Right.RETIME_POST, post.division, has=mine)
    reason = reason.strip()
    if not reason:
        raise BadInput("reason", "Say why it stops.", cure="One sentence; it stays in the record.")
    if len(reason) > MAX_REASON:
        raise BadInput("reason", f"{len(reason)} of {MAX_REASON} characters.", cure="Shorten it.")
    if "\x00" in reason:
        raise BadInput("reason", "There is an invisible character that cannot be stored.", cure="Type it again.")
    if not Pattern.objects.filter(pk=pattern.pk, ended_at__isnull=True).exists():
        raise WrongMoment("It does not repeat any more.")
    end_pattern(post, by=by, now=now or timezone.now(), reason=reason)
    pattern.refresh_from_db()
    return pattern


@transaction.atomic
def _end_if_over(pk: int, now: datetime) -> int:
    pattern = _locked(pk)
    if pattern is not None:
        _is_over(pattern, now)
    return 0


def _is_over(pattern: Pattern, now: datetime) -> bool:
    """Whether nothing may rest on a locked pattern any more; then it is ended, with the reason."""
    why = resting.why_over([pattern]).get(pattern.pk)
    if why:
        end_pattern(pattern.revision.post, by=None, now=now, reason=why)
    return why is not None


def _locked(pk: int) -> Pattern | None:
    """A pattern that runs, locked; None when another has it, who then does what is to be done."""
    return (
        Pattern.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("revision__post__division", "revision__post__author", "revision__submitted_by")
        .filter(pk=pk, ended_at__isnull=True)
        .first()
    )


@transaction.atomic
def _make_some(pk: int, now: datetime) -> int:
    """Continue one pattern."""
    pattern = _locked(pk)
    if pattern is None or pattern.made_until >= now + AHEAD or _is_over(pattern, now):
        return 0
    source = pattern.revision
    every = list(recurrence.occurrences(recurrence.read(source.repeats), source.wall_time, source.zone))
    to_come = [o for o in every[1:] if o.place > pattern.made_until]
    if not to_come:
        _through(pattern, now)
        return 0
    batch = [o for o in to_come if o.place <= now + AHEAD][:OCCURRENCES_AT_ONCE]
    made = _make_all(_Making(pattern, access.rights(source.submitted_by), now), batch)
    pattern.made_until = max(pattern.made_until, _reach(to_come[len(batch) :], every[-1]))
    pattern.save(update_fields=["made_until"])
    return made


def _reach(to_come: Sequence[Occurrence], last: Occurrence) -> datetime:
    """Just before what comes next; after the last one as late as it takes until that one may not go out any more."""
    return to_come[0].place - _TICK if to_come else last.place + submit.APPROVED_RANGE + AHEAD


def _through(pattern: Pattern, now: datetime) -> None:
    """The last occurrence is past: it ends by itself, and nothing is dropped."""
    pattern.ended_at, pattern.end_reason = now, "Its last time is past."
    pattern.save(update_fields=["ended_at", "end_reason"])
    facts = {"pattern": pattern.pk, "reason": pattern.end_reason, "dropped": 0}
    remember("pattern.ended", pattern.revision.post, by=None, now=now, **facts)


# ---- one occurrence


@dataclass(frozen=True, slots=True)
class _Making:
    """What the occurrences of one pass share: the pattern, what its submitter may do today, the time."""

    pattern: Pattern
    rights: Rights
    now: datetime

    @property
    def source(self) -> Revision:
        return self.pattern.revision


def _make_all(making: _Making, batch: Sequence[Occurrence]) -> int:
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


def _left_out(making: _Making, occurrence: Occurrence) -> None:
    facts = {"pattern": making.pattern.pk, "when": recurrence.day_words(occurrence.wall), "why": occurrence.note}
    remember("pattern.left_out", making.source.post, by=None, now=making.now, **facts)


def _make(making: _Making, occurrence: Occurrence, variants: Sequence[Variant], why: str) -> int:
    """Write the post and its draft; schedule it, or say why it waits as a draft."""
    post = _post(making, occurrence)
    draft = _draft(making, post, occurrence, variants)
    seen = look_at(draft, [(v.channel, v.text) for v in variants], _pictures(variants), now=making.now)
    why = why or " ".join(f"{stop.message} {stop.cure}".strip() for stop in seen.stops)
    if why:
        facts = {"pattern": making.pattern.pk, "of": making.source.post_id, "occurs_at": occurrence.wall, "why": why}
        remember("post.not_repeated", post, by=None, now=making.now, **facts)
        return 0
    _schedule(making, post, draft, seen)
    return 1


def _post(making: _Making, occurrence: Occurrence) -> Post:
    first = making.source.post
    return Post.objects.create(
        division=first.division,
        kind=first.kind,
        audience=first.audience,
        author=first.author,
        title=making.source.title,
        pattern=making.pattern,
        occurs_at=occurrence.wall,
        created_at=making.now,
        stage_at=making.now,
    )


def _draft(making: _Making, post: Post, occurrence: Occurrence, variants: Sequence[Variant]) -> Draft:
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
    shown = []
    for use in variants[0].media.all() if variants else ():
        asset = copy(use.asset)
        asset.sha256, asset.mime, asset.alt_text, asset.credit = use.sha256, use.mime, use.alt, use.credit
        asset.width, asset.height, asset.size_bytes = use.width, use.height, use.size_bytes
        shown.append(asset)
    return shown


def _schedule(making: _Making, post: Post, draft: Draft, seen: Look) -> None:
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


def _why_not_now(making: _Making, channels: Sequence[Channel]) -> str:
    """Why nobody's rights or no channel carry it today, in words for whoever takes it over; empty when all is well."""
    post, who = making.source.post, making.source.submitted_by
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
