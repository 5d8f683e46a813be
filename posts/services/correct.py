"""Puts published words right in the open: asked for by one person, confirmed by another, the old words kept (P2, P8).

Asking freezes the next revision with a variant for every act that a copy may need. Confirming makes it the post's
revision and writes the deliveries; what stands with old words later is caught up by a press. Which act a copy gets and
what it says is found in `selectors.corrections`; taking down is `withdraw`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, WrongMoment
from divisions.models import User
from divisions.permissions import Right
from posts.errors import NoLongerFits, StopsOpen
from posts.html import to_html
from posts.models import Approval, Correction, Post, Revision, RevisionMedia, Variant
from posts.models.amends import AmendVerdict
from posts.selectors import approving, copies, corrections, fit
from posts.selectors.copies import CopyOf
from posts.selectors.corrections import Look, Said, Typed
from posts.services import compose, fingerprint, hold_lock, news, put_right, review, seats
from posts.services.amends import MAX_REASON, decide
from posts.services.compose import lock
from posts.services.memory import remember
from posts.states import Stage

MIN_WORDS, MAX_WRONG, MAX_APOLOGY = 10, 500, 300
APPROVED_RANGE = timedelta(days=30)  # a copy may be found, or an account come back, days later: still put right


@transaction.atomic
def ask(*, post: Post, typed: Typed, by: User, now: datetime | None = None) -> Correction:
    """Freeze the right words as the next revision and ask a second person. Nothing changes anywhere before.

    Raises BadInput (was_wrong, reason, apology, title, text, words), StopsOpen while a check stops the new words, and
    WrongMoment when nothing is out, or a correction or a withdrawal of it is open.
    """
    moment = now or timezone.now()
    row = lock(post)
    access.require(by, Right.CORRECT_POST, row.division)
    _check(typed)
    standing = copies.of_post(row)
    old = correctable(row, standing)
    old.post = row
    seen = corrections.look(row, standing, typed, now=moment)
    if not corrections.changed(old, seen, typed):
        raise BadInput("text", "These are the words that stand already.", cure="Write what is right.")
    if seen.stops:
        raise StopsOpen(list(seen.stops))
    revision = _freeze(row, old, seen, typed, by, moment)
    correction = Correction.objects.create(
        post=row,
        revision=revision,
        was_wrong=typed.was_wrong.strip(),
        apology=typed.apology.strip(),
        reason=typed.reason.strip(),
        asked_by=by,
        asked_at=moment,
    )
    facts = {"revision": revision.number, "corrects": old.number, "content_hash": revision.content_hash}
    remember("correction.asked", row, by=by, now=moment, wrong=correction.was_wrong, reason=correction.reason, **facts)
    news.second_person(correction, row, by=by, now=moment)
    return correction


@transaction.atomic
def confirm(*, correction: Correction, by: User, note: str = "", now: datetime | None = None) -> Correction:
    """Approve exactly these words; with the last approval asked for, every copy is put right from now on.

    Raises OwnWork for the author and whoever asked, NotAllowed without `review_post`, NoLongerFits, and WrongMoment
    when somebody was faster or a copy is being sent this second.
    """
    moment = now or timezone.now()
    hold_lock.share_for_transaction()
    post, row = _open(correction)
    revision, mine = row.revision, access.rights(by)
    if refusal := review.why_not(revision, by, mine):
        raise refusal
    _require_fits(post, revision, moment)
    seat = seats.take(revision, by, mine, review.deciding_ids(revision))
    approval = seats.sign(revision, seat, by=by, note=note, now=moment)
    facts = {"revision": revision.number, "number": approval.number, "content_hash": revision.content_hash}
    remember("correction.approved", post, by=by, now=moment, seat=seat.number, seats=seat.of, **facts)
    if seat.completes:
        decide(row, AmendVerdict.CONFIRMED, by=by, note=note, now=moment)
        _take_effect(post, revision, approval, by, moment)
    return row


@transaction.atomic
def refuse(*, correction: Correction, by: User, note: str, now: datetime | None = None) -> Correction:
    """Leave the words as they stand, with a reason (field `note`); whoever asked takes it back this way too."""
    moment = now or timezone.now()
    post, row = _open(correction)
    own = row.asked_by_id == by.pk
    if own:
        access.require(by, Right.CORRECT_POST, post.division)
    elif refusal := review.why_not(row.revision, by, access.rights(by)):
        raise refusal
    if not own and not note.strip():
        raise BadInput("note", "Say why it is not corrected like this.", cure="Write the reason.")
    decide(row, AmendVerdict.TAKEN_BACK if own else AmendVerdict.REFUSED, by=by, note=note, now=moment)
    _void(post, by, moment, "The correction was not made", Approval.objects.filter(revision=row.revision))
    remember(f"correction.{row.verdict}", post, by=by, now=moment, note=row.note, revision=row.revision.number)
    return row


def _check(typed: Typed) -> None:
    """Refuse what cannot be kept; everything about the words themselves is found by the checks."""
    for name, said, least, most in (
        ("was_wrong", typed.was_wrong, MIN_WORDS, MAX_WRONG),
        ("reason", typed.reason, MIN_WORDS, MAX_REASON),
        ("apology", typed.apology, 0, MAX_APOLOGY),
        ("not_touched", typed.not_touched, 0, compose.MAX_WHY),
        ("title", typed.title, 0, compose.MAX_TITLE),
        ("text", typed.text, 0, compose.MAX_TEXT),
        *((f"words-{pk}", text, 0, compose.MAX_TEXT) for pk, text in typed.words.items()),
        *((f"reply-{pk}", text, 0, compose.MAX_TEXT) for pk, text in typed.replies.items()),
        *((name, str(value), 0, compose.MAX_FACT) for name, value in (typed.facts or {}).items()),
    ):
        length = len(said.strip())
        if length < least:
            raise BadInput(name, "Say it in one sentence.", cure=f"At least {least} letters.")
        if length > most:
            raise BadInput(name, f"{length} of {most} characters.", cure=f"Shorten by {length - most}.")
        if "\x00" in said:
            raise BadInput(name, "There is an invisible character that cannot be stored.", cure="Type it again.")


def correctable(post: Post, standing: Sequence[CopyOf]) -> Revision:
    """The revision that stands, to be corrected; raises WrongMoment when it cannot be now."""
    if post.stage != Stage.SCHEDULED or post.revision is None:
        raise WrongMoment(f"This post is “{post.get_stage_display()}”: nothing of it is out.")
    if post.withdrawals.filter(verdict=AmendVerdict.CONFIRMED).exists():
        raise WrongMoment("It was taken down.", cure="There is nothing left to correct.")
    if post.withdrawals.filter(verdict="").exists():
        raise WrongMoment("Somebody asked to take it down.", cure="That is decided first.")
    if post.corrections.filter(verdict="").exists():
        raise WrongMoment("A correction of it waits for a second person.", cure="Decide that one first.")
    if not any(copy.is_out for copy in standing):
        raise WrongMoment("Nothing of it is out, so nothing has to be corrected.", cure="Change it instead.")
    return post.revision


def _freeze(post: Post, old: Revision, seen: Look, typed: Typed, by: User, now: datetime) -> Revision:
    last = post.revisions.order_by("-number").values_list("number", flat=True).first() or 0
    flags = sorted({*old.flags, *seen.touched})
    asked = approving.of(post, kind=post.kind, flags=flags, channels=[s.copy.channel for s in seen.said])
    revision = Revision(
        post=post,
        number=last + 1,
        corrects=old,
        submitted_by=by,
        editor_ids=[by.pk],
        created_at=now,
        title=typed.title.strip(),
        text=typed.text,
        html=to_html(seen.page_text),
        language=old.language,
        facts=seen.facts,
        flags=flags,
        when=old.when,
        wall_time=old.wall_time,
        zone=old.zone,
        due_at=old.due_at,
        not_before=now,
        not_after=now + APPROVED_RANGE,
        approve_by=now + APPROVED_RANGE,
        expires_at=seen.expires_at,
        approvals_needed=max(asked.seats, old.approvals_needed),
        findings=[f.to_json() for f in seen.findings],
    )
    variants = [(_variant(revision, said), said) for said in seen.said]
    pictures = [_picture(variant, item) for variant, said in variants for item in said.media]
    revision.content_hash = fingerprint.of_parts(revision, [v for v, _ in variants], pictures)
    revision.save()
    Variant.objects.bulk_create(v for v, _ in variants)
    RevisionMedia.objects.bulk_create(pictures)
    return revision


def _variant(revision: Revision, said: Said) -> Variant:
    return Variant(revision=revision, channel=said.copy.channel, act=said.act, text=said.text, link=said.link)


def _picture(variant: Variant, of: RevisionMedia) -> RevisionMedia:
    """The same picture again, as it was approved: the words about it are part of what is approved anew."""
    same = ("position", "asset_id", "sha256", "mime", "width", "height", "size_bytes", "alt", "credit")
    of_videos = ("duration_ms", "poster_sha256", "captions_sha256", "no_speech")
    return RevisionMedia(variant=variant, **{name: getattr(of, name) for name in (*same, *of_videos)})


def _open(correction: Correction) -> tuple[Post, Correction]:
    post = lock(correction.post)
    row = (
        Correction.objects.select_for_update(of=("self",))
        .select_related("revision__corrects", "asked_by")
        .get(pk=correction.pk)
    )
    row.post = row.revision.post = post
    if row.verdict:
        raise WrongMoment(f"Somebody was faster: it is {row.get_verdict_display().lower()}.")
    return post, row


def _require_fits(post: Post, revision: Revision, now: datetime) -> None:
    """Raise unless the words are those that were asked for, still fit, and still correct what stands."""
    if post.revision_id != revision.corrects_id:
        raise WrongMoment("The words it corrects are not those that stand.", cure="Ask for it again.")
    if post.withdrawals.filter(verdict="").exists():
        raise WrongMoment("Somebody asked to take it down.", cure="That is decided first.")
    if now > revision.not_after:
        raise WrongMoment("It was asked for too long ago.", cure="Take it back and ask for it again.")
    if found := fit.problems(revision):
        raise NoLongerFits(found)
    if fingerprint.of_revision(revision) != revision.content_hash:
        raise WrongMoment("The stored content is not what was asked for.", cure="Tell an administrator.")


def _take_effect(post: Post, revision: Revision, approval: Approval, by: User, now: datetime) -> None:
    """The new words are the post's: the old approval ends, so that nothing can be sent with the old ones any more."""
    older = Approval.objects.filter(revision__post=post).exclude(revision=revision)
    _void(post, by, now, f"Corrected by revision {revision.number}", older)
    compose.end_pattern(post, by=by, now=now, reason="What it says was corrected.")
    post.revision, post.title = revision, revision.title
    post.save(update_fields=["revision", "title"])
    remember("correction.confirmed", post, by=by, now=now, revision=revision.number, number=approval.number)
    try:
        with transaction.atomic():
            put_right.everywhere(post, revision, by=by, now=now)
    except IntegrityError as error:
        raise WrongMoment("A copy of it is being changed this moment.", cure="Try again in a minute.") from error


def _void(post: Post, by: User, now: datetime, reason: str, approvals: QuerySet[Approval]) -> None:
    for approval in approvals.filter(voided_at__isnull=True):
        approval.voided_at, approval.voided_by, approval.void_reason = now, by, reason
        approval.save(update_fields=["voided_at", "voided_by", "void_reason"])
        remember("approval.voided", post, by=by, now=now, number=approval.number, reason=reason)
